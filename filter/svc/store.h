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
	STORE_HOLD = 2,
	STORE_RATE = 3,
	STORE_KNOWN = 4,
	STORE_REPUTATION = 5,
	STORE_LEARNED = 6,
	STORE_DNSBL = 7,
	STORE_ACCOUNT = 8
};

enum store_op {
	STORE_GET = 1, /* STORE_FOUND: its value */
	STORE_ADD,     /* puts the record only if there is none: STORE_NONE = it was put; STORE_FOUND =
			* there was one, its value. One step: two workers cannot both be first. */
	STORE_PUT,     /* STORE_FOUND = written */
	STORE_REMOVE,  /* STORE_FOUND = it is gone; STORE_NONE = there was none */
	STORE_TALLY,   /* adds amount to a series (svc/store_series.h), in one step: STORE_FOUND = the
			* series with it; STORE_NONE = nothing is counted. amount 0 only looks. */
	STORE_SCAN     /* lists records whose keys begin with key, which may be empty, from the cursor in
			* value on (empty: from the first): STORE_FOUND = a page (svc/store_page.h), perhaps
			* an empty one that has a cursor. What comes or goes meanwhile may be missed, or be
			* seen twice. */
};

/* What an operation does not name is 0. An expired record is not found. */
struct store_request {
	enum store_op op;
	uint8_t type, version;
	struct view key, value; /* at most STORE_KEY_MAX and STORE_VALUE_MAX bytes */
	int64_t now, expires;   /* seconds since 1970 */
	int64_t amount;         /* 0 to STORE_COUNT_MAX */
	uint32_t step, window;  /* of a series, in seconds */
};

struct store_result {
	enum store_status status;
	struct view value; /* absent without one */
};

struct store;
struct meter;

/* Speaks to the store process over the unix socket at path; connects when first needed and again after
 * a failure, so it succeeds even while the process is away. timeout_ms 0 = 50. gives. */
struct store *store_connect(const char *path, uint32_t timeout_ms);
/* A store in this process's memory, empty. gives. */
struct store *store_local(void);
void store_free(struct store *s);
/* From now on calls are counted there, too. Kept; NULL = nowhere. */
void store_set_meter(struct store *s, struct meter *m);

/* Carries out n requests (at most STORE_CALLS_MAX) in their order, in one round trip and one time limit; each
 * is one step, all of them are not. One that does not fit the limits is STORE_TEMPFAIL, as is all that has no
 * answer in time. Values live in a. */
void store_do(struct store *s, const struct store_request *r, size_t n, struct arena *a,
	struct store_result *out);

/* One operation. *value_out, set with STORE_FOUND, lives in a. */
enum store_status store_get(struct store *s, enum store_type type, uint8_t version, struct view key,
	int64_t now, struct arena *a, struct view *value_out);
enum store_status store_add(struct store *s, enum store_type type, uint8_t version, struct view key,
	struct view value, int64_t now, int64_t expires, struct arena *a, struct view *value_out);
enum store_status store_put(struct store *s, enum store_type type, uint8_t version, struct view key,
	struct view value, int64_t now, int64_t expires, struct arena *a);

struct store_counters {
	uint64_t calls, failures, late; /* of single requests */
	uint64_t us_sum; /* of round trips */
};
void store_count(const struct store *s, struct store_counters *out);

#endif
