/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store -- a worker's view of Postern's memory: records by key, with expiry.
 *
 * The records live in the store process (svc/store_server.h), or, for `eval`, the demo and tests, in
 * this process (store_local). Every call has a time limit (default 50 ms); what is late or broken is
 * STORE_TEMPFAIL: the caller's answer is "unknown", never "no". Every record carries a type and a
 * version; a record of an unknown version counts as not found and is kept. Thread-safe.
 */
#ifndef SVC_STORE_H
#define SVC_STORE_H

#include "util/arena.h"

enum store_status { STORE_FOUND, STORE_NONE, STORE_TEMPFAIL };
enum store_type { /* one byte, in the file: numbers are never used again */
	STORE_GREYLIST = 1,
	STORE_HOLD = 2
};

struct store;

/* Speaks to the store process over the unix socket at path; connects when first needed and again after
 * a failure, so it succeeds even while the process is away. timeout_ms 0 = 50. gives. */
struct store *store_connect(const char *path, uint32_t timeout_ms);
/* A store in this process's memory, empty. gives. */
struct store *store_local(void);
void store_free(struct store *s);

/* key at most STORE_KEY_MAX, value at most STORE_VALUE_MAX bytes. now and expires: seconds since 1970.
 * An expired record is not found. *value_out lives in a. */
enum store_status store_get(struct store *s, enum store_type type, uint8_t version, struct view key,
	int64_t now, struct arena *a, struct view *value_out);
/* Puts the record only if there is none (or an expired one): STORE_NONE = it was put; STORE_FOUND = there
 * was one, in *value_out. One step, so that two workers cannot both be first. */
enum store_status store_add(struct store *s, enum store_type type, uint8_t version, struct view key,
	struct view value, int64_t now, int64_t expires, struct arena *a, struct view *value_out);
/* STORE_FOUND = written. */
enum store_status store_put(struct store *s, enum store_type type, uint8_t version, struct view key,
	struct view value, int64_t now, int64_t expires);

struct store_counters {
	uint64_t calls, failures, late;
	uint64_t ms_sum;
};
void store_count(const struct store *s, struct store_counters *out);

#endif
