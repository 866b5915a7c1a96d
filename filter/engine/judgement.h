/* SPDX-License-Identifier: BSD-2-Clause
 *
 * judgement -- what the rules made of a message for one recipient: the result of engine/judge.h.
 *
 * Plain values; inner to the engine.
 */
#ifndef ENGINE_JUDGEMENT_H
#define ENGINE_JUDGEMENT_H

#include "engine/session.h"
#include "policy/rule.h"

struct json;

struct fired {
	size_t rule;
	int32_t score; /* hundredths, as counted */
	bool trial, by_unknown;
};

struct judgement {
	enum verdict_kind kind;
	enum stage stage;     /* where it was decided */
	bool tagged;
	bool skips_greylist;  /* a rule or policy says so */
	bool open;            /* to be made again: wait_left */
	bool spared;          /* an at-most clause left out what was severer */
	int32_t score;
	uint32_t tarpit;      /* seconds that the reply waits, in the proxy */
	size_t rule;          /* the rule that decided; SIZE_MAX: a threshold or nothing */
	struct view cause;    /* rule name, "threshold reject", "at-most (NAME)", or "" */
	const struct effect *effect; /* of that rule; NULL: a threshold */
	const struct threshold *threshold; /* that the verdict rests on; NULL: none */
	struct smtp_reply reply;
	struct view reason;
	const struct fired *fired; /* sorted by name */
	size_t n_fired;
	const size_t *unknown; /* rules that could not be decided */
	size_t n_unknown;
	const struct cut { /* what groups and skips took away; adds to the score */
		const char *why; /* "cap" or "skip" */
		size_t group;    /* SIZE_MAX: `skip score` */
		int32_t score;
	} *cuts;
	size_t n_cuts;
	const uint8_t *off; /* by rule: a policy disables it; NULL = none */
	int32_t tag_at; /* threshold in force, for X-Spam-Status */
	bool has_tag_at;
	struct view tag_level_text; /* of that threshold, if it was reached; else absent */
};

/* The judgement keeps what it says, not the room it was worked out in: copies its n_fired, n_unknown and
 * n_cuts rows into a, rules sorted by name. Sorts the given rows, too. */
void judgement_keep(struct judgement *j, struct fired *fired, size_t *unknown, const struct cut *cuts,
	struct arena *a);
/* Writes the threshold, which is not NULL, as an object: its level, its value, and who set it where. */
void judgement_threshold(const struct judgement *j, struct json *out);

#endif
