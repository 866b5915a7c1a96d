/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_operand.h"

#include "mail/header.h"
#include "policy/rule/rule_mention.h"
#include "policy/rule/rule_trust.h"

static const struct fact_def number_def = {.name = "count", .type = FACT_NUMBER};

bool
rule_operand_is_number(enum fact_type t)
{
	return t == FACT_NUMBER || t == FACT_DURATION || t == FACT_SIZE;
}

/* ---- names ---- */

const char *
rule_operand_hint(struct rule_check *c, struct view word)
{
	const struct fact_table *facts = c->set->options->facts;
	struct suggest s;

	suggest_init(&s, word);
	for (size_t i = 0; i < fact_table_count(facts); i++) {
		struct view name = view_str(fact_table_at(facts, i, NULL)->name);

		if (!view_ends_nocase(name, VIEW(".*")))
			suggest_try(&s, name);
	}
	name_table_suggest(&c->set->rules, &s);
	return suggest_hint(&s, c->set->arena);
}

/* "dnsbl.old.code" of a list that is retired? */
static bool
is_retired(struct rule_check *c, const struct ast_word *fact)
{
	size_t dot = view_find(fact->text, '.');
	struct view kind = view_head(fact->text, dot), name = view_skip(fact->text, dot + 1);

	return rule_check_retired(
		c, arena_cstr(c->set->arena, kind), view_head(name, view_find(name, '.')), &fact->at);
}

static void
unknown_fact(struct rule_check *c, const struct ast_word *w, const struct fact_def *near)
{
	struct arena *a = c->set->arena;
	struct view name = view_head(w->text, 80);
	const char *hint;

	if (near && near->arg)
		hint = arena_printf(a, "write %s(\"Name\")", near->name).p;
	else if (near)
		hint = arena_printf(a, "'%s' takes no argument", near->name).p;
	else if (name_table_find(&c->set->lists, w->text))
		hint = arena_printf(
			a, "'%.*s' is a list; write 'FACT in %.*s'", VIEW_ARG(name), VIEW_ARG(name))
			       .p;
	else
		hint = rule_operand_hint(c, w->text);
	c->lost_fact = true;
	diag_error(c->set->diag, &w->at, hint, "unknown fact '%.*s'", VIEW_ARG(name));
}

bool
rule_operand_arg(struct rule_check *c, const struct ast_word *arg)
{
	if (header_name_ok(arg->text))
		return true;
	diag_error(c->set->diag, &arg->at, "write it without colon and blanks",
		"'%.*s' is no name of a header field", VIEW_ARG(view_head(arg->text, 80)));
	return false;
}

static const struct fact_def *
find(struct rule_check *c, const struct ast_word *w, const struct ast_word *arg, size_t *owner)
{
	const struct fact_def *def = fact_table_find(c->set->options->facts, w->text, owner);

	if (!def || def->arg != (arg != NULL)) {
		unknown_fact(c, w, def);
		return NULL;
	}
	return arg && !rule_operand_arg(c, arg) ? NULL : def;
}

const struct fact_def *
rule_operand_fact(struct rule_check *c, const struct ast_word *w)
{
	return find(c, w, NULL, NULL);
}

/* ---- provided? ---- */

static const char *
lacking(const struct program_options *o, struct view name)
{
	for (size_t i = 0; i < o->n_lacks; i++)
		if (view_eq_str(name, o->lacks[i].fact))
			return o->lacks[i].remedy;
	return NULL;
}

void
rule_operand_provided(struct rule_check *c, struct view name, const struct place *at)
{
	const struct program_options *o = c->set->options;
	const char *remedy;
	size_t owner;

	if (!o->live || !c->emit || !fact_table_find(o->facts, name, &owner))
		return;
	remedy = lacking(o, name);
	if (remedy)
		diag_error(c->set->diag, at, remedy, "'%.*s' is not provided with these settings",
			VIEW_ARG(name));
	else if (owner == FACT_NOBODY)
		diag_error(c->set->diag, at,
			"disable the rule until a release has it; 'postern test' can give it a value",
			"no check of this release provides '%.*s'", VIEW_ARG(name));
}

/* ---- operands ---- */

static void
mark_used(struct rule_check *c, struct view name)
{
	const struct dnsbl_fact *f = name_table_find(&c->dnsbl_facts, name);
	struct rate_def *r = NULL;

	if (f)
		f->def->used = true;
	if (view_starts_nocase(name, "rate."))
		r = name_table_find(&c->set->rates, view_skip(name, 5));
	if (r)
		r->used = true;
}

static bool
read_fact(struct rule_check *c, const struct ast_operand *o, struct rule_operand *out)
{
	size_t owner;
	bool made;

	if (!fact_table_find(c->set->options->facts, o->name.text, NULL) && is_retired(c, &o->name)) {
		out->retired = true;
		return true;
	}
	out->def = find(c, &o->name, o->arg, &owner);
	if (!out->def)
		return false;
	rule_check_note(c, out->def);
	mark_used(c, o->name.text);
	out->verified = rule_trust_compared(o->name.text);
	out->op.type = (uint8_t)out->def->type;
	out->list = out->def->list;
	if (c->emit)
		out->op.index = (uint32_t)rule_slots_get(&c->slots, out->def, owner,
			o->arg ? o->arg->text : (struct view){NULL, 0}, &made);
	return true;
}

static bool
read_count(struct rule_check *c, const struct ast_operand *o, struct rule_operand *out)
{
	if (!read_fact(c, o, out))
		return false;
	if (out->retired)
		return true;
	if (!out->list) {
		diag_error(
			c->set->diag, &o->name.at, NULL, "count() needs a fact with many values");
		return false;
	}
	out->verified = false;
	out->op.kind = OPERAND_COUNT;
	out->op.type = FACT_NUMBER;
	out->def = &number_def;
	out->list = false;
	return true;
}

struct rule_def *
rule_operand_rule(struct rule_check *c, const struct ast_word *symbol)
{
	bool declared = name_table_find(&c->set->rules, symbol->text) != NULL;
	struct rule_def *r;

	if (!declared && rule_check_retired(c, "rule", symbol->text, &symbol->at))
		return NULL;
	r = rule_check_find(c, symbol);
	if (r)
		rule_mention_note(c, r, symbol);
	return r;
}

static bool
read_hits(struct rule_check *c, const struct ast_operand *o, struct rule_operand *out)
{
	struct rule_def *r = rule_operand_rule(c, &o->name);

	out->def = &number_def;
	out->retired = !r;
	if (!r)
		return true;
	out->verified = rule_check_rule(c, r)->verified;
	out->op = r->disabled ? (struct operand){OPERAND_ZERO, FACT_NUMBER, 0}
			      : (struct operand){OPERAND_HITS, FACT_NUMBER, (uint32_t)r->index};
	return true;
}

bool
rule_operand_read(struct rule_check *c, const struct ast_operand *o, struct rule_operand *out)
{
	*out = (struct rule_operand){.name = o->name.text, .at = &o->name.at};
	if (o->kind == AST_COUNT)
		return read_count(c, o, out);
	if (o->kind == AST_HITS)
		return read_hits(c, o, out);
	return read_fact(c, o, out);
}

/* ---- literals ---- */

bool
rule_operand_enum(struct rule_check *c, const struct rule_operand *left, const struct ast_word *w)
{
	struct arena *a = c->set->arena;
	struct view word = view_head(w->text, 80);
	const char *hint;

	if (fact_value_listed(left->def, w->text))
		return true;
	if (view_eq_str(w->text, "temperror")) {
		diag_error(c->set->diag, &w->at,
			arena_printf(a, "write '%.*s is unknown'", VIEW_ARG(left->name)).p,
			"temperror is not a value of '%.*s'", VIEW_ARG(left->name));
		return false;
	}
	hint = suggest_words(w->text, left->def->values, a);
	if (!hint)
		hint = arena_printf(a, "values: %s", left->def->values).p;
	diag_error(c->set->diag, &w->at, hint, "'%.*s' is never '%.*s'", VIEW_ARG(left->name),
		VIEW_ARG(word));
	return false;
}

static bool
is_quoted(const struct ast_word *w)
{
	return w->kind == AST_STRING;
}

/* A bare domain without a dot is more likely a fact that was misspelt; so is an address without
 * "@". */
static bool
looks_right(enum fact_type t, const struct ast_word *w)
{
	if (t == FACT_DOMAIN)
		return is_quoted(w) || view_find(w->text, '.') < w->text.n;
	if (rule_operand_is_number(t) && t != FACT_NUMBER)
		return w->text.n && !view_is_digit(w->text.p[w->text.n - 1]);
	return true;
}

static const char *
literal_hint(struct rule_check *c, const struct rule_operand *left, const struct ast_word *w)
{
	struct arena *a = c->set->arena;
	const char *hint;

	switch (left->op.type) {
	case FACT_SIZE:
		return "write for example 25MB";
	case FACT_DURATION:
		return "write for example 10m";
	case FACT_IP:
		if (view_find(w->text, '/') < w->text.n)
			return arena_printf(a, "for a network write '%.*s in { %.*s }'",
				VIEW_ARG(left->name), VIEW_ARG(view_head(w->text, 80)))
				.p;
		return rule_operand_hint(c, w->text);
	default:
		hint = rule_operand_hint(c, w->text);
		return hint || left->op.type != FACT_NUMBER ? hint : "write a whole number";
	}
}

static void
bad_literal(struct rule_check *c, const struct rule_operand *left, const struct ast_word *w)
{
	const char *hint = literal_hint(c, left, w);
	struct view word = view_head(w->text, 80);
	enum fact_type t = left->op.type;

	if (rule_operand_is_number(t))
		diag_error(c->set->diag, &w->at, hint, "'%.*s' is a %s; '%.*s' is not",
			VIEW_ARG(left->name), fact_type_name(t), VIEW_ARG(word));
	else if (t == FACT_IP)
		diag_error(c->set->diag, &w->at, hint, "'%.*s' is not an address", VIEW_ARG(word));
	else
		diag_error(c->set->diag, &w->at, hint, "'%.*s' is neither %s nor a fact",
			VIEW_ARG(word),
			t == FACT_ADDRESS   ? "an address"
			: t == FACT_COUNTRY ? "a country"
					    : "a domain");
}

static bool
read_literal(struct rule_check *c, const struct rule_operand *left, const struct ast_word *w,
	const struct fact_value **out)
{
	struct fact_value *v = arena_new_of(c->set->arena, struct fact_value);

	*out = v;
	if (left->op.type == FACT_ENUM)
		return rule_operand_enum(c, left, w) &&
		       fact_parse(left->def, w->text, c->set->arena, v);
	if (looks_right(left->op.type, w) && fact_parse(left->def, w->text, c->set->arena, v))
		return true;
	bad_literal(c, left, w);
	return false;
}

/* ---- the right side ---- */

/* The score counts in hundredths, other numbers in ones. */
static bool
is_score(const struct rule_operand *o)
{
	return o->op.kind == OPERAND_SLOT && strcmp(o->def->name, "score") == 0;
}

static bool
comparable(const struct rule_operand *a, const struct rule_operand *b)
{
	enum fact_type x = a->op.type, y = b->op.type;
	bool words = (x == FACT_TEXT || x == FACT_WORD) && (y == FACT_TEXT || y == FACT_WORD);

	return (x == y || words) && is_score(a) == is_score(b);
}

static bool
read_right(struct rule_check *c, const struct rule_operand *left, const struct ast_operand *o,
	struct expr *x, bool *verified_out)
{
	struct rule_operand right;

	if (!rule_operand_read(c, o, &right))
		return false;
	if (right.retired) {
		x->kind = EXPR_OPEN;
		return false;
	}
	if (right.list) {
		diag_error(c->set->diag, right.at,
			"turn the comparison round, with 'any', 'all' or 'no'",
			"'%.*s' has many values", VIEW_ARG(right.name));
		return false;
	}
	if (!comparable(left, &right)) {
		diag_error(c->set->diag, right.at, NULL, "cannot compare %s '%.*s' with %s '%.*s'",
			fact_type_name(left->op.type), VIEW_ARG(left->name),
			fact_type_name(right.op.type), VIEW_ARG(right.name));
		return false;
	}
	x->right = right.op;
	*verified_out = right.verified;
	return true;
}

bool
rule_operand_value(struct rule_check *c, const struct rule_operand *left,
	const struct ast_operand *o, struct expr *x, bool *verified_out)
{
	bool literal = o->kind == AST_VALUE && is_quoted(&o->name);

	*verified_out = true;
	if (o->kind == AST_VALUE && !literal) {
		literal = left->op.type == FACT_ENUM && fact_value_listed(left->def, o->name.text);
		literal |= !fact_table_find(c->set->options->facts, o->name.text, NULL);
	}
	if (literal)
		return read_literal(c, left, &o->name, &x->value);
	return read_right(c, left, o, x, verified_out);
}
