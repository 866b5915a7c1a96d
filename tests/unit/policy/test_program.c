/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

/* A text, and lines that its messages must hold, in any order; "" = no message at all. Each row's first
 * line tells what it is about. */
static const struct {
	const char *text, *want[4];
} messages[] = {
	/* names */
	{"rule AA when helo.nam = x.example\n",
		{"1:14: error: unknown fact 'helo.nam'", "= did you mean 'helo.name'?"}},
	{"rule AA when header = \"x\"\n", {"error: unknown fact 'header'", "= write header(\"Name\")"}},
	{"rule AA when subject(\"x\") = \"x\"\n",
		{"error: unknown fact 'subject'", "= 'subject' takes no argument"}},
	{"list ll words { a }\nrule AA when ll\n",
		{"error: unknown fact 'll'", "= 'll' is a list; write 'FACT in ll'"}},
	{"rule AA when BB\n", {"error: no rule BB"}},
	{"rule AAA_1 when tls\nrule BB when AAA_2\n", {"error: no rule AAA_2", "= did you mean 'AAA_1'?"}},
	{"rule AA when mail.domain in partner\nlist partners domains { x.example }\n",
		{"error: no list 'partner'", "= did you mean 'partners'?"}},
	{"rule AA when tls group dns score 1\n", {"1:24: error: no group 'dns'", "= declare it: group dns max 6"}},
	{"rule AA when tls score 1 group hosts\ngroup host max 5\n", {"= did you mean 'host'?"}},
	{"rule AA when auth.user is present skip greylst\n",
		{"error: nothing called 'greylst' to skip", "= did you mean 'greylist'?"}},
	{"rule AA when hits(BB) > 0\n", {"error: no rule BB"}},
	/* types and values */
	{"rule AA when spf = temperror\n",
		{"error: temperror is not a value of 'spf'", "= write 'spf is unknown'"}},
	{"rule AA when spf = pas\n", {"error: 'spf' is never 'pas'", "= did you mean 'pass'?"}},
	{"rule AA when spf in { pass fial }\n", {"1:28: error: 'spf' is never 'fial'"}},
	{"rule AA when spf < pass\n", {"error: 'spf' has no order; use = or !="}},
	{"rule AA when mail.domain > x.example\n", {"error: 'mail.domain' has no order"}},
	{"rule AA when tls = yes\n", {"error: 'tls' is already a condition", "= write 'tls' or 'not tls'"}},
	{"rule AA when tls in { yes }\n", {"error: 'tls' is already a condition"}},
	{"rule AA when msg.size > 25\n", {"error: 'msg.size' is a size; '25' is not", "= write for example 25MB"}},
	{"rule AA when date.skew > soon\n", {"is a duration; 'soon' is not", "= write for example 10m"}},
	{"rule AA when rcpt.count > 1.5\n", {"is a number; '1.5' is not", "= write a whole number"}},
	{"rule AA when client.ip = 10.0.0.0/8\n",
		{"error: '10.0.0.0/8' is not an address", "= for a network write 'client.ip in { 10.0.0.0/8 }'"}},
	{"rule AA when helo.name = client.prt\n", {"" /* looks like a domain, and may be one */}},
	{"rule AA when helo.name = localhost\n", {"error: 'localhost' is neither a domain nor a fact"}},
	{"rule AA when helo.name = \"localhost\"\n", {""}},
	{"rule AA when mail.from = joe\n", {"error: 'joe' is neither an address nor a fact"}},
	{"rule AA when geo.country = Germany\n", {"error: 'Germany' is neither a country nor a fact"}},
	{"rule AA when helo.name = subject\n",
		{"error: cannot compare domain 'helo.name' with text 'subject'"}},
	{"rule AA when score > rcpt.count\n", {"error: cannot compare number 'score' with number 'rcpt.count'"}},
	{"rule AA when subject\n",
		{"error: 'subject' is a text, not a condition by itself", "= compare it, or write 'subject is present'"}},
	{"rule AA when client.ip ~ /1/\n", {"error: a regular expression needs text, 'client.ip' is ip"}},
	{"rule AA when mail.domain contains \"x\"\n", {"error: 'contains' needs text, 'mail.domain' is domain"}},
	{"list ll domains { x.example }\nrule AA when mail.from in ll\n",
		{"error: 'mail.from' is address, list 'll' holds domains", "= use 'mail.domain'"}},
	{"list ll phrases { x }\nrule AA when subject in ll\n",
		{"list 'll' holds phrases", "= write 'contains' instead of 'in'"}},
	{"list ll words { x }\nrule AA when subject ~ ll\n", {"error: list 'll' holds words; '~' needs regexes"}},
	{"list ll words { x }\nrule AA when subject contains ll\n",
		{"error: list 'll' holds words; 'contains' needs phrases"}},
	{"list ll words { x }\nrule AA when (subject, subject) in ll\n", {"error: list 'll' holds words, not pairs"}},
	{"list ll pairs of addresses, domains { (a@x.example, y.example) }\n"
	 "rule AA when (rcpt.to, client.ip) in ll\n",
		{"error: list 'll' holds domains here, but 'client.ip' is ip"}},
	/* many values */
	{"rule AA when url.host = x.example\n",
		{"error: 'url.host' has many values", "= write 'any url.host', 'all url.host' or 'no url.host'"}},
	{"rule AA when any subject = \"x\"\n",
		{"error: 'any' needs a fact with many values, 'subject' has one", "= leave out 'any'"}},
	{"rule AA when any url is present\n", {"error: 'any' and 'is' do not go together"}},
	{"rule AA when mail.domain = url.host\n", {"error: 'url.host' has many values"}},
	{"rule AA when count(subject) > 1\n", {"error: count() needs a fact with many values"}},
	/* regexes */
	{"rule AA when subject ~ /(foo|bar/i\n", {"1:33: error: regular expression: missing closing parenthesis"}},
	{"rule AA when body ~ /(a+)+$/\n",
		{"1:21: warning: nested repetition can be very slow on hostile input [slow-regex]"}},
	/* rules among themselves */
	{"rule AA when BB\nrule BB when AA\n", {"error: rule AA refers to itself"}},
	{"rule AA when AA\n", {"1:6: error: rule AA refers to itself"}},
	{"rule AA when tls\nrule AA when tls\n",
		{"2:6: error: rule AA is already defined at", "= to alter it write: change AA ..."}},
	{"rule AA when tls\nrule BB when AA\ndisable AA\n",
		{"2:14: warning: rule AA is disabled, so this is always false [disabled]"}},
	{"rule AA when score > 5 score 1\n", {"1:30: error: a rule that reads 'score' cannot add to it"}},
	{"rule AA when score > 5 tag\nrule BB when AA score 1\n",
		{"2:23: error: a rule that reads 'score' cannot add to it"}},
	/* effects */
	{"rule AA when subject ~ /x/ reject \"no\" at connect\n",
		{"1:43: error: 'at connect' is too early: the condition needs subject, known at 'header'"}},
	{"rule BB when subject ~ /x/\nrule AA when BB reject at mail\n",
		{"2:27: error: 'at mail' is too early: the condition needs subject, known at 'header'"}},
	{"rule AA when client.early-talk reject at connect\n",
		{"1:42: error: 'at connect' is too early for an inbound rule"}},
	{"rule AA when client.early-talk reject at connect scope any\n", {""}},
	{"rule AA when spf = fail reject at mail\n", {""}},
	{"rule AA when body contains \"x\" greylist 5m\n",
		{"1:32: error: greylisting happens at rcpt, but this condition needs body, known at 'body'"}},
	{"rule AA when dkim = pass skip greylist\n", {"error: greylisting happens at rcpt"}},
	{"rule AA when tls greylist at data\n", {"error: greylist is not possible 'at data'"}},
	{"rule AA when tls discard at mail\n", {"error: discard is not possible 'at mail'"}},
	{"rule AA when tls tag at end\n", {"error: tag is not possible 'at end'", "= leave out 'at'"}},
	{"rule AA when tls if unknown greylist\n", {""}},
	{"rule AA when dkim = fail if unknown greylist\n", {"error: greylisting happens at rcpt"}},
	{"rule AA when tls add header \"X Y\" \"z\"\n", {"error: 'X Y' is not the name of a header field"}},
	/* texts */
	{"rule AA when spf = fail reject \"{spf.domian} says no\"\n",
		{"1:33: error: unknown fact 'spf.domian' in this text", "= did you mean 'spf.domain'?"}},
	{"rule AA when tls reject \"{body}\"\n", {"error: 'body' is not known yet at 'rcpt'"}},
	{"rule AA when tls reject \"{mail.from}\" at mail\n", {""}},
	{"rule AA when tls reject \"{rcpt.to}\" at mail\n", {"error: 'rcpt.to' is not known yet at 'mail'"}},
	{"rule AA when tls tag \"{body.chars}\"\n", {""}},
	{"rule AA when tls reject \"{rule} {score} {queue-id} {} { x\"\n", {"error: unknown fact '' in this text"}},
	{"rule AA when tls reject \"{header}\"\n", {"error: 'header' needs an argument"}},
	{"threshold greylist 4 \"{dkim}\"\n", {"error: 'dkim' is not known yet at 'rcpt'"}},
	{"threshold reject 15 \"{dkim} {score}\"\n", {""}},
	/* spoofable */
	{"list pp domains { x.example }\nrule AA when mail.domain in pp accept\n",
		{"2:32: warning: accept is granted on facts the sender controls (mail.domain) [spoofable]"}},
	{"list pp domains { x.example }\nrule AA when mail.domain in pp and spf != fail accept\n",
		{"(mail.domain) [spoofable]"}},
	{"list pp domains { x.example }\nrule AA when mail.domain in pp and spf = pass accept\n", {""}},
	{"list pp domains { x.example }\nrule AA when mail.domain in pp and not client.dynamic accept\n",
		{"[spoofable]"}},
	{"list pp domains { x.example }\nrule AA when any dkim.domain in pp score -5\n", {""}},
	{"list pp domains { x.example }\nrule AA when no dkim.domain in pp score -5\n",
		{"a negative score is granted on facts the sender controls () [spoofable]"}},
	{"rule AA when from.domain = x.example or auth.user is present score -5\n", {"(from.domain) [spoofable]"}},
	{"rule AA when from.domain = x.example and auth.user is present score -5\n", {""}},
	{"rule AA when 2 of (subject = a, auth.user is present) score -5\n", {""}},
	{"rule AA when 1 of (subject = a, auth.user is present) score -5\n", {"(subject) [spoofable]"}},
	{"rule BB when subject = a\nrule AA when BB skip score\n", {"skip is granted", "(subject) [spoofable]"}},
	{"rule BB when auth.user is present\nrule AA when BB and subject = a skip score\n", {""}},
	{"rule AA when not (auth.user is missing) accept\n", {""}},
	{"rule AA when mail.domain = client.ptr accept # allow spoofable\n", {""}},
	/* missing */
	{"list pp domains { x.example }\nrule AA when mail.domain not in pp score 1\n",
		{"2:14: warning: 'mail.domain' may be missing, and then this is true [missing]",
			"= write 'mail.domain is present and ...'"}},
	{"rule AA when not mail.domain = x.example score 1\n", {"'mail.domain' may be missing"}},
	{"rule AA when mail.from is present and mail.domain != x.example score 1\n", {""}},
	{"rule AA when not mail.null and mail.domain != x.example score 1\n", {""}},
	{"rule AA when mail.domain != x.example score 1 unless mail.null\n", {""}},
	{"rule AA when mail.null or mail.domain != x.example score 1\n", {"'mail.domain' may be missing"}},
	{"rule AA when not (mail.null or mail.domain = x.example) score 1\n", {""}},
	{"rule AA when helo.fqdn and helo.name !~ /x/ score 1\n", {""}},
	{"rule AA when client.ptr is present and helo.name != client.ptr score 1\n", {"'helo.name' may be missing"}},
	{"rule AA when header(\"X-A\") != yes score 1\n", {"'header' may be missing", "= write 'header(...) is present"}},
	{"rule AA when header(\"X-A\") is present and header(\"x-a\") != yes score 1\n", {""}},
	{"rule AA when rcpt.domain != x.example score 1\n", {""}},
	{"rule AA when spf != pass score 1\n", {""}},
	{"rule AA when from.domain = x.example score 1 unless mail.domain = y.example\n", {""}},
	/* unused */
	{"list pp domains { x.example }\n", {"1:6: warning: list 'pp' is never used [unused]"}},
	{"list own-nets nets { 10.0.0.0/8 }\n", {""}},
	{"dnsbl zz zone z.example lookup client.ip\n", {"1:7: warning: dnsbl 'zz' is never used [unused]"}},
	{"rate rr messages by client.ip per 1h\n", {"1:6: warning: rate 'rr' is never used [unused]"}},
	{"list pp domains { x.example } # allow unused\n", {""}},
	/* lists */
	{"list pp nets { 192.0.2.7/24 300.1.1.1 }\nrule AA when client.ip in pp\n",
		{"1:16: warning: '192.0.2.7/24' has host bits set; taken as 192.0.2.0/24 [host-bits]",
			"1:29: error: '300.1.1.1' does not fit a list of nets"}},
	{"list pp domains { *.x.example }\nrule AA when mail.domain in pp\n",
		{"1:19: error: wildcards are not needed in a domain list"}},
	{"list pp words { a }\nlist pp words { b }\n",
		{"2:6: error: list 'pp' is already defined at", "= to extend it write: change list pp add { ... }"}},
	{"list pp pairs of regexes, words { }\n", {"error: a pair cannot hold regexes"}},
	{"list own-nets domains { x.example }\n", {"error: list 'own-nets' must hold nets"}},
	{"list pp words file \"nowhere.txt\"\n", {"1:20: error: list file", "no such file"}},
	{"list own-nets nets file \"nowhere.txt\" optional\n", {""}},
	{"list pp words { a }\nchange list pp remove { b }\nrule AA when subject in pp\n",
		{"2:25: warning: 'b' is not in this list [unused]"}},
	/* DNS lists and rates */
	{"dnsbl zz zone z.example lookup subject\n",
		{"error: a DNS list looks up an address or a domain, but 'subject' is a text"}},
	{"dnsbl zz zone z.example lookup client.pi\n", {"error: unknown fact 'client.pi'", "= did you mean 'client.ip'?"}},
	{"dnsbl zz zone z..example lookup client.ip\nrule AA when dnsbl.zz\n", {"error: 'z..example' is not a domain"}},
	{"dnsbl zz zone {secret:key}.z.example lookup client.ip\nrule AA when dnsbl.zz\n",
		{"error: no secret 'key': no secrets file is set"}},
	{"dnsbl zz zone z.example lookup client.ip code a 127.0.0.2 code a 127.0.0.3\nrule AA when dnsbl.zz\n",
		{"error: code 'a' is already there"}},
	{"dnsbl zz zone z.example lookup client.ip\ndnsbl zz zone z.example lookup client.ip\nrule AA when dnsbl.zz\n",
		{"error: dnsbl 'zz' is already defined at"}},
	{"rule AA when rate.rr > 1\nrate rr messages by url per 1h\n", {"error: a rate counts by facts of one value"}},
	/* change and disable */
	{"change AA score 1\n", {"1:8: error: no rule AA to change"}},
	{"disable AA\n", {"1:9: error: no rule AA to disable"}},
	{"rule AA when tls\nchange AA score 1\nchange AA score 2\n",
		{"3:8: error: what it does of AA is already changed at", "= keep one of the two"}},
	{"rule AA when tls\nchange AA score 1\nchange AA reject\n", {"3:8: error: what it does of AA is already changed"}},
	{"rule AA when tls\nchange AA trial\nchange AA enforce\n", {"error: 'trial' of AA is already changed"}},
	{"rule AA when tls\nchange AA unless mail.null\nchange AA unless url.ip\n", {""}},
	{"change group gg max 3\n", {"error: no group 'gg' to change"}},
	{"group gg max 3\nchange group gg max 4\nchange group gg max 5\n", {"the maximum of gg is already changed"}},
	{"threshold tag 6\nthreshold tag 7\n", {"2:11: error: threshold 'tag' is already set at"}},
	/* policies */
	{"policy pp for subject ~ /x/ threshold tag 3\n",
		{"1:15: error: a policy condition may use rcpt.*, auth.* and client.* facts only, not 'subject'"}},
	{"rule AA when subject ~ /x/\npolicy pp for AA threshold tag 3\n", {"facts only, not 'subject'"}},
	{"policy pp for rcpt.local = abuse disable AA\n", {"error: no rule AA"}},
	{"policy pp for rcpt.local = abuse skip nothing\n", {"error: nothing called 'nothing' to skip"}},
	{"policy pp for rcpt.local = abuse at-most tag\npolicy pp for tls at-most tag\n",
		{"error: policy 'pp' is already defined at"}},
	/* tests */
	{"test \"t\" given helo.nam \"x\" expect accept\n", {"error: unknown fact 'helo.nam'", "did you mean 'helo.name'"}},
	{"test \"t\" given spf passed expect accept\n",
		{"error: 'passed' does not fit 'spf', which is a enum", "= values: none neutral pass"}},
	{"test \"t\" given spf expect accept\n", {"error: 'spf' needs a value here"}},
	{"test \"t\" given tls expect BOTH\n", {"error: no rule BOTH"}},
	{"test \"t\" given spf { pass } expect accept\n", {"error: 'spf' has one value"}},
	{"dnsbl zz zone z.example lookup client.ip\nrule AA when dnsbl.zz\n"
	 "test \"t\" given dnsbl.zz listed expect AA\n",
		{"error: 'listed' is not an answer of a DNS list"}},
};

static bool
has_all(const char *text, const char *const want[4])
{
	if (!want[0][0])
		return !text[0];
	for (size_t i = 0; i < 4 && want[i]; i++)
		if (!strstr(text, want[i]))
			return false;
	return true;
}

static void
says_what_is_wrong(void)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		struct fact_table *facts = rule_facts_table();
		struct diag *d = diag_new();
		struct program *p = rule_facts_load(messages[i].text, facts, d);
		char *text = rule_facts_messages(d);

		UNIT_CASE(has_all(text, messages[i].want), messages[i].text);
		if (!has_all(text, messages[i].want))
			printf("%s", text);
		UNIT_CASE((p == NULL) == (diag_errors(d) > 0), messages[i].text);
		free(text);
		program_free(p);
		diag_free(d);
		fact_table_free(facts);
	}
}

/* ---- what is compiled ---- */

static struct program *
load(const char *text, struct fact_table **facts)
{
	struct diag *d = diag_new();
	struct program *p;

	*facts = rule_facts_table();
	p = rule_facts_load(text, *facts, d);
	if (!p)
		diag_show(d, stdout);
	CU_ASSERT_FATAL(p != NULL);
	diag_free(d);
	return p;
}

static const struct rule *
rule(const struct program *p, const char *name)
{
	size_t i = rule_values_rule(p, name);

	CU_ASSERT_FATAL(i != SIZE_MAX);
	return &p->rules[i];
}

static void
compiles_rules(void)
{
	static const char text[] =
		"group host max 5\nlist ours nets { 10.0.0.0/8 }\n"
		"rule ZZ when client.dynamic score 1.5 group host info \"why\" scope any\n"
		"rule AA when spf = fail and client.ip not in ours reject 550 5.7.1 \"{client.ip} no\" at rcpt\n"
		"        tag \"spam\" add header \"X-A\" \"{dkim}\" skip greylist, host if unknown defer trial\n"
		"rule BB when subject ~ /x/ or rcpt.local = abuse quarantine\n";
	struct fact_table *facts;
	struct program *p = load(text, &facts);
	const struct rule *r = rule(p, "AA");

	CU_ASSERT_EQUAL(p->n_rules, 3);
	UNIT_VIEW(p->rules[0].name, "AA");
	UNIT_VIEW(p->rules[2].name, "ZZ");
	CU_ASSERT(r->stage == STAGE_MAIL && r->trial && !r->early && r->line == 4 && r->n_effects == 4);
	CU_ASSERT(r->effects[0].kind == EFFECT_REJECT && r->effects[0].at == STAGE_RCPT);
	CU_ASSERT_EQUAL(r->effects[0].reply.code, 550);
	UNIT_VIEW(r->effects[0].reply.enhanced, "5.7.1");
	UNIT_VIEW(r->effects[0].reply.text, "{client.ip} no");
	CU_ASSERT(r->effects[1].kind == EFFECT_TAG && r->effects[1].at == -1);
	UNIT_VIEW(r->effects[2].header, "X-A");
	CU_ASSERT(r->effects[3].skip_greylist && !r->effects[3].skip_score);
	CU_ASSERT(r->effects[3].n_skip_group == 1 && r->effects[3].skip_group[0] == 0);
	CU_ASSERT(r->if_unknown && r->if_unknown->kind == EFFECT_DEFER);
	r = rule(p, "BB");
	CU_ASSERT(r->stage == STAGE_HEADER && r->per_rcpt && !r->has_score && r->group == -1);
	r = rule(p, "ZZ");
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
	static const char text[] =
		"dnsbl zz zone z.example lookup mail.domain code a 127.0.0.2\n"
		"rule DEEP when helo.fqdn\n"
		"rule REFUSES when DEEP and spf = fail reject \"{spf.domain}\"\n"
		"rule SCORES when client.dynamic score 1\n"
		"rule LISTED when dnsbl.zz.a skip greylist\n"
		"rule LATE when tls and dkim = fail reject\n"
		"rule TRIES when helo.resolves reject trial\n"
		"rule UNSURE when helo.ours if unknown defer\n"
		"policy pp for auth.user is present at-most tag\n";
	char more[1024];
	struct fact_table *facts;
	struct program *p = load(text, &facts);

	CU_ASSERT(rule(p, "REFUSES")->early && rule(p, "LISTED")->early && rule(p, "UNSURE")->early);
	CU_ASSERT(!rule(p, "DEEP")->early && !rule(p, "SCORES")->early && !rule(p, "LATE")->early &&
		!rule(p, "TRIES")->early);
	CU_ASSERT(slot_early(p, "helo.fqdn") && slot_early(p, "spf") && slot_early(p, "spf.domain"));
	CU_ASSERT(slot_early(p, "dnsbl.zz.a") && slot_early(p, "mail.domain") && slot_early(p, "auth.user"));
	CU_ASSERT(!slot_early(p, "client.dynamic") && !slot_early(p, "dkim") && !slot_early(p, "tls") &&
		!slot_early(p, "helo.resolves"));
	program_free(p);
	fact_table_free(facts);

	snprintf(more, sizeof(more), "%spolicy qq for rcpt.local = abuse threshold greylist 4\n", text);
	p = load(more, &facts);
	CU_ASSERT(rule(p, "SCORES")->early && slot_early(p, "client.dynamic"));
	program_free(p);
	fact_table_free(facts);
}

static void
compiles_dns_lists(void)
{
	static const char text[] =
		"dnsbl zen zone Zen.Example lookup client.ip code sbl 127.0.0.2 code xbl 127.0.0.4-7, 127.0.1.0/24\n"
		"      code odd bit 8 error 127.0.0.255 timeout 3s limit 1000 per 1d\n"
		"dnsbl dbl zone dbl.example lookup url.domain test-entry dbltest.com absent example.com\n"
		"dnsbl nub zone n.example lookup rcpt.domain test-entry none\n"
		"rule AA when dnsbl.zen.xbl or dnsbl.dbl or dnsbl.nub or dnsbl.zen\n";
	struct fact_table *facts;
	struct program *p = load(text, &facts);
	const struct slot *any = &p->slots[program_slot(p, VIEW("dnsbl.zen"), (struct view){NULL, 0})];
	const struct slot *xbl = &p->slots[program_slot(p, VIEW("dnsbl.zen.xbl"), (struct view){NULL, 0})];
	const struct slot *nub = &p->slots[program_slot(p, VIEW("dnsbl.nub"), (struct view){NULL, 0})];
	const struct dnsbl *d = any->dnsbl;

	CU_ASSERT_FATAL(d != NULL && d == xbl->dnsbl);
	CU_ASSERT(any->code == SIZE_MAX && xbl->code == 1 && any->owner == 1 && xbl->owner == 1);
	CU_ASSERT(any->def->stage == STAGE_CONNECT && !any->def->per_rcpt);
	CU_ASSERT(nub->def->stage == STAGE_RCPT && nub->def->per_rcpt && rule(p, "AA")->per_rcpt);
	UNIT_VIEW(d->zone, "zen.example");
	UNIT_VIEW(d->shown, "Zen.Example");
	UNIT_VIEW(view_str(p->slots[d->lookup].def->name), "client.ip");
	CU_ASSERT(d->n_codes == 3 && d->codes[1].n == 2 && d->codes[1].match[0].kind == DNSBL_RANGE);
	CU_ASSERT(d->codes[2].match[0].kind == DNSBL_BIT && d->codes[2].match[0].bit == 8);
	CU_ASSERT(d->n_errors == 1 && d->timeout_ms == 3000 && d->limit == 1000 && d->limit_seconds == 86400);
	UNIT_VIEW(d->test_listed, "127.0.0.2");
	UNIT_VIEW(p->dnsbls[1].test_listed, "dbltest.com");
	UNIT_VIEW(p->dnsbls[1].test_absent, "example.com");
	CU_ASSERT(p->n_dnsbls == 3 && !nub->dnsbl->test_listed.p);
	CU_ASSERT(p->slots[program_slot(p, VIEW("url.domain"), (struct view){NULL, 0})].def->list);
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
		"change list ll add { c }\nchange list ll remove { a }\nrule CC when subject in ll\n",
		"list ll words { a b }\nthreshold tag 6, reject 15\nchange threshold tag off\n",
		"policy pp for rcpt.local = x threshold tag 3\nchange policy pp threshold reject 9 skip greylist\n",
		"dnsbl zz zone z.example lookup client.ip code a 127.0.0.2\nrule DD when dnsbl.zz.a\n"
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
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", parts[(turn + i) % N]);
		p = load(text, &facts);
		r = rule(p, "AA");
		CU_ASSERT(!r->has_score && r->n_effects == 1 && r->effects[0].kind == EFFECT_REJECT);
		CU_ASSERT(!r->trial && r->scope == SCOPE_ANY && r->group == 1);
		CU_ASSERT(rule_values_rule(p, "BB") == SIZE_MAX && p->groups[0].max == 750);
		CU_ASSERT(list_has_text(program_list(p, VIEW("ll")), VIEW("a")) == LIST_NO);
		CU_ASSERT(list_has_text(program_list(p, VIEW("ll")), VIEW("c")) == LIST_YES);
		CU_ASSERT(!p->threshold[LEVEL_TAG].set && p->threshold[LEVEL_TAG].given);
		CU_ASSERT(p->threshold[LEVEL_REJECT].score == 1500 && !p->threshold[LEVEL_GREYLIST].set);
		CU_ASSERT(p->policies[0].threshold[LEVEL_TAG].score == 300 && p->policies[0].skip_greylist);
		CU_ASSERT(p->policies[0].threshold[LEVEL_REJECT].score == 900 && p->policies[0].at_most == -1);
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
		{.name = "own-nets", .type = LIST_NETS, .items = ours, .n = 1, .file = VIEW("postern.conf"), .line = 3},
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
		VIEW("list own-domains domains { y.example }\nchange list own-nets add { 192.0.2.0/24 }\n"));
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
	CU_ASSERT(strstr(text, "a.rules:1:6: error: list 'own-nets' is already set at postern.conf:3") != NULL);
	free(text);
	diag_free(d);
	d = diag_new();
	rule_folder_write(&folder, "a.rules", VIEW("rule AA when tls\n"));
	CU_ASSERT(program_load(&o, d) == NULL);
	text = rule_facts_messages(d);
	CU_ASSERT(strstr(text, "postern.conf:3:1: error: 'bad' does not fit a list of nets") != NULL);
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
		VIEW("\xef\xbb\xbfx.example # ours\n\n  .y.example\r\n# all of it\n*.z.example\nlast.example"));
	rule_folder_write(&folder, "phrases.txt", VIEW("# comment\nact now\nwe're #1 here\n"));
	rule_folder_write(&folder, "pairs.txt", VIEW("kim@x.example\ty.example # both\nlonely@x.example\n"));
	snprintf(rules, sizeof(rules), "%s", rule_folder_write(&folder, "a.rules",
		VIEW("list dd domains file \"domains.txt\"\nlist pp phrases file \"phrases.txt\"\n"
		     "list qq pairs of addresses, domains file \"pairs.txt\"\n")));
	o.files = &path;
	o.facts = rule_facts_table();
	CU_ASSERT(program_load(&o, d) == NULL);
	text = rule_facts_messages(d);
	CU_ASSERT(strstr(text, "domains.txt:5:1: error: wildcards are not needed in a domain list\n"
			       "    5 | *.z.example\n") != NULL);
	CU_ASSERT(strstr(text, "pairs.txt:2:1: error: 'lonely@x.example' does not fit a list of pairs") != NULL);
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
	CU_ASSERT(list_has_pair(program_list(p, VIEW("qq")), VIEW("kim@x.example"), VIEW("y.example")));
	program_free(p);
	diag_free(d);
	fact_table_free(o.facts);
	rule_folder_remove(&folder);
}

static void
keeps_secrets(void)
{
	struct rule_folder folder;
	struct program_options o = {.n_files = 1};
	char secrets[128], rules[128];
	const char *path = rules;
	struct diag *d = diag_new();
	struct program *p;
	char *text;

	rule_folder_make(&folder);
	snprintf(secrets, sizeof(secrets), "%s", rule_folder_write(&folder, "secrets",
		VIEW("# keys\nother abc\ndqs  abcdefg12345 \nbroken a..b\n")));
	snprintf(rules, sizeof(rules), "%s", rule_folder_write(&folder, "a.rules",
		VIEW("dnsbl zz zone {secret:dqs}.zen.dq.example lookup client.ip\nrule AA when dnsbl.zz\n")));
	o.files = &path;
	o.facts = rule_facts_table();
	o.secrets_file = secrets;
	CU_ASSERT(chmod(secrets, 0644) == 0);
	CU_ASSERT(program_load(&o, d) == NULL);
	text = rule_facts_messages(d);
	CU_ASSERT(strstr(text, "readable by its owner alone") != NULL && strstr(text, "abcdefg") == NULL);
	free(text);
	diag_free(d);
	CU_ASSERT(chmod(secrets, 0600) == 0);
	d = diag_new();
	p = program_load(&o, d);
	CU_ASSERT_FATAL(p != NULL);
	UNIT_VIEW(p->dnsbls[0].zone, "abcdefg12345.zen.dq.example");
	UNIT_VIEW(p->dnsbls[0].shown, "{secret:dqs}.zen.dq.example");
	program_free(p);
	rule_folder_write(&folder, "a.rules",
		VIEW("dnsbl zz zone {secret:nix}.example lookup client.ip\nrule AA when dnsbl.zz\n"
		     "dnsbl yy zone {secret:broken}.example lookup client.ip\nrule BB when dnsbl.yy\n"));
	CU_ASSERT(program_load(&o, d) == NULL);
	text = rule_facts_messages(d);
	CU_ASSERT(strstr(text, "no secret 'nix': it is not in the secrets file") != NULL);
	CU_ASSERT(strstr(text, "'{secret:broken}.example' is not a domain") != NULL && !strstr(text, "a..b"));
	free(text);
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
	path = rule_folder_write(&folder, "a.rules", VIEW("rule AA when spf = fail or header(\"X-A\") = b\n"));
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
		"test \"one\" given tls, spf pass, url { a b }, header(\"X-A\") \"y\", dnsbl.zz { 127.0.0.2 127.0.0.3 },\n"
		"    dkim unknown, subject missing\n    expect AA, not reject, score >= 1.5, unknown AA, not AA\n";
	struct fact_table *facts;
	struct program *p = load(text, &facts);
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

		n += (size_t)snprintf(text, sizeof(text), "rule R%03d when tls\n", reverse ? 200 : 0);
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

/* ---- texts ---- */

static void
fills_texts(void)
{
	static const struct {
		const char *text, *want;
		size_t max;
	} texts[] = {
		{"{client.ip} is listed", "192.0.2.1 is listed", 100},
		{"{rule} {score} {queue-id}", "AA 6.50 q1", 100},
		{"{subject}", "two lines", 100},
		{"[{mail.from}]", "[]", 100},
		{"{spf}", "unknown", 100},
		{"a { b } c", "a  c", 100},
		{"a { b", "a { b", 100},
		{"{client.ip}", "192.0.", 6},
		{"abc\xc3\xa4z", "abc", 4},
		{"abc\xc3\xa4z", "abc\xc3\xa4", 5},
		{"", "", 10},
	};
	struct fact_table *facts;
	struct program *p = load("rule AA when spf = fail reject \"{client.ip} {subject} {mail.from}\" unless subject ~ /x/\n",
		&facts);
	struct program_names names = {VIEW("AA"), VIEW("q1"), 650};
	struct rule_values v;

	rule_values_make(&v, p, "client.ip=192.0.2.1; subject=two\r\n lines\x1b; spf!unknown");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		UNIT_VIEW(program_text(&v.eval, view_str(texts[i].text), &names, texts[i].max, v.arena),
			texts[i].want);
	rule_values_done(&v);
	program_free(p);
	fact_table_free(facts);
}

/* ---- the reference ---- */

static const char *
reference(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "../shared/rules-reference/%s", name);
	if (access(path, R_OK) == 0)
		return path;
	printf("skip: %s is not here\n", path);
	return NULL;
}

static void
agrees_with_the_reference(void)
{
	const char *path = reference("readme-errors.rules");
	struct program_options o = {.files = &path, .n_files = 1};
	struct view want;
	struct diag *d;
	char *got, *rest;
	size_t wrong = 0;

	if (!path)
		return;
	d = diag_new();
	o.facts = rule_facts_table();
	CU_ASSERT(program_load(&o, d) == NULL);
	rest = got = rule_facts_messages(d);
	want = unit_read_file(reference("readme-errors.out"));
	for (struct view left = want, line; view_split(&left, '\n', &line) && line.n;) {
		struct view mine = view_head(view_str(rest), strcspn(rest, "\n"));
		size_t file = view_find(line, ':'), ours = view_find(mine, ':');

		if (view_search_nocase(line, VIEW(" DNS lists, ")) < line.n)
			break; /* the summary is the command's */
		if (view_starts_nocase(line, "ex/"))
			wrong += !view_eq(view_skip(line, file), view_skip(mine, ours));
		else
			wrong += !view_eq(line, mine);
		rest += mine.n + (rest[mine.n] == '\n');
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_STRING_EQUAL(rest, "");
	free((void *)want.p);
	free(got);
	diag_free(d);
	fact_table_free(o.facts);
}

static void
loads_the_reference(void)
{
	static const struct {
		const char *file;
		size_t warnings, tests; /* warnings: all [missing] */
	} sets[] = {{"policies.rules", 1, 16}, {"shipped.rules", 5, 0}};

	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		const char *path = reference(sets[i].file);
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
	{"says what is wrong", says_what_is_wrong},
	{"compiles rules", compiles_rules},
	{"knows what is needed early", knows_what_is_needed_early},
	{"compiles DNS lists", compiles_dns_lists},
	{"applies changes in any order", applies_changes_in_any_order},
	{"takes lists of the settings", takes_lists_of_the_settings},
	{"reads list files", reads_list_files},
	{"keeps secrets", keeps_secrets},
	{"gives extra facts slots", gives_extra_facts_slots},
	{"keeps tests", keeps_tests},
	{"bounds chains of rules", bounds_chains_of_rules},
	{"fills in texts", fills_texts},
	{"agrees with the reference's messages", agrees_with_the_reference},
	{"loads the reference's rule files", loads_the_reference},
};

int
main(void)
{
	return unit_main("policy/program", tests, sizeof(tests) / sizeof(*tests));
}
