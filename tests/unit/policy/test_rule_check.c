/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/rule_load.h"
#include "tests/lib/unit.h"

/* A text, and lines that its messages must hold, in any order; "" = no message at all. Each row's
 * first line tells what it is about. */
static const struct {
	const char *text, *want[4];
} messages[] = {
	/* names */
	{"rule AA when helo.nam = x.example\n",
		{"1:14: error: unknown fact 'helo.nam'", "= did you mean 'helo.name'?"}},
	{"rule AA when header = \"x\"\n",
		{"error: unknown fact 'header'", "= write header(\"Name\")"}},
	{"rule AA when header(\"X-A:\") = b\n",
		{"1:21: error: 'X-A:' is no name of a header field", "= write it without colon and blanks"}},
	{"rule AA when header-count(\"\") > 1\n", {"error: '' is no name of a header field"}},
	{"test \"one\" given header(\"X A\") \"b\" expect accept\n",
		{"error: 'X A' is no name of a header field"}},
	{"rule AA when subject(\"x\") = \"x\"\n",
		{"error: unknown fact 'subject'", "= 'subject' takes no argument"}},
	{"list ll words { a }\nrule AA when ll\n",
		{"error: unknown fact 'll'", "= 'll' is a list; write 'FACT in ll'"}},
	{"rule AA when BB\n", {"error: no rule BB"}},
	{"rule AAA_1 when tls\nrule BB when AAA_2\n",
		{"error: no rule AAA_2", "= did you mean 'AAA_1'?"}},
	{"rule AA when mail.domain in partner\nlist partners domains { x.example }\n",
		{"error: no list 'partner'", "= did you mean 'partners'?"}},
	{"rule AA when tls group dns score 1\n",
		{"1:24: error: no group 'dns'", "= declare it: group dns max 6"}},
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
	{"rule AA when tls = yes\n",
		{"error: 'tls' is already a condition", "= write 'tls' or 'not tls'"}},
	{"rule AA when tls in { yes }\n", {"error: 'tls' is already a condition"}},
	{"rule AA when msg.size > 25\n",
		{"error: 'msg.size' is a size; '25' is not", "= write for example 25MB"}},
	{"rule AA when date.skew > soon\n",
		{"is a duration; 'soon' is not", "= write for example 10m"}},
	{"rule AA when rcpt.count > 1.5\n",
		{"is a number; '1.5' is not", "= write a whole number"}},
	{"rule AA when client.ip = 10.0.0.0/8\n",
		{"error: '10.0.0.0/8' is not an address",
			"= for a network write 'client.ip in { 10.0.0.0/8 }'"}},
	{"rule AA when helo.name = client.prt\n", {"" /* looks like a domain, and may be one */}},
	{"rule AA when helo.name = localhost\n",
		{"error: 'localhost' is neither a domain nor a fact"}},
	{"rule AA when helo.name = \"localhost\"\n", {""}},
	{"rule AA when mail.from = joe\n", {"error: 'joe' is neither an address nor a fact"}},
	{"rule AA when geo.country = Germany\n",
		{"error: 'Germany' is neither a country nor a fact"}},
	{"rule AA when helo.name = subject\n",
		{"error: cannot compare domain 'helo.name' with text 'subject'"}},
	{"rule AA when score > rcpt.count\n",
		{"error: cannot compare number 'score' with number 'rcpt.count'"}},
	{"rule AA when subject\n", {"error: 'subject' is a text, not a condition by itself",
					   "= compare it, or write 'subject is present'"}},
	{"rule AA when client.ip ~ /1/\n",
		{"error: a regular expression needs text, 'client.ip' is ip"}},
	{"rule AA when mail.domain contains \"x\"\n",
		{"error: 'contains' needs text, 'mail.domain' is domain"}},
	{"list ll domains { x.example }\nrule AA when mail.from in ll\n",
		{"error: 'mail.from' is address, list 'll' holds domains", "= use 'mail.domain'"}},
	{"list ll phrases { x }\nrule AA when subject in ll\n",
		{"list 'll' holds phrases", "= write 'contains' instead of 'in'"}},
	{"list ll words { x }\nrule AA when subject ~ ll\n",
		{"error: list 'll' holds words; '~' needs regexes"}},
	{"list ll words { x }\nrule AA when subject contains ll\n",
		{"error: list 'll' holds words; 'contains' needs phrases"}},
	{"list ll words { x }\nrule AA when (subject, subject) in ll\n",
		{"error: list 'll' holds words, not pairs"}},
	{"list ll pairs of addresses, domains { (a@x.example, y.example) }\n"
	 "rule AA when (rcpt.to, client.ip) in ll\n",
		{"error: list 'll' holds domains here, but 'client.ip' is ip"}},
	/* many values */
	{"rule AA when url.host = x.example\n",
		{"error: 'url.host' has many values",
			"= write 'any url.host', 'all url.host' or 'no url.host'"}},
	{"rule AA when any subject = \"x\"\n",
		{"error: 'any' needs a fact with many values, 'subject' has one",
			"= leave out 'any'"}},
	{"rule AA when any url is present\n", {"error: 'any' and 'is' do not go together"}},
	{"rule AA when mail.domain = url.host\n", {"error: 'url.host' has many values"}},
	{"rule AA when count(subject) > 1\n", {"error: count() needs a fact with many values"}},
	/* regexes */
	{"rule AA when subject ~ /(foo|bar/i\n",
		{"1:33: error: regular expression: missing closing parenthesis"}},
	{"rule AA when body ~ /(a+)+$/\n", {"1:21: warning: nested repetition can be very slow on "
					    "hostile input [slow-regex]"}},
	/* rules among themselves */
	{"rule AA when BB\nrule BB when AA\n", {"error: rule AA refers to itself"}},
	{"rule AA when AA\n", {"1:6: error: rule AA refers to itself"}},
	{"rule AA when tls\nrule AA when tls\n", {"2:6: error: rule AA is already defined at",
							 "= to alter it write: change AA ..."}},
	{"rule AA when tls\nrule BB when AA\ndisable AA\n",
		{"3:9: warning: rule BB at ", ":2 names AA: there AA is always false [disabled]"}},
	{"rule AA when score > 5 score 1\n",
		{"1:30: error: a rule that reads 'score' cannot add to it"}},
	{"rule AA when score > 5 tag\nrule BB when AA score 1\n",
		{"2:23: error: a rule that reads 'score' cannot add to it"}},
	/* effects */
	{"rule AA when subject ~ /x/ reject \"no\" at connect\n",
		{"1:43: error: 'at connect' is too early: the condition needs subject, known at "
		 "'header'"}},
	{"rule BB when subject ~ /x/\nrule AA when BB reject at mail\n",
		{"2:27: error: 'at mail' is too early: the condition needs subject, known at "
		 "'header'"}},
	{"rule AA when client.early-talk reject at connect\n",
		{"1:42: error: 'at connect' is too early for an inbound rule"}},
	{"rule AA when client.early-talk reject at connect scope any\n", {""}},
	{"rule AA when spf = fail reject at mail\n", {""}},
	{"rule AA when body contains \"x\" greylist 5m\n",
		{"1:32: error: greylisting happens at rcpt, but this condition needs body, known "
		 "at 'body'"}},
	{"rule AA when dkim = pass skip greylist\n", {"error: greylisting happens at rcpt"}},
	{"rule AA when tls greylist at data\n", {"error: greylist is not possible 'at data'"}},
	{"rule AA when tls discard at mail\n", {"error: discard is not possible 'at mail'"}},
	{"rule AA when tls tag at end\n",
		{"error: tag is not possible 'at end'", "= leave out 'at'"}},
	{"rule AA when tls if unknown greylist\n", {""}},
	{"rule AA when tls if unknown tag\n", {""}},
	{"rule AA when tls if unknown defer 451 \"later\"\n", {""}},
	{"rule AA when dkim = fail if unknown greylist\n", {"error: greylisting happens at rcpt"}},
	{"rule AA when tls add header \"X Y\" \"z\"\n",
		{"error: 'X Y' is not the name of a header field"}},
	/* texts */
	{"rule AA when spf = fail reject \"{spf.domian} says no\"\n",
		{"1:33: error: unknown fact 'spf.domian' in this text",
			"= did you mean 'spf.domain'?"}},
	{"rule AA when tls reject \"{body}\"\n", {"error: 'body' is not known yet at 'rcpt'"}},
	{"rule AA when tls reject \"{mail.from}\" at mail\n", {""}},
	{"rule AA when tls reject \"{rcpt.to}\" at mail\n",
		{"error: 'rcpt.to' is not known yet at 'mail'"}},
	{"rule AA when tls tag \"{body.chars}\"\n", {""}},
	{"rule AA when tls reject \"{rule} {score} {queue-id} {} { x\"\n",
		{"error: unknown fact '' in this text"}},
	{"rule AA when tls reject \"{header}\"\n", {"error: 'header' needs an argument"}},
	{"threshold greylist 4 \"{dkim}\"\n", {"error: 'dkim' is not known yet at 'rcpt'"}},
	{"threshold reject 15 \"{dkim} {score}\"\n", {""}},
	/* spoofable */
	{"list pp domains { x.example }\nrule AA when mail.domain in pp accept\n",
		{"2:32: warning: accept is granted on facts the sender controls (mail.domain) "
		 "[spoofable]"}},
	{"list pp domains { x.example }\nrule AA when mail.domain in pp and spf != fail accept\n",
		{"(mail.domain) [spoofable]"}},
	{"list pp domains { x.example }\nrule AA when mail.domain in pp and spf = pass accept\n",
		{""}},
	{"list pp domains { x.example }\nrule AA when mail.domain in pp and not client.dynamic "
	 "accept\n",
		{"[spoofable]"}},
	{"list pp domains { x.example }\nrule AA when any dkim.domain in pp score -5\n", {""}},
	{"list pp domains { x.example }\nrule AA when no dkim.domain in pp score -5\n",
		{"a negative score is granted for what is not proved, as of every stranger [spoofable]"}},
	{"rule AA when from.domain = x.example or auth.user is present score -5\n",
		{"(from.domain) [spoofable]"}},
	{"rule AA when from.domain = x.example and auth.user is present score -5\n", {""}},
	{"rule AA when 2 of (subject = a, auth.user is present) score -5\n", {""}},
	{"rule AA when 1 of (subject = a, auth.user is present) score -5\n",
		{"(subject) [spoofable]"}},
	{"rule BB when subject = a\nrule AA when BB skip score\n",
		{"skip is granted", "(subject) [spoofable]"}},
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
	{"rule AA when mail.null or mail.domain != x.example score 1\n",
		{"'mail.domain' may be missing"}},
	{"rule AA when not (mail.null or mail.domain = x.example) score 1\n", {""}},
	{"rule AA when helo.fqdn and helo.name !~ /x/ score 1\n", {""}},
	{"rule AA when client.ptr is present and helo.name != client.ptr score 1\n",
		{"'helo.name' may be missing"}},
	{"rule AA when header(\"X-A\") != yes score 1\n",
		{"'header' may be missing", "= write 'header(...) is present"}},
	{"rule AA when header(\"X-A\") is present and header(\"x-a\") != yes score 1\n", {""}},
	{"rule AA when rcpt.domain != x.example score 1\n", {""}},
	{"rule AA when spf != pass score 1\n", {""}},
	{"rule AA when from.domain = x.example score 1 unless mail.domain = y.example\n", {""}},
	/* unused */
	{"list pp domains { x.example }\n", {"1:6: warning: list 'pp' is never used [unused]"}},
	{"list own-nets nets { 10.0.0.0/8 }\n", {""}},
	{"dnsbl zz zone z.example lookup client.ip\n",
		{"1:7: warning: dnsbl 'zz' is never used [unused]"}},
	{"rate rr messages by client.ip per 1h\n",
		{"1:6: warning: rate 'rr' is never used [unused]"}},
	{"list pp domains { x.example } # allow unused\n", {""}},
	/* lists */
	{"list pp nets { 192.0.2.7/24 300.1.1.1 }\nrule AA when client.ip in pp\n",
		{"1:16: warning: '192.0.2.7/24' has host bits set; taken as 192.0.2.0/24 "
		 "[host-bits]",
			"1:29: error: '300.1.1.1' does not fit a list of nets"}},
	{"list pp domains { *.x.example }\nrule AA when mail.domain in pp\n",
		{"1:19: error: wildcards are not needed in a domain list"}},
	{"list pp words { a }\nlist pp words { b }\n",
		{"2:6: error: list 'pp' is already defined at",
			"= to extend it write: change list pp add { ... }"}},
	{"list pp pairs of regexes, words { }\n", {"error: a pair cannot hold regexes"}},
	{"list own-nets domains { x.example }\n", {"error: list 'own-nets' must hold nets"}},
	{"list pp words file \"nowhere.txt\"\n", {"1:20: error: list file", "no such file"}},
	{"list own-nets nets file \"nowhere.txt\" optional\n", {""}},
	{"list pp words { a }\nchange list pp remove { b }\nrule AA when subject in pp\n",
		{"2:25: warning: 'b' is not in this list [unused]"}},
	/* DNS lists and rates */
	{"dnsbl zz zone z.example lookup subject\n",
		{"error: a DNS list looks up an address or a domain, but 'subject' is a text"}},
	{"dnsbl zz zone z.example lookup client.pi\n",
		{"error: unknown fact 'client.pi'", "= did you mean 'client.ip'?"}},
	{"dnsbl zz zone z..example lookup client.ip\nrule AA when dnsbl.zz\n",
		{"error: 'z..example' is not a domain"}},
	{"dnsbl zz zone {secret:key}.z.example lookup client.ip\nrule AA when dnsbl.zz\n",
		{"error: no secret 'key': no secrets file is set"}},
	{"dnsbl zz zone z.example lookup client.ip code a 127.0.0.2 code a 127.0.0.3\nrule AA when "
	 "dnsbl.zz\n",
		{"error: code 'a' is already there"}},
	{"dnsbl zz zone z.example lookup client.ip\ndnsbl zz zone z.example lookup client.ip\nrule "
	 "AA when dnsbl.zz\n",
		{"error: dnsbl 'zz' is already defined at"}},
	{"rule AA when rate.rr > 1\nrate rr messages by url per 1h\n",
		{"error: a rate counts by facts of one value"}},
	/* change and disable */
	{"change AA score 1\n", {"1:8: error: no rule AA to change"}},
	{"disable AA\n", {"1:9: error: no rule AA to disable"}},
	{"rule AA when tls\nchange AA score 1\nchange AA score 2\n",
		{"3:8: error: what it does of AA is already changed at", "= keep one of the two"}},
	{"rule AA when tls\nchange AA score 1\nchange AA reject\n",
		{"3:8: error: what it does of AA is already changed"}},
	{"rule AA when tls\nchange AA trial\nchange AA enforce\n",
		{"error: 'trial' of AA is already changed"}},
	{"rule AA when tls\nchange AA unless mail.null\nchange AA unless url.ip\n", {""}},
	{"change group gg max 3\n", {"error: no group 'gg' to change"}},
	{"group gg max 3\nchange group gg max 4\nchange group gg max 5\n",
		{"the maximum of gg is already changed"}},
	{"threshold tag 6\nthreshold tag 7\n", {"2:11: error: threshold 'tag' is already set at"}},
	/* policies */
	{"policy pp for subject ~ /x/ threshold tag 3\n",
		{"1:15: error: a policy condition may use rcpt.*, auth.* and client.* facts only, "
		 "not 'subject'"}},
	{"rule AA when subject ~ /x/\npolicy pp for AA threshold tag 3\n",
		{"facts only, not 'subject'"}},
	{"policy pp for rcpt.local = abuse disable AA\n", {"error: no rule AA"}},
	{"policy pp for rcpt.local = abuse skip nothing\n",
		{"error: nothing called 'nothing' to skip"}},
	{"policy pp for rcpt.local = abuse at-most tag\npolicy pp for tls at-most tag\n",
		{"error: policy 'pp' is already defined at"}},
	/* tests */
	{"test \"t\" given helo.nam \"x\" expect accept\n",
		{"error: unknown fact 'helo.nam'", "did you mean 'helo.name'"}},
	{"test \"t\" given spf passed expect accept\n",
		{"error: 'passed' does not fit 'spf', which is a enum",
			"= values: none neutral pass"}},
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

/* ---- the reference ---- */

static void
agrees_with_the_reference(void)
{
	const char *path = rule_load_reference("readme-errors.rules");
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
	want = unit_read_file(rule_load_reference("readme-errors.out"));
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

static const struct unit_test tests[] = {
	{"says what is wrong", says_what_is_wrong},
	{"agrees with the reference's messages", agrees_with_the_reference},
};

int
main(void)
{
	return unit_main("policy/rule/rule_check", tests, sizeof(tests) / sizeof(*tests));
}
