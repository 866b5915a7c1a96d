/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/rule_tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/parser/parser.h"
#include "tests/lib/unit.h"

static void
put(struct buf *b, const char *before, const struct ast_word *w)
{
	if (w && w->kind == AST_STRING)
		buf_printf(b, "%s\"%.*s\"", before, VIEW_ARG(w->text));
	else if (w)
		buf_printf(b, "%s%.*s", before, VIEW_ARG(w->text));
}

static void
put_words(struct buf *b, const char *before, const struct ast_word *w)
{
	for (; w; w = w->next, before = ",")
		put(b, before, w);
}

/* A wrong number is no tree of anything. */
static void
put_count(struct buf *b, size_t n, size_t said)
{
	if (n != said)
		buf_printf(b, " [%zu said to be %zu]", n, said);
}

static void
put_set(struct buf *b, const struct ast_set *s)
{
	size_t n = 0;

	buf_str(b, "{");
	for (const struct ast_item *i = s->items; i; i = i->next, n++) {
		put(b, i->second ? " (" : " ", &i->word);
		put(b, ",", i->second);
		buf_str(b, i->second ? ")" : "");
	}
	buf_str(b, " }");
	put_count(b, n, s->n);
}

static void
put_operand(struct buf *b, const struct ast_operand *o)
{
	static const char *const open[] = {[AST_COUNT] = "count(", [AST_HITS] = "hits("};

	if (o->kind == AST_COUNT || o->kind == AST_HITS) {
		put(b, open[o->kind], &o->name);
		buf_str(b, ")");
		return;
	}
	put(b, o->kind == AST_VALUE ? "'" : "", &o->name);
	if (o->arg) {
		put(b, "(", o->arg);
		buf_str(b, ")");
	}
}

static void put_expr(struct buf *b, const struct ast_expr *e);

static void
put_args(struct buf *b, const char *name, const struct ast_expr *e)
{
	size_t n = 0;

	buf_printf(b, "(%s", name);
	for (const struct ast_expr *x = e->args; x; x = x->next, n++) {
		buf_str(b, " ");
		put_expr(b, x);
	}
	buf_str(b, ")");
	put_count(b, n, e->n_args);
}

static const char *const relops[] = {"=", "!=", "<", "<=", ">", ">="};

static void
put_test(struct buf *b, const struct ast_expr *e)
{
	static const char *const states[] = {"missing", "present", "unknown"};

	put_operand(b, e->left);
	if (e->negated)
		buf_str(b, " not");
	if (e->kind == AST_COMPARE) {
		buf_printf(b, " %s ", relops[e->relop]);
		put_operand(b, e->right);
	} else if (e->kind == AST_IS) {
		buf_printf(b, " is %s", states[e->state]);
	} else if (e->kind != AST_BARE) {
		buf_str(b, e->kind == AST_IN ? " in " : e->kind == AST_MATCH ? " ~ " : " contains ");
		put(b, "", e->list);
		put(b, "", e->regex);
		put(b, "", e->text);
		if (e->set)
			put_set(b, e->set);
	}
}

static void
put_expr(struct buf *b, const struct ast_expr *e)
{
	static const char *const quantifiers[] = {"any", "all", "no"};
	char name[30];

	switch (e->kind) {
	case AST_AND:
		put_args(b, "and", e);
		return;
	case AST_OR:
		put_args(b, "or", e);
		return;
	case AST_NOT:
		put_args(b, "not", e);
		return;
	case AST_OF:
		snprintf(name, sizeof(name), "%zu of", e->count);
		put_args(b, name, e);
		return;
	case AST_QUANTIFIED:
		put_args(b, quantifiers[e->quantifier], e);
		return;
	case AST_SYMBOL:
		put(b, "", e->symbol);
		return;
	case AST_PAIR:
		put_operand(b, e->left);
		buf_str(b, "+");
		put_operand(b, e->right);
		put(b, e->negated ? " not in " : " in ", e->list);
		return;
	default:
		put_test(b, e);
	}
}

static void
put_code(struct buf *b, const struct ast_code *c)
{
	char ip[IP_TEXT_MAX];

	for (; c; c = c->next) {
		ip_format(&c->match.net.net, ip);
		if (c->match.kind == DNSBL_RANGE)
			buf_printf(b, " %x-%x", c->match.low, c->match.high);
		else if (c->match.kind == DNSBL_NET)
			buf_printf(b, " %s/%u", ip, c->match.net.bits);
		else
			buf_printf(b, " bit%u", c->match.bit);
	}
}

static void
put_dnsbl(struct buf *b, const struct ast_dnsbl *d)
{
	put(b, " zone ", d->zone);
	put(b, " lookup ", d->lookup);
	for (const struct ast_dnsbl_code *c = d->codes; c; c = c->next) {
		put(b, " code ", &c->name);
		put_code(b, c->codes);
	}
	buf_str(b, d->errors ? " error" : "");
	put_code(b, d->errors);
	if (d->timeout)
		buf_printf(b, " timeout %u", d->timeout_ms);
	put(b, " test ", d->test_listed);
	put(b, " absent ", d->test_absent);
	buf_str(b, d->test_none ? " test none" : "");
	if (d->limit)
		buf_printf(b, " limit %llu/%u", (unsigned long long)d->limit_n, d->limit_seconds);
}

static void
put_effect(struct buf *b, const char *before, const struct ast_effect *e)
{
	static const char *const names[] = {"reject-always", "accept", "reject", "discard", "defer",
		"greylist", "quarantine", "tag", "tarpit", "add", "skip"};

	for (; e; e = e->next) {
		buf_printf(b, "%s%s", before, names[e->kind]);
		if (e->code)
			buf_printf(b, " %d", e->code_n);
		put(b, " ", e->enhanced);
		put(b, " ", e->header);
		put(b, " ", e->text);
		if (e->seconds)
			buf_printf(b, " %us", e->seconds);
		if (e->window)
			buf_printf(b, " window %us", e->window);
		if (e->life)
			buf_printf(b, " life %us", e->life);
		put_words(b, " ", e->skip);
		if (e->stage_word)
			buf_printf(b, " at %s", stage_name(e->stage));
	}
}

static void
put_rule(struct buf *b, const struct ast_rule *r)
{
	static const char *const scopes[] = {" inbound", " outbound", " any"};

	if (r->when) {
		buf_str(b, " when ");
		put_expr(b, r->when);
	}
	if (r->unless) {
		buf_str(b, " unless ");
		put_expr(b, r->unless);
	}
	if (r->score)
		buf_printf(b, " score %d", r->score->hundredths);
	put_effect(b, " ", r->effects);
	put_effect(b, " unknown:", r->if_unknown);
	put(b, " group ", r->group);
	buf_str(b, r->scope_word ? scopes[r->scope] : "");
	put(b, " info ", r->info);
	put(b, " ", r->trial);
	put(b, " ", r->enforce);
}

static void
put_levels(struct buf *b, const struct ast_level *l)
{
	static const char *const names[] = {"greylist", "tag", "quarantine", "reject",
		"early-reject"};

	for (; l; l = l->next) {
		buf_printf(b, " %s", names[l->level]);
		if (l->off)
			buf_str(b, " off");
		else
			buf_printf(b, " %d", l->score);
		put(b, " ", l->text);
	}
}

static void
put_policy(struct buf *b, const struct ast_policy *p)
{
	if (p->when) {
		buf_str(b, " for ");
		put_expr(b, p->when);
	}
	put_levels(b, p->levels);
	put_words(b, " disable ", p->disable);
	put_words(b, " skip ", p->skip);
	if (p->at_most_word)
		buf_printf(b, " at-most %d", p->at_most);
}

static void
put_case(struct buf *b, const struct ast_test *t)
{
	static const char *const kinds[] = {"", "", "", " unknown", " missing"};

	for (const struct ast_given *g = t->given; g; g = g->next) {
		put(b, " given ", &g->fact);
		if (g->arg)
			put(b, "/", g->arg);
		put(b, " ", g->value);
		if (g->set)
			put_set(b, g->set);
		buf_str(b, kinds[g->kind]);
	}
	if (t->message)
		buf_printf(b, " message %s", t->message_path);
	for (const struct ast_expect *e = t->expect; e; e = e->next) {
		put(b, e->negated ? " expect not " : " expect ", &e->word);
		if (e->kind == AST_EXPECT_SCORE)
			buf_printf(b, " %s %d", relops[e->relop], e->score);
		if (e->kind == AST_EXPECT_UNKNOWN)
			buf_str(b, " unknown");
		if (e->kind == AST_EXPECT_EFFECT)
			buf_printf(b, " #%d", e->effect);
	}
}

static void
put_list(struct buf *b, const struct ast_list *l, bool change)
{
	if (change)
		buf_str(b, l->remove ? " remove" : " add");
	else
		buf_printf(b, " %d", l->type);
	if (!change && l->type == LIST_PAIRS)
		buf_printf(b, ":%d,%d", l->first, l->second);
	for (const struct ast_source *s = l->sources; s; s = s->next) {
		buf_str(b, " ");
		if (s->set)
			put_set(b, s->set);
		else
			buf_printf(b, "%s%s", s->path, s->optional ? "?" : "");
	}
}

static void
put_rate(struct buf *b, const struct ast_rate *r)
{
	put(b, " ", r->what);
	put_words(b, " by ", r->by);
	if (r->per)
		buf_printf(b, " per %u", r->seconds);
}

void
rule_tree_write(struct buf *b, const struct ast_statement *s)
{
	static const char *const names[] = {"language", "include", "list", "dnsbl", "rate", "rule",
		"disable", "threshold", "group", "policy", "retired", "test"};

	buf_printf(b, "%s%s", s->change ? "change " : "", names[s->kind]);
	put(b, " ", s->name.text.n ? &s->name : NULL);
	if (s->kind == AST_LIST)
		put_list(b, s->list, s->change);
	else if (s->kind == AST_DNSBL)
		put_dnsbl(b, s->dnsbl);
	else if (s->kind == AST_RATE)
		put_rate(b, s->rate);
	else if (s->kind == AST_RULE)
		put_rule(b, s->rule);
	else if (s->kind == AST_DISABLE)
		put_words(b, " ", s->disable);
	else if (s->kind == AST_THRESHOLD)
		put_levels(b, s->threshold);
	else if (s->kind == AST_GROUP)
		buf_printf(b, " %d", s->max->hundredths);
	else if (s->kind == AST_POLICY)
		put_policy(b, s->policy);
	else if (s->kind == AST_TEST)
		put_case(b, s->test);
	buf_str(b, "\n");
}

/* ---- tables ---- */

static void
accepts_one(const struct rule_tree_row *row, const char *before)
{
	struct ast tree = {.arena = arena_new()};
	struct diag *d = diag_new();
	char text[2000], want[2000];
	struct buf got;

	snprintf(text, sizeof(text), "%s%s", before, row->text);
	snprintf(want, sizeof(want), "%s%s\n", before, row->want);
	buf_init(&got, sizeof(want));
	parser_text(&tree, "dir/f.rules", view_str(text), d);
	for (const struct ast_statement *s = tree.first; s; s = s->next)
		rule_tree_write(&got, s);
	UNIT_CASE(diag_errors(d) == 0, row->text);
	UNIT_CASE(view_eq_str(buf_view(&got), want), row->text);
	if (!view_eq_str(buf_view(&got), want))
		printf("  got  %.*s", VIEW_ARG(buf_view(&got)));
	diag_show(d, stdout);
	buf_done(&got);
	diag_free(d);
	arena_free(tree.arena);
}

void
rule_tree_accepts(const struct rule_tree_row *rows, size_t n, const char *before)
{
	for (size_t i = 0; i < n; i++)
		accepts_one(&rows[i], before);
}

static void
expect_shown(const struct rule_tree_fault *row, const char *shown)
{
	char want[300];
	int colon = (int)strcspn(row->want, ":");

	snprintf(want, sizeof(want), "f:1:%.*s: error%s", colon, row->want, row->want + colon);
	UNIT_CASE(strncmp(shown, want, strlen(want)) == 0, row->text);
	if (strncmp(shown, want, strlen(want)) != 0)
		printf("%s", shown);
	snprintf(want, sizeof(want), "      = %s", row->hint ? row->hint : "");
	UNIT_CASE(!row->hint || strstr(shown, want), row->text);
}

static void
refuses_one(const struct rule_tree_fault *row)
{
	struct ast tree = {.arena = arena_new()};
	struct diag *d = diag_new();
	char *shown = NULL;
	size_t n;
	FILE *f = open_memstream(&shown, &n);

	parser_text(&tree, "f", view_str(row->text), d);
	diag_show(d, f);
	fclose(f);
	UNIT_CASE(diag_errors(d) == (row->want ? 1 : 0), row->text);
	if (row->want)
		expect_shown(row, shown);
	free(shown);
	diag_free(d);
	arena_free(tree.arena);
}

void
rule_tree_refuses(const struct rule_tree_fault *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		refuses_one(&rows[i]);
}
