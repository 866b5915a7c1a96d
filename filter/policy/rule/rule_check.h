/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_check -- checks every rule and policy of a set and compiles it.
 *
 * One walk over the tree does both, so that what is evaluated is what was checked: names, types, values,
 * operators, stages, trust. The rules of a set land sorted by name.
 */
#ifndef POLICY_RULE_CHECK_H
#define POLICY_RULE_CHECK_H

#include "policy/expr.h"
#include "policy/rule/rule_lookup.h"
#include "policy/rule/rule_regex.h"
#include "policy/rule/rule_set.h"
#include "policy/rule/rule_slots.h"

/* What a condition rests on. */
struct rule_finding {
	enum stage stage;
	struct view latest; /* the fact that makes it so late */
	bool per_rcpt, reads_score;
	bool by_result;     /* reads a result of authentication, which may be that there is none */
	bool retired;       /* names what is no more, so it may be unknown for ever */
	bool verified;      /* rests on evidence of who somebody is (policy/rule/rule_trust.h) */
	struct view claimed[8]; /* some of the forgeable facts, sorted */
	size_t n_claimed;
};

struct rule_check {
	struct rule_set *set;
	struct rule_slots slots;
	struct rule_regex regexes;
	struct rule_lookup lookups;
	struct name_table dnsbl_facts; /* "dnsbl.zen.pbl" -> struct dnsbl_fact */
	struct rule_finding *finding;  /* of the condition that is read */
	struct rule_def *rule;         /* the rule that is read; NULL: a policy */
	bool emit;                     /* it counts: its facts get slots */
	bool negative;                 /* within an odd number of `not` and `unless` */
	unsigned depth;                /* rules that are being read, one within another */
	bool lost_list, lost_fact;     /* one that does not exist was named: another may have been meant */
	/* the result; in the arena */
	struct rule *rules;
	size_t n_rules;
	size_t n_read; /* slots that rules and policies read; those behind are look-ups */
	struct group *groups;
	struct policy *policies;
	struct dnsbl *dnsbls;
	struct rate *rates;
	struct threshold threshold[LEVEL_COUNT];
	bool any_per_rcpt;
};

struct dnsbl_fact {
	struct dnsbl_def *def;
	size_t code; /* SIZE_MAX: any */
};

void rule_check_init(struct rule_check *c, struct rule_set *s);
void rule_check_done(struct rule_check *c);
/* All of it. Mistakes go to the set's diag; with one, the result is not to be used. */
void rule_check_all(struct rule_check *c);

/* Reads a rule that another names (checked once, whoever names it first). */
const struct rule_finding *rule_check_rule(struct rule_check *c, struct rule_def *r);
/* The named rule; NULL if there is none, with an error, or with a warning if it is retired. */
struct rule_def *rule_check_find(struct rule_check *c, const struct ast_word *symbol);
/* Was what a condition names here retired? Then says so; the test is to be EXPR_OPEN. */
bool rule_check_retired(struct rule_check *c, const char *kind, struct view name, const struct place *at);
/* Notes in the finding that the condition reads this fact. */
void rule_check_note(struct rule_check *c, const struct fact_def *def);

#endif
