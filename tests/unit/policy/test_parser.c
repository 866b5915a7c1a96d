/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/unit.h"
#include "util/buf.h"

struct run {
	struct diag *diag;
	struct ast tree;
	struct buf text; /* the tree, written by dump() */
};

static void
run_begin(struct run *r)
{
	*r = (struct run){.diag = diag_new(), .tree = {.arena = arena_new()}};
	buf_init(&r->text, 1 << 20);
}

static void
run_end(struct run *r)
{
	buf_done(&r->text);
	arena_free(r->tree.arena);
	diag_free(r->diag);
}

/* ---- the tree as text: every word of it, in one fixed form ---- */

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
	CU_ASSERT_EQUAL(n, s->n);
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
	CU_ASSERT_EQUAL(n, e->n_args);
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

static void
dump(struct buf *b, const struct ast_statement *s)
{
	static const char *const names[] = {"language", "include", "list", "dnsbl", "rate", "rule",
		"disable", "threshold", "group", "policy", "test"};

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

static void
parse(struct run *r, const char *file, struct view text)
{
	run_begin(r);
	parser_text(&r->tree, file, text, r->diag);
	for (const struct ast_statement *s = r->tree.first; s; s = s->next)
		dump(&r->text, s);
}

/* ---- what is accepted ---- */

struct row {
	const char *text, *want;
};

static void
accept_all(const struct row *rows, size_t n, const char *before)
{
	for (size_t i = 0; i < n; i++) {
		char text[2000], want[2000];
		struct arena *a = arena_new();
		struct run r;

		snprintf(text, sizeof(text), "%s%s", before, rows[i].text);
		snprintf(want, sizeof(want), "%s%s\n", before, rows[i].want);
		parse(&r, "dir/f.rules", view_str(text));
		UNIT_CASE(view_eq_str(buf_view(&r.text), want), rows[i].text);
		if (!view_eq_str(buf_view(&r.text), want))
			printf("  got  %.*s  %.*s\n", VIEW_ARG(buf_view(&r.text)),
				VIEW_ARG(diag_first(r.diag, a)));
		UNIT_CASE(diag_errors(r.diag) == 0, rows[i].text);
		run_end(&r);
		arena_free(a);
	}
}

static void
statements(void)
{
	static const struct row rows[] = {
		{"language 1", "language 1"},
		{"list a nets { 1.2.3.0/24, ::1 }", "list a 0 { 1.2.3.0/24 ::1 }"},
		{"list a domains", "list a 1"},
		{"list a addresses { }", "list a 2 { }"},
		{"list a words file \"x\" optional { b }", "list a 3 dir/x? { b }"},
		{"list a phrases { \"act now\" \"b\" }", "list a 4 { \"act now\" \"b\" }"},
		{"list a regexes { /x y/i }", "list a 5 { /x y/i }"},
		{"list a countries file \"/x\"", "list a 6 /x"},
		{"list a numbers { 1 2-9 }", "list a 7 { 1 2-9 }"},
		{"list a pairs of addresses, domains { (a@b, c.d) (e@f,g.h) }",
			"list a 8:2,1 { (a@b,c.d) (e@f,g.h) }"},
		{"change list a add { b }", "change list a add { b }"},
		{"change list a remove file \"b\"", "change list a remove dir/b"},
		{"dnsbl z zone {secret:k}.z.org lookup client.ip code a 127.0.0.2 code b 127.0.0.4-7, "
		 "127.1.0.0/16, bit 8 error 127.0.0.1, 127.2.0.0/16 timeout 1500ms "
		 "test-entry 127.0.0.2 absent 127.0.0.1 limit 1000 per 1d",
			"dnsbl z zone {secret:k}.z.org lookup client.ip code a 7f000002-7f000002 code b "
			"7f000004-7f000007 127.1.0.0/16 bit8 error 7f000001-7f000001 127.2.0.0/16 "
			"timeout 1500 test 127.0.0.2 absent 127.0.0.1 limit 1000/86400"},
		{"dnsbl z zone z.org lookup url.domain test-entry none",
			"dnsbl z zone z.org lookup url.domain test none"},
		{"change dnsbl z zone \"y.org\"", "change dnsbl z zone \"y.org\""},
		{"rate r messages by auth.user per 1h", "rate r messages by auth.user per 3600"},
		{"rate r rejects by a, b per 1m", "rate r rejects by a,b per 60"},
		{"change rate r per 2h", "change rate r per 7200"},
		{"change rate r bytes by x", "change rate r bytes by x"},
		{"disable AB, CD", "disable AB,CD"},
		{"threshold greylist 4, tag 6 \"t\", reject off, early-reject -1.5",
			"threshold greylist 400 tag 600 \"t\" reject off early-reject -150"},
		{"change threshold quarantine 9", "change threshold quarantine 900"},
		{"group g max 5", "group g 500"},
		{"change group g max 0.5", "change group g 50"},
		{"policy p for rcpt.local = \"abuse\" threshold tag 8 disable AB skip greylist, g at-most tag",
			"policy p for rcpt.local = '\"abuse\" tag 800 disable AB skip greylist,g at-most 1"},
		{"change policy p at-most defer threshold tag 1 threshold reject 2",
			"change policy p tag 100 reject 200 at-most 3"},
		{"policy p for a", "policy p for a"},
		{"change ZEN score 6 unless a enforce", "change rule ZEN unless a score 600 enforce"},
		{"change ZEN", "change rule ZEN"},
	};

	accept_all(rows, sizeof(rows) / sizeof(*rows), "");
}

static void
clauses(void)
{
	static const struct row rows[] = {
		{" accept", " accept"},
		{" reject", " reject"},
		{" reject \"no\"", " reject \"no\""},
		{" reject 554 5.7.1 \"no\" at connect", " reject 554 5.7.1 \"no\" at connect"},
		{" reject always 550", " reject-always 550"},
		{" reject 5.7.1", " reject 5.7.1"},
		{" defer 450 4.7.1 \"later\"", " defer 450 4.7.1 \"later\""},
		{" discard", " discard"},
		{" quarantine", " quarantine"},
		{" quarantine \"q\"", " quarantine \"q\""},
		{" greylist score 1", " score 100 greylist"},
		{" greylist 10m", " greylist 600s"},
		{" tarpit 20s defer", " tarpit 20s defer"},
		{" tag \"t\" accept at body", " tag \"t\" accept at body"},
		{" add header \"X-A\" \"{client.ip}\"", " add \"X-A\" \"{client.ip}\""},
		{" skip greylist, score, host", " skip greylist,score,host"},
		{" if unknown defer 451 score -0.5", " score -50 unknown:defer 451"},
		{" group host scope any info \"i\" trial", " group host any info \"i\" trial"},
		{" scope outbound unless BB or c", " unless (or BB c) outbound"},
		{"\n\tscore 2 # c\n\n  enforce", " score 200 enforce"},
	};

	accept_all(rows, sizeof(rows) / sizeof(*rows), "rule AA when a");
}

static void
expressions(void)
{
	static const struct row rows[] = {
		{"tls", "tls"},
		{"not not tls", "(not (not tls))"},
		{"a and b and not c", "(and a b (not c))"},
		{"a or (b and c) or DD", "(or a (and b c) DD)"},
		{"(((a)))", "a"},
		{"2 of (AA, b = 1, c or d)", "(2 of AA b = '1 (or c d))"},
		{"a = b", "a = 'b"},
		{"a != \"b c\"", "a != '\"b c\""},
		{"a < 5m and b <= 25MB and c > -1.5 and d >= e",
			"(and a < '5m b <= '25MB c > '-1.5 d >= 'e)"},
		{"header(\"X-A\") = header(\"X-B\")", "header(\"X-A\") = header(\"X-B\")"},
		{"count(url) > count(attach.name)", "count(url) > count(attach.name)"},
		{"hits(AB) >= 2", "hits(AB) >= '2"},
		{"any url.host in bad", "(any url.host in bad)"},
		{"all part-header(\"A\") ~ /x/i", "(all part-header(\"A\") ~ /x/i)"},
		{"no attach.ext = exe", "(no attach.ext = 'exe)"},
		{"a ~ list and b !~ /c/", "(and a ~ list b not ~ /c/)"},
		{"a in { b, \"c\" } and d not in e", "(and a in { b \"c\" } d not in e)"},
		{"client.ip in 192.0.2.0/24", "client.ip in { 192.0.2.0/24 }"},
		{"client.ip not in 2001:db8::/32", "client.ip not in { 2001:db8::/32 }"},
		{"a contains \"b\" or c not contains d", "(or a contains \"b\" c not contains d)"},
		{"a is missing and b is present and c is not unknown",
			"(and a is missing b is present c not is unknown)"},
		{"(a, b) in c", "a+b in c"},
		{"(header(\"A\"), b) not in c and d", "(and header(\"A\")+b not in c d)"},
		{"score >= 10", "score >= '10"},
		{"dnsbl.zen and dnsbl.zen.pbl", "(and dnsbl.zen dnsbl.zen.pbl)"},
	};

	accept_all(rows, sizeof(rows) / sizeof(*rows), "rule AA when ");
}

static void
cases(void)
{
	static const struct row rows[] = {
		{"", ""},
		{" given a, b c, d \"e\", f { 1 2 }, header(\"X\") \"y\", g unknown, h missing",
			" given a given b c given d \"e\" given f{ 1 2 } given header/\"X\" \"y\" "
			"given g unknown given h missing"},
		{" given tls expect accept", " given tls expect accept #1"},
		{" message \"m.eml\" expect AB, not CD, unknown EF, not tag, score >= 1.5, skip-greylist",
			" message dir/m.eml expect AB expect not CD expect EF unknown expect not tag #7 "
			"expect score >= 150 expect skip-greylist #10"},
	};

	accept_all(rows, sizeof(rows) / sizeof(*rows), "test \"t\"");
}

/* ---- what is refused ---- */

static void
refusals(void)
{
	static const struct {
		const char *text;
		const char *want; /* column: message */
		const char *hint; /* or NULL */
	} rows[] = {
		{"rul AA when a", "1: a statement cannot start with 'rul'", "did you mean 'rule'?"},
		{"} x", "1: a statement cannot start with '}'", "statements: language"},
		{" rule AA when a", "2: a statement starts in column 1", "remove the blanks"},
		{"language 2", "10: language 2 is not known here; this is 1", NULL},
		{"language", "9: expected a language version, found the end of the statement", NULL},
		{"rule", "5: expected the name of a rule, found the end of the statement", NULL},
		{"rule lower_case when a",
			"6: rule names are written in capitals, 'lower_case' is not",
			"write 'LOWER_CASE'"},
		{"rule AA score 1", "6: rule AA has no 'when'", NULL},
		{"rule AA when a when b", "16: a rule has one 'when'", "join the conditions"},
		{"rule AA when a unless b unless c", "25: a rule has one 'unless'", "join the"},
		{"rule AA when a score 1 score 2", "24: a rule has one 'score'", NULL},
		{"rule AA when a trial enforce", "22: a rule has one 'trial' or 'enforce'", NULL},
		{"rule AA wen a", "9: 'wen' is not a clause of a rule", "did you mean 'when'?"},
		{"rule AA when a b = c", "16: 'b' is not a clause of a rule", "join conditions"},
		{"rule AA when a matches /x/", "16: 'matches' is not a clause of a rule",
			"did you mean '~'?"},
		{"rule AA when a tempfail", "16: 'tempfail' is not a clause of a rule",
			"did you mean 'defer'?"},
		{"rule AA when a \"x\"", "16: unexpected 'x' after this rule statement", NULL},
		{"rule AA when a score x", "22: expected a score such as 2 or -1.5, found 'x'", NULL},
		{"rule AA when a reject 451", "23: reject needs a 5xx code, not 451",
			"use 'defer' for 451"},
		{"rule AA when a reject 451 4.7.1", "23: reject needs a 5xx code, not 451", "use"},
		{"rule AA when a defer 550", "22: defer needs a 4xx code, not 550",
			"use 'reject' for 550"},
		{"rule AA when a reject 550 4.7.1", "27: reject needs a 5.x.x code, not 4.7.1", "use"},
		{"rule AA when a reject 250", "23: reject needs a 5xx code, not 250", NULL},
		{"rule AA when a reject at connect \"no\"", "34: unexpected 'no' after the stage",
			"the text stands before 'at'"},
		{"rule AA when a reject at conect", "26: unknown stage 'conect'",
			"did you mean 'connect'?"},
		{"rule AA when a greylist 1500ms", "25: this takes whole seconds, at least one", NULL},
		{"rule AA when a tarpit", "22: expected a duration such as 20s, found the end", "dur"},
		{"rule AA when a add \"X\" \"y\"", "20: expected 'header' after 'add', found 'X'", NULL},
		{"rule AA when a add header X y", "27: expected a header name in double quotes, found",
			NULL},
		{"rule AA when a skip Greylist", "21: expected greylist, score or a group name, found",
			"names are lower case"},
		{"rule AA when a if spf = fail reject", "19: only 'if unknown ACTION' is possible here",
			"conditions go after 'when'"},
		{"rule AA when a if unknown rejct", "27: unknown action 'rejct'",
			"did you mean 'reject'?"},
		{"rule AA when a scope both", "22: unknown scope 'both'", "one of: inbound"},
		{"rule AA when", "13: expected a condition, found the end of the statement", NULL},
		{"rule AA when score", NULL, NULL}, /* a fact, not a clause */
		{"rule AA when reject", "14: expected a condition before 'reject'", NULL},
		{"rule AA when a and and b", "20: expected a condition before 'and'", NULL},
		{"rule AA when a or b and c", "21: 'and' and 'or' are mixed without parentheses",
			"write (a and b) or c, or a and (b or c)"},
		{"rule AA when (a and b", "14: '(' is never closed", NULL},
		{"rule AA when (a b)", "17: expected ')' to close the parenthesis, found 'b'", NULL},
		{"rule AA when 4 of (b, c)", "14: 4 of 2 conditions can never be true", NULL},
		{"rule AA when 0 of (b, c)", "14: 0 of 2 conditions can never be true", NULL},
		{"rule AA when 4", "15: expected 'of' after the number, found the end", NULL},
		{"rule AA when 4 of b", "19: expected '(' after 'of', found 'b'", NULL},
		{"rule AA when BB = 1", "17: a rule is true or false, it cannot be compared",
			"write 'BB' or 'not BB'"},
		{"rule AA when a = ", "17: expected a value, found the end of the statement", NULL},
		{"rule AA when a = <>", "18: expected a value, found '<'", "for the empty sender"},
		{"rule AA when a == b", "16: '==' is not an operator here", "write '='"},
		{"rule AA when a && b", "16: '&&' is not an operator here", "write 'and'"},
		{"rule AA when a ~ \"x\"", "18: expected a regular expression, found a text",
			"write /.../, or 'contains'"},
		{"rule AA when a in \"x\"", "19: expected a list name or { ... }, found 'x'", NULL},
		{"rule AA when a in x.org", "19: expected a list name or { ... }, found 'x.org'",
			"write { x.org }"},
		{"rule AA when a in { b", "19: '{' is never closed", NULL},
		{"rule AA when a not b", "20: expected 'in' or 'contains' after 'not', found 'b'", NULL},
		{"rule AA when a is pass", "19: after 'is' comes missing, present or unknown",
			"to compare write '= pass'"},
		{"rule AA when a contains /x/", "25: expected a text in double quotes or a list", NULL},
		{"rule AA when (a, b) = c", "21: expected 'in LIST' after a pair, found '='", NULL},
		{"rule AA when (a and b, c) in d", "22: expected ')' to close the parenthesis", NULL},
		{"rule AA when (a, b, c) in d", "19: expected ')' to close the pair, found ','", NULL},
		{"rule AA when header(X)", "21: expected a header name in double quotes, found 'X'",
			NULL},
		{"rule AA when count(a", "19: '(' is never closed", NULL},
		{"rule AA when hits(a)", "19: rule names are written in capitals, 'a' is not", NULL},
		{"change AA when b", "11: the 'when' of a rule cannot be changed", "'unless' adds"},
		{"change rule AA", "8: after 'change' comes the name of a rule, or list",
			"leave out the word 'rule'"},
		{"change list a", "14: expected 'add' or 'remove', found the end", NULL},
		{"change list a append { b }", "15: a list cannot 'append'", "one of: add remove"},
		{"change list a add", "18: expected file \"...\" or { ... }, found the end", NULL},
		{"list A nets", "6: expected a list name, found 'A'", "names are lower case"},
		{"list a net", "8: unknown list type 'net'", "did you mean 'nets'?"},
		{"list a pairs", "13: expected 'of' after 'pairs', found the end", NULL},
		{"list a pairs of nets, pairs", "23: unknown list type 'pairs'", NULL},
		{"list a nets { (b c) }", "18: expected ',' between the two of a pair, found 'c'", NULL},
		{"list a nets { , }", "15: expected an item, found ','", NULL},
		{"list a nets { b ) }", "17: expected an item, found ')'", NULL},
		{"list a nets { b\nrule AA when c", "13: '{' is never closed",
			"a new statement starts in column 1 at line 2"},
		{"list a nets file x", "18: expected a file name in double quotes, found 'x'", NULL},
		{"dnsbl z zone x", "7: dnsbl 'z' needs zone and lookup", NULL},
		{"dnsbl z zon x", "9: unknown dnsbl clause 'zon'", "did you mean 'zone'?"},
		{"dnsbl z zone a zone b", "16: a dnsbl has one 'zone'", NULL},
		{"dnsbl z code a 127.0.0.x", "16: '127.0.0.x' is not a return code", "write 127.0.0.2"},
		{"dnsbl z code a 127.0.0.9-3", "16: '127.0.0.9-3' is not a return code", NULL},
		{"dnsbl z code a 127.0.0.9-256", "16: '127.0.0.9-256' is not a return code", NULL},
		{"dnsbl z code a ::1", "16: '::1' is not a return code", NULL},
		{"dnsbl z code a 127.0.0.1/24", "16: '127.0.0.1/24' is not a return code", NULL},
		{"dnsbl z code a bit 0", "16: bit 0 is never set", NULL},
		{"dnsbl z code a bit 256", "20: expected a bit of the last octet, 1 to 255", NULL},
		{"dnsbl z timeout 2m", "17: a DNS list is waited for at most 60s", NULL},
		{"dnsbl z test-entry a", "21: expected 'absent' and an entry that is not listed", NULL},
		{"dnsbl z limit many per 1d", "15: expected a number of queries, found 'many'", NULL},
		{"rate r mesages by a per 1h", "8: cannot count 'mesages'", "did you mean 'messages'?"},
		{"rate r messages per 1h", "17: expected 'by' and a fact, found 'per'", NULL},
		{"rate r messages by a", "21: expected 'per' and a period such as 1h, found", NULL},
		{"rate r messages by a per 1", "26: expected a period such as 1h, found '1'", "dur"},
		{"disable aa", "9: rule names are written in capitals, 'aa' is not", "write 'AA'"},
		{"disable AA,", "12: expected the name of a rule, found the end", NULL},
		{"threshold spam 5", "11: no threshold 'spam'", "one of: greylist"},
		{"threshold tag high", "15: expected a score such as 2 or -1.5, found 'high'", NULL},
		{"group g", "8: expected 'max' and a score, found the end of the statement", NULL},
		{"policy p", "9: expected 'for' and a condition on rcpt facts, found the end", NULL},
		{"policy p for a trehshold tag 1", "16: 'trehshold' is not a clause of a policy",
			"did you mean 'threshold'?"},
		{"policy p for a at-most reject", "24: a policy has no at-most 'reject'", "one of"},
		{"test t", "6: expected a test name in double quotes, found 't'", NULL},
		{"test \"t\" gven a", "10: expected 'given', 'message' or 'expect', found 'gven'",
			"did you mean 'given'?"},
		{"test \"t\" given a b c", "20: expected 'given', 'message' or 'expect', found", NULL},
		{"test \"t\" expect rejct", "17: unknown action 'rejct'", "did you mean 'reject'?"},
		{"test \"t\" expect score 4", "23: expected a comparison such as '= 4' after", NULL},
		{"test \"t\" expect", "16: expected a rule name or an action, found the end", NULL},
		{"include x", "9: expected a file name in double quotes, found 'x'", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena *a = arena_new();
		struct run r;
		char *text = NULL, want[300];
		size_t n;
		FILE *f = open_memstream(&text, &n);

		parse(&r, "f", view_str(rows[i].text));
		diag_show(r.diag, f);
		fclose(f);
		if (rows[i].want) {
			char *colon = strchr(rows[i].want, ':');

			snprintf(want, sizeof(want), "f:1:%.*s: error%s",
				(int)(colon - rows[i].want), rows[i].want, colon);
			UNIT_CASE(diag_errors(r.diag) == 1, rows[i].text);
			UNIT_CASE(strncmp(text, want, strlen(want)) == 0, rows[i].text);
			if (strncmp(text, want, strlen(want)) != 0)
				printf("%s", text);
		} else {
			UNIT_CASE(diag_errors(r.diag) == 0, rows[i].text);
		}
		snprintf(want, sizeof(want), "      = %s", rows[i].hint ? rows[i].hint : "");
		UNIT_CASE(!rows[i].hint || strstr(text, want), rows[i].text);
		free(text);
		run_end(&r);
		arena_free(a);
	}
}

/* One mistake, one message; the next statement in column 1 is read again. */
static void
recovery(void)
{
	static const char text[] = "rule AA when ( or ) \"x\"\n  and more ] of it\n"
				   "rule BB when b\n"
				   "rule CC when \"open\n  score score score\n"
				   "group g max { 1 }\n"
				   "rule DD when d\n";
	struct run r;
	size_t broken = 0;

	parse(&r, "f", VIEW(text));
	UNIT_VIEW(buf_view(&r.text), "rule BB when b\nrule DD when d\n");
	CU_ASSERT_EQUAL(diag_errors(r.diag), 3);
	CU_ASSERT_EQUAL(r.tree.n, 2);
	for (const struct ast_statement *s = r.tree.broken; s; s = s->next)
		broken += view_eq_str(s->name.text, "AA") || view_eq_str(s->name.text, "CC") ||
			view_eq_str(s->name.text, "g");
	CU_ASSERT_EQUAL(broken, 3);
	run_end(&r);
}

static void
depth(void)
{
	static const char *const pieces[] = {"(", "not ", "2 of (", "not ("};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct arena *a = arena_new();
		struct buf text;
		struct run r;

		buf_init(&text, 1 << 22);
		buf_str(&text, "rule AA when ");
		for (int k = 0; k < 100000; k++)
			buf_str(&text, pieces[i]);
		parse(&r, "f", buf_view(&text));
		UNIT_CASE(diag_errors(r.diag) == 1, pieces[i]);
		UNIT_CASE(view_search_nocase(diag_first(r.diag, a), VIEW("nested more than 64 deep")) <
				diag_first(r.diag, a).n,
			pieces[i]);
		buf_done(&text);
		run_end(&r);
		arena_free(a);
	}
}

static void
places(void)
{
	struct run r;
	const struct ast_expr *e;
	const struct ast_rule *rule;

	parse(&r, "f",
		VIEW("rule AA\n  when a = b and any url in { c }\n  score -2  reject \"t\" at rcpt\n"));
	rule = r.tree.first->rule;
	e = rule->when;
	CU_ASSERT_EQUAL(r.tree.first->at.column, 1);
	CU_ASSERT_EQUAL(r.tree.first->name.at.column, 6);
	CU_ASSERT_EQUAL(e->at.line, 2);
	CU_ASSERT_EQUAL(e->at.column, 14); /* "and" */
	CU_ASSERT_EQUAL(e->args->op.column, 10);
	CU_ASSERT_EQUAL(e->args->right->name.at.column, 12);
	CU_ASSERT_EQUAL(e->args->next->at.column, 18);
	CU_ASSERT_EQUAL(e->args->next->args->left->name.at.column, 22);
	CU_ASSERT_EQUAL(e->args->next->args->set->items->word.at.column, 31);
	CU_ASSERT_EQUAL(rule->score->at.line, 3);
	CU_ASSERT_EQUAL(rule->score->at.column, 9);
	CU_ASSERT_EQUAL(rule->effects->at.column, 13);
	CU_ASSERT_EQUAL(rule->effects->text->at.width, 3);
	CU_ASSERT_EQUAL(rule->effects->stage_word->at.column, 27);
	UNIT_VIEW(e->args->op.source, "  when a = b and any url in { c }");
	UNIT_VIEW(e->args->op.file, "f");
	run_end(&r);
}

/* ---- files ---- */

static char folder[] = "/tmp/postern-parser-XXXXXX";

static const char *
write_file(const char *name, const char *text)
{
	static char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	return path;
}

static void
expect_file(const char *name, const char *text, const char *tree, const char *error)
{
	struct run r;
	struct arena *a = arena_new();
	struct view first;

	run_begin(&r);
	parser_file(&r.tree, write_file(name, text), r.diag);
	for (const struct ast_statement *s = r.tree.first; s; s = s->next)
		dump(&r.text, s);
	UNIT_VIEW(buf_view(&r.text), tree);
	first = diag_first(r.diag, a);
	if (error)
		UNIT_CASE(view_search_nocase(first, view_str(error)) < first.n, error);
	else
		CU_ASSERT_EQUAL(diag_errors(r.diag), 0);
	run_end(&r);
	arena_free(a);
}

static void
includes(void)
{
	char name[20], text[60];

	write_file("inner", "rule BB when b\ninclude \"leaf\"\n");
	write_file("leaf", "rule CC when c\n");
	expect_file("outer", "include \"inner\"\ninclude \"leaf\"\nrule AA when a\n",
		"rule BB when b\nrule CC when c\ninclude \"leaf\"\ninclude \"inner\"\n"
		"include \"leaf\"\nrule AA when a\n",
		NULL);
	expect_file("self", "include \"./self\"\nrule AA when a\n",
		"include \"./self\"\nrule AA when a\n", "self:1:9: '");
	write_file("ping", "include \"pong\"\n");
	expect_file("pong", "include \"ping\"\n", "include \"pong\"\ninclude \"ping\"\n",
		"includes itself");
	expect_file("none", "include \"nothing\"\n", "include \"nothing\"\n",
		"/nothing': no such file");
	expect_file("dir", "include \".\"\n", "include \".\"\n", "folder");
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "deep%d", i);
		snprintf(text, sizeof(text), "include \"deep%d\"\n", i + 1);
		write_file(name, text);
	}
	expect_file("deep0", "include \"deep1\"",
		"include \"deep8\"\ninclude \"deep7\"\ninclude \"deep6\"\ninclude \"deep5\"\n"
		"include \"deep4\"\ninclude \"deep3\"\ninclude \"deep2\"\ninclude \"deep1\"\n",
		"deep7:1:9: files include one another more than 8 deep");
}

static void
open_files(void)
{
	struct diag *d = diag_new();
	struct ast t = {.arena = arena_new()};
	const char *path = write_file("open", "rule AA when a\n");

	chmod(path, 0666);
	parser_file(&t, path, d);
	CU_ASSERT(view_search_nocase(diag_first(d, t.arena), VIEW("open: world-writable: ")) <
		diag_first(d, t.arena).n);
	CU_ASSERT_EQUAL(t.n, 0);
	chmod(path, 0644);
	parser_file(&t, path, d);
	parser_file(&t, path, d);
	CU_ASSERT_EQUAL(t.n, 1); /* once, however often it is named */
	arena_free(t.arena);
	diag_free(d);
}

static const char *
reference(const char *name)
{
	static char path[1000];
	const char *folder_name = getenv("RULES_REFERENCE");

	snprintf(path, sizeof(path), "%s/%s",
		folder_name ? folder_name : "../shared/rules-reference", name);
	if (access(path, R_OK) == 0)
		return path;
	printf("skip: %s is not here (set RULES_REFERENCE)\n", path);
	return NULL;
}

static void
reference_files(void)
{
	static const struct {
		const char *name;
		size_t statements, broken;
		unsigned lines[8]; /* of the errors that a parser finds */
	} files[] = {
		{"shipped.rules", 110, 0, {0}},
		{"policies.rules", 35, 0, {0}},
		{"local.rules", 19, 0, {0}},
		{"local-new.rules", 21, 0, {0}},
		{"spoof.rules", 8, 0, {0}},
		{"readme-errors.rules", 11, 1, {6, 9}},
		{"bad.rules", 23, 4, {7, 10, 11, 15, 24, 26, 27, 28}},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const char *path = reference(files[i].name);
		struct run r;
		size_t broken = 0, lines = 0;
		char *text = NULL, want[1100];
		size_t n;
		FILE *f;

		if (!path)
			continue;
		run_begin(&r);
		parser_file(&r.tree, path, r.diag);
		for (const struct ast_statement *s = r.tree.broken; s; s = s->next)
			broken++;
		UNIT_CASE(r.tree.n == files[i].statements, files[i].name);
		UNIT_CASE(broken == files[i].broken, files[i].name);
		f = open_memstream(&text, &n);
		diag_show(r.diag, f);
		fclose(f);
		for (; lines < 8 && files[i].lines[lines]; lines++) {
			snprintf(want, sizeof(want), "%s:%u:", path, files[i].lines[lines]);
			UNIT_CASE(strstr(text, want) != NULL, want);
		}
		UNIT_CASE(diag_errors(r.diag) == lines, files[i].name);
		free(text);
		run_end(&r);
	}
}

/* ---- size ---- */

static void
large(void)
{
	struct buf text;
	struct run r;
	clock_t start;

	buf_init(&text, 1 << 24);
	for (int i = 0; i < 5000; i++)
		buf_printf(&text,
			"rule R%d  when (a.b = c or d.e ~ /x{%d}/) and not f  score %d.5\n"
			"    reject 550 5.7.1 \"text {client.ip}\"  info \"number %d\"\n",
			i, i % 9 + 1, i % 7, i);
	buf_str(&text, "list l nets {\n");
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "  10.%d.%d.%d/32%s", i >> 16, i >> 8 & 255, i & 255,
			i % 8 ? " " : ",\n");
	buf_str(&text, "}\n");
	start = clock();
	run_begin(&r);
	parser_text(&r.tree, "f", buf_view(&text), r.diag);
	CU_ASSERT(clock() - start < CLOCKS_PER_SEC);
	CU_ASSERT_EQUAL(diag_errors(r.diag), 0);
	CU_ASSERT_EQUAL(r.tree.n, 5001);
	CU_ASSERT_EQUAL(r.tree.last->list->sources->set->n, 100000);
	run_end(&r);
	buf_done(&text);
}

static const struct unit_test tests[] = {
	{"reads every statement", statements},
	{"reads the clauses of a rule", clauses},
	{"reads conditions", expressions},
	{"reads tests", cases},
	{"refuses, with place and remedy", refusals},
	{"goes on after a mistake", recovery},
	{"bounds the depth of conditions", depth},
	{"knows the place of each node", places},
	{"includes files once, not too deep, not in circles", includes},
	{"refuses a file that anyone could write", open_files},
	{"agrees with the reference rules", reference_files},
	{"reads 5,000 rules and 100,000 items in no time", large},
};

static void
clean(void)
{
	static const char *const made[] = {"inner", "leaf", "outer", "self", "ping", "pong", "none",
		"dir", "open"};
	char path[200];

	for (size_t i = 0; i < 29; i++) {
		if (i < 9)
			snprintf(path, sizeof(path), "%s/%s", folder, made[i]);
		else
			snprintf(path, sizeof(path), "%s/deep%zu", folder, i - 9);
		unlink(path);
	}
	rmdir(folder);
}

int
main(void)
{
	int status;

	if (!mkdtemp(folder))
		return 2;
	status = unit_main("policy/parser", tests, sizeof(tests) / sizeof(*tests));
	clean();
	return status;
}
