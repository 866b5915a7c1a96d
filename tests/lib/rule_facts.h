/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_facts -- every fact of postern-rules(7), for tests of rules without the checks that compute them.
 *
 * Also loads rule texts from files that it makes in a folder of its own.
 */
#ifndef TESTS_LIB_RULE_FACTS_H
#define TESTS_LIB_RULE_FACTS_H

#include "policy/program.h"

/* A table of all facts and the families "dnsbl.*" (owner 1) and "rate.*" (owner 2). gives. */
struct fact_table *rule_facts_table(void);

/* A folder for files that belong to one test. */
struct rule_folder {
	char path[64];
};
void rule_folder_make(struct rule_folder *f);
void rule_folder_remove(struct rule_folder *f); /* and all files in it */
/* Writes a file and gives its path, which lives until the next call. */
const char *rule_folder_write(const struct rule_folder *f, const char *name, struct view text);

/* Loads one text as the file "t.rules" of a folder; messages go to d. NULL: there were errors. gives. */
struct program *rule_facts_load(const char *text, struct fact_table *facts, struct diag *d);
/* All messages as text. Give back with free. */
char *rule_facts_messages(const struct diag *d);

#endif
