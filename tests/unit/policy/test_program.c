/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/rule_load.h"
#include "tests/lib/unit.h"

/* ---- what is compiled ---- */

static void
compiles_rules(void)
{
	static const char text[] =
		"group host max 5\nlist ours nets { 10.0.0.0/8 }\n"
		"rule ZZ when client.dynamic score 1.5 group host info \"why\" scope any\n"
		"rule AA when spf = fail and client.ip not in ours reject 550 5.7.1 \"{client.ip} "
		"no\" at rcpt\n"
		"        tag \"spam\" add header \"X-A\" \"{dkim}\" skip greylist, host if unknown "
		"tag trial\n"
		"rule BB when subject ~ /x/ or rcpt.local = abuse quarantine\n";
	struct fact_table *facts;
	struct program *p = rule_load(text, &facts);
	const struct rule *r = rule_load_rule(p, "AA");

	CU_ASSERT_EQUAL(p->n_rules, 3);
	UNIT_VIEW(p->rules[0].name, "AA");
	UNIT_VIEW(p->rules[2].name, "ZZ");
	CU_ASSERT(r->stage == STAGE_MAIL && r->trial && !r->early && r->line == 4 &&
		  r->n_effects == 4);
	CU_ASSERT(r->effects[0].kind == EFFECT_REJECT && r->effects[0].at == STAGE_RCPT);
	CU_ASSERT_EQUAL(r->effects[0].reply.code, 550);
	UNIT_VIEW(r->effects[0].reply.enhanced, "5.7.1");
	UNIT_VIEW(r->effects[0].reply.text, "{client.ip} no");
	CU_ASSERT(r->effects[1].kind == EFFECT_TAG && r->effects[1].at == -1);
	UNIT_VIEW(r->effects[2].header, "X-A");
	CU_ASSERT(r->effects[3].skip_greylist && !r->effects[3].skip_score);
	CU_ASSERT(r->effects[3].n_skip_group == 1 && r->effects[3].skip_group[0] == 0);
	CU_ASSERT(r->if_unknown && r->if_unknown->kind == EFFECT_TAG);
	r = rule_load_rule(p, "BB");
	CU_ASSERT(r->stage == STAGE_HEADER && r->per_rcpt && !r->has_score && r->group == -1);
	r = rule_load_rule(p, "ZZ");
	CU_ASSERT(r->has_score && r->score == 150 && r->group == 0 && r->scope == SCOPE_ANY);
	UNIT_VIEW(r->info, "why");
	CU_ASSERT(p->any_per_rcpt && p->at_stage[STAGE_RCPT] && !p->at_stage[STAGE_MAIL]);
	CU_ASSERT(program_slot(p, VIEW("dkim"), (struct view){NULL, 0}) < p->n_read);
	CU_ASSERT(list_count(program_list(p, VIEW("ours"))) == 1);
	CU_ASSERT(program_list(p, VIEW("theirs")) == NULL);
	CU_ASSERT(p->own_nets && p->own_domains && p->trusted_relays);
	program_free(p);
	fact_table_free(facts);
}

/* The memory of lists and expressions without a name counts too. */
static void
tells_its_memory(void)
{
	static const char *const texts[] = {"rule AA when tls", "rule AA when tls and mail.domain in { x.example }",
		"rule AA when tls and mail.domain in { x.example } and subject ~ /a{1,40}b/"};
	struct fact_table *facts;
	size_t before = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct program *p = rule_load(texts[i], &facts);

		UNIT_CASE(program_bytes(p) > before + 100, texts[i]);
		before = program_bytes(p);
		program_free(p);
		fact_table_free(facts);
	}
	CU_ASSERT(before < 100000);
}

static bool
slot_early(const struct program *p, const char *name)
{
	size_t i = program_slot(p, view_str(name), (struct view){NULL, 0});

	CU_ASSERT_FATAL(i != SIZE_MAX);
	return p->slots[i].early;
}

static void
knows_what_is_needed_early(void)
{
	static const char text[] = "dnsbl zz zone z.example lookup mail.domain code a 127.0.0.2\n"
				   "rule DEEP when helo.fqdn\n"
				   "rule REFUSES when DEEP and spf = fail reject \"{spf.domain}\"\n"
				   "rule SCORES when client.dynamic score 1\n"
				   "rule LISTED when dnsbl.zz.a skip greylist\n"
				   "rule LATE when tls and dkim = fail reject\n"
				   "rule TRIES when helo.resolves reject trial\n"
				   "rule UNSURE when helo.ours if unknown greylist\n"
				   "policy pp for auth.user is present at-most tag\n";
	char more[1024];
	struct fact_table *facts;
	struct program *p = rule_load(text, &facts);

	CU_ASSERT(
		rule_load_rule(p, "REFUSES")->early && rule_load_rule(p, "LISTED")->early && rule_load_rule(p, "UNSURE")->early);
	CU_ASSERT(!rule_load_rule(p, "DEEP")->early && !rule_load_rule(p, "SCORES")->early && !rule_load_rule(p, "LATE")->early &&
		  !rule_load_rule(p, "TRIES")->early);
	CU_ASSERT(
		slot_early(p, "helo.fqdn") && slot_early(p, "spf") && slot_early(p, "spf.domain"));
	CU_ASSERT(slot_early(p, "dnsbl.zz.a") && slot_early(p, "mail.domain") &&
		  slot_early(p, "auth.user"));
	CU_ASSERT(!slot_early(p, "client.dynamic") && !slot_early(p, "dkim") &&
		  !slot_early(p, "tls") && !slot_early(p, "helo.resolves"));
	program_free(p);
	fact_table_free(facts);

	snprintf(more, sizeof(more), "%spolicy qq for rcpt.local = abuse threshold greylist 4\n",
		text);
	p = rule_load(more, &facts);
	CU_ASSERT(rule_load_rule(p, "SCORES")->early && slot_early(p, "client.dynamic"));
	program_free(p);
	fact_table_free(facts);
}

static void
applies_changes_in_any_order(void)
{
	static const char *const parts[] = {
		"change AA reject \"no\" unless mail.null\n",
		"rule AA when tls score 4 trial\nrule BB when tls score 1\n",
		"disable BB\nchange AA scope any group g2 enforce\n",
		"group g1 max 5\ngroup g2 max 6\nchange group g1 max 7.5\n",
		"change list ll add { c }\nchange list ll remove { a }\nrule CC when subject in "
		"ll\n",
		"list ll words { a b }\nthreshold tag 6, reject 15\nchange threshold tag off\n",
		"policy pp for rcpt.local = x threshold tag 3\nchange policy pp threshold reject 9 "
		"skip greylist\n",
		"dnsbl zz zone z.example lookup client.ip code a 127.0.0.2\nrule DD when "
		"dnsbl.zz.a\n"
		"change dnsbl zz zone y.example code a 127.0.0.9\n",
	};
	enum { N = sizeof(parts) / sizeof(*parts) };

	for (size_t turn = 0; turn < N; turn++) {
		char text[2048] = "";
		struct fact_table *facts;
		struct program *p;
		const struct rule *r;
		size_t n = 0;

		for (size_t i = 0; i < N; i++)
			n += (size_t)snprintf(
				text + n, sizeof(text) - n, "%s", parts[(turn + i) % N]);
		p = rule_load(text, &facts);
		r = rule_load_rule(p, "AA");
		CU_ASSERT(
			!r->has_score && r->n_effects == 1 && r->effects[0].kind == EFFECT_REJECT);
		CU_ASSERT(!r->trial && r->scope == SCOPE_ANY && r->group == 1);
		CU_ASSERT(rule_values_rule(p, "BB") == SIZE_MAX && p->groups[0].max == 750);
		CU_ASSERT(list_has_text(program_list(p, VIEW("ll")), VIEW("a")) == LIST_NO);
		CU_ASSERT(list_has_text(program_list(p, VIEW("ll")), VIEW("c")) == LIST_YES);
		CU_ASSERT(!p->threshold[LEVEL_TAG].set && p->threshold[LEVEL_TAG].given);
		CU_ASSERT(p->threshold[LEVEL_REJECT].score == 1500 &&
			  !p->threshold[LEVEL_GREYLIST].set);
		CU_ASSERT(p->policies[0].threshold[LEVEL_TAG].score == 300 &&
			  p->policies[0].skip_greylist);
		CU_ASSERT(p->policies[0].threshold[LEVEL_REJECT].score == 900 &&
			  p->policies[0].at_most == -1);
		UNIT_VIEW(p->dnsbls[0].zone, "y.example");
		CU_ASSERT(p->dnsbls[0].codes[0].match[0].low == 0x7f000009);
		program_free(p);
		fact_table_free(facts);
	}
}

static void
takes_lists_of_the_settings(void)
{
	struct view ours[] = {VIEW("10.0.0.0/8"), VIEW("bad")}, names[] = {VIEW("x.example")};
	struct program_list lists[] = {
		{.name = "own-nets",
			.type = LIST_NETS,
			.items = ours,
			.n = 1,
			.file = VIEW("postern.conf"),
			.line = 3},
		{.name = "own-domains", .type = LIST_DOMAINS, .items = names, .n = 1, .weak = true},
	};
	struct rule_folder folder;
	struct program_options o = {.lists = lists, .n_lists = 2, .n_files = 1};
	const char *path;
	struct program *p;
	struct diag *d = diag_new();
	char *text;

	rule_folder_make(&folder);
	path = rule_folder_write(&folder, "a.rules",
		VIEW("list own-domains domains { y.example }\nchange list own-nets add { "
		     "192.0.2.0/24 }\n"));
	o.files = &path;
	o.facts = rule_facts_table();
	p = program_load(&o, d);
	CU_ASSERT_FATAL(p != NULL);
	CU_ASSERT(list_has_text(p->own_nets, VIEW("10.1.1.1")) == LIST_YES);
	CU_ASSERT(list_has_text(p->own_nets, VIEW("192.0.2.1")) == LIST_YES);
	CU_ASSERT(list_has_text(p->own_domains, VIEW("y.example")) == LIST_YES);
	CU_ASSERT(list_has_text(p->own_domains, VIEW("x.example")) == LIST_NO);
	program_free(p);

	lists[0].n = 2;
	rule_folder_write(&folder, "a.rules", VIEW("list own-nets nets { 192.0.2.0/24 }\n"));
	CU_ASSERT(program_load(&o, d) == NULL);
	text = rule_facts_messages(d);
	CU_ASSERT(strstr(text,
			  "a.rules:1:6: error: list 'own-nets' is already set at postern.conf:3") !=
		  NULL);
	free(text);
	diag_free(d);
	d = diag_new();
	rule_folder_write(&folder, "a.rules", VIEW("rule AA when tls\n"));
	CU_ASSERT(program_load(&o, d) == NULL);
	text = rule_facts_messages(d);
	CU_ASSERT(
		strstr(text, "postern.conf:3:1: error: 'bad' does not fit a list of nets") != NULL);
	free(text);
	diag_free(d);
	fact_table_free((struct fact_table *)o.facts);
	rule_folder_remove(&folder);
}

static void
reads_list_files(void)
{
	struct rule_folder folder;
	struct program_options o = {.n_files = 1};
	struct diag *d = diag_new();
	struct program *p;
	char rules[128], *text;
	const char *path = rules;

	rule_folder_make(&folder);
	rule_folder_write(&folder, "domains.txt",
		VIEW("\xef\xbb\xbfx.example # ours\n\n  .y.example\r\n# all of "
		     "it\n*.z.example\nlast.example"));
	rule_folder_write(&folder, "phrases.txt", VIEW("# comment\nact now\nwe're #1 here\n"));
	rule_folder_write(
		&folder, "pairs.txt", VIEW("kim@x.example\ty.example # both\nlonely@x.example\n"));
	snprintf(rules, sizeof(rules), "%s",
		rule_folder_write(&folder, "a.rules",
			VIEW("list dd domains file \"domains.txt\"\nlist pp phrases file "
			     "\"phrases.txt\"\n"
			     "list qq pairs of addresses, domains file \"pairs.txt\"\n")));
	o.files = &path;
	o.facts = rule_facts_table();
	CU_ASSERT(program_load(&o, d) == NULL);
	text = rule_facts_messages(d);
	CU_ASSERT(strstr(text, "domains.txt:5:1: error: wildcards are not needed in a domain list\n"
			       "    5 | *.z.example\n") != NULL);
	CU_ASSERT(
		strstr(text,
			"pairs.txt:2:1: error: 'lonely@x.example' does not fit a list of pairs") !=
		NULL);
	CU_ASSERT_EQUAL(diag_errors(d), 2);
	free(text);
	diag_free(d);
	d = diag_new();
	rule_folder_write(&folder, "domains.txt", VIEW("x.example # ours\n.y.example\r\n"));
	rule_folder_write(&folder, "pairs.txt", VIEW("kim@x.example\ty.example # both\n"));
	p = program_load(&o, d);
	CU_ASSERT_FATAL(p != NULL);
	CU_ASSERT(list_has_text(program_list(p, VIEW("dd")), VIEW("a.y.example")) == LIST_YES);
	CU_ASSERT(list_has_text(program_list(p, VIEW("dd")), VIEW("x.example")) == LIST_YES);
	CU_ASSERT(list_search(program_list(p, VIEW("pp")), VIEW("We're #1 here")) == LIST_YES);
	CU_ASSERT(list_has_pair(
		program_list(p, VIEW("qq")), VIEW("kim@x.example"), VIEW("y.example")));
	program_free(p);
	diag_free(d);
	fact_table_free(o.facts);
	rule_folder_remove(&folder);
}

static void
gives_extra_facts_slots(void)
{
	static const char *const extra[] = {"tls", "spf", "no-such-fact", "header"};
	struct rule_folder folder;
	struct program_options o = {.n_files = 1, .extra_facts = extra, .n_extra_facts = 4};
	struct diag *d = diag_new();
	struct program *p;
	const char *path;

	rule_folder_make(&folder);
	path = rule_folder_write(
		&folder, "a.rules", VIEW("rule AA when spf = fail or header(\"X-A\") = b\n"));
	o.files = &path;
	o.facts = rule_facts_table();
	p = program_load(&o, d);
	CU_ASSERT_FATAL(p != NULL);
	CU_ASSERT(p->n_slots == 3 && p->n_read == 2);
	CU_ASSERT(program_slot(p, VIEW("tls"), (struct view){NULL, 0}) == 2);
	CU_ASSERT(program_slot(p, VIEW("header"), VIEW("X-a")) < 2);
	CU_ASSERT(program_slot(p, VIEW("header"), (struct view){NULL, 0}) == SIZE_MAX);
	UNIT_VIEW(p->slots[program_slot(p, VIEW("header"), VIEW("x-a"))].arg, "x-a");
	program_free(p);
	CU_ASSERT((p = program_load(&o, d)) != NULL); /* the table may serve twice */
	program_free(p);
	program_free(NULL);
	diag_free(d);
	fact_table_free(o.facts);
	rule_folder_remove(&folder);
}

static void
keeps_tests(void)
{
	static const char text[] =
		"dnsbl zz zone z.example lookup client.ip\nrule AA when dnsbl.zz score 1\n"
		"test \"one\" given tls, spf pass, url { a b }, header(\"X-A\") \"y\", dnsbl.zz { "
		"127.0.0.2 127.0.0.3 },\n"
		"    dkim unknown, subject missing\n    expect AA, not reject, score >= 1.5, "
		"unknown AA, not AA\n";
	struct fact_table *facts;
	struct program *p = rule_load(text, &facts);
	const struct program_test *t = p->tests;

	CU_ASSERT_EQUAL_FATAL(p->n_tests, 1);
	UNIT_VIEW(t->name, "one");
	CU_ASSERT_EQUAL_FATAL(t->n_given, 7);
	CU_ASSERT_EQUAL_FATAL(t->n_expect, 5);
	UNIT_VIEW(t->given[0].item[0], "yes");
	UNIT_VIEW(t->given[1].item[0], "pass");
	CU_ASSERT(t->given[2].n == 2 && t->given[4].n == 2);
	UNIT_VIEW(t->given[3].arg, "x-a");
	CU_ASSERT(t->given[5].kind == GIVEN_UNKNOWN && t->given[6].kind == GIVEN_MISSING);
	CU_ASSERT(t->expect[0].kind == EXPECT_RULE && !t->expect[0].negated);
	CU_ASSERT(t->expect[1].effect == EFFECT_REJECT && t->expect[1].negated);
	CU_ASSERT(t->expect[2].order == SCORE_GE && t->expect[2].score == 150);
	CU_ASSERT(t->expect[3].kind == EXPECT_UNKNOWN_RULE && t->expect[4].negated);
	program_free(p);
	fact_table_free(facts);
}

static void
bounds_chains_of_rules(void)
{
	for (int reverse = 0; reverse < 2; reverse++) {
		struct fact_table *facts = rule_facts_table();
		struct diag *d = diag_new();
		char text[16384], *shown;
		size_t n = 0;

		n += (size_t)snprintf(
			text, sizeof(text), "rule R%03d when tls\n", reverse ? 200 : 0);
		for (int i = 1; i < 200; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "rule R%03d when R%03d\n",
				reverse ? 200 - i : i, reverse ? 201 - i : i - 1);
		CU_ASSERT(rule_facts_load(text, facts, d) == NULL);
		shown = rule_facts_messages(d);
		CU_ASSERT(strstr(shown, "rules refer to one another more than 64 deep") != NULL);
		free(shown);
		diag_free(d);
		fact_table_free(facts);
	}
}

/* ---- the reference ---- */

static void
loads_the_reference(void)
{
	static const struct {
		const char *file;
		size_t warnings, tests; /* warnings: all [missing] */
	} sets[] = {{"policies.rules", 1, 16}, {"shipped.rules", 5, 0}};

	if (!rule_load_reference("policies.rules"))
		return;
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		const char *path = rule_load_reference(sets[i].file);
		struct program_options o = {.files = &path, .n_files = 1};
		struct diag *d;
		struct program *p;

		if (!path)
			continue;
		d = diag_new();
		o.facts = rule_facts_table();
		p = program_load(&o, d);
		CU_ASSERT_FATAL(p != NULL);
		CU_ASSERT_EQUAL(p->n_tests, sets[i].tests);
		CU_ASSERT_EQUAL(diag_warnings(d), sets[i].warnings);
		program_free(p);
		diag_free(d);
		fact_table_free(o.facts);
	}
}

static const struct unit_test tests[] = {
	{"compiles rules", compiles_rules},
	{"tells its memory", tells_its_memory},
	{"knows what is needed early", knows_what_is_needed_early},
	{"applies changes in any order", applies_changes_in_any_order},
	{"takes lists of the settings", takes_lists_of_the_settings},
	{"reads list files", reads_list_files},
	{"gives extra facts slots", gives_extra_facts_slots},
	{"keeps tests", keeps_tests},
	{"bounds chains of rules", bounds_chains_of_rules},
	{"loads the reference's rule files", loads_the_reference},
};

int
main(void)
{
	return unit_main("policy/program", tests, sizeof(tests) / sizeof(*tests));
}
