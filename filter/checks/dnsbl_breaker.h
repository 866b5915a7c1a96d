/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dnsbl_breaker -- is a DNS list still one? Its statistics, and what a probe of it means.
 *
 * How many clients a list has differs by site and list - most of an MX's clients stand in some, almost none
 * in others - so each list is held against its own past. Distinct values are weighed by a sequential test
 * (Wald): is what comes in likelier if everybody is listed, or nobody, than at the list's usual share? Odds
 * of a thousand to one make a list suspect, as do an error code, and DNSBL_BREAKER_SILENT questions in a row
 * without an answer. The usual share moves slowly, and not while odds are mounting.
 *
 * To be suspect costs a list nothing but a probe: only that suspends it. A wave of spam from listed hosts
 * may look as if everybody were listed, but it cannot list the entry that must be absent (RFC 5782 section
 * 5), nor values drawn by lot. So a sane list stays in use, learns what was held back, and is left in peace
 * for a while. A suspended list is probed at growing distances until it is sane. What lists everybody from
 * the first, as a list of countries does, is not doubted for that. The past of before this worker began is
 * recalled (checks/dnsbl_past.h): a list that breaks down during a restart has one, too.
 *
 * Pure: the time is an argument. Of a fixed size.
 */
#ifndef CHECKS_DNSBL_BREAKER_H
#define CHECKS_DNSBL_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/limits.h"

/* What was seen of one value. */
enum dnsbl_sight {
	DNSBL_SIGHT_NONE,   /* nothing that tells of the list: no answer, too */
	DNSBL_SIGHT_ABSENT,
	DNSBL_SIGHT_LISTED,
	DNSBL_SIGHT_ERROR   /* an error code, or its absent test entry is listed */
};

enum dnsbl_fault { /* why it is suspended */
	DNSBL_FAULT_NONE,
	DNSBL_FAULT_REFUSES,   /* it answers with error codes */
	DNSBL_FAULT_LISTS_ALL,
	DNSBL_FAULT_SILENT,
	DNSBL_FAULT_EMPTY,     /* the entry that it had for tests is gone */
	DNSBL_FAULT_REMEMBERED /* it was suspended before this worker began, and is not probed yet */
};

struct dnsbl_breaker {
	double n, listed;           /* the usual share: distinct values, and those of them that are listed */
	double held_n, held_listed; /* not learned yet */
	uint64_t new_listed, new_absent; /* learned here, and not told to others yet (checks/dnsbl_past.h) */
	double all, nobody;         /* log odds that everybody is listed, or nobody */
	bool suspect, is_silent, was_tested; /* was_tested: its listed test entry has been seen */
	enum dnsbl_fault fault;
	int64_t since_ms;           /* of the suspension */
	int64_t sane_ms;            /* since when it is sane */
	int64_t quiet_ms, calm_ms;  /* no suspicion before, for its share; for errors and silence */
	int64_t due_ms, gap_ms;     /* the next probe, and how far the one after it is */
	int64_t seen_ms;            /* since when values are remembered */
	uint32_t seen[DNSBL_BREAKER_SEEN];
};

/* The first probe is due at once. */
void dnsbl_breaker_init(struct dnsbl_breaker *b, int64_t now_ms);

/* hash: of the value. True: it is suspect now, and was not before. */
bool dnsbl_breaker_note(struct dnsbl_breaker *b, uint64_t hash, enum dnsbl_sight sight, int64_t now_ms);

/* So many questions in a row had no answer: time-out, SERVFAIL, REFUSED. */
void dnsbl_breaker_silence(struct dnsbl_breaker *b, unsigned silent, int64_t now_ms);

/* When a probe is due: at once while it is suspect; INT64_MAX = none is. */
int64_t dnsbl_breaker_due(const struct dnsbl_breaker *b);

/* Is a probe to ask for values drawn by lot too? No cache knows them. Not at the start. */
bool dnsbl_breaker_draws(const struct dnsbl_breaker *b);

/* What a probe has found. */
struct dnsbl_probe {
	unsigned drawn, drawn_listed; /* values drawn by lot that had an answer, and those listed */
	unsigned answers;             /* all questions that had one, errors included */
	unsigned errors;              /* answers that are error codes */
	bool absent_listed;           /* the test entry that must not be */
	enum dnsbl_sight listed;      /* what the one that must be is; DNSBL_SIGHT_NONE: it was not asked */
	bool outage;                  /* it is the resolver that fails */
	bool early;                   /* it began before the list was suspect, and drew nothing */
};
enum dnsbl_turn { DNSBL_TURN_NONE, DNSBL_TURN_SUSPENDED, DNSBL_TURN_BACK };
enum dnsbl_turn dnsbl_breaker_probed(struct dnsbl_breaker *b, const struct dnsbl_probe *p, int64_t now_ms);

/* What was learned before this worker began, or by others: of n distinct values so many were listed. It
 * replaces what was learned here, which had no past to be judged by. */
void dnsbl_breaker_recall(struct dnsbl_breaker *b, double n, double listed);
/* Its test entry has been seen before; it was suspended then, and is until it is probed, which is at once. */
void dnsbl_breaker_resume(struct dnsbl_breaker *b, bool tested, bool suspended, int64_t now_ms);

/* Percent of distinct values that are usually listed; -1: too few were seen to say. */
int dnsbl_breaker_share(const struct dnsbl_breaker *b);

#endif
