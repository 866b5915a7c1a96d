/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/overrun.h"

#include "util/log.h"

enum { SHOWN = 200 };

static bool
is_within(const struct expr *tree, const struct expr *x)
{
	if (tree == x)
		return true;
	if (tree->kind < EXPR_AND || tree->kind > EXPR_OF)
		return false;
	for (uint32_t i = 0; i < tree->n; i++)
		if (is_within(&tree->args[i], x))
			return true;
	return false;
}

static void
say(const struct program *p, const char *kind, struct view name, struct view file, uint32_t line,
	const struct list *l)
{
	struct view list = program_list_name(p, l), regex = view_head(list_overrun(l), SHOWN);

	log_seldom(LOG_LEVEL_WARN, "regex-limit", "%s=%.*s at=%.*s:%u%s%.*s regex=%.*s", kind,
		VIEW_ARG(name), VIEW_ARG(file), line, list.p ? " list=" : "", VIEW_ARG(list),
		VIEW_ARG(regex));
}

void
overrun_log(const struct program *p, const struct expr *x)
{
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];

		if (is_within(r->when, x))
			say(p, "rule", r->name, r->file, r->line, x->list);
	}
	for (size_t i = 0; i < p->n_policies; i++) {
		const struct policy *q = &p->policies[i];

		if (is_within(q->when, x))
			say(p, "policy", q->name, q->file, q->line, x->list);
	}
}
