/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every error and warning that the language promises, by what it is promised for: a text that has it, with
 * the place and words, and the nearest text that has nothing to be told.
 */
#include <stdio.h>
#include <stdlib.h>

#include "policy/program.h"
#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

#define ZEN "dnsbl zen zone zen.example lookup client.ip code pbl 127.0.0.10-11\n"
#define READS_ZEN "rule ZZ when dnsbl.zen\n"
#define DOMAINS "list dd domains { x.example }\nrule ZZ when mail.domain in dd\n"
#define HAS_RULE "rule RR when tls score 1\n"

static const struct finding {
	const char *what, *bad, *says, *good; /* good: NULL = there is none */
} findings[] = {
	/* lexical rules */
	{"UTF-8 text", "rule AA when from.name = \"\xe9\"\n", "1:27: error: byte 0xe9 is not UTF-8",
		"rule AA when from.name = \"\xc3\xa9\"\n"},
	{"control characters", "rule AA when from.name = \"\x01\"\n", "error: control character 0x01",
		"rule AA when from.name = \"\t\"\n"},
	{"a statement starts in column 1", " rule AA when tls\n", "1:2: error: a statement starts in column 1",
		"rule AA\n when tls\n"},
	{"an unclosed bracket is found at once", "list own-nets nets { ::1\nrule AA when tls\n",
		"1:20: error: '{' is never closed", "list own-nets nets { ::1\n}\nrule AA when tls\n"},
	{"after an error parsing resumes", "rul AA\nrule BB when tsl\n", "2:14: error: unknown fact 'tsl'",
		"rule AA when tls\nrule BB when tls\n"},
	{"a rule has capitals", "rule aa_b when tls\n", "1:6: error: rule names are written in capitals", HAS_RULE},
	{"a list is lower-dashed", "list Own nets { }\n", "1:6: error: expected a list name, found 'Own'",
		"list own-nets nets { }\n"},
	{"a text has \\\" and \\\\ alone", "rule AA when tls info \"\\n\"\n", "1:24: error: '\\n' has no meaning",
		"rule AA when tls info \"\\\\ \\\"\"\n"},
	{"a text ends on its line", "rule AA when tls info \"x\n", "error: string is not closed on this line",
		"rule AA when tls info \"x\"\n"},
	{"a regex ends on its line", "rule AA when from.name ~ /x\n", "error: regular expression is not closed",
		"rule AA when from.name ~ /[/]\\/x/\n"},
	{"the flags are imsx", "rule AA when from.name ~ /x/g\n", "1:29: error: unknown regular expression flag 'g'",
		"rule AA when from.name ~ /x/imsx\n"},
	{"scores have two decimals", "rule AA when tls score 1.234\n", "expected a score such as 2 or -1.5",
		"rule AA when tls score 1.23\n"},
	{"durations have a unit", "rule AA when tls greylist 5\n", "expected a duration such as 10m, found '5'",
		"rule AA when tls greylist 5m\n"},
	{"== is =", "rule AA when spf == pass\n", "1:18: error: '==' is not an operator here\n*= write '='",
		"rule AA when spf = pass\n"},
	{"=~ is ~", "rule AA when from.name =~ /x/\n", "error: '=~' is not an operator here\n*= write '~'",
		"rule AA when from.name ~ /x/\n"},
	{"&& is and", "rule AA when tls && tls\n", "error: '&&' is not an operator here\n*= write 'and'",
		"rule AA when tls and tls\n"},
	{"|| is or", "rule AA when tls || tls\n", "error: '||' is not an operator here\n*= write 'or'",
		"rule AA when tls or tls\n"},
	{"! is not", "rule AA when !tls\n", "error: '!' is not an operator here\n*= write 'not'",
		"rule AA when not tls\n"},
	/* grammar */
	{"the language is 1", "language 2\n", "1:10: error: language 2 is not known here", "language 1\n"},
	{"an include can be read", "include \"none.rules\"\n", "error: cannot include", "language 1\n"},
	{"statements are known", "rul AA when tls\n", "cannot start with 'rul'\n*did you mean 'rule'?", HAS_RULE},
	{"list types are known", "list own-nets net { }\n", "'net'\n*did you mean 'nets'?",
		"list own-nets nets { }\n"},
	{"exactly one when: none", "rule AA score 1\n", "1:6: error: rule AA has no 'when'", HAS_RULE},
	{"exactly one when: two", "rule AA when tls when tls\n", "1:18: error: a rule has one 'when'",
		"rule AA when tls and tls\n"},
	{"clauses are known", "rule AA wen tls\n", "'wen' is not a clause of a rule\n*did you mean 'when'?", HAS_RULE},
	{"stages are known", "rule AA when tls reject at mial\n", "unknown stage 'mial'\n*did you mean 'mail'?",
		"rule AA when tls reject at mail\n"},
	{"scopes are known", "rule AA when tls scope in\n", "unknown scope 'in'", "rule AA when tls scope any\n"},
	{"no when in a change", HAS_RULE "change RR when tls\n", "2:11: error: the 'when' of a rule cannot be changed",
		HAS_RULE "change RR unless tls\n"},
	{"mixing needs parentheses", "rule AA when tls or tls and tls\n",
		"1:25: error: 'and' and 'or' are mixed without parentheses", "rule AA when tls or (tls and tls)\n"},
	{"N of in range: too many", "rule AA when 3 of (tls, tls)\n",
		"1:14: error: 3 of 2 conditions can never be true", "rule AA when 2 of (tls, tls)\n"},
	{"N of in range: none", "rule AA when 0 of (tls, tls)\n", "error: 0 of 2 conditions",
		"rule AA when 1 of (tls, tls)\n"},
	{"return codes of DNS lists", "dnsbl zen zone z.example lookup client.ip code a 127.0.0.9-4\n" READS_ZEN,
		"'127.0.0.9-4' is not a return code", ZEN READS_ZEN},
	{"a dnsbl has zone and lookup", "dnsbl zen zone z.example\n" READS_ZEN, "needs zone and lookup", ZEN READS_ZEN},
	/* names */
	{"unknown fact: edit distance", "rule AA when helo.nam = \"x\"\n",
		"1:14: error: unknown fact 'helo.nam'\n*did you mean 'helo.name'?", "rule AA when helo.name = \"x\"\n"},
	{"unknown fact: same tail", "rule AA when greylist.state = new\n",
		"unknown fact 'greylist.state'\n*did you mean 'grey.state'?", "rule AA when grey.state = new\n"},
	{"spf.result is spf", "rule AA when spf.result = pass\n", "did you mean 'spf'?", "rule AA when spf = pass\n"},
	{"dkim.pass is dkim = pass", "rule AA when dkim.pass\n", "did you mean 'dkim = pass'?",
		"rule AA when dkim = pass\n"},
	{"dkim.domains is dkim.domain", "rule AA when any dkim.domains = x.example\n",
		"did you mean 'dkim.domain'?", "rule AA when any dkim.domain = x.example\n"},
	{"dmarc.result is dmarc", "rule AA when dmarc.result = pass\n", "did you mean 'dmarc'?",
		"rule AA when dmarc = pass\n"},
	{"arc.result is arc", "rule AA when arc.result = pass\n", "did you mean 'arc'?", "rule AA when arc = pass\n"},
	{"urls is url", "rule AA when any urls = \"x\"\n", "did you mean 'url'?", "rule AA when any url = \"x\"\n"},
	{"attach.names is attach.name", "rule AA when any attach.names = \"x\"\n", "did you mean 'attach.name'?",
		"rule AA when any attach.name = \"x\"\n"},
	{"tempfail is defer", "rule AA when tls tempfail\n", "did you mean 'defer'?", "rule AA when tls defer\n"},
	{"whitelist is accept", "rule AA when tls whitelist\n", "did you mean 'accept'?", "rule AA when tls accept\n"},
	{"unknown rule", HAS_RULE "rule AA when RS\n", "2:14: error: no rule RS", HAS_RULE "rule AA when RR\n"},
	{"unknown list", "rule AA when mail.domain in de\n" DOMAINS, "1:29: error: no list 'de'\n*did you mean 'dd'?",
		"rule AA when mail.domain in dd\n" DOMAINS},
	{"unknown group", "rule AA when tls score 1 group h\n", "no group 'h'",
		"group h max 5\nrule AA when tls score 1 group h\n"},
	{"unknown code of a list", ZEN "rule AA when dnsbl.zen.pbx\n",
		"unknown fact 'dnsbl.zen.pbx'\n*did you mean 'dnsbl.zen.pbl'?", ZEN "rule AA when dnsbl.zen.pbl\n"},
	{"unknown rate", "rule AA when rate.rr > 1\n", "unknown fact 'rate.rr'",
		"rate rr messages by auth.user per 1h\nrule AA when rate.rr > 1\n"},
	{"nothing of the name to skip", "rule AA when tls skip greylst\n", "nothing called 'greylst' to skip",
		"rule AA when tls skip greylist\n"},
	/* types, values, operators */
	{"values of an enum", "rule AA when spf = pas\n", "1:20: error: 'spf' is never 'pas'\n*did you mean 'pass'?",
		"rule AA when spf = pass\n"},
	{"temperror is unknown", "rule AA when spf = temperror\n",
		"temperror is not a value of 'spf'\n*write 'spf is unknown'", "rule AA when spf is unknown\n"},
	{"values of an enum in a set", "rule AA when spf in { pas }\n", "error: 'spf' is never 'pas'",
		"rule AA when spf in { pass }\n"},
	{"a bool stands bare", "rule AA when tls = yes\n", "'tls' is already a condition", HAS_RULE},
	{"others do not stand bare", "rule AA when spf\n", "'spf' is a enum, not a condition", "rule AA when spf = pass\n"},
	{"numbers", "rule AA when rcpt.count > x\n", "'rcpt.count' is a number; 'x' is not",
		"rule AA when rcpt.count > 5\n"},
	{"sizes", "rule AA when msg.size > 25\n", "'msg.size' is a size; '25' is not", "rule AA when msg.size > 25MB\n"},
	{"durations", "rule AA when grey.age > 5\n", "'grey.age' is a duration; '5' is not",
		"rule AA when grey.age > 5m\n"},
	{"addresses of hosts", "rule AA when client.ip = 10.0.0.0/8\n",
		"'10.0.0.0/8' is not an address\n*write 'client.ip in { 10.0.0.0/8 }'",
		"rule AA when client.ip in { 10.0.0.0/8 }\n"},
	{"mail addresses", "rule AA when mail.from = joe\n", "'joe' is neither an address nor a fact",
		"rule AA when mail.from = joe@x.example\n"},
	{"domains", "rule AA when helo.name = loclhost\n", "'loclhost' is neither a domain nor a fact",
		"rule AA when helo.name = mx.example\n"},
	{"countries", "rule AA when geo.country = Germany\n", "'Germany' is neither a country nor a fact",
		"rule AA when geo.country = DE\n"},
	{"two facts of two types", "rule AA when helo.name = from.name\n", "cannot compare domain 'helo.name' with",
		"rule AA when helo.name = mail.domain\n"},
	{"order of what has none", "rule AA when mail.domain > x.example\n", "1:26: error: 'mail.domain' has no order",
		"rule AA when rcpt.count >= 2\n"},
	{"~ needs text", "rule AA when client.ip ~ /1/\n", "needs text, 'client.ip' is ip",
		"rule AA when client.ptr ~ /1/\n"},
	{"contains needs text", "rule AA when mail.domain contains \"x\"\n", "'contains' needs text",
		"rule AA when from.name contains \"x\"\n"},
	{"in a list of its type", "rule AA when mail.from in dd\n" DOMAINS,
		"1:27: error: 'mail.from' is address, list 'dd' holds domains\n*use 'mail.domain'",
		"rule AA when mail.domain in dd\n" DOMAINS},
	{"~ takes regexes", "rule AA when mail.domain ~ dd\n" DOMAINS, "holds domains; '~' needs regexes",
		"list rr regexes { /x/ }\nrule AA when mail.domain ~ rr\n"},
	{"contains takes phrases", "rule AA when from.name contains dd\n" DOMAINS, "'contains' needs phrases",
		"list pp phrases { x }\nrule AA when from.name contains pp\n"},
	{"pairs in a list of pairs", "rule AA when (rcpt.to, mail.domain) in dd\n" DOMAINS, "holds domains, not pairs",
		"list pp pairs of addresses, domains { (a@x.example, y.example) }\nrule AA when (rcpt.to, mail.domain) in pp\n"},
	{"many values need a quantifier", "rule AA when url.host = x.example\n",
		"1:14: error: 'url.host' has many values\n*write 'any url.host', 'all url.host' or 'no url.host'",
		"rule AA when no url.host = x.example\n"},
	{"one value needs none", "rule AA when any spf = pass\n", "needs a fact with many values",
		"rule AA when any url.host = x.example\n"},
	{"count() of many", "rule AA when count(spf) > 1\n", "count() needs a fact with many values",
		"rule AA when count(url) > 1\n"},
	{"is takes three states", "rule AA when spf is pass\n", "missing, present or unknown\n*write '= pass'",
		"rule AA when spf is present\n"},
	{"a regex, with the column in it", "rule AA when from.name ~ /(foo|bar/i\n",
		"1:35: error: regular expression: missing closing parenthesis", "rule AA when from.name ~ /(foo|bar)/i\n"},
	/* lists */
	{"a list file that is not there", "list own-nets nets file \"no.txt\"\n", "no such file",
		"list own-nets nets file \"no.txt\" optional\n"},
	{"items fit: nets", "list own-nets nets { 300.1.1.1 }\n", "1:22: error: '300.1.1.1' does not fit a list of nets",
		"list own-nets nets { 192.0.2.1 }\n"},
	{"items fit: *.x.org", "list own-domains domains { *.x.example }\n",
		"wildcards are not needed in a domain list\n*write '.x.example'",
		"list own-domains domains { .x.example }\n"},
	{"items fit: an address among domains", "list own-domains domains { a@x.example }\n", "'a@x.example'",
		"list aa addresses { a@x.example }\nrule AA when mail.from in aa\n"},
	{"host bits", "list own-nets nets { 192.0.2.7/24 }\n", "1:22: warning: *taken as 192.0.2.0/24 [host-bits]",
		"list own-nets nets { 192.0.2.0/24 }\n"},
	/* rules among themselves, changes */
	{"a rule twice", HAS_RULE HAS_RULE, "2:6: error: rule RR is already defined at *:1\n*change RR", HAS_RULE},
	{"a list twice", DOMAINS "list dd domains { }\n", "3:6: error: list 'dd' is already defined",
		DOMAINS "change list dd add { y.example }\n"},
	{"a dnsbl twice", ZEN ZEN READS_ZEN, "2:7: error: dnsbl 'zen' is already defined",
		ZEN READS_ZEN "change dnsbl zen timeout 3s\n"},
	{"a rate twice", "rate rr bytes by auth.user per 1h\nrate rr bytes by auth.user per 1h\n", "rate 'rr' is already",
		"rate rr bytes by auth.user per 1h # allow unused\nchange rate rr per 2h\n"},
	{"a group twice", "group gg max 1\ngroup gg max 2\n", "group 'gg' is already",
		"group gg max 1\nchange group gg max 2\n"},
	{"a threshold twice", "threshold tag 6\nthreshold tag 7\n", "threshold 'tag' is already set",
		"threshold tag 6\nchange threshold tag 7\n"},
	{"two changes of a threshold", "threshold tag 6\nchange threshold tag 7\nchange threshold tag 8\n",
		"3:18: error: threshold 'tag' is already changed at *:2",
		"threshold tag 6, reject 9\nchange threshold tag 7\nchange threshold reject 8\n"},
	{"a policy twice", "policy pp for tls at-most tag\npolicy pp for tls at-most tag\n", "policy 'pp' is already",
		"policy pp for auth.user is present at-most tag\nchange policy pp at-most defer\n"},
	{"a cycle", "rule AA when BB\nrule BB when AA\n", "error: rule AA refers to itself",
		"rule AA when BB\nrule BB when tls\n"},
	{"change of nothing", "change RR score 1\n", "1:8: error: no rule RR to change", HAS_RULE "change RR score 2\n"},
	{"disable of nothing", "disable RR\n", "1:9: error: no rule RR to disable", HAS_RULE "disable RR\n"},
	{"two changes of one clause", HAS_RULE "change RR score 1\nchange RR score 2\n",
		"3:8: error: what it does of RR is already changed", HAS_RULE "change RR score 1\nchange RR trial\n"},
	{"a disabled rule's name", HAS_RULE "rule AA when RR\ndisable RR\n",
		"3:9: warning: rule AA at *:2 names RR: there RR is always false [disabled]", HAS_RULE "rule AA when RR\n"},
	{"a disabled rule's name under a negation", HAS_RULE "rule AA when not RR\ndisable RR\n",
		"3:9: warning: rule AA at *:2 names RR: there 'not RR' is always true [disabled]",
		HAS_RULE "rule AA when not RR\ndisable RR, AA\n"},
	{"a disabled rule's name in an exception", HAS_RULE "rule AA when tls unless RR\ndisable RR\n",
		"3:9: warning: *'not RR' is always true [disabled]",
		HAS_RULE "rule AA when tls unless not RR\ndisable RR # allow disabled\n"},
	{"a policy disables what others negate", HAS_RULE "rule AA when not RR\npolicy pp for rcpt.local = \"x\" disable RR\n",
		"3:40: warning: rule AA at *:2 names RR: with policy pp 'not RR' is always true there [disabled]",
		HAS_RULE "rule AA when RR\npolicy pp for rcpt.local = \"x\" disable RR\n"},
	{"a trial rule's name", "rule RR when tls trial\nrule AA when RR reject\n",
		"2:14: warning: rule AA at *:2 names RR, which is on trial: there it counts [trial]",
		"rule RR when tls trial\nrule AA when RR reject trial\n"},
	{"a trial rule's name, where trial was said", HAS_RULE "rule AA when hits(RR) > 0 reject\nchange RR trial\n",
		"3:8: warning: rule AA at *:2 names RR, which is on trial",
		HAS_RULE "rule AA when RR\nchange RR trial\ndisable AA\n"},
	{"score read and written", "rule AA when score > 5 score 1\n", "1:30: error: a rule that reads 'score' cannot add",
		"rule AA when score > 5 tag\n"},
	/* effects */
	{"at is too early for the condition", "rule AA when from.name ~ /x/ reject at mail\n",
		"'at mail' is too early: the condition needs from.name, known at 'header'",
		"rule AA when from.name ~ /x/ reject at header\n"},
	{"inbound rules at connect", "rule AA when client.fcrdns reject at connect\n", "'at connect' is too early for an inbound",
		"rule AA when client.fcrdns reject at connect scope any\n"},
	{"effects without stage", "rule AA when tls tag at end\n", "tag is not possible 'at end'", "rule AA when tls tag\n"},
	{"greylist: the window", "rule AA when tls greylist 10m window 10m\n",
		"1:18: error: the window must be longer than the wait: no retry could pass",
		"rule AA when tls greylist 10m window 11m\n"},
	{"greylist behind RCPT", "rule AA when from.name ~ /x/ greylist\n", "1:30: error: greylisting happens at rcpt",
		"rule AA when spf = fail greylist\n"},
	{"skip greylist behind RCPT", "rule AA when dkim = pass skip greylist\n", "greylisting happens at rcpt",
		"rule AA when spf = pass skip greylist\n"},
	{"reject with a 4xx code", "rule AA when tls reject 451\n", "1:25: error: reject needs a 5xx code, not 451\n*use 'defer'",
		"rule AA when tls reject 551\n"},
	{"defer with a 5xx code", "rule AA when tls defer 551\n", "defer needs a 4xx code, not 551\n*use 'reject'",
		"rule AA when tls defer 451\n"},
	{"reject with a 4.x.x code", "rule AA when tls reject 550 4.7.1\n", "reject needs a 5.x.x code, not 4.7.1",
		"rule AA when tls reject 550 5.7.1\n"},
	{"a fact in a text", "rule AA when tls reject \"{spf.domian}\"\n",
		"1:26: error: unknown fact 'spf.domian' in this text\n*did you mean 'spf.domain'?",
		"rule AA when tls reject \"{spf.domain}\"\n"},
	{"a fact in a text, too late", "rule AA when tls reject \"{dkim}\"\n", "'dkim' is not known yet at 'rcpt'",
		"rule AA when tls tag \"{dkim}\"\n"},
	{"a policy on other facts", "policy pp for from.name ~ /x/ threshold tag 3\n",
		"1:15: error: a policy condition may use rcpt.*, auth.* and client.* facts only, not 'from.name'",
		"policy pp for rcpt.local = \"x\" threshold tag 3\n"},
	/* warnings */
	{"missing", "rule AA when mail.domain not in dd\n" DOMAINS,
		"1:14: warning: 'mail.domain' may be missing, and then this is true [missing]",
		"rule AA when mail.domain is present and mail.domain not in dd\n" DOMAINS},
	{"spoofable: accept", "rule AA when mail.domain in dd accept\n" DOMAINS,
		"1:32: warning: accept is granted on facts the sender controls (mail.domain) [spoofable]",
		"rule AA when mail.domain in dd and spf = pass accept\n" DOMAINS},
	{"outage: if unknown reject", "rule AA when spf = fail if unknown reject\n",
		"1:36: warning: in an outage this loses mail for good*[outage]\n*= write 'if unknown defer'",
		"rule AA when spf = fail if unknown defer\n"},
	{"outage: if unknown reject always", "rule AA when spf = fail if unknown reject always\n", "[outage]",
		"rule AA when spf = fail if unknown quarantine\n"},
	{"outage: if unknown discard", "rule AA when spf = fail if unknown discard\n", "[outage]",
		"rule AA when spf = fail if unknown discard # allow outage\n"},
	{"fields of ours", "rule AA when tls add header \"X-Spam-Flag\" \"NO\"\n",
		"1:29: error: a rule cannot add a field 'X-Spam-Flag'\n*such as X-Example",
		"rule AA when tls add header \"X-Spammy\" \"NO\"\n"},
	{"fields that tell results", "rule AA when tls add header \"authentication-results\" \"x\"\n",
		"cannot add a field", "rule AA when tls add header \"X-Authentication-Results\" \"x\"\n"},
	{"fields of signatures", "rule AA when tls add header \"ARC-Seal\" \"x\"\n", "cannot add a field",
		"rule AA when tls add header \"ARCHIVE\" \"x\"\n"},
	{"fields of the way", "rule AA when tls add header \"Received-SPF\" \"x\"\n", "cannot add a field",
		"rule AA when tls add header \"X-Received\" \"x\"\n"},
	{"fields that stand once", "rule AA when tls add header \"Subject\" \"x\"\n", "cannot add a field",
		"rule AA when tls add header \"X-Subject\" \"x\"\n"},
	{"fields of MIME", "rule AA when tls add header \"Content-Type\" \"x\"\n", "cannot add a field",
		"rule AA when tls add header \"Tox\" \"x\"\n"},
	{"spoofable: negated evidence", "rule AA when mail.domain in dd and spf != fail accept\n" DOMAINS, "[spoofable]",
		"rule AA when mail.domain in dd and dmarc = pass accept\n" DOMAINS},
	{"spoofable: skip", "rule AA when mail.domain in dd skip greylist\n" DOMAINS, "skip is granted on*[spoofable]",
		"rule AA when mail.domain in dd and client.fcrdns skip greylist\n" DOMAINS},
	{"spoofable: negative score, or", "rule AA when mail.domain in dd or client.fcrdns score -1\n" DOMAINS,
		"a negative score is granted on*[spoofable]",
		"rule AA when mail.domain in dd or client.fcrdns score 1\n" DOMAINS},
	{"slow-regex", "rule AA when from.name ~ /(a+)+$/\n", "1:26: warning: nested repetition*[slow-regex]",
		"rule AA when from.name ~ /(a{1,9})+$/\n"},
	{"unused list", "list ll words { a }\n", "1:6: warning: list 'll' is never used [unused]", DOMAINS},
	{"unused dnsbl", ZEN, "1:7: warning: dnsbl 'zen' is never used [unused]", ZEN READS_ZEN},
	{"unused rate", "rate rr bytes by auth.user per 1h\n", "warning: rate 'rr' is never used [unused]",
		"rate rr bytes by auth.user per 1h\nrule AA when rate.rr > 1\n"},
	{"unused beside an error", "list ll words { a }\nrule AA when tsl\n", "1:6: warning: list 'll' is never used", NULL},
	{"unused: what may be meant is not", "list ll words { a }\nrule AA when from.name in lll\n", "2:27: error: no list",
		NULL},
	{"unused: what a broken rule may use is not", "list ll words { a }\nrule AA whn from.name in ll\n", "2:9: error:", NULL},
	{"a code can be allowed on its line", "list ll words { a } # allow host-bits\n", "[unused]",
		"list ll words { a } # allow unused\n"},
	{"and from the line above", "# allow host-bits\nlist ll words { a }\n", "[unused]",
		"# allow unused\nlist ll words { a }\n"},
	/* tests */
	{"given facts", "test \"t\" given tsl expect accept\n", "unknown fact 'tsl'", "test \"t\" given tls expect accept\n"},
	{"given values", "test \"t\" given spf pas expect accept\n", "'pas' does not fit 'spf'",
		"test \"t\" given spf pass expect accept\n"},
	{"expected rules", "test \"t\" given tls expect RR\n", "no rule RR", HAS_RULE "test \"t\" given tls expect RR\n"},
};

/* Does text hold the parts of want, which "*" separates, in their order? */
static bool
holds(const char *text, const char *want)
{
	struct view rest = view_str(want), part;

	while (view_split(&rest, '*', &part)) {
		size_t at = view_search_nocase(view_str(text), part);

		if (at + part.n > strlen(text))
			return false;
		text += at + part.n;
	}
	return true;
}

static char *
said(const char *rules, struct program_options o)
{
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	struct program *p = rule_facts_load_with(rules, o, facts, d);
	char *text = rule_facts_messages(d);

	UNIT_CASE((p == NULL) == (diag_errors(d) > 0), rules);
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
	return text;
}

static void
finds_what_the_language_promises(void)
{
	for (size_t i = 0; i < sizeof(findings) / sizeof(*findings); i++) {
		const struct finding *f = &findings[i];
		char *bad = said(f->bad, (struct program_options){0});
		char *good = f->good ? said(f->good, (struct program_options){0}) : NULL;

		UNIT_CASE(holds(bad, f->says), f->what);
		UNIT_CASE(!good || !good[0], f->what);
		if (!holds(bad, f->says) || (good && good[0]))
			printf("%s----\n%s", bad, good ? good : "");
		UNIT_CASE(good || !strstr(f->what, "is not") || !strstr(bad, "[unused]"), f->what);
		free(bad);
		free(good);
	}
}

/* What depends on who asks: each is silent without its option. */
static void
finds_what_is_asked_for(void)
{
	static const struct {
		const char *rules, *says;
		struct program_options with;
	} rows[] = {
		{"rule AA when tls tarpit 5s\n", "1:18: warning: *the tarpit is ignored [tarpit]", {.milter = true}},
		{"rule AA when tls greylist 61m\n", "1:18: warning: *after 3600 seconds [greylist-cap]*raise greylist-cap",
			{.greylist_cap = 3600}},
		{"rule AA when tls if unknown greylist 2h\n", "1:29: warning: *after 3600 seconds*[greylist-cap]",
			{.greylist_cap = 3600}},
		{"rule AA when tls greylist\nchange AA greylist 2h\n", "2:11: warning: *[greylist-cap]",
			{.greylist_cap = 3600}},
		{"rule AA when tls # allow missing\n", "1:6: warning: no test expects rule AA [untested]",
			{.untested = true}},
		{HAS_RULE "test \"t\" given tls expect not RR\n", "no test expects rule RR", {.untested = true}},
	};
	static const char *const silent[] = {"rule AA when tls tarpit 5s greylist 2h\ndisable AA\n",
		HAS_RULE "test \"t\" given tls expect RR, AA\nrule AA when tls greylist 1h life 60d\n",
		HAS_RULE "test \"t\" given tls expect RR, AA\nrule AA when tls greylist\n",
		HAS_RULE "test \"t\" given tls expect RR\n", HAS_RULE "test \"t\" given tls unknown expect unknown RR\n"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *loud = said(rows[i].rules, rows[i].with);
		char *quiet = said(rows[i].rules, (struct program_options){0});

		UNIT_CASE(holds(loud, rows[i].says), loud);
		UNIT_CASE(!quiet[0], quiet);
		free(loud);
		free(quiet);
	}
	for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++) {
		char *text = said(silent[i], (struct program_options){.milter = true, .greylist_cap = 3600,
			.untested = i > 0});

		UNIT_CASE(!text[0], text);
		free(text);
	}
}

static const struct unit_test tests[] = {
	{"finds what the language promises", finds_what_the_language_promises},
	{"finds what is asked for", finds_what_is_asked_for},
};

int
main(void)
{
	return unit_main("policy/program_findings", tests, sizeof(tests) / sizeof(*tests));
}
