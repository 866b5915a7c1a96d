/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/trace.h"

#include "engine/state.h"
#include "policy/expr_why.h"

static const char *
truth_word(const struct session *s, const struct rule *r, enum tri t)
{
	if (t == TRI_UNKNOWN)
		return r->stage > s->stage ? "pending" : "unknown";
	return t == TRI_TRUE ? "true" : "false";
}

static const char *
word(const struct session *s, const struct program_eval *e, size_t i, struct expr_why *why)
{
	const struct rule *r = &e->program->rules[i];

	why->n = 0;
	if (e->off && e->off[i])
		return "disabled by policy";
	if (!judge_in_scope(s, r)) {
		if (s->outbound_known) /* it fires nothing, but a rule that names it sees its condition */
			return expr_why(e, i, s->message, why) == TRI_TRUE ? "true, out of scope"
				: "out of scope";
		why->reason[why->n++] = VIEW("direction is not known yet");
		return "pending";
	}
	return truth_word(s, r, expr_why(e, i, s->message, why));
}

void
trace_write(struct session *s, const struct judgement *j, struct json *out)
{
	const struct program *p = s->e->program;
	struct program_eval e = {.program = p, .fact = values_seen, .ctx = s, .off = j->off,
		.memo = arena_alloc(s->message, p->n_rules)};
	struct expr_why why;

	json_open(out, '[');
	for (size_t i = 0; i < p->n_rules; i++) {
		const char *truth = word(s, &e, i, &why);

		json_open(out, '{');
		json_key(out, "name");
		json_text(out, p->rules[i].name);
		json_key(out, "truth");
		json_text(out, view_str(truth));
		json_key(out, "why");
		json_open(out, '[');
		for (size_t k = 0; k < why.n; k++)
			json_text(out, why.reason[k]);
		json_close(out, ']');
		json_close(out, '}');
	}
	json_close(out, ']');
}
