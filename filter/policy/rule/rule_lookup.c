/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_lookup.h"

#include <stdlib.h>

#include "util/log.h"

void
rule_lookup_done(struct rule_lookup *t)
{
	free(t->test);
}

static bool
is_text(enum fact_type t)
{
	return t == FACT_DOMAIN || t == FACT_ADDRESS || t == FACT_TEXT || t == FACT_WORD || t == FACT_ENUM ||
	       t == FACT_COUNTRY;
}

static bool
same(const struct expr *a, const struct expr *b)
{
	return a->left.index == b->left.index && a->list == b->list && a->quantifier == b->quantifier &&
	       a->negated == b->negated;
}

/* A value is known again by where its text or its items lie. */
void
rule_lookup_note(struct rule_lookup *t, struct expr *x)
{
	size_t i = 0;

	if (x->left.kind != OPERAND_SLOT || (x->quantifier == EXPR_ONE && !is_text(x->left.type)))
		return;
	while (i < t->n && !same(&t->test[i], x))
		i++;
	x->n = 1 + (uint32_t)i;
	if (i < t->n)
		return;
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->test = reallocarray(t->test, t->cap, sizeof(*t->test));
		if (!t->test)
			log_die("out of memory");
	}
	t->test[t->n++] = *x;
}
