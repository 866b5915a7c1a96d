/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_set -- what all rule files say together: every declaration by its name, with changes applied.
 *
 * Built after the last file is read, so that the order of files and statements has no meaning. Declared
 * twice is an error; so are two changes of one clause. Lives in the program's arena, except the tables,
 * which rule_set_done gives back.
 */
#ifndef POLICY_RULE_SET_H
#define POLICY_RULE_SET_H

#include "policy/parser/ast.h"
#include "policy/name_table.h"

/* An `unless`: the declaration's own, and one for each change that adds an exception. */
struct rule_unless {
	struct rule_unless *next;
	const struct ast_expr *expr;
};

/* A condition that names the rule. */
struct rule_mention {
	const struct rule_mention *next;
	const struct rule_def *reader; /* NULL: a policy */
	const struct place *at;
	bool negative; /* within an odd number of `not` and `unless` */
};

/* The clauses that one change may replace. Score and effects are one: each replaces both. */
enum rule_clause {
	RULE_EFFECTS,
	RULE_IF_UNKNOWN,
	RULE_GROUP,
	RULE_SCOPE,
	RULE_INFO,
	RULE_TRIAL,
	RULE_CLAUSES
};

struct rule_def {
	const struct ast_statement *st;
	struct ast_rule *rule;
	struct rule_unless *unless;
	bool trial, disabled, tested;
	const struct place *changed[RULE_CLAUSES];
	const struct place *disabled_at; /* where, or NULL */
	size_t index; /* in the program; SIZE_MAX: disabled */
	/* filled by rule_check */
	enum { RULE_UNSEEN, RULE_VISITING, RULE_SEEN } seen;
	unsigned chain; /* how many rules deep its symbols go */
	struct rule_finding *finding;
	const struct rule_mention *mentions;
};

struct list_def {
	struct view name;
	const struct ast_statement *st;       /* NULL: from postern.conf */
	const struct program_list *preset;    /* or NULL */
	enum list_type type, first, second;
	struct list_part {
		struct list_part *next;
		const struct ast_source *sources;
		bool remove;
	} *parts;
	struct list *list; /* filled by rule_list */
	bool used;
};

struct dnsbl_def {
	const struct ast_statement *st;
	struct ast_dnsbl *dnsbl;
	const struct place *changed[5]; /* zone, lookup, timeout, test entry, limit */
	const struct place *changed_errors, *changed_codes;
	const struct fact_def *lookup;  /* NULL: its declaration has an error */
	size_t index;                   /* in the program */
	bool used, read;                /* by any rule; by one that is not disabled */
};

struct rate_def {
	const struct ast_statement *st;
	struct ast_rate *rate;
	const struct place *changed[3]; /* what, by, per */
	bool used;
};

struct group_def {
	const struct ast_statement *st;
	struct ast_score *max;
	const struct place *changed;
	size_t index;
	bool used;
};

struct level_def {
	const struct ast_level *level; /* NULL: not said */
	const struct place *changed;
};

struct policy_def {
	const struct ast_statement *st;
	struct ast_policy *policy;
	struct level_def levels[LEVEL_COUNT];
	const struct place *changed_when, *changed_at_most;
};

struct rule_set {
	const struct program_options *options;
	struct arena *arena; /* the program's */
	struct diag *diag;
	struct ast ast;
	struct name_table rules, lists, dnsbls, rates, groups, policies;
	struct name_table retired; /* "rule NAME" and the like -> struct ast_statement */
	struct level_def levels[LEVEL_COUNT];
	struct rule_set_list { /* every list, those without a name too */
		const struct rule_set_list *next;
		const struct list *list;
	} *all_lists;
};

/* Reads o->files. */
void rule_set_init(struct rule_set *s, const struct program_options *o, struct arena *a, struct diag *d);
void rule_set_done(struct rule_set *s);
/* Fills the tables from the tree, then applies changes and disables. */
void rule_set_collect(struct rule_set *s);

/* Was this name retired? Then says so, as a warning with what to write instead. */
bool rule_set_retired(struct rule_set *s, const char *kind, const struct ast_word *name);
/* What to write instead of a retired name, for an error about it; NULL if it is none. */
const char *rule_set_retired_hint(struct rule_set *s, const char *kind, struct view name);
const char *rule_set_level_name(enum level l);

#endif
