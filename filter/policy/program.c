/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/program.h"

#include "policy/expr.h"
#include "policy/rule/rule_case.h"
#include "policy/rule/rule_check.h"
#include "policy/rule/rule_early.h"
#include "policy/rule/rule_list.h"
#include "policy/rule/rule_regex.h"
#include "policy/rule/rule_set.h"
#include "policy/rule/rule_text.h"

/* The program that is shown, and what it lives in. */
struct whole {
	struct program shown; /* first: a pointer to it is a pointer to this */
	struct arena *arena;
	struct map *lists; /* by name */
	const struct rule_set_list *all_lists;
};

const char *
effect_name(enum effect_kind k)
{
	static const char *const names[] = {"reject always", "accept", "reject", "discard", "defer",
		"greylist", "quarantine", "tag", "tarpit", "add header", "skip"};

	return names[k];
}

/* ---- putting together ---- */

static void
count(const struct rule_set *s, struct program_counts *out, size_t tests)
{
	*out = (struct program_counts){.rules = s->rules.n, .dnsbls = s->dnsbls.n, .tests = tests};
	for (size_t i = 0; i < s->lists.n; i++)
		out->lists += ((const struct list_def *)s->lists.row[i].item)->st != NULL;
}

static void
add_extra_facts(struct rule_check *c)
{
	const struct program_options *o = c->set->options;

	for (size_t i = 0; i < o->n_extra_facts; i++) {
		size_t owner;
		bool made;
		const struct fact_def *def =
			fact_table_find(o->facts, view_str(o->extra_facts[i]), &owner);

		if (def && !def->arg)
			rule_slots_get(&c->slots, def, owner, (struct view){NULL, 0}, &made);
	}
}

static const struct list *
standard_list(struct rule_set *s, const char *name, enum list_type t)
{
	const struct list_def *l = name_table_find(&s->lists, view_str(name));

	if (l->type != t && l->st)
		diag_error(s->diag, &l->st->name.at, NULL, "list '%s' must hold %s", name,
			list_type_name(t));
	return l->list;
}

static void
add_standard_lists(struct rule_set *s, struct program *p)
{
	p->own_nets = standard_list(s, "own-nets", LIST_NETS);
	p->own_domains = standard_list(s, "own-domains", LIST_DOMAINS);
	p->trusted_relays = standard_list(s, "trusted-relays", LIST_NETS);
}

static void
assemble(struct rule_check *c, struct whole *w)
{
	struct program *p = &w->shown;

	p->slots = rule_slots_array(&c->slots);
	p->n_slots = c->slots.n;
	p->n_read = c->n_read;
	p->rules = c->rules;
	p->n_rules = c->n_rules;
	p->groups = c->groups;
	p->n_groups = c->set->groups.n;
	p->dnsbls = c->dnsbls;
	p->n_dnsbls = c->set->dnsbls.n;
	p->rates = c->rates;
	p->n_rates = c->set->rates.n;
	p->policies = c->policies;
	p->n_policies = c->set->policies.n;
	memcpy(p->threshold, c->threshold, sizeof(p->threshold));
	p->any_per_rcpt = c->any_per_rcpt;
	rule_regex_build(&c->regexes, p, w->arena);
	p->n_lookups = c->lookups.n;
	for (size_t i = 0; i < p->n_rules; i++)
		for (size_t k = 0; k < p->rules[i].n_effects; k++)
			if (p->rules[i].effects[k].at >= 0)
				p->at_stage[p->rules[i].effects[k].at] = true;
	w->all_lists = c->set->all_lists;
	w->lists = map_new();
	for (size_t i = 0; i < c->set->lists.n; i++) {
		struct list_def *l = c->set->lists.row[i].item;

		map_put(w->lists, l->name, l->list);
	}
}

static void
check(struct rule_set *s, struct whole *w)
{
	struct rule_check c;

	rule_set_collect(s);
	rule_check_init(&c, s);
	rule_list_fill(s);
	rule_check_all(&c);
	w->shown.tests = rule_case_read(&c, &w->shown.n_tests);
	if (s->options->counts)
		count(s, s->options->counts, w->shown.n_tests);
	add_standard_lists(s, &w->shown);
	if (diag_errors(s->diag) == 0) {
		rule_early_mark(&c);
		add_extra_facts(&c);
		assemble(&c, w);
	}
	rule_check_done(&c);
}

struct program *
program_load(const struct program_options *o, struct diag *d)
{
	struct arena *a = arena_new();
	struct whole *w = arena_new_of(a, struct whole);
	struct rule_set set;

	w->arena = a;
	rule_set_init(&set, o, a, d);
	check(&set, w);
	rule_set_done(&set);
	if (diag_errors(d) == 0)
		return &w->shown;
	program_free(&w->shown);
	return NULL;
}

void
program_free(struct program *p)
{
	struct whole *w = (struct whole *)p;

	if (!p)
		return;
	map_free(w->lists);
	arena_free(w->arena); /* w goes with it */
}

/* ---- reading ---- */

size_t
program_slot(const struct program *p, struct view name, struct view arg)
{
	for (size_t i = 0; i < p->n_slots; i++) {
		const struct slot *s = &p->slots[i];

		if (view_eq_str(name, s->def->name) && (arg.p != NULL) == (s->arg.p != NULL) &&
			(!arg.p || view_eq_nocase(arg, s->arg)))
			return i;
	}
	return SIZE_MAX;
}

const struct list *
program_list(const struct program *p, struct view name)
{
	return map_get(((const struct whole *)p)->lists, name);
}

size_t
program_bytes(const struct program *p)
{
	const struct whole *w = (const struct whole *)p;
	size_t n = arena_used(w->arena);

	for (const struct rule_set_list *l = w->all_lists; l; l = l->next)
		n += list_bytes(l->list);
	for (size_t i = 0; i < p->n_regexes; i++)
		n += p->regexes[i].set ? regex_set_bytes(p->regexes[i].set) : 0;
	return n;
}

uint64_t
program_overruns(const struct program *p)
{
	uint64_t n = 0;

	for (const struct rule_set_list *l = ((const struct whole *)p)->all_lists; l; l = l->next)
		n += list_overruns(l->list);
	return n;
}

struct program_found *
program_found_new(const struct program *p, struct arena *a)
{
	struct program_found *f = arena_new_of(a, struct program_found);

	f->lookups = arena_array(a, p->n_lookups, sizeof(*f->lookups));
	f->regexes = arena_array(a, p->n_regexes, sizeof(*f->regexes));
	for (size_t i = 0; i < p->n_regexes; i++)
		if (p->regexes[i].set)
			f->regexes[i].bits = arena_array(a, regex_set_words(p->regexes[i].set),
				sizeof(*f->regexes->bits));
	return f;
}

struct view
program_list_name(const struct program *p, const struct list *l)
{
	const struct map *lists = ((const struct whole *)p)->lists;
	struct view name;
	void *value;
	size_t at = 0;

	while (map_next(lists, &at, &name, &value))
		if (value == l)
			return name;
	return (struct view){NULL, 0};
}

enum tri
program_rule(const struct program_eval *e, size_t rule)
{
	return expr_rule(e, rule);
}

enum tri
program_policy(const struct program_eval *e, size_t policy)
{
	return expr_truth(e, e->program->policies[policy].when);
}

struct view
program_text(const struct program_eval *e, struct view text, const struct program_names *names,
	size_t max, struct arena *a)
{
	return rule_text_fill(e, text, names, max, a);
}
