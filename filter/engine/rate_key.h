/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rate_key -- where the store counts for a rate of the rules: the name of the rate and what it counts by.
 */
#ifndef ENGINE_RATE_KEY_H
#define ENGINE_RATE_KEY_H

#include "policy/program.h"
#include "svc/store.h"

/* The state of what it counts by: FACT_KNOWN, with the key in *out; else FACT_MISSING, FACT_PENDING, or
 * FACT_UNKNOWN, with *why_out. value is asked for slots, in this order. The key lives in a. */
enum fact_state rate_key(const struct program *p, const struct rate *r,
	const struct fact_value *(*value)(void *ctx, size_t slot), void *ctx, struct arena *a,
	struct view *out, struct view *why_out);

/* A value as it stands in a key: without case, and an address of IPv6 that is not in own-nets as its /64,
 * which is what one host is given. Lives in a. */
struct view rate_key_part(const struct program *p, struct view value, struct arena *a);

/* The request that adds amount to it; 0 only looks. */
struct store_request rate_key_request(const struct rate *r, struct view key, int64_t now, int64_t amount);

/* A request of another kind for it; for a scan key is how the keys begin: the name of a rate, then values,
 * each after a byte 0. */
struct store_request rate_key_record(enum store_op op, struct view key, int64_t now);

#endif
