/* SPDX-License-Identifier: BSD-2-Clause
 *
 * program -- a set of rule files, checked and compiled; what the engine evaluates.
 *
 * Immutable after program_load, shared by all threads without locks. What it is made of stands in
 * policy/rule.h, its tests in policy/rule/rule_test.h. The specification is postern-rules(7).
 */
#ifndef POLICY_PROGRAM_H
#define POLICY_PROGRAM_H

#include "policy/diag.h"
#include "policy/rule.h"
#include "policy/rule/rule_test.h"
#include "policy/source.h"

struct program {
	const struct slot *slots; /* first those that rules and policies read, then the extra ones */
	size_t n_slots, n_read;   /* n_read: how many of them are read */
	const struct rule *rules; /* disabled ones are left out; sorted by name */
	size_t n_rules;
	const struct group *groups;
	size_t n_groups;
	const struct dnsbl *dnsbls;
	size_t n_dnsbls;
	const struct rate *rates;
	size_t n_rates;
	const struct regex_group *regexes;
	size_t n_regexes;
	size_t n_lookups; /* tests of a fact in a named list, each counted once */
	const struct policy *policies;
	size_t n_policies;
	struct threshold threshold[LEVEL_COUNT];
	const struct list *own_nets, *own_domains, *trusted_relays; /* never NULL, maybe empty */
	bool at_stage[STAGE_COUNT]; /* a rule has an effect `at` this stage */
	bool any_per_rcpt;          /* a rule or policy reads rcpt.* */
	const struct program_test *tests;
	size_t n_tests;
};

/* A list that postern.conf provides: own-nets, own-domains, trusted-relays. */
struct program_list {
	const char *name;
	enum list_type type;
	const struct view *items;
	size_t n;
	bool weak;        /* a default: a `list` statement of this name replaces it */
	struct view file; /* where it was set, for errors */
	uint32_t line;
};

/* A fact that these settings leave out, and what to set: "set geo-database". */
struct program_lack {
	const char *fact, *remedy;
};

/* What was declared, in spite of errors. */
struct program_counts {
	size_t rules, lists, dnsbls, tests;
};

struct program_options {
	const struct source_tree *source; /* where files are read from; NULL = the live files */
	struct fact_table *facts; /* gains dnsbl.NAME, dnsbl.NAME.CODE, rate.NAME; kept until program_free */
	const char *const *files; /* paths, no patterns */
	size_t n_files;
	const struct program_list *lists;
	size_t n_lists;
	const char *const *extra_facts; /* facts that must have slots though no rule reads them */
	size_t n_extra_facts;
	const char *secrets_file; /* "NAME value" lines, mode 0600; NULL = none */
	bool no_secrets; /* there are no settings: {secret:NAME} reads as "secret" */
	bool live;     /* it shall judge mail: a rule on a fact that nothing provides is an error */
	bool milter;   /* a milter serves it: what a milter cannot do is warned of */
	uint32_t greylist_cap; /* seconds; a longer wait is warned of; 0 = not known */
	bool untested; /* warn of rules that no test expects to fire */
	const struct program_lack *lacks; /* of a live set */
	size_t n_lacks;
	struct program_counts *counts; /* filled; NULL = not wanted */
};

/* Reads, checks and compiles. Every mistake of one run goes to d. NULL if there was an error; the errors
 * are in d. gives. */
struct program *program_load(const struct program_options *o, struct diag *d);
void program_free(struct program *p);

/* Index of the slot of a fact, or SIZE_MAX. arg absent for facts without argument. */
size_t program_slot(const struct program *p, struct view name, struct view arg);

/* The memory that the rules take, with all their lists and regular expressions. */
size_t program_bytes(const struct program *p);

/* How often a regular expression ran into its limits, and so was unknown. */
uint64_t program_overruns(const struct program *p);

/* The list of this name, or NULL. */
const struct list *program_list(const struct program *p, struct view name);
struct view program_list_name(const struct program *p, const struct list *l); /* absent: it has none */

/* ---- evaluation ---- */

/* What evaluation asks back. fact() returns the value of a slot; pending counts as unknown. */
struct program_eval {
	const struct program *program;
	const struct fact_value *(*fact)(void *ctx, size_t slot);
	void *ctx;
	const struct fact_value *const *values; /* by slot, instead of fact(); NULL = ask fact() */
	uint8_t *memo;    /* n_rules bytes, 0 = undecided, else 1 + enum tri: true and false are kept here */
	const uint8_t *off; /* n_rules bytes, non-zero = switched off by a policy; NULL = none */
	struct program_found *found; /* program_found_new; NULL = nothing is remembered */
};

/* What was found in values, kept from one evaluation to the next: which expressions of each regex_group are
 * possible in the value that lies at `of`, and the answer of each look-up. Values that lie where others lay
 * before need a new one. */
struct program_found {
	struct found_regexes {
		const void *of;
		size_t n;
		uint64_t *bits;
	} *regexes;
	struct found_answer {
		const void *of;
		size_t n;
		enum tri answer;
	} *lookups;
};
struct program_found *program_found_new(const struct program *p, struct arena *a); /* lives in a */

/* Truth of a rule or of a policy's condition. Linear in the expression; regexes run under limits. */
enum tri program_rule(const struct program_eval *e, size_t rule);
enum tri program_policy(const struct program_eval *e, size_t policy);

/* text with every {fact} replaced; control characters of the values are removed; the result is cut to
 * max bytes. {rule}, {score} and {queue-id} come from the arguments. Lives in a. */
struct program_names {
	struct view rule, queue_id;
	int32_t score;
};
struct view program_text(const struct program_eval *e, struct view text,
	const struct program_names *names, size_t max, struct arena *a);

#endif
