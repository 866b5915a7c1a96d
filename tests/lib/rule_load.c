/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/rule_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/unit.h"

struct program *
rule_load(const char *text, struct fact_table **facts_out)
{
	struct diag *d = diag_new();
	struct program *p;

	*facts_out = rule_facts_table();
	p = rule_facts_load(text, *facts_out, d);
	if (!p)
		diag_show(d, stdout);
	CU_ASSERT_FATAL(p != NULL);
	diag_free(d);
	return p;
}

const struct rule *
rule_load_rule(const struct program *p, const char *name)
{
	size_t i = rule_values_rule(p, name);

	CU_ASSERT_FATAL(i != SIZE_MAX);
	return &p->rules[i];
}

const char *
rule_load_reference(const char *name)
{
	static char path[1000];
	const char *folder = getenv("RULES_REFERENCE");

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "../shared/rules-reference", name);
	if (access(path, R_OK) == 0)
		return path;
	printf("skip: %s is not here (set RULES_REFERENCE)\n", path);
	return NULL;
}
