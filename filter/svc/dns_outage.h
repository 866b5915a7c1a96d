/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_outage -- is it the resolver that fails, rather than some domain?
 *
 * It is when the last DNS_OUTAGE_FAILURES questions that ended all failed, and within a minute. One
 * answer, whatever it says, ends that. Pure: the time is an argument. Begins as {0}.
 */
#ifndef SVC_DNS_OUTAGE_H
#define SVC_DNS_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/limits.h"

struct dns_outage {
	int64_t failed_ms[DNS_OUTAGE_FAILURES]; /* the last of a run of failures, in a ring */
	unsigned n;                             /* how long the run is */
};

void dns_outage_note(struct dns_outage *o, bool failed, int64_t now_ms);
bool dns_outage_is(const struct dns_outage *o, int64_t now_ms);

#endif
