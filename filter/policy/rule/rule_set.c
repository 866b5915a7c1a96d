/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_set.h"

#include "policy/parser/parser.h"
#include "policy/rule/rule_change.h"

const char *
rule_set_level_name(enum level l)
{
	static const char *const names[LEVEL_COUNT] = {
		"greylist", "tag", "quarantine", "reject", "early-reject"};

	return names[l];
}

void
rule_set_init(struct rule_set *s, const struct program_options *o, struct arena *a, struct diag *d)
{
	*s = (struct rule_set){
		.options = o, .arena = a, .diag = d, .ast = {.arena = a, .source = o->source}};
	name_table_init(&s->rules);
	name_table_init(&s->lists);
	name_table_init(&s->dnsbls);
	name_table_init(&s->rates);
	name_table_init(&s->groups);
	name_table_init(&s->policies);
	name_table_init(&s->retired);
	for (size_t i = 0; i < o->n_files; i++)
		parser_file(&s->ast, o->files[i], d);
}

void
rule_set_done(struct rule_set *s)
{
	name_table_done(&s->rules);
	name_table_done(&s->lists);
	name_table_done(&s->dnsbls);
	name_table_done(&s->rates);
	name_table_done(&s->groups);
	name_table_done(&s->policies);
	name_table_done(&s->retired);
}

static void
said_twice(struct rule_set *s, const struct ast_statement *again,
	const struct ast_statement *first, const char *kind, const char *hint)
{
	const char *quote = again->kind == AST_RULE ? "" : "'";

	diag_error(s->diag, &again->name.at, hint, "%s %s%.*s%s is already defined at %.*s:%u",
		kind, quote, VIEW_ARG(again->name.text), quote, VIEW_ARG(first->at.file),
		first->name.at.line);
}

const char *
rule_set_retired_hint(struct rule_set *s, const char *kind, struct view name)
{
	const struct ast_statement *st = name_table_find(
		&s->retired, arena_printf(s->arena, "%s %.*s", kind, VIEW_ARG(name)));

	return st ? arena_cstr(s->arena, st->retired->text->text) : NULL;
}

bool
rule_set_retired(struct rule_set *s, const char *kind, const struct ast_word *name)
{
	const char *hint = rule_set_retired_hint(s, kind, name->text);

	if (hint)
		diag_warn(s->diag, &name->at, "retired", hint, "%s %.*s is retired: this does nothing",
			kind, VIEW_ARG(name->text));
	return hint != NULL;
}

static void
declare_retired(struct rule_set *s, const struct ast_statement *st)
{
	struct view key = arena_printf(
		s->arena, "%.*s %.*s", VIEW_ARG(st->retired->kind), VIEW_ARG(st->name.text));

	if (!name_table_add(&s->retired, key, (void *)(uintptr_t)st))
		said_twice(s, st, name_table_find(&s->retired, key), "retired", NULL);
}

static void
declare_rule(struct rule_set *s, const struct ast_statement *st)
{
	struct rule_def *r = arena_new_of(s->arena, struct rule_def);
	const struct rule_def *old = name_table_find(&s->rules, st->name.text);

	if (old) {
		said_twice(s, st, old->st, "rule",
			arena_printf(s->arena, "to alter it write: change %.*s ...",
				VIEW_ARG(st->name.text))
				.p);
		return;
	}
	r->st = st;
	r->rule = st->rule;
	r->trial = st->rule->trial != NULL;
	r->index = SIZE_MAX;
	if (st->rule->unless)
		rule_change_except(s, r, st->rule->unless);
	name_table_add(&s->rules, st->name.text, r);
}

/* A list of postern.conf that is not weak was set by hand: a second one is as wrong as any. */
static bool
list_is_free(struct rule_set *s, const struct ast_statement *st)
{
	const struct list_def *old = name_table_find(&s->lists, st->name.text);
	const char *hint = arena_printf(s->arena,
		"to extend it write: change list %.*s add { ... }", VIEW_ARG(st->name.text))
				   .p;

	if (old)
		said_twice(s, st, old->st, "list", hint);
	for (size_t i = 0; !old && i < s->options->n_lists; i++) {
		const struct program_list *p = &s->options->lists[i];

		if (p->weak || !view_eq_str(st->name.text, p->name))
			continue;
		diag_error(s->diag, &st->name.at, hint, "list '%s' is already set at %.*s:%u",
			p->name, VIEW_ARG(p->file), p->line);
		return false;
	}
	return !old;
}

static void
declare_list(struct rule_set *s, const struct ast_statement *st)
{
	struct list_def *l;

	if (!list_is_free(s, st))
		return;
	l = arena_new_of(s->arena, struct list_def);
	l->name = st->name.text;
	l->st = st;
	l->type = st->list->type;
	l->first = st->list->first;
	l->second = st->list->second;
	l->parts = arena_new_of(s->arena, struct list_part);
	l->parts->sources = st->list->sources;
	name_table_add(&s->lists, l->name, l);
}

/* The three that every rule may name are there, if only empty. */
static void
declare_standard(struct rule_set *s)
{
	static const struct {
		const char *name;
		enum list_type type;
	} lists[] = {{"own-nets", LIST_NETS}, {"own-domains", LIST_DOMAINS},
		{"trusted-relays", LIST_NETS}};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct list_def *l = arena_new_of(s->arena, struct list_def);

		l->name = view_str(lists[i].name);
		l->type = lists[i].type;
		name_table_add(&s->lists, l->name, l);
	}
}

/* Those of postern.conf that no statement replaced. */
static void
declare_presets(struct rule_set *s)
{
	for (size_t i = 0; i < s->options->n_lists; i++) {
		const struct program_list *p = &s->options->lists[i];
		struct list_def *l = arena_new_of(s->arena, struct list_def);

		l->name = view_str(p->name);
		l->preset = p;
		l->type = p->type;
		name_table_add(&s->lists, l->name, l);
	}
}

static void
declare_dnsbl(struct rule_set *s, const struct ast_statement *st)
{
	struct dnsbl_def *d = arena_new_of(s->arena, struct dnsbl_def);
	const struct dnsbl_def *old = name_table_find(&s->dnsbls, st->name.text);

	d->st = st;
	d->dnsbl = st->dnsbl;
	if (!name_table_add(&s->dnsbls, st->name.text, d))
		said_twice(s, st, old->st, "dnsbl", "to alter it write: change dnsbl ...");
}

static void
declare_rate(struct rule_set *s, const struct ast_statement *st)
{
	struct rate_def *r = arena_new_of(s->arena, struct rate_def);
	const struct rate_def *old = name_table_find(&s->rates, st->name.text);

	r->st = st;
	r->rate = st->rate;
	if (!name_table_add(&s->rates, st->name.text, r))
		said_twice(s, st, old->st, "rate", "to alter it write: change rate ...");
}

static void
declare_group(struct rule_set *s, const struct ast_statement *st)
{
	struct group_def *g = arena_new_of(s->arena, struct group_def);
	const struct group_def *old = name_table_find(&s->groups, st->name.text);

	g->st = st;
	g->max = st->max;
	if (!name_table_add(&s->groups, st->name.text, g))
		said_twice(s, st, old->st, "group", "to alter it write: change group ...");
}

static void
declare_levels(
	struct rule_set *s, struct level_def *levels, const struct ast_level *l, const char *hint)
{
	for (; l; l = l->next) {
		struct level_def *old = &levels[l->level];

		if (old->level)
			diag_error(s->diag, &l->at, hint,
				"threshold '%s' is already set at %.*s:%u",
				rule_set_level_name(l->level), VIEW_ARG(old->level->at.file),
				old->level->at.line);
		else
			old->level = l;
	}
}

static void
declare_policy(struct rule_set *s, const struct ast_statement *st)
{
	struct policy_def *p = arena_new_of(s->arena, struct policy_def);
	const struct policy_def *old = name_table_find(&s->policies, st->name.text);

	p->st = st;
	p->policy = st->policy;
	declare_levels(s, p->levels, st->policy->levels, NULL);
	if (!name_table_add(&s->policies, st->name.text, p))
		said_twice(s, st, old->st, "policy", "to alter it write: change policy ...");
}

static void
declare(struct rule_set *s, const struct ast_statement *st)
{
	switch (st->kind) {
	case AST_RULE:
		declare_rule(s, st);
		break;
	case AST_LIST:
		declare_list(s, st);
		break;
	case AST_DNSBL:
		declare_dnsbl(s, st);
		break;
	case AST_RATE:
		declare_rate(s, st);
		break;
	case AST_GROUP:
		declare_group(s, st);
		break;
	case AST_THRESHOLD:
		declare_levels(
			s, s->levels, st->threshold, "to alter it write: change threshold ...");
		break;
	case AST_POLICY:
		declare_policy(s, st);
		break;
	case AST_RETIRED:
		declare_retired(s, st);
		break;
	default:
		break; /* language, include and disable declare nothing; tests have no names to
			  clash */
	}
}

void
rule_set_collect(struct rule_set *s)
{
	for (const struct ast_statement *st = s->ast.first; st; st = st->next)
		if (!st->change)
			declare(s, st);
	declare_presets(s);
	declare_standard(s);
	for (const struct ast_statement *st = s->ast.first; st; st = st->next)
		if (st->change || st->kind == AST_DISABLE)
			rule_change_apply(s, st);
	name_table_sort(&s->rules);
	name_table_sort(&s->policies);
	name_table_sort(&s->groups);
}
