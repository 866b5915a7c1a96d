/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_mention.h"

void
rule_mention_note(struct rule_check *c, struct rule_def *r, const struct ast_word *symbol)
{
	struct rule_mention *m;

	if (!c->emit)
		return;
	m = arena_new_of(c->set->arena, struct rule_mention);
	*m = (struct rule_mention){r->mentions, c->rule, &symbol->at, c->negative};
	r->mentions = m;
}

/* "rule AA at FILE:LINE" */
static struct view
reader(struct rule_check *c, const struct rule_mention *m)
{
	struct arena *a = c->set->arena;

	if (!m->reader)
		return arena_printf(a, "a policy at %.*s:%u", VIEW_ARG(m->at->file), m->at->line);
	return arena_printf(a, "rule %.*s at %.*s:%u", VIEW_ARG(m->reader->st->name.text),
		VIEW_ARG(m->at->file), m->at->line);
}

static void
warn_disabled(struct rule_check *c, const struct rule_def *r, const struct rule_mention *m)
{
	struct view name = r->st->name.text;

	diag_warn(c->set->diag, r->disabled_at, "disabled", NULL,
		"%.*s names %.*s: there %s%.*s%s is always %s", VIEW_ARG(reader(c, m)), VIEW_ARG(name),
		m->negative ? "'not " : "", VIEW_ARG(name),
		m->negative ? "'" : "", m->negative ? "true" : "false");
}

/* A rule on trial decides nothing: one that reads it does. */
static void
warn_trial(struct rule_check *c, const struct rule_def *r, const struct rule_mention *m)
{
	const struct place *at = r->changed[RULE_TRIAL] ? r->changed[RULE_TRIAL] : m->at;

	diag_warn(c->set->diag, at, "trial", "put both on trial, or name another rule",
		"%.*s names %.*s, which is on trial: there it counts", VIEW_ARG(reader(c, m)),
		VIEW_ARG(r->st->name.text));
}

void
rule_mention_check(struct rule_check *c)
{
	for (size_t i = 0; i < c->set->rules.n; i++) {
		const struct rule_def *r = c->set->rules.row[i].item;

		for (const struct rule_mention *m = r->mentions; m; m = m->next) {
			if (r->disabled)
				warn_disabled(c, r, m);
			else if (r->trial && !(m->reader && m->reader->trial))
				warn_trial(c, r, m);
		}
	}
}

void
rule_mention_disable(
	struct rule_check *c, const struct rule_def *r, const struct ast_word *w, struct view policy)
{
	for (const struct rule_mention *m = r->mentions; m; m = m->next)
		if (m->negative && m->reader)
			diag_warn(c->set->diag, &w->at, "disabled", NULL,
				"%.*s names %.*s: with policy %.*s 'not %.*s' is always true there",
				VIEW_ARG(reader(c, m)), VIEW_ARG(r->st->name.text), VIEW_ARG(policy),
				VIEW_ARG(r->st->name.text));
}
