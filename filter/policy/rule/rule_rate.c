/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_rate.h"

#include "policy/rule/rule_family.h"
#include "policy/rule/rule_operand.h"

static void
declare(struct rule_check *c, struct rate_def *r, size_t owner)
{
	static const enum stage counted[] = {[AST_MESSAGES] = STAGE_MAIL,
		[AST_RECIPIENTS] = STAGE_RCPT,
		[AST_CONNECTIONS] = STAGE_CONNECT,
		[AST_BYTES] = STAGE_BODY,
		[AST_REJECTS] = STAGE_CONNECT};
	struct fact_def def = {.type = FACT_NUMBER,
		.stage = counted[r->rate->count],
		.help = "what was counted in the time of its statement, with what is under way",
		.asks = "the store"};
	size_t n = 0;

	for (const struct ast_word *w = r->rate->by; w; w = w->next) {
		const struct fact_def *by = rule_operand_fact(c, w);

		if (++n == RATE_FACTS_MAX + 1)
			diag_error(c->set->diag, &w->at, NULL, "a rate counts by %d facts at most",
				RATE_FACTS_MAX);
		if (by && (by->list || by->arg))
			diag_error(c->set->diag, &w->at, NULL,
				"a rate counts by facts of one value, not '%s'", by->name);
		if (by && by->stage > def.stage)
			def.stage = by->stage;
		def.per_rcpt |= by && by->per_rcpt;
	}
	def.name = arena_printf(c->set->arena, "rate.%.*s", VIEW_ARG(r->st->name.text)).p;
	rule_family_add(c, &def, owner, &r->st->name.at);
}

void
rule_rate_declare(struct rule_check *c)
{
	size_t owner = rule_family_owner(c->set->options->facts, "rate.*");

	for (size_t i = 0; i < c->set->rates.n; i++)
		declare(c, c->set->rates.row[i].item, owner);
}

static void
compile(struct rule_check *c, const struct rate_def *def, struct rate *r)
{
	const struct ast_rate *from = def->rate;

	r->name = def->st->name.text;
	r->count = (enum rate_count)from->count;
	r->seconds = from->seconds;
	r->file = def->st->at.file;
	r->line = def->st->at.line;
	for (const struct ast_word *w = from->by; w && r->n_by < RATE_FACTS_MAX; w = w->next) {
		size_t owner;
		const struct fact_def *by = fact_table_find(c->set->options->facts, w->text, &owner);
		bool made;

		if (!by)
			continue; /* said already */
		if (def->used)
			rule_operand_provided(c, w->text, &w->at);
		r->per_rcpt |= by->per_rcpt;
		r->by[r->n_by++] = rule_slots_get(&c->slots, by, owner, (struct view){NULL, 0}, &made);
	}
}

/* Slots of rate facts were made while the rates were not yet there. */
static void
link_slots(struct rule_check *c)
{
	for (size_t i = 0; i < c->slots.n; i++) {
		struct view name = view_str(c->slots.slot[i].def->name);

		for (size_t k = 0; k < c->set->rates.n && view_starts_nocase(name, "rate."); k++)
			if (view_eq(view_skip(name, 5), c->rates[k].name))
				c->slots.slot[i].rate = &c->rates[k];
	}
}

void
rule_rate_compile(struct rule_check *c)
{
	const struct name_table *t = &c->set->rates;

	c->rates = arena_array(c->set->arena, t->n, sizeof(*c->rates));
	for (size_t i = 0; i < t->n; i++)
		compile(c, t->row[i].item, &c->rates[i]);
	link_slots(c);
}
