/* SPDX-License-Identifier: BSD-2-Clause
 *
 * judge -- the rules weighed for one recipient at one moment: scores, effects, thresholds, policies.
 *
 * The one place where postern-rules(7), EVALUATION, is carried out. Inner to the engine, like
 * engine/state.h.
 */
#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

#include "engine/session.h"

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
	bool spared;          /* an at-most clause made it milder */
	int32_t score;
	size_t rule;          /* the rule that decided; SIZE_MAX: a threshold or nothing */
	struct view cause;    /* rule name, "threshold reject", "at-most (NAME)", or "" */
	const struct effect *effect; /* of that rule; NULL: a threshold */
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

/* Weighs the rules for the session's current recipient. final: at the end of the message; before, only
 * effects that are due count. Lives in the message arena. */
const struct judgement *judge(struct session *s, bool final);
/* Does the rule apply to mail of the session's direction? */
bool judge_in_scope(const struct session *s, const struct rule *r);

#endif
