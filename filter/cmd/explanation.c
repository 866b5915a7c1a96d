/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/explanation.h"

#include <stdlib.h>

enum { PLACE_COLUMN = 72 };

static const char *const scopes[] = {"inbound", "outbound", "any"};

static struct view
safe(const struct explanation *x, struct view v)
{
	return diag_escaped(x->arena, v);
}

/* ---- what both need ---- */

/* Terminal effects wait for RCPT, unless they say `at`. */
static enum stage
acts_at(const struct rule *r, const struct effect *e)
{
	if (e->at >= 0)
		return (enum stage)e->at;
	return r->stage > STAGE_RCPT ? r->stage : STAGE_RCPT;
}

static bool
names(const struct explanation *x, size_t other)
{
	const struct rule_reads reads = rule_reads_of(x->program, other, x->arena);

	return reads.rule[x->rule - x->program->rules];
}

/* Does a test say what must become of this rule? */
static bool
tests(const struct ast_statement *st, struct view name)
{
	const struct ast_expect *e = st->kind == AST_TEST ? st->test->expect : NULL;

	for (; e; e = e->next)
		if ((e->kind == AST_EXPECT_SYMBOL || e->kind == AST_EXPECT_UNKNOWN) &&
			view_eq(e->word.text, name))
			return true;
	return false;
}

static struct view
slot_name(const struct explanation *x, const struct slot *s)
{
	if (!s->arg.p)
		return view_str(s->def->name);
	return arena_printf(x->arena, "%s(\"%.*s\")", s->def->name, VIEW_ARG(s->arg));
}

static struct view
slot_asks(const struct explanation *x, const struct slot *s)
{
	if (s->dnsbl)
		return arena_printf(x->arena, "the DNS list %.*s (%.*s): A", VIEW_ARG(s->dnsbl->name),
			VIEW_ARG(s->dnsbl->shown));
	return view_str(s->def->asks);
}

static struct view
type_name(const struct explanation *x, const struct fact_def *def)
{
	return arena_printf(x->arena, "%s%s", def->list ? "list of " : "", fact_type_name(def->type));
}

/* DNS lists among what is read; one counts once, however many of its codes are read. */
static size_t
count_lists(const struct explanation *x)
{
	const struct program *p = x->program;
	size_t n = 0;

	for (size_t d = 0; d < p->n_dnsbls; d++) {
		bool asked = false;

		for (size_t i = 0; i < p->n_slots; i++)
			asked |= x->reads.slot[i] && p->slots[i].dnsbl == &p->dnsbls[d];
		n += asked;
	}
	return n;
}

/* ---- for people ---- */

static void
origin(const struct explanation *x, const struct rule_origin *o, FILE *out)
{
	struct view text = safe(x, o->text);
	int pad = text.n < PLACE_COLUMN - 6 ? (int)(PLACE_COLUMN - 4 - text.n) : 2;

	fprintf(out, "    %.*s%*s%.*s:%u\n", VIEW_ARG(text), pad, "", VIEW_ARG(safe(x, o->at.file)),
		o->at.line);
}

static void
print_stage(const struct explanation *x, FILE *out)
{
	const struct rule *r = x->rule;
	const char *by = " by ";

	fprintf(out, "  decided   at %s", stage_name(r->stage));
	for (size_t i = 0; i < x->program->n_slots; i++) {
		const struct slot *s = &x->program->slots[i];

		if (!x->reads.slot[i] || s->def->stage != r->stage)
			continue;
		fprintf(out, "%s%.*s", by, VIEW_ARG(safe(x, slot_name(x, s))));
		by = ", ";
	}
	fprintf(out, "%s\n", r->per_rcpt ? ", for each recipient" : "");
	for (size_t i = 0; i < r->n_effects; i++)
		fprintf(out, "  acts      %s at %s%s\n", effect_name(r->effects[i].kind),
			stage_name(acts_at(r, &r->effects[i])), r->trial ? ", if it were no trial" : "");
}

static void
print_facts(const struct explanation *x, FILE *out)
{
	const char *head = "reads";

	for (size_t i = 0; i < x->program->n_slots; i++) {
		const struct slot *s = &x->program->slots[i];
		struct view asks = slot_asks(x, s);

		if (!x->reads.slot[i])
			continue;
		fprintf(out, "  %-9s %.*s: %.*s, %s, %s%s%.*s\n", head, VIEW_ARG(safe(x, slot_name(x, s))),
			VIEW_ARG(type_name(x, s->def)), stage_name(s->def->stage),
			s->def->claimed ? "claimed by the client" : "verified", asks.n ? "; asks " : "",
			VIEW_ARG(asks));
		head = "";
	}
}

static void
print_relations(const struct explanation *x, FILE *out)
{
	const struct program *p = x->program;
	size_t lists = count_lists(x);

	if (lists)
		fprintf(out, "  DNS lists %zu asked\n", lists);
	for (size_t i = 0; i < p->n_rules; i++)
		if (x->reads.rule[i])
			fprintf(out, "  names     %.*s  %.*s:%u\n", VIEW_ARG(p->rules[i].name),
				VIEW_ARG(safe(x, p->rules[i].file)), p->rules[i].line);
	for (size_t i = 0; i < p->n_rules; i++)
		if (names(x, i))
			fprintf(out, "  named by  %.*s  %.*s:%u\n", VIEW_ARG(p->rules[i].name),
				VIEW_ARG(safe(x, p->rules[i].file)), p->rules[i].line);
}

static void
print_policies(const struct explanation *x, FILE *out)
{
	for (size_t i = 0; i < x->n_policies; i++)
		fprintf(out, "  but       %.*s  %.*s:%u\n", VIEW_ARG(safe(x, x->policies[i].text)),
			VIEW_ARG(safe(x, x->policies[i].at.file)), x->policies[i].at.line);
}

static void
print_rule(const struct explanation *x, FILE *out)
{
	const struct rule *r = x->rule;

	print_stage(x, out);
	fprintf(out, "  scope     %s\n", scopes[r->scope]);
	if (r->group >= 0)
		fprintf(out, "  group     %.*s, at most %d.%02d together\n",
			VIEW_ARG(x->program->groups[r->group].name), x->program->groups[r->group].max / 100,
			abs(x->program->groups[r->group].max % 100));
	if (r->trial)
		fputs("  trial     it is judged and logged, and does nothing\n", out);
	print_facts(x, out);
	print_relations(x, out);
	print_policies(x, out);
}

static void
print_tests(const struct explanation *x, FILE *out)
{
	for (const struct ast_statement *st = x->set->ast.first; st; st = st->next)
		if (tests(st, x->name))
			fprintf(out, "  test      \"%.*s\"  %.*s:%u\n", VIEW_ARG(safe(x, st->name.text)),
				VIEW_ARG(safe(x, st->at.file)), st->at.line);
}

void
explanation_print(const struct explanation *x, FILE *out)
{
	fprintf(out, "%s%.*s\n", x->def ? "rule " : "", VIEW_ARG(x->name));
	for (size_t i = 0; i < x->n_origin; i++)
		origin(x, &x->origin[i], out);
	if (!x->def)
		return;
	if (x->rule)
		print_rule(x, out);
	else
		fprintf(out, "  disabled  by %.*s:%u\n", VIEW_ARG(safe(x, x->def->disabled_at->file)),
			x->def->disabled_at->line);
	print_tests(x, out);
	if (x->hits >= 0)
		fprintf(out, "  hits      %ld in the last %ld records\n", x->hits, x->records);
}

/* ---- as JSON ---- */

static void
text(struct json *j, const char *key, struct view v)
{
	json_key(j, key);
	json_text(j, v);
}

static void
place(struct json *j, struct view file, uint32_t line)
{
	text(j, "file", file);
	json_key(j, "line");
	json_number(j, line);
}

static void
json_places(struct json *j, const char *key, const struct rule_origin *o, size_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(j, '{');
		text(j, "text", o[i].text);
		place(j, o[i].at.file, o[i].at.line);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_facts(const struct explanation *x, struct json *j)
{
	json_key(j, "reads");
	json_open(j, '[');
	for (size_t i = 0; i < x->program->n_slots; i++) {
		const struct slot *s = &x->program->slots[i];

		if (!x->reads.slot[i])
			continue;
		json_open(j, '{');
		text(j, "fact", slot_name(x, s));
		text(j, "type", type_name(x, s->def));
		text(j, "stage", view_str(stage_name(s->def->stage)));
		json_key(j, "claimed");
		json_bool(j, s->def->claimed);
		text(j, "asks", slot_asks(x, s));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_effects(const struct explanation *x, struct json *j)
{
	const struct rule *r = x->rule;

	json_key(j, "effects");
	json_open(j, '[');
	for (size_t i = 0; i < r->n_effects; i++) {
		json_open(j, '{');
		text(j, "effect", view_str(effect_name(r->effects[i].kind)));
		text(j, "stage", view_str(stage_name(acts_at(r, &r->effects[i]))));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_relations(const struct explanation *x, struct json *j)
{
	const struct program *p = x->program;

	json_key(j, "names");
	json_open(j, '[');
	for (size_t i = 0; i < p->n_rules; i++)
		if (x->reads.rule[i])
			json_text(j, p->rules[i].name);
	json_close(j, ']');
	json_key(j, "named-by");
	json_open(j, '[');
	for (size_t i = 0; i < p->n_rules; i++)
		if (names(x, i))
			json_text(j, p->rules[i].name);
	json_close(j, ']');
}

static void
json_rule(const struct explanation *x, struct json *j)
{
	const struct rule *r = x->rule;

	text(j, "stage", view_str(stage_name(r->stage)));
	text(j, "scope", view_str(scopes[r->scope]));
	json_key(j, "trial");
	json_bool(j, r->trial);
	text(j, "group", r->group < 0 ? (struct view){NULL, 0} : x->program->groups[r->group].name);
	json_effects(x, j);
	json_facts(x, j);
	json_key(j, "dns-lists");
	json_number(j, (long long)count_lists(x));
	json_relations(x, j);
	json_places(j, "policies", x->policies, x->n_policies);
}

static void
json_tests(const struct explanation *x, struct json *j)
{
	json_key(j, "tests");
	json_open(j, '[');
	for (const struct ast_statement *st = x->set->ast.first; st; st = st->next) {
		if (!tests(st, x->name))
			continue;
		json_open(j, '{');
		text(j, "test", st->name.text);
		place(j, st->at.file, st->at.line);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void
explanation_json(const struct explanation *x, struct json *j)
{
	json_open(j, '{');
	text(j, "name", x->name);
	json_places(j, x->def ? "clauses" : "statements", x->origin, x->n_origin);
	if (x->def && !x->rule) {
		json_key(j, "disabled");
		json_open(j, '{');
		place(j, x->def->disabled_at->file, x->def->disabled_at->line);
		json_close(j, '}');
	}
	if (x->rule)
		json_rule(x, j);
	if (x->def)
		json_tests(x, j);
	if (x->hits >= 0) {
		json_key(j, "hits");
		json_number(j, x->hits);
		json_key(j, "records");
		json_number(j, x->records);
	}
	json_close(j, '}');
}
