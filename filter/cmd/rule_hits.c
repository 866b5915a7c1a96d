/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/rule_hits.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Enough for the records wanted: most have about 2 KB. A larger file is read from there on. */
enum { TAIL = 64 << 20 };

static bool
fired(const char *line, size_t n, struct view rule)
{
	json_t *record = json_loadb(line, n, JSON_ALLOW_NUL, NULL);
	const json_t *rules = json_object_get(record, "rules"), *one;
	bool found = false;
	size_t i;

	json_array_foreach(rules, i, one) {
		const char *name = json_string_value(json_object_get(one, "name"));

		found |= name && view_eq_str(rule, name);
	}
	json_decref(record);
	return found;
}

long
rule_hits_count(const char *file, struct view rule, long *records_out)
{
	bool hit[RULE_HITS_RECORDS] = {false};
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	long records = 0, hits = 0;

	if (!f)
		return -1;
	if (fseeko(f, -TAIL, SEEK_END) == 0) /* in the middle of a record */
		n = getline(&line, &cap, f);
	for (; (n = getline(&line, &cap, f)) > 0; records++)
		hit[records % RULE_HITS_RECORDS] = memmem(line, (size_t)n, rule.p, rule.n) &&
						   fired(line, (size_t)n, rule);
	for (long i = 0; i < RULE_HITS_RECORDS; i++)
		hits += hit[i];
	free(line);
	fclose(f);
	*records_out = records < RULE_HITS_RECORDS ? records : RULE_HITS_RECORDS;
	return hits;
}
