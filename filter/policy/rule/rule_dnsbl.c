/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_dnsbl.h"

#include "mail/domain.h"
#include "policy/rule/rule_family.h"
#include "policy/rule/rule_operand.h"
#include "policy/secret.h"

/* ---- DNS lists ---- */

static const struct fact_def *
lookup_fact(struct rule_check *c, const struct ast_word *w)
{
	const struct fact_def *def = rule_operand_fact(c, w);

	if (!def)
		return NULL;
	if (def->arg || (def->type != FACT_IP && def->type != FACT_DOMAIN)) {
		diag_error(c->set->diag, &w->at, NULL,
			"a DNS list looks up an address or a domain, but '%s' is a %s", def->name,
			fact_type_name(def->type));
		return NULL;
	}
	return def;
}

static void
declare_fact(struct rule_check *c, struct dnsbl_def *d, const struct ast_word *code, size_t index,
	size_t owner)
{
	struct dnsbl_fact *f = arena_new_of(c->set->arena, struct dnsbl_fact);
	struct fact_def def = {.type = FACT_BOOL,
		.stage = d->lookup->stage,
		.per_rcpt = d->lookup->per_rcpt,
		.asks = "the DNS list: A, for each value looked up"};
	struct view name = d->st->name.text;

	name = code ? arena_printf(c->set->arena, "dnsbl.%.*s.%.*s", VIEW_ARG(name),
			      VIEW_ARG(code->text))
		    : arena_printf(c->set->arena, "dnsbl.%.*s", VIEW_ARG(name));
	def.name = name.p;
	def.help = code ? "listed under this code" : "listed under any code";
	*f = (struct dnsbl_fact){d, index};
	if (name_table_add(&c->dnsbl_facts, name, f))
		rule_family_add(c, &def, owner, &d->st->name.at);
	else
		diag_error(c->set->diag, &code->at, NULL, "code '%.*s' is already there",
			VIEW_ARG(code->text));
}

static void
declare_dnsbl(struct rule_check *c, struct dnsbl_def *d, size_t owner)
{
	size_t i = 0;

	d->lookup = lookup_fact(c, d->dnsbl->lookup);
	if (!d->lookup)
		return;
	if (owner == SIZE_MAX) {
		diag_error(c->set->diag, &d->st->name.at, NULL, "no check asks DNS lists here");
		return;
	}
	declare_fact(c, d, NULL, SIZE_MAX, owner);
	for (const struct ast_dnsbl_code *k = d->dnsbl->codes; k; k = k->next)
		declare_fact(c, d, &k->name, i++, owner);
}

void
rule_dnsbl_declare(struct rule_check *c)
{
	struct rule_set *s = c->set;
	size_t owner = rule_family_owner(s->options->facts, "dnsbl.*");

	for (size_t i = 0; i < s->dnsbls.n; i++)
		declare_dnsbl(c, s->dnsbls.row[i].item, owner);
}

/* ---- compiling ---- */

static struct dnsbl_match *
matches(struct arena *a, const struct ast_code *codes, size_t *n_out)
{
	struct dnsbl_match *m;
	size_t n = 0;

	for (const struct ast_code *k = codes; k; k = k->next)
		n++;
	m = arena_array(a, n, sizeof(*m));
	*n_out = n;
	n = 0;
	for (const struct ast_code *k = codes; k; k = k->next)
		m[n++] = k->match;
	return m;
}

static void
compile_codes(struct arena *a, const struct ast_dnsbl *from, struct dnsbl *d)
{
	size_t n = 0;

	for (const struct ast_dnsbl_code *k = from->codes; k; k = k->next)
		n++;
	d->codes = arena_array(a, n, sizeof(*d->codes));
	for (const struct ast_dnsbl_code *k = from->codes; k; k = k->next) {
		struct dnsbl_code *code = &d->codes[d->n_codes++];

		code->name = k->name.text;
		code->match = matches(a, k->codes, &code->n);
	}
	d->errors = matches(a, from->errors, &d->n_errors);
}

/* RFC 5782 section 5: lists of addresses have 127.0.0.2 and not 127.0.0.1, lists of names TEST and
 * not INVALID. */
static void
compile_tests(const struct dnsbl_def *def, struct dnsbl *d)
{
	bool ip = def->lookup->type == FACT_IP;

	if (def->dnsbl->test_none)
		return;
	d->test_listed = ip ? VIEW("127.0.0.2") : VIEW("test");
	d->test_absent = ip ? VIEW("127.0.0.1") : VIEW("invalid");
	if (!def->dnsbl->test_listed)
		return;
	d->test_listed = def->dnsbl->test_listed->text;
	d->test_absent = def->dnsbl->test_absent->text;
}

static void
compile_zone(struct rule_check *c, const struct ast_word *w, struct dnsbl *d)
{
	const struct program_options *o = c->set->options;
	struct view zone =
		secret_fill(o->source, o->secrets_file, o->no_secrets, w, c->set->arena, c->set->diag);
	struct view normal = zone.p ? domain_normal(zone, c->set->arena) : zone;

	d->shown = w->text;
	d->zone = normal;
	if (zone.p && !normal.p)
		diag_error(c->set->diag, &w->at, NULL, "'%.*s' is not a domain",
			VIEW_ARG(view_head(w->text, 80)));
}

static void
compile_dnsbl(struct rule_check *c, struct dnsbl_def *def, struct dnsbl *d)
{
	const struct ast_dnsbl *from = def->dnsbl;
	const struct fact_def *lookup;
	size_t owner;
	bool made;

	compile_zone(c, from->zone, d);
	if (!def->lookup)
		return;
	lookup = fact_table_find(c->set->options->facts, view_str(def->lookup->name), &owner);
	d->name = def->st->name.text;
	d->lookup = rule_slots_get(&c->slots, lookup, owner, (struct view){NULL, 0}, &made);
	compile_codes(c->set->arena, from, d);
	compile_tests(def, d);
	d->timeout_ms = from->timeout_ms;
	d->limit = from->limit_n;
	d->limit_seconds = from->limit_seconds;
	d->file = def->st->at.file;
	d->line = def->st->at.line;
}

/* Slots of dnsbl facts were made while d was not yet there. */
static void
link_slots(struct rule_check *c)
{
	for (size_t i = 0; i < c->slots.n; i++) {
		struct slot *slot = &c->slots.slot[i];
		const struct dnsbl_fact *f =
			name_table_find(&c->dnsbl_facts, view_str(slot->def->name));

		if (!f)
			continue;
		if (!f->def->read)
			rule_operand_provided(c, f->def->dnsbl->lookup->text, &f->def->dnsbl->lookup->at);
		f->def->read = true;
		slot->dnsbl = &c->dnsbls[f->def->index];
		slot->code = f->code;
	}
}

void
rule_dnsbl_compile(struct rule_check *c)
{
	struct name_table *t = &c->set->dnsbls;

	c->dnsbls = arena_array(c->set->arena, t->n, sizeof(*c->dnsbls));
	for (size_t i = 0; i < t->n; i++) {
		struct dnsbl_def *def = t->row[i].item;

		def->index = i;
		compile_dnsbl(c, def, &c->dnsbls[i]);
	}
	link_slots(c);
}
