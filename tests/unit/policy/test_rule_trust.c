/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_trust.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

/* Conditions of "rule AA when ... accept", and whether [spoofable] is told. */
static const struct {
	const char *when;
	bool spoofable;
} rows[] = {
	{"mail.domain = x.example", true},
	/* what anybody has is no evidence */
	{"mail.domain = x.example and mail.resolves", true},
	{"mail.domain = x.example and tls", true},
	{"mail.domain = x.example and time.hour > 7", true},
	{"mail.domain = x.example and rcpt.to = kim@x.example", true},
	{"mail.domain = x.example and client.ip is present", true},
	{"mail.domain = x.example and helo.resolves", true},
	{"mail.domain = x.example and auth.user is missing", true},
	{"mail.domain = x.example and direction = inbound", true},
	{"mail.domain = x.example and count(dkim.domain) >= 0", true},
	{"mail.domain = x.example and hits(EE) < 1", true},
	{"mail.domain = x.example and hits(EE) >= 0", true},
	{"mail.domain = x.example and not EE", true},
	{"mail.domain = x.example and no dkim.domain = y.example", true},
	{"mail.domain = x.example and spf != fail", true},
	{"mail.domain = x.example and spf = none", true},
	{"mail.domain = x.example and not spf = pass", true},
	{"spf != fail", true},
	/* evidence of who it is */
	{"mail.domain = x.example and spf = pass", false},
	{"mail.domain = x.example and helo.spf = pass", false},
	{"mail.domain = x.example and any dkim.domain = x.example", false},
	{"mail.domain = x.example and client.ip in { 192.0.2.0/24 }", false},
	{"mail.domain = x.example and client.fcrdns", false},
	{"mail.domain = x.example and client.name ~ /x/", false},
	{"mail.domain = x.example and geo.country = DE", false},
	{"mail.domain = x.example and auth.user is present", false},
	{"mail.domain = x.example and not auth.user is missing", false},
	{"mail.domain = x.example and direction = outbound", false},
	{"mail.domain = x.example and listener = inside", false},
	{"mail.domain = x.example and grey.state = known", false},
	{"mail.domain = x.example and hits(EE) > 0", false},
	{"mail.domain = x.example and EE", false},
	/* neutral facts alone */
	{"tls", false},
	{"time.hour > 7 and rcpt.to = kim@x.example", false},
};

static bool
tells(const char *text)
{
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	struct program *p = rule_facts_load(text, facts, d);
	char *said = rule_facts_messages(d);
	bool found = strstr(said, "[spoofable]") != NULL;

	UNIT_CASE(p != NULL, said);
	free(said);
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
	return found;
}

static void
evidence_is_who_it_is(void)
{
	char text[400];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(text, sizeof(text), "rule EE when dmarc = pass\nrule AA when %s accept\n", rows[i].when);
		UNIT_CASE(tells(text) == rows[i].spoofable, rows[i].when);
	}
}

static void
policies_grant_too(void)
{
	static const char claims[] = "rule CC when mail.domain = x.example\n";
	char text[300];

	snprintf(text, sizeof(text), "%spolicy pp for CC skip greylist\n", claims);
	CU_ASSERT(tells(text));
	snprintf(text, sizeof(text), "%spolicy pp for CC at-most accept\n", claims);
	CU_ASSERT(tells(text));
	snprintf(text, sizeof(text), "%spolicy pp for CC and auth.user is present skip greylist\n", claims);
	CU_ASSERT(!tells(text));
	snprintf(text, sizeof(text), "%spolicy pp for rcpt.local = abuse at-most accept\n", claims);
	CU_ASSERT(!tells(text));
}

static const struct unit_test tests[] = {
	{"evidence says who it is", evidence_is_who_it_is},
	{"policies grant too", policies_grant_too},
};

int
main(void)
{
	return unit_main("policy/rule/rule_trust", tests, sizeof(tests) / sizeof(*tests));
}
