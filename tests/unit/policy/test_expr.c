/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/expr.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

/* What every case may name. */
static const char declarations[] =
	"list own-nets nets { 127.0.0.0/8 }\n"
	"list partners domains { partner.example .kids.example }\n"
	"list boxes addresses { kim@x.example @y.example }\n"
	"list tricks phrases { \"act now\" \"risk free\" }\n"
	"list shapes regexes { /^win/i /(a+)+$/ }\n" /* the second is for the limit */
	"list bad-ext words { exe scr }\n"
	"list friends pairs of addresses, nets { (kim@x.example, 10.0.0.0/8) }\n"
	"dnsbl zen zone zen.example lookup client.ip code sbl 127.0.0.2\n"
	"rate mails messages by client.ip per 1h\n"
	"rule LEAF when spf = fail\n"
	"rule OTHER when dkim = fail\n"
	"rule OFF when spf = pass\n"
	"disable OFF\n";

static const struct {
	const char *when, *given;
	enum tri want;
} cases[] = {
	/* the states */
	{"tls", "tls", TRI_TRUE},
	{"tls", "tls=no", TRI_FALSE},
	{"tls", "", TRI_FALSE},
	{"tls", "tls!unknown", TRI_UNKNOWN},
	{"tls", "tls!pending", TRI_UNKNOWN},
	{"not tls", "", TRI_TRUE},
	{"not tls", "tls!unknown", TRI_UNKNOWN},
	{"tls is missing", "", TRI_TRUE},
	{"tls is missing", "tls=no", TRI_FALSE},
	{"tls is present", "tls=no", TRI_TRUE},
	{"tls is not present", "tls=no", TRI_FALSE},
	{"tls is missing", "tls!unknown", TRI_UNKNOWN},
	{"tls is unknown", "tls!unknown", TRI_TRUE},
	{"tls is not unknown", "tls!unknown", TRI_FALSE},
	{"tls is unknown", "tls!pending", TRI_UNKNOWN},
	{"tls is unknown", "", TRI_FALSE},
	{"url is missing", "", TRI_TRUE},
	{"url is present", "url=a", TRI_TRUE},
	/* comparisons */
	{"spf = pass", "spf=pass", TRI_TRUE},
	{"spf = pass", "spf=fail", TRI_FALSE},
	{"spf != pass", "spf=fail", TRI_TRUE},
	{"spf != pass", "spf!unknown", TRI_UNKNOWN},
	{"spf = pass", "", TRI_FALSE},
	{"spf != pass", "", TRI_TRUE},
	{"rcpt.count >= 3", "rcpt.count=3", TRI_TRUE},
	{"rcpt.count > 3", "rcpt.count=3", TRI_FALSE},
	{"rcpt.count < 3", "rcpt.count=2", TRI_TRUE},
	{"rcpt.count <= 3", "rcpt.count=4", TRI_FALSE},
	{"rcpt.count <= 3", "", TRI_FALSE},
	{"not rcpt.count <= 3", "", TRI_TRUE},
	{"date.skew > 2d", "date.skew=3d", TRI_TRUE},
	{"date.skew > 2d", "date.skew=40h", TRI_FALSE},
	{"msg.size > 1M", "msg.size=1048577", TRI_TRUE},
	{"score >= 6.5", "score=6.5", TRI_TRUE},
	{"score >= 6.5", "score=6.49", TRI_FALSE},
	{"client.ip = 192.0.2.1", "client.ip=192.0.2.1", TRI_TRUE},
	{"client.ip = 192.0.2.1", "client.ip=::ffff:192.0.2.1", TRI_TRUE},
	{"client.ip = 192.0.2.1", "client.ip=192.0.2.2", TRI_FALSE},
	{"helo.name = client.ptr", "helo.name=A.example; client.ptr=a.example", TRI_TRUE},
	{"helo.name != client.ptr", "helo.name=b.example; client.ptr=a.example", TRI_TRUE},
	{"helo.name != client.ptr", "helo.name=b.example", TRI_TRUE},
	{"helo.name = client.ptr", "helo.name=b.example", TRI_FALSE},
	{"helo.name = client.ptr", "", TRI_FALSE},
	{"helo.name != client.ptr", "client.ptr!unknown", TRI_UNKNOWN},
	{"subject = hello", "subject=HELLO", TRI_TRUE},
	{"subject = \"to be\"", "subject=To Be", TRI_TRUE},
	{"header(\"X-A\") = yes", "header(x-a)=YES", TRI_TRUE},
	{"header(\"X-A\") is missing", "header(x-b)=YES", TRI_TRUE},
	{"mail.from = a@x.example", "mail.from=A@X.example", TRI_TRUE},
	{"geo.country = DE", "geo.country=DE", TRI_TRUE},
	/* lists */
	{"mail.domain in partners", "mail.domain=a.kids.example", TRI_TRUE},
	{"mail.domain in partners", "mail.domain=a.partner.example", TRI_FALSE},
	{"mail.domain not in partners", "mail.domain=a.partner.example", TRI_TRUE},
	{"mail.domain not in partners", "", TRI_TRUE},
	{"mail.domain in partners", "", TRI_FALSE},
	{"mail.domain in partners", "mail.domain!unknown", TRI_UNKNOWN},
	{"mail.from in boxes", "mail.from=any@y.example", TRI_TRUE},
	{"client.ip in own-nets", "client.ip=127.9.9.9", TRI_TRUE},
	{"client.ip in { 10.0.0.0/8 ::1 }", "client.ip=::1", TRI_TRUE},
	{"client.ip in 10.0.0.0/8", "client.ip=10.1.1.1", TRI_TRUE},
	{"client.ip not in 10.0.0.0/8", "client.ip=10.1.1.1", TRI_FALSE},
	{"spf in { none, neutral }", "spf=none", TRI_TRUE},
	{"spf in { none neutral }", "spf=fail", TRI_FALSE},
	{"time.hour in { 22-23 0-5 }", "time.hour=3", TRI_TRUE},
	{"time.hour in { 22-23 0-5 }", "time.hour=12", TRI_FALSE},
	{"grey.age in { 5m 600 }", "grey.age=300", TRI_TRUE},
	{"(rcpt.to, client.ip) in friends", "rcpt.to=kim@x.example; client.ip=10.2.3.4", TRI_TRUE},
	{"(rcpt.to, client.ip) in friends", "rcpt.to=kim@x.example; client.ip=11.2.3.4", TRI_FALSE},
	{"(rcpt.to, client.ip) not in friends", "rcpt.to=kim@x.example", TRI_TRUE},
	{"(rcpt.to, client.ip) in friends", "rcpt.to=kim@x.example; client.ip!unknown",
		TRI_UNKNOWN},
	/* texts */
	{"subject ~ /inv(oice)?/i", "subject=An INVOICE", TRI_TRUE},
	{"subject !~ /invoice/", "subject=An INVOICE", TRI_TRUE},
	{"subject !~ /invoice/", "", TRI_TRUE},
	{"subject ~ /invoice/", "", TRI_FALSE},
	{"subject ~ shapes", "subject=Winner", TRI_TRUE},
	{"subject ~ shapes", "subject=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", TRI_UNKNOWN},
	{"subject contains \"Casino\"", "subject=grand casino", TRI_TRUE},
	{"subject not contains \"Casino\"", "subject=grand casino", TRI_FALSE},
	{"subject contains tricks", "subject=please Act Now", TRI_TRUE},
	/* many values */
	{"any attach.ext in bad-ext", "attach.ext=pdf|EXE", TRI_TRUE},
	{"any attach.ext in bad-ext", "attach.ext=pdf", TRI_FALSE},
	{"any attach.ext in bad-ext", "", TRI_FALSE},
	{"any attach.ext in bad-ext", "attach.ext!unknown", TRI_UNKNOWN},
	{"all attach.ext in bad-ext", "attach.ext=exe|scr", TRI_TRUE},
	{"all attach.ext in bad-ext", "attach.ext=exe|pdf", TRI_FALSE},
	{"all attach.ext in bad-ext", "", TRI_FALSE},
	{"all attach.ext in bad-ext", "attach.ext=", TRI_FALSE},
	{"all attach.ext not in bad-ext", "", TRI_FALSE},
	{"not all attach.ext in bad-ext", "", TRI_TRUE},
	{"no attach.ext in bad-ext", "attach.ext=pdf|doc", TRI_TRUE},
	{"no attach.ext in bad-ext", "attach.ext=pdf|exe", TRI_FALSE},
	{"all attach.ext not in bad-ext", "attach.ext=pdf|exe", TRI_FALSE},
	{"any attach.ext not in bad-ext", "attach.ext=pdf|exe", TRI_TRUE},
	{"any attach.ext != exe", "attach.ext=exe|exe", TRI_FALSE},
	{"any url ~ /x$/", "url=a|bx", TRI_TRUE},
	{"any url.host = mail.domain", "url.host=a.example|b.example; mail.domain=b.example",
		TRI_TRUE},
	{"count(url) >= 2", "url=a|b", TRI_TRUE},
	{"count(url) = 0", "", TRI_TRUE},
	{"count(url) > 0", "url!unknown", TRI_UNKNOWN},
	/* logic */
	{"tls and mail.null", "tls; mail.null!unknown", TRI_UNKNOWN},
	{"tls and mail.null", "tls=no; mail.null!unknown", TRI_FALSE},
	{"mail.null and tls", "tls=no; mail.null!unknown", TRI_FALSE},
	{"tls or mail.null", "tls; mail.null!unknown", TRI_TRUE},
	{"tls or mail.null", "tls=no; mail.null!unknown", TRI_UNKNOWN},
	{"not (tls or mail.null)", "tls=no; mail.null=no", TRI_TRUE},
	{"2 of (tls, mail.null, url.ip)", "tls; url.ip", TRI_TRUE},
	{"2 of (tls, mail.null, url.ip)", "tls; url.ip!unknown", TRI_UNKNOWN},
	{"2 of (tls, mail.null, url.ip)", "url.ip!unknown", TRI_FALSE},
	{"1 of (tls)", "tls", TRI_TRUE},
	/* other rules */
	{"LEAF", "spf=fail", TRI_TRUE},
	{"not LEAF", "spf=pass", TRI_TRUE},
	{"LEAF and OTHER", "spf=fail; dkim!unknown", TRI_UNKNOWN},
	{"2 of (LEAF, OTHER, tls)", "spf=fail; dkim=fail", TRI_TRUE},
	{"OFF", "spf=pass", TRI_FALSE},
	{"hits(LEAF) >= 1", "spf=fail", TRI_TRUE},
	{"hits(LEAF) = 0", "spf=none", TRI_TRUE},
	{"hits(LEAF) >= 1", "spf!unknown", TRI_UNKNOWN},
	{"hits(OFF) = 0", "spf=pass", TRI_TRUE},
	{"hits(LEAF) is unknown", "spf!pending", TRI_UNKNOWN},
	{"hits(LEAF) is unknown", "spf=fail", TRI_FALSE},
	/* DNS lists and rates */
	{"dnsbl.zen.sbl", "dnsbl.zen.sbl", TRI_TRUE},
	{"dnsbl.zen", "dnsbl.zen=no", TRI_FALSE},
	{"not dnsbl.zen", "dnsbl.zen!unknown", TRI_UNKNOWN},
	{"rate.mails > 100", "rate.mails=101", TRI_TRUE},
	{"rate.mails > 100", "rate.mails!unknown", TRI_UNKNOWN},
	{"client.fcrdns is unknown", "client.fcrdns!pending", TRI_UNKNOWN},
	/* exceptions */
	{"tls unless mail.null", "tls", TRI_TRUE},
	{"tls unless mail.null", "tls; mail.null", TRI_FALSE},
	{"tls unless mail.null", "tls; mail.null!unknown", TRI_UNKNOWN},
	{"tls unless mail.null or url.ip", "tls; url.ip", TRI_FALSE},
};

static struct program *
load_rule(const char *when, struct fact_table *facts, const char *name)
{
	struct diag *d = diag_new();
	struct arena *a = arena_new();
	struct program *p;
	char text[4096];

	snprintf(text, sizeof(text), "%srule TESTED when %s\n", declarations, when);
	p = rule_facts_load(text, facts, d);
	UNIT_CASE(p != NULL, name);
	if (!p)
		printf("%.*s\n", VIEW_ARG(diag_first(d, a)));
	arena_free(a);
	diag_free(d);
	return p;
}

static void
knows_the_truth(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fact_table *facts = rule_facts_table();
		struct program *p = load_rule(cases[i].when, facts, cases[i].when);
		struct rule_values v;
		char name[200];

		if (p) {
			snprintf(name, sizeof(name), "%s with %s", cases[i].when, cases[i].given);
			rule_values_make(&v, p, cases[i].given);
			UNIT_CASE(program_rule(&v.eval, rule_values_rule(p, "TESTED")) ==
					  cases[i].want,
				name);
			rule_values_done(&v);
		}
		program_free(p);
		fact_table_free(facts);
	}
}

static void
keeps_what_is_decided(void)
{
	struct fact_table *facts = rule_facts_table();
	struct program *p = load_rule("LEAF or tls", facts, "memo");
	size_t leaf = rule_values_rule(p, "LEAF"), r = rule_values_rule(p, "TESTED");
	struct rule_values v;
	uint8_t *off;

	rule_values_make(&v, p, "*!pending; tls!unknown");
	CU_ASSERT_EQUAL(program_rule(&v.eval, r), TRI_UNKNOWN);
	CU_ASSERT(v.memo[leaf] == 0 && v.memo[r] == 0);
	CU_ASSERT(fact_parse(p->slots[program_slot(p, VIEW("spf"), (struct view){NULL, 0})].def,
		VIEW("fail"), v.arena,
		&v.slot[program_slot(p, VIEW("spf"), (struct view){NULL, 0})]));
	CU_ASSERT_EQUAL(program_rule(&v.eval, r), TRI_TRUE);
	CU_ASSERT(v.memo[leaf] == 1 + TRI_TRUE && v.memo[r] == 1 + TRI_TRUE);
	off = arena_alloc(v.arena, p->n_rules);
	off[leaf] = 1;
	v.eval.off = off;
	memset(v.memo, 0, p->n_rules);
	CU_ASSERT_EQUAL(program_rule(&v.eval, leaf), TRI_FALSE);
	CU_ASSERT_EQUAL(program_rule(&v.eval, r), TRI_UNKNOWN);
	rule_values_done(&v);
	program_free(p);
	fact_table_free(facts);
}

static unsigned long asked;

static const struct fact_value *
count_asked(void *ctx, size_t slot)
{
	static const struct fact_value pending = {.state = FACT_PENDING};

	asked++;
	return &pending;
}

/* Each rule names the one before twice: without care, 2 to the 40th look-ups. */
static void
stays_linear_while_unknown(void)
{
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	char text[8192];
	size_t n = 0;
	struct program *p;
	struct rule_values v;

	n += (size_t)snprintf(text + n, sizeof(text) - n, "rule R00 when tls or mail.null\n");
	for (int i = 1; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"rule R%02d when R%02d and (R%02d or url.ip)\n", i, i - 1, i - 1);
	p = rule_facts_load(text, facts, d);
	CU_ASSERT_FATAL(p != NULL);
	rule_values_make(&v, p, "");
	v.eval.fact = count_asked;
	asked = 0;
	CU_ASSERT_EQUAL(program_rule(&v.eval, rule_values_rule(p, "R39")), TRI_UNKNOWN);
	CU_ASSERT(asked < 400);
	for (size_t i = 0; i < p->n_rules; i++)
		CU_ASSERT_EQUAL(v.memo[i], 0);
	rule_values_done(&v);
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
}

static void
puts_the_cheapest_first(void)
{
	struct fact_table *facts = rule_facts_table();
	struct program *p =
		load_rule("subject ~ /x/ and (spf = fail or tls) and tls", facts, "order");
	const struct expr *x = p->rules[rule_values_rule(p, "TESTED")].when;

	CU_ASSERT_EQUAL_FATAL(x->n, 3);
	CU_ASSERT_EQUAL(x->args[0].kind, EXPR_BARE);
	CU_ASSERT_EQUAL(x->args[1].kind, EXPR_OR);
	CU_ASSERT_EQUAL(x->args[2].kind, EXPR_SEARCH);
	program_free(p);
	fact_table_free(facts);
}

/* No check counts rates: what nobody computes is unknown, not only late. */
static void
does_not_wait_for_what_nobody_computes(void)
{
	static const struct fact_def user = {
		.name = "auth.user", .type = FACT_TEXT, .stage = STAGE_MAIL, .help = ""};
	struct fact_table *facts = fact_table_new();
	struct diag *d = diag_new();
	struct rule_values v;
	struct program *p;

	fact_table_add(facts, &user, 0);
	p = rule_facts_load("rate rr messages by auth.user per 1h\n"
			    "rule AA when rate.rr is unknown\nrule BB when rate.rr > 5\n",
		facts, d);
	CU_ASSERT_FATAL(p != NULL);
	rule_values_make(&v, p, "*!pending");
	CU_ASSERT_EQUAL(program_rule(&v.eval, 0), TRI_TRUE);
	CU_ASSERT_EQUAL(program_rule(&v.eval, 1), TRI_UNKNOWN);
	rule_values_done(&v);
	rule_values_make(&v, p, "rate.rr=6");
	CU_ASSERT_EQUAL(program_rule(&v.eval, 0), TRI_FALSE);
	CU_ASSERT_EQUAL(program_rule(&v.eval, 1), TRI_TRUE);
	rule_values_done(&v);
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
}

/* Rules that ask the same share the answer, for as long as the value is the same. */
static void
shares_look_ups(void)
{
	static const char rules[] = "list some domains { .x.example y.example }\n"
		"rule AA when mail.domain in some\nrule BB when tls or mail.domain in some\n"
		"rule CC when mail.domain not in some\nrule DD when any url.host in some\n"
		"rule EE when no url.host in some\nrule FF when all url.host in some\n"
		"rule GG when url.ip or all url.host in some\nrule HH when mail.domain in { x.example }\n";
	static const struct view hosts[] = {VIEW("a.x.example"), VIEW("z.example"), VIEW("y.example")};
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	struct program *p = rule_facts_load(rules, facts, d);
	struct rule_values fast, plain;
	size_t domain, host;

	CU_ASSERT_FATAL(p != NULL);
	CU_ASSERT_EQUAL(p->n_lookups, 5);
	rule_values_make(&fast, p, "");
	rule_values_make(&plain, p, "");
	plain.eval.found = NULL;
	domain = program_slot(p, VIEW("mail.domain"), (struct view){NULL, 0});
	host = program_slot(p, VIEW("url.host"), (struct view){NULL, 0});
	for (size_t k = 0; k < 32; k++) {
		fast.slot[domain] = plain.slot[domain] =
			k % 4 == 3 ? fact_unknown(VIEW("why")) : fact_text(hosts[k % 3]);
		fast.slot[host] = plain.slot[host] =
			k % 8 == 7 ? fact_missing() : fact_list(k % 8 ? hosts + k % 2 : NULL, k % 8 ? k % 3 : 0);
		memset(fast.memo, 0, p->n_rules);
		memset(plain.memo, 0, p->n_rules);
		for (size_t i = 0; i < p->n_rules; i++)
			CU_ASSERT_EQUAL(program_rule(&fast.eval, i), program_rule(&plain.eval, i));
	}
	rule_values_done(&fast);
	rule_values_done(&plain);
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
}

/* Enough expressions for one fact: what cannot match does not run, so it cannot run into its limits, and
 * nothing else changes. */
static void
runs_only_what_can_match(void)
{
	static const char *const given[] = {"subject=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!d; url=no|yes05",
		"subject=word03; url=word", "subject=word03 word07", "subject!missing", "subject!unknown; url=yes00",
		"url=|yes19", ""};
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	struct program *p;
	char text[8192];
	size_t n = 0, yes = 0;

	for (int i = 0; i < 20; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"rule S%02d when subject ~ /word%02d/\nrule N%02d when subject !~ /word%02d/\n"
			"rule U%02d when any url ~ /yes%02d/i\nrule A%02d when all url ~ /^yes%02d$/\n",
			i, i, i, i, i, i, i, i);
	snprintf(text + n, sizeof(text) - n, "rule SLOW when subject ~ /^(a+)+word$/\nrule ANY when any url ~ /s0/\n");
	p = rule_facts_load(text, facts, d);
	CU_ASSERT_FATAL(p && p->n_regexes == 2 && p->regexes[0].set && p->regexes[1].set);
	for (size_t k = 0; k < sizeof(given) / sizeof(*given); k++) {
		struct rule_values fast, plain;
		size_t slow = rule_values_rule(p, "SLOW");

		rule_values_make(&fast, p, given[k]);
		rule_values_make(&plain, p, given[k]);
		plain.eval.found = NULL;
		for (size_t i = 0; i < p->n_rules; i++) {
			enum tri t = program_rule(&fast.eval, i);

			yes += t == TRI_TRUE;
			UNIT_CASE(t == program_rule(&plain.eval, i) || (i == slow && k == 0), given[k]);
		}
		CU_ASSERT(k || program_rule(&fast.eval, slow) == TRI_FALSE);
		CU_ASSERT(k || program_rule(&plain.eval, slow) == TRI_UNKNOWN);
		rule_values_done(&fast);
		rule_values_done(&plain);
	}
	CU_ASSERT(yes > 100);
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
}

static const struct unit_test tests[] = {
	{"does not wait for what nobody computes", does_not_wait_for_what_nobody_computes},
	{"knows the truth of conditions", knows_the_truth},
	{"keeps what is decided, and nothing else", keeps_what_is_decided},
	{"stays linear while everything is unknown", stays_linear_while_unknown},
	{"puts the cheapest operand first", puts_the_cheapest_first},
	{"shares look-ups", shares_look_ups},
	{"runs only what can match", runs_only_what_can_match},
};

int
main(void)
{
	return unit_main("policy/expr", tests, sizeof(tests) / sizeof(*tests));
}
