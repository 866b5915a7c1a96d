/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_facts -- every fact of postern-rules(7), computed by a check or not, for tests of rules.
 *
 * Also loads rule texts from files that it makes in a folder of its own.
 */
#ifndef TESTS_LIB_RULE_FACTS_H
#define TESTS_LIB_RULE_FACTS_H

#include "policy/program.h"

/* The facts of all checks, and those to come. gives. */
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
/* The same with other options; their facts and files are set here. */
struct program *rule_facts_load_with(const char *text, struct program_options o, struct fact_table *facts,
	struct diag *d);
/* Values for the slots of a program: "mail.domain=x.example; spf=pass; url=a|b; tls; helo.name!missing;
 * spf!unknown; header(x-a)=1". What is not named is missing, or pending with "*!pending" in front. */
struct rule_values {
	const struct program *program;
	struct arena *arena;
	struct fact_value *slot;
	uint8_t *memo;
	struct program_eval eval;
};
void rule_values_make(struct rule_values *v, const struct program *p, const char *given);
void rule_values_done(struct rule_values *v);
/* Index of a rule; SIZE_MAX if it is disabled. */
size_t rule_values_rule(const struct program *p, const char *name);

/* All messages as text. Give back with free. */
char *rule_facts_messages(const struct diag *d);

#endif
