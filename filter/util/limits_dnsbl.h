/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits_dnsbl -- when a DNS list is doubted: the part of util/limits.h, which includes it, that
 * checks/dnsbl_breaker and checks/dnsbl_watch need.
 */
#ifndef UTIL_LIMITS_DNSBL_H
#define UTIL_LIMITS_DNSBL_H

enum {
	DNSBL_BREAKER_LEARN = 50,    /* distinct values that tell a list's usual share, */
	DNSBL_BREAKER_MEMORY = 2000, /* as how many it counts: it moves slowly */
	DNSBL_BREAKER_SEEN = 2048,   /* values remembered, so that each counts once, */
	DNSBL_BREAKER_SEEN_MS = 3600000,   /* for so long */
	DNSBL_BREAKER_SILENT = 10,   /* questions in a row without an answer: one can be lost */
	DNSBL_BREAKER_DRAWN = 12,    /* values drawn by lot: of a list that has 40 % of all addresses */
	DNSBL_BREAKER_DRAWN_MIN = 8, /* so many are all listed once in 1500 probes */
	DNSBL_BREAKER_GAP_MS = 2000, /* until a suspended list is probed again; twice as long each time, */
	DNSBL_BREAKER_GAP_MAX_MS = 600000, /* to this */
	DNSBL_BREAKER_QUIET_MS = 600000,   /* a list that proved sane is not doubted for its share, */
	DNSBL_BREAKER_CALM_MS = 30000,     /* or for errors and silence */
	DNSBL_PAST_SECONDS = 30 * 86400, /* what is usual of a list is that of a month, */
	DNSBL_PAST_STEP = 86400 / 2,     /* in 60 steps: 1 KB for each of two counts */
	DNSBL_WATCH_PROBE_MS = 10000 /* in which a list that is probed should answer */
};

#endif
