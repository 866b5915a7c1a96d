/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_change.h"

/* Notes that st changes this clause. False, with an error, if another statement did already. */
static bool
claim(struct rule_set *s, const struct place **slot, const struct ast_statement *st,
	const char *clause)
{
	if (*slot) {
		diag_error(s->diag, &st->name.at, "keep one of the two",
			"%s of %.*s is already changed at %.*s:%u", clause, VIEW_ARG(st->name.text),
			VIEW_ARG((*slot)->file), (*slot)->line);
		return false;
	}
	*slot = &st->name.at;
	return true;
}

static void *
target(struct rule_set *s, const struct name_table *t, const struct ast_statement *st,
	const char *kind)
{
	void *item = name_table_find(t, st->name.text);

	if (!item && !rule_set_retired(s, kind, &st->name))
		diag_error(s->diag, &st->name.at, name_table_hint(t, st->name.text, s->arena),
			"no %s '%.*s' to change", kind, VIEW_ARG(st->name.text));
	return item;
}

/* ---- rules ---- */

void
rule_change_except(struct rule_set *s, struct rule_def *r, const struct ast_expr *unless)
{
	struct rule_unless *u = arena_new_of(s->arena, struct rule_unless);

	u->expr = unless;
	u->next = r->unless;
	r->unless = u;
}

static void
change_rule_parts(struct rule_set *s, struct rule_def *r, const struct ast_statement *st)
{
	const struct ast_rule *c = st->rule;

	if (c->if_unknown && claim(s, &r->changed[RULE_IF_UNKNOWN], st, "'if unknown'"))
		r->rule->if_unknown = c->if_unknown;
	if (c->group && claim(s, &r->changed[RULE_GROUP], st, "the group"))
		r->rule->group = c->group;
	if (c->scope_word && claim(s, &r->changed[RULE_SCOPE], st, "the scope")) {
		r->rule->scope_word = c->scope_word;
		r->rule->scope = c->scope;
	}
	if (c->info && claim(s, &r->changed[RULE_INFO], st, "the info"))
		r->rule->info = c->info;
	if ((c->trial || c->enforce) && claim(s, &r->changed[RULE_TRIAL], st, "'trial'"))
		r->trial = c->trial != NULL;
}

static void
change_rule(struct rule_set *s, const struct ast_statement *st)
{
	struct rule_def *r = name_table_find(&s->rules, st->name.text);
	const struct ast_rule *c = st->rule;

	if (!r && rule_set_retired(s, "rule", &st->name))
		return;
	if (!r) {
		diag_error(s->diag, &st->name.at,
			name_table_hint(&s->rules, st->name.text, s->arena),
			"no rule %.*s to change", VIEW_ARG(st->name.text));
		return;
	}
	if (c->unless)
		rule_change_except(s, r, c->unless);
	if ((c->score || c->effects) && claim(s, &r->changed[RULE_EFFECTS], st, "what it does")) {
		r->rule->score = c->score;
		r->rule->effects = c->effects;
	}
	change_rule_parts(s, r, st);
}

static void
disable(struct rule_set *s, const struct ast_statement *st)
{
	for (const struct ast_word *w = st->disable; w; w = w->next) {
		struct rule_def *r = name_table_find(&s->rules, w->text);

		if (r) {
			r->disabled = true;
			r->disabled_at = &w->at;
		} else if (!rule_set_retired(s, "rule", w)) {
			diag_error(s->diag, &w->at, name_table_hint(&s->rules, w->text, s->arena),
				"no rule %.*s to disable", VIEW_ARG(w->text));
		}
	}
}

/* ---- lists, DNS lists, rates, groups ---- */

static void
change_list(struct rule_set *s, const struct ast_statement *st)
{
	struct list_def *l = target(s, &s->lists, st, "list");
	struct list_part *p;

	if (!l)
		return;
	p = arena_new_of(s->arena, struct list_part);
	p->sources = st->list->sources;
	p->remove = st->list->remove;
	p->next = l->parts;
	l->parts = p;
}

/* A code that is there already is replaced, another one is added. */
static void
change_codes(struct rule_set *s, struct dnsbl_def *d, const struct ast_statement *st)
{
	for (const struct ast_dnsbl_code *c = st->dnsbl->codes; c; c = c->next) {
		struct ast_dnsbl_code **at = &d->dnsbl->codes, *copy;

		while (*at && !view_eq((*at)->name.text, c->name.text))
			at = &(*at)->next;
		copy = arena_new_of(s->arena, struct ast_dnsbl_code);
		*copy = *c;
		copy->next = *at ? (*at)->next : NULL;
		*at = copy;
	}
}

static void
change_dnsbl(struct rule_set *s, const struct ast_statement *st)
{
	struct dnsbl_def *d = target(s, &s->dnsbls, st, "dnsbl");
	const struct ast_dnsbl *c = st->dnsbl;

	if (!d)
		return;
	if (c->zone && claim(s, &d->changed[0], st, "the zone"))
		d->dnsbl->zone = c->zone;
	if (c->lookup && claim(s, &d->changed[1], st, "'lookup'"))
		d->dnsbl->lookup = c->lookup;
	if (c->timeout && claim(s, &d->changed[2], st, "the timeout")) {
		d->dnsbl->timeout = c->timeout;
		d->dnsbl->timeout_ms = c->timeout_ms;
	}
	if ((c->test_listed || c->test_none) && claim(s, &d->changed[3], st, "the test entry")) {
		d->dnsbl->test_listed = c->test_listed;
		d->dnsbl->test_absent = c->test_absent;
		d->dnsbl->test_none = c->test_none;
	}
	if (c->limit && claim(s, &d->changed[4], st, "the limit")) {
		d->dnsbl->limit = c->limit;
		d->dnsbl->limit_n = c->limit_n;
		d->dnsbl->limit_seconds = c->limit_seconds;
	}
	if (c->errors && claim(s, &d->changed_errors, st, "the errors"))
		d->dnsbl->errors = c->errors;
	if (c->codes && claim(s, &d->changed_codes, st, "the codes"))
		change_codes(s, d, st);
}

static void
change_rate(struct rule_set *s, const struct ast_statement *st)
{
	struct rate_def *r = target(s, &s->rates, st, "rate");
	const struct ast_rate *c = st->rate;

	if (!r)
		return;
	if (c->what && claim(s, &r->changed[0], st, "what is counted")) {
		r->rate->what = c->what;
		r->rate->count = c->count;
	}
	if (c->by && claim(s, &r->changed[1], st, "'by'"))
		r->rate->by = c->by;
	if (c->per && claim(s, &r->changed[2], st, "the period")) {
		r->rate->per = c->per;
		r->rate->seconds = c->seconds;
	}
}

static void
change_group(struct rule_set *s, const struct ast_statement *st)
{
	struct group_def *g = target(s, &s->groups, st, "group");

	if (g && claim(s, &g->changed, st, "the maximum"))
		g->max = st->max;
}

/* ---- thresholds, policies ---- */

static void
change_levels(struct rule_set *s, struct level_def *levels, const struct ast_level *l)
{
	for (; l; l = l->next) {
		struct level_def *d = &levels[l->level];

		if (d->changed) {
			diag_error(s->diag, &l->at, "keep one of the two",
				"threshold '%s' is already changed at %.*s:%u",
				rule_set_level_name(l->level), VIEW_ARG(d->changed->file),
				d->changed->line);
			continue;
		}
		d->changed = &l->at;
		d->level = l;
	}
}

/* `from` may be shared with another tree: its words are copied. */
static void
append_words(struct rule_set *s, struct ast_word **to, const struct ast_word *from)
{
	while (*to)
		to = &(*to)->next;
	for (; from; from = from->next) {
		*to = arena_new_of(s->arena, struct ast_word);
		**to = *from;
		(*to)->next = NULL;
		to = &(*to)->next;
	}
}

static void
change_policy(struct rule_set *s, const struct ast_statement *st)
{
	struct policy_def *p = target(s, &s->policies, st, "policy");
	const struct ast_policy *c = st->policy;

	if (!p)
		return;
	if (c->when && claim(s, &p->changed_when, st, "'for'"))
		p->policy->when = c->when;
	if (c->at_most_word && claim(s, &p->changed_at_most, st, "'at-most'")) {
		p->policy->at_most_word = c->at_most_word;
		p->policy->at_most = c->at_most;
	}
	change_levels(s, p->levels, c->levels);
	append_words(s, &p->policy->disable, c->disable);
	append_words(s, &p->policy->skip, c->skip);
}

void
rule_change_apply(struct rule_set *s, const struct ast_statement *st)
{
	switch (st->kind) {
	case AST_RULE:
		change_rule(s, st);
		break;
	case AST_DISABLE:
		disable(s, st);
		break;
	case AST_LIST:
		change_list(s, st);
		break;
	case AST_DNSBL:
		change_dnsbl(s, st);
		break;
	case AST_RATE:
		change_rate(s, st);
		break;
	case AST_GROUP:
		change_group(s, st);
		break;
	case AST_THRESHOLD:
		change_levels(s, s->levels, st->threshold);
		break;
	case AST_POLICY:
		change_policy(s, st);
		break;
	default:
		break;
	}
}
