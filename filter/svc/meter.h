/* SPDX-License-Identifier: BSD-2-Clause
 *
 * meter -- what all processes of one daemon did: of late, and since it was started.
 *
 * Lies in memory that is shared by the processes forked after it was made, so a worker that is replaced, or
 * dies, takes nothing with it, and nobody has to be asked. Counts are kept in steps of METER_STEP seconds
 * for an hour. Lock-free: what is counted in the moment in which a step begins anew may be missing from the
 * late counts, never from those since the start. Processes that may write it are trusted with its numbers,
 * and with nothing else. NULL is a legal meter: nothing is counted.
 */
#ifndef SVC_METER_H
#define SVC_METER_H

#include <stdbool.h>

#include "util/histogram.h"

enum meter_event {
	METER_TRANSACTIONS,
	METER_ACCEPTED,
	METER_TAGGED,
	METER_GREYLISTED,
	METER_DEFERRED,
	METER_REJECTED,
	METER_QUARANTINED,
	METER_DISCARDED,
	METER_UNKNOWN, /* transactions in which something stayed unknown */
	METER_DNS_ASKED,
	METER_DNS_CACHED,
	METER_DNS_FAILED,
	METER_STORE_CALLS,
	METER_STORE_FAILED,
	METER_EVENTS
};
const char *meter_event_name(enum meter_event e); /* "transactions", "dns-asked" ... */

enum meter_time { METER_DNS, METER_STORE, METER_TIMES }; /* METER_STORE: of a round trip */

enum { METER_STEP = 10, METER_STEPS = 3600 / METER_STEP };

struct meter;
struct meter *meter_new(void); /* gives */
void meter_free(struct meter *m);

void meter_count(struct meter *m, enum meter_event e, uint64_t n);
void meter_took(struct meter *m, enum meter_time t, uint64_t us);

struct meter_sum {
	uint64_t n[METER_EVENTS];
	struct histogram_sum took[METER_TIMES];
};
/* Of the last seconds, to within METER_STEP more; 0: of all since the start. */
void meter_read(const struct meter *m, unsigned seconds, struct meter_sum *out);

/* The same at a time of one's own (seconds of clock_mono_ms, from 0 on): for tests. */
void meter_count_at(struct meter *m, enum meter_event e, uint64_t n, int64_t now);
void meter_read_at(const struct meter *m, unsigned seconds, int64_t now, struct meter_sum *out);

#endif
