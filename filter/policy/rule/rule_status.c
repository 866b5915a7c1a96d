/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_status.h"

/* What a condition may rest on. value: the word it is compared with; NULL: it is bare or `is missing`. */
static const struct basis {
	const char *fact, *value;
	bool absent; /* `not fact`, `fact is missing` */
	const char *hard, *soft;
} bases[] = {
	{"spf", "fail", false, "5.7.23", "4.7.23"},
	{"spf", "softfail", false, "5.7.23", "4.7.23"},
	{"helo.spf", "fail", false, "5.7.23", "4.7.23"},
	{"spf", "permerror", false, "5.7.24", "4.7.24"},
	{"helo.spf", "permerror", false, "5.7.24", "4.7.24"},
	{"dkim", "none", false, "5.7.20", "4.7.20"},
	{"dkim", "fail", false, "5.7.20", "4.7.20"},
	{"dkim", "permerror", false, "5.7.20", "4.7.20"},
	{"dkim.aligned", NULL, true, "5.7.22", "4.7.22"},
	{"client.fcrdns", NULL, true, "5.7.25", "4.7.25"},
	{"client.ptr", NULL, true, "5.7.25", "4.7.25"},
	{"client.name", NULL, true, "5.7.25", "4.7.25"},
	{"mail.null-mx", NULL, false, "5.7.27", "4.7.27"},
	{"arc", "fail", false, "5.7.29", "4.7.29"},
};
enum { BASES = sizeof(bases) / sizeof(*bases) };

struct finding {
	const struct basis *first;
	bool several; /* with different codes */
};

static void
note(struct finding *f, const struct basis *b)
{
	if (f->first && strcmp(f->first->hard, b->hard) != 0)
		f->several = true;
	if (!f->first)
		f->first = b;
}

static void
look_up(struct finding *f, struct view fact, struct view value, bool absent)
{
	for (size_t i = 0; i < BASES; i++)
		if (view_eq_str(fact, bases[i].fact) && bases[i].absent == absent &&
			(bases[i].value ? value.p && view_eq_str(value, bases[i].value) : !value.p))
			note(f, &bases[i]);
}

static void
read_leaf(struct finding *f, const struct ast_expr *e, bool negated)
{
	const struct view none = {NULL, 0};

	if (!e->left || e->left->kind != AST_FACT)
		return;
	if (e->kind == AST_BARE)
		look_up(f, e->left->name.text, none, negated);
	else if (e->kind == AST_IS && e->state == AST_MISSING && e->negated == negated)
		look_up(f, e->left->name.text, none, true);
	else if (e->kind == AST_COMPARE && e->relop == AST_EQ && !negated)
		look_up(f, e->left->name.text, e->right->name.text, false);
	else if (e->kind == AST_IN && e->set && !e->negated && !negated)
		for (const struct ast_item *i = e->set->items; i; i = i->next)
			look_up(f, e->left->name.text, i->word.text, false);
}

static void
read_all(struct finding *f, const struct ast_expr *e, bool negated)
{
	if (e->kind != AST_AND && e->kind != AST_OR && e->kind != AST_NOT) {
		read_leaf(f, e, negated);
		return;
	}
	for (const struct ast_expr *a = e->args; a; a = a->next)
		read_all(f, a, negated != (e->kind == AST_NOT));
}

struct view
rule_status_of(const struct ast_expr *when, bool permanent)
{
	struct finding f = {NULL, false};

	read_all(&f, when, false);
	if (f.several) /* RFC 7372 section 3.3: several checks failed */
		return permanent ? VIEW("5.7.26") : VIEW("4.7.26");
	return f.first ? view_str(permanent ? f.first->hard : f.first->soft) : (struct view){NULL, 0};
}

struct view
rule_status_unknown(struct view code)
{
	if (view_eq_str(code, "5.7.23") || view_eq_str(code, "5.7.24"))
		return VIEW("5.7.24");
	if (view_eq_str(code, "4.7.23") || view_eq_str(code, "4.7.24"))
		return VIEW("4.7.24");
	return (struct view){NULL, 0};
}
