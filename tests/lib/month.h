/* SPDX-License-Identifier: BSD-2-Clause
 *
 * month -- a month of made-up mail against the greylist, in seconds: what it delayed, and what it stopped.
 *
 * Kinds of senders (tests/lib/month_senders.h) send through the days and nights of thirty days that begin on a
 * Monday, and try again as their servers do. Each attempt is a session of the real engine, with all checks, the
 * rules that the caller gives, a DNS zone of the senders and a store in memory, at the time that the month has
 * reached; each fifth mail that comes through is answered, so outbound mail is there too. Or it meets a greylist as
 * it was without organisations, for comparison: client network, sender, recipient. All of it follows from the seed.
 */
#ifndef TESTS_LIB_MONTH_H
#define TESTS_LIB_MONTH_H

#include "engine/session.h"
#include "tests/lib/month_senders.h"

enum { MONTH_WAIT = 120, MONTH_CAP = 3600, MONTH_WINDOW = 86400, MONTH_LIFE = 36 * 86400 }; /* the defaults */

struct month_options {
	uint64_t seed;
	unsigned days;
	unsigned percent;  /* of month_kind.mails */
	const char *rules; /* NULL: no engine, but the key of network, sender and recipient */
};

struct month_count { /* of one kind */
	uint64_t mails, attempts;
	uint64_t delayed; /* came through, not at the first attempt */
	uint64_t lost;    /* never came through */
	uint64_t again;   /* attempts put off though the wait had passed since the mail's first, */
	uint64_t late;    /* and though the cap had */
};

struct month_result {
	struct month_count *kind; /* month_n_kinds of them */
	uint32_t *delay;          /* seconds, of delayed mail that is no spam; sorted */
	size_t n_delays;
	uint64_t sessions;
	double seconds;           /* real ones */
};

/* Ends the process if the rules or the zone are wrong. Give back with month_free. */
void month_run(const struct month_options *o, struct month_result *out);
void month_free(struct month_result *r);

#endif
