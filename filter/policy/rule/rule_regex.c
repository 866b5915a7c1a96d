/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_regex.h"

#include <stdlib.h>

#include "util/log.h"

void
rule_regex_init(struct rule_regex *t)
{
	*t = (struct rule_regex){0};
}

void
rule_regex_done(struct rule_regex *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->row[i].regex);
	free(t->row);
}

static void *
grown(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	*cap = *cap ? *cap * 2 : 8;
	items = reallocarray(items, *cap, size);
	if (!items)
		log_die("out of memory");
	return items;
}

/* The index of the row of this slot, made if there is none. */
static size_t
row_of(struct rule_regex *t, size_t slot, bool many)
{
	size_t i = 0;

	while (i < t->n && t->row[i].group.slot != slot)
		i++;
	if (i < t->n)
		return i;
	t->row = grown(t->row, t->n, &t->cap, sizeof(*t->row));
	t->row[t->n++] = (struct rule_regex_row){.group = {.slot = slot, .many = many}};
	return i;
}

void
rule_regex_note(struct rule_regex *t, struct expr *x, bool many)
{
	const struct regex *regex = list_regex(x->list);
	size_t i;
	struct rule_regex_row *r;

	if (x->left.kind != OPERAND_SLOT || !regex)
		return;
	i = row_of(t, x->left.index, many);
	r = &t->row[i];
	x->n = 1 + (uint32_t)i;
	x->right.index = (uint32_t)r->n;
	r->regex = grown(r->regex, r->n, &r->cap, sizeof(struct regex *));
	r->regex[r->n++] = regex;
}

static void
free_set(void *arg)
{
	regex_set_free(arg);
}

void
rule_regex_build(const struct rule_regex *t, struct program *p, struct arena *a)
{
	struct regex_group *g = arena_array(a, t->n, sizeof(*g));

	for (size_t i = 0; i < t->n; i++) {
		const struct rule_regex_row *r = &t->row[i];

		g[i] = r->group;
		if (r->n < REGEX_SET_MIN)
			continue;
		g[i].set = regex_set_new(r->regex, r->n);
		arena_on_reset(a, free_set, g[i].set);
	}
	p->regexes = g;
	p->n_regexes = t->n;
}
