/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_outage -- is it the resolver that fails, rather than some domain?
 *
 * It is when the last DNS_OUTAGE_FAILURES questions that ended all failed, and within a minute, and the
 * probe that was sent for it failed too, or brought nothing in its time. One mail can ask that many
 * questions of its sender's own dead zones, so failures alone prove nothing. The probe is for a random
 * name below com.: no sender can make it fail, and no cache between here and there knows it (not even as
 * a gap: the gaps of com. are NSEC3 opt-out, RFC 5155 section 6; the NS of the root would come from the
 * cache of a resolver that is cut off). That it does not exist is an answer, and one answer, whatever it
 * says, ends all. Pure: the time is an argument, later than 0. Begins as {0}.
 */
#ifndef SVC_DNS_OUTAGE_H
#define SVC_DNS_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/limits.h"

struct dns_outage {
	int64_t failed_ms[DNS_OUTAGE_FAILURES]; /* the last of a run of failures, in a ring */
	unsigned n;                             /* how long the run is */
	int64_t probed_ms;                      /* the last probe; 0 = none since the last answer */
	bool probe_failed;
};

void dns_outage_note(struct dns_outage *o, bool failed, int64_t now_ms);
/* Is a probe to be sent now? Then it is noted as sent now. The next
 * is due wait_ms later, if all fail still; an unanswered one has failed then. */
bool dns_outage_probe(struct dns_outage *o, int64_t now_ms, int64_t wait_ms);
/* The probe that was sent at this time failed. Its answer is noted like any other. */
void dns_outage_probe_failed(struct dns_outage *o, int64_t sent_ms);
bool dns_outage_is(const struct dns_outage *o, int64_t now_ms);

#endif
