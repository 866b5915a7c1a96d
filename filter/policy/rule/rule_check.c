/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_check.h"

#include "policy/rule/rule_dnsbl.h"
#include "policy/rule/rule_effect.h"
#include "policy/rule/rule_expr.h"
#include "policy/rule/rule_mention.h"
#include "policy/rule/rule_missing.h"
#include "policy/rule/rule_policy.h"
#include "policy/rule/rule_rate.h"
#include "policy/rule/rule_trust.h"
#include "util/limits.h"

void
rule_check_init(struct rule_check *c, struct rule_set *s)
{
	*c = (struct rule_check){.set = s};
	rule_slots_init(&c->slots, s->arena);
	name_table_init(&c->dnsbl_facts);
	rule_regex_init(&c->regexes);
}

void
rule_check_done(struct rule_check *c)
{
	rule_slots_done(&c->slots);
	name_table_done(&c->dnsbl_facts);
	rule_regex_done(&c->regexes);
	rule_lookup_done(&c->lookups);
}

/* ---- findings ---- */

static void
note_stage(struct rule_finding *f, enum stage stage, struct view name)
{
	if (f->latest.p && stage <= f->stage)
		return;
	f->stage = stage;
	f->latest = name;
}

/* Keeps the claimed facts sorted, each once; the last ones fall off the end. */
static void
note_claimed(struct rule_finding *f, struct view name)
{
	enum { MAX = sizeof(f->claimed) / sizeof(*f->claimed) };
	size_t at = 0;

	while (at < f->n_claimed && view_cmp(f->claimed[at], name) < 0)
		at++;
	if (at == MAX || (at < f->n_claimed && view_eq(f->claimed[at], name)))
		return;
	if (f->n_claimed < MAX)
		f->n_claimed++;
	memmove(&f->claimed[at + 1], &f->claimed[at],
		(f->n_claimed - 1 - at) * sizeof(*f->claimed));
	f->claimed[at] = name;
}

void
rule_check_note(struct rule_check *c, const struct fact_def *def)
{
	struct rule_finding *f = c->finding;

	note_stage(f, def->stage, view_str(def->name));
	f->per_rcpt |= def->per_rcpt;
	f->reads_score |= strcmp(def->name, "score") == 0;
	f->by_result |= rule_trust_result(view_str(def->name)) || strncmp(def->name, "dkim.", 5) == 0;
	if (def->claimed)
		note_claimed(f, view_str(def->name));
}

static void
merge(struct rule_finding *into, const struct rule_finding *from)
{
	if (from->latest.p)
		note_stage(into, from->stage, from->latest);
	into->per_rcpt |= from->per_rcpt;
	into->reads_score |= from->reads_score;
	into->retired |= from->retired;
	into->by_result |= from->by_result;
	for (size_t i = 0; i < from->n_claimed; i++)
		note_claimed(into, from->claimed[i]);
}

/* ---- rules ---- */

struct rule_def *
rule_check_find(struct rule_check *c, const struct ast_word *symbol)
{
	struct rule_def *r = name_table_find(&c->set->rules, symbol->text);

	if (!r && !rule_set_retired(c->set, "rule", symbol))
		diag_error(c->set->diag, &symbol->at,
			name_table_hint(&c->set->rules, symbol->text, c->set->arena),
			"no rule %.*s", VIEW_ARG(symbol->text));
	return r;
}

bool
rule_check_retired(struct rule_check *c, const char *kind, struct view name, const struct place *at)
{
	const char *hint = rule_set_retired_hint(c->set, kind, name);

	if (!hint)
		return false;
	diag_warn(c->set->diag, at, "retired", hint, "%s %.*s is retired: this is unknown", kind,
		VIEW_ARG(name));
	if (c->finding)
		c->finding->retired = true;
	return true;
}

static int
group_index(struct rule_check *c, const struct ast_word *w)
{
	struct group_def *g = w ? name_table_find(&c->set->groups, w->text) : NULL;
	const char *hint;

	if (!w)
		return -1;
	if (g)
		return (int)g->index;
	if (rule_set_retired(c->set, "group", w))
		return -1;
	hint = name_table_hint(&c->set->groups, w->text, c->set->arena);
	if (!hint)
		hint = arena_printf(
			c->set->arena, "declare it: group %.*s max 6", VIEW_ARG(w->text))
			       .p;
	diag_error(c->set->diag, &w->at, hint, "no group '%.*s'", VIEW_ARG(w->text));
	return -1;
}

/* Reads the rule that c->rule and c->finding stand for. */
static void
read_rule(struct rule_check *c)
{
	struct rule_def *r = c->rule;
	size_t errors = diag_errors(c->set->diag);
	struct expr *when = arena_new_of(c->set->arena, struct expr);
	struct rule out = {.name = r->st->name.text,
		.file = r->st->at.file,
		.line = r->st->at.line,
		.scope = r->rule->scope,
		.trial = r->trial,
		.when = when};

	c->finding->verified = rule_expr_rule(c, r, when);
	if (diag_errors(c->set->diag) == errors) /* what is read wrong cannot be judged */
		rule_missing_check(c, r);
	rule_effect_read(c, &out);
	if (r->rule->info)
		out.info = r->rule->info->text;
	out.group = group_index(c, r->rule->group);
	out.stage = c->finding->stage;
	out.per_rcpt = c->finding->per_rcpt;
	out.reads_score = c->finding->reads_score;
	c->any_per_rcpt |= out.per_rcpt && c->emit;
	if (r->index != SIZE_MAX)
		c->rules[r->index] = out;
}

static bool
chain_ok(struct rule_check *c, const struct rule_def *r)
{
	if (r->chain < RULE_CHAIN_MAX)
		return true;
	diag_error(c->set->diag, &r->st->name.at, NULL,
		"rules refer to one another more than %d deep", RULE_CHAIN_MAX);
	return false;
}

static void
visit(struct rule_check *c, struct rule_def *r)
{
	struct rule_finding *outer_finding = c->finding;
	struct rule_def *outer_rule = c->rule;
	bool outer_emit = c->emit, outer_negative = c->negative;

	c->finding = r->finding;
	c->rule = r;
	c->emit = !r->disabled;
	c->negative = false;
	c->depth++;
	r->seen = RULE_VISITING;
	read_rule(c);
	r->seen = RULE_SEEN;
	c->depth--;
	c->finding = outer_finding;
	c->rule = outer_rule;
	c->emit = outer_emit;
	c->negative = outer_negative;
}

const struct rule_finding *
rule_check_rule(struct rule_check *c, struct rule_def *r)
{
	if (!r->finding)
		r->finding = arena_new_of(c->set->arena, struct rule_finding);
	if (r->seen == RULE_VISITING) {
		diag_error(c->set->diag, &r->st->name.at, NULL, "rule %.*s refers to itself",
			VIEW_ARG(r->st->name.text));
		return r->finding;
	}
	if (r->seen == RULE_UNSEEN && c->depth >= RULE_CHAIN_MAX)
		r->chain = RULE_CHAIN_MAX;
	if (!chain_ok(c, r))
		return r->finding;
	if (r->seen == RULE_UNSEEN)
		visit(c, r);
	if (c->finding)
		merge(c->finding, r->finding);
	if (c->rule && c->rule->chain <= r->chain)
		c->rule->chain = r->chain + 1;
	return r->finding;
}

/* ---- all ---- */

static void
number_rules(struct rule_check *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->set->rules.n; i++) {
		struct rule_def *r = c->set->rules.row[i].item;

		if (!r->disabled)
			r->index = n++;
	}
	c->n_rules = n;
	c->rules = arena_array(c->set->arena, n, sizeof(*c->rules));
}

static void
read_groups(struct rule_check *c)
{
	const struct name_table *t = &c->set->groups;

	c->groups = arena_array(c->set->arena, t->n, sizeof(*c->groups));
	for (size_t i = 0; i < t->n; i++) {
		struct group_def *g = t->row[i].item;

		g->index = i;
		c->groups[i] = (struct group){
			g->st->name.text, g->st->at.file, g->st->at.line, g->max->hundredths};
	}
}

static bool
in_name(char c)
{
	return view_is_alpha(c) || view_is_digit(c) || c == '-' || c == '_';
}

/* Adds the words of a text to how often each is there. */
static void
count_words(struct map *words, struct view text)
{
	for (size_t i = 0, n; i < text.n; i += n + 1) {
		struct view word = view_skip(text, i);

		for (n = 0; n < word.n && in_name(word.p[n]); n++) {}
		word = view_head(word, n);
		if (n)
			map_put(words, word, (void *)((uintptr_t)map_get(words, word) + 1));
	}
}

/* words: NULL, or those of all files, where a statement that could not be read may be what uses the name. */
static void
unused(struct rule_check *c, const struct map *words, const struct ast_statement *st, const char *kind)
{
	if (!words || (uintptr_t)map_get(words, st->name.text) < 2)
		diag_warn(c->set->diag, &st->name.at, "unused", NULL, "%s '%.*s' is never used",
			kind, VIEW_ARG(st->name.text));
}

static void
each_unused(struct rule_check *c, const struct map *words)
{
	const struct rule_set *s = c->set;

	for (size_t i = 0; i < s->lists.n && !c->lost_list; i++) {
		const struct list_def *l = s->lists.row[i].item;
		bool ours = view_eq_str(l->name, "own-nets") ||
			    view_eq_str(l->name, "own-domains") ||
			    view_eq_str(l->name, "trusted-relays");

		if (l->st && !l->used && !ours)
			unused(c, words, l->st, "list");
	}
	for (size_t i = 0; i < s->dnsbls.n && !c->lost_fact; i++) {
		const struct dnsbl_def *d = s->dnsbls.row[i].item;

		if (d->lookup && !d->used)
			unused(c, words, d->st, "dnsbl");
	}
	for (size_t i = 0; i < s->rates.n && !c->lost_fact; i++) {
		const struct rate_def *r = s->rates.row[i].item;

		if (!r->used)
			unused(c, words, r->st, "rate");
	}
}

static void
warn_unused(struct rule_check *c)
{
	struct map *words = diag_errors(c->set->diag) ? map_new() : NULL;

	for (const struct ast_file *f = c->set->ast.files; f && words; f = f->next)
		count_words(words, f->text);
	each_unused(c, words);
	map_free(words);
}

void
rule_check_all(struct rule_check *c)
{
	rule_dnsbl_declare(c);
	rule_rate_declare(c);
	number_rules(c);
	read_groups(c);
	for (size_t i = 0; i < c->set->rules.n; i++)
		rule_check_rule(c, c->set->rules.row[i].item);
	rule_policy_read(c);
	rule_mention_check(c);
	c->emit = true;
	c->n_read = c->slots.n;
	rule_dnsbl_compile(c);
	rule_rate_compile(c);
	warn_unused(c);
}
