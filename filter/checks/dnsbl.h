/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dnsbl -- DNS lists (RFC 5782), for and against: dnsbl.NAME and dnsbl.NAME.CODE.
 *
 * Every list that a rule reads is asked, all in parallel, under REVERSED-ADDRESS.zone or NAME.zone. A fact
 * with many values is listed if one of them is; a missing fact is not listed; an unknown one is unknown.
 *
 * An outage is never a listing: error codes (checks/dnsbl_answer.h), time-outs and server failures are
 * "unknown". With each look-up goes one for the list's absent test entry (RFC 5782 section 5; the cache
 * answers it). If that is listed, the list is sick - shut down, its domain parked, or a resolver that
 * invents answers - and all its facts are unknown until the answer expires.
 * A listing counts only beside a healthy test entry. What is seen of a list goes to checks/dnsbl_watch.h,
 * which suspends it when it is no list any more, and keeps its limit.
 */
#ifndef CHECKS_DNSBL_H
#define CHECKS_DNSBL_H

#include "engine/check.h"

extern const struct check dnsbl_check;

#endif
