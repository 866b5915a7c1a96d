/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_dnsbl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "checks/checks.h"
#include "tests/lib/rule_load.h"
#include "tests/lib/unit.h"

static void
compiles_dns_lists(void)
{
	static const char text[] =
		"dnsbl zen zone Zen.Example lookup client.ip code sbl 127.0.0.2 code xbl "
		"127.0.0.4-7, 127.0.1.0/24\n"
		"      code odd bit 8 error 127.0.0.255 timeout 3s limit 1000 per 1d\n"
		"dnsbl dbl zone dbl.example lookup url.domain test-entry dbltest.com absent "
		"example.com\n"
		"dnsbl nub zone n.example lookup rcpt.domain test-entry none\n"
		"rule AA when dnsbl.zen.xbl or dnsbl.dbl or dnsbl.nub or dnsbl.zen\n";
	struct fact_table *facts;
	struct program *p = rule_load(text, &facts);
	const struct slot *any =
		&p->slots[program_slot(p, VIEW("dnsbl.zen"), (struct view){NULL, 0})];
	const struct slot *xbl =
		&p->slots[program_slot(p, VIEW("dnsbl.zen.xbl"), (struct view){NULL, 0})];
	const struct slot *nub =
		&p->slots[program_slot(p, VIEW("dnsbl.nub"), (struct view){NULL, 0})];
	const struct dnsbl *d = any->dnsbl;

	CU_ASSERT_FATAL(d != NULL && d == xbl->dnsbl);
	CU_ASSERT(any->code == SIZE_MAX && xbl->code == 1 && any->owner == xbl->owner);
	CU_ASSERT_STRING_EQUAL(checks_all[any->owner]->name, "dnsbl");
	CU_ASSERT(any->def->stage == STAGE_CONNECT && !any->def->per_rcpt);
	CU_ASSERT(nub->def->stage == STAGE_RCPT && nub->def->per_rcpt && rule_load_rule(p, "AA")->per_rcpt);
	UNIT_VIEW(d->zone, "zen.example");
	UNIT_VIEW(d->shown, "Zen.Example");
	UNIT_VIEW(view_str(p->slots[d->lookup].def->name), "client.ip");
	CU_ASSERT(
		d->n_codes == 3 && d->codes[1].n == 2 && d->codes[1].match[0].kind == DNSBL_RANGE);
	CU_ASSERT(d->codes[2].match[0].kind == DNSBL_BIT && d->codes[2].match[0].bit == 8);
	CU_ASSERT(d->n_errors == 1 && d->timeout_ms == 3000 && d->limit == 1000 &&
		  d->limit_seconds == 86400);
	UNIT_VIEW(d->test_listed, "127.0.0.2");
	UNIT_VIEW(p->dnsbls[1].test_listed, "dbltest.com");
	UNIT_VIEW(p->dnsbls[1].test_absent, "example.com");
	CU_ASSERT(p->n_dnsbls == 3 && !nub->dnsbl->test_listed.p);
	CU_ASSERT(p->slots[program_slot(p, VIEW("url.domain"), (struct view){NULL, 0})].def->list);
	program_free(p);
	fact_table_free(facts);
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
	snprintf(secrets, sizeof(secrets), "%s",
		rule_folder_write(&folder, "secrets",
			VIEW("# keys\nother abc\ndqs  abcdefg12345 \nbroken a..b\n")));
	snprintf(rules, sizeof(rules), "%s",
		rule_folder_write(&folder, "a.rules",
			VIEW("dnsbl zz zone {secret:dqs}.zen.dq.example lookup client.ip\nrule AA "
			     "when dnsbl.zz\n")));
	o.files = &path;
	o.facts = rule_facts_table();
	o.secrets_file = secrets;
	CU_ASSERT(chmod(secrets, 0644) == 0);
	CU_ASSERT(program_load(&o, d) == NULL);
	text = rule_facts_messages(d);
	CU_ASSERT(strstr(text, "readable by its owner alone") != NULL &&
		  strstr(text, "abcdefg") == NULL);
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
		     "dnsbl yy zone {secret:broken}.example lookup client.ip\nrule BB when "
		     "dnsbl.yy\n"));
	CU_ASSERT(program_load(&o, d) == NULL);
	text = rule_facts_messages(d);
	CU_ASSERT(strstr(text, "no secret 'nix': it is not in the secrets file") != NULL);
	CU_ASSERT(strstr(text, "'{secret:broken}.example' is not a domain") != NULL &&
		  !strstr(text, "a..b"));
	free(text);
	diag_free(d);
	d = diag_new();
	o.no_secrets = true; /* of rule files alone */
	p = program_load(&o, d);
	CU_ASSERT_FATAL(p != NULL);
	UNIT_VIEW(p->dnsbls[0].zone, "secret.example");
	program_free(p);
	diag_free(d);
	fact_table_free(o.facts);
	rule_folder_remove(&folder);
}

static const struct unit_test tests[] = {
	{"compiles DNS lists", compiles_dns_lists},
	{"keeps secrets", keeps_secrets},
};

int
main(void)
{
	return unit_main("policy/rule/rule_dnsbl", tests, sizeof(tests) / sizeof(*tests));
}
