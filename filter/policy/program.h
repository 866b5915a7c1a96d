/* SPDX-License-Identifier: BSD-2-Clause
 *
 * program -- a set of rule files, checked and compiled; what the engine evaluates.
 *
 * Immutable after program_load, shared by all threads without locks. Symbols are indices. The structs
 * below are plain values to read. Scores are in hundredths. The specification is postern-rules(7).
 */
#ifndef POLICY_PROGRAM_H
#define POLICY_PROGRAM_H

#include "policy/diag.h"
#include "policy/fact.h"
#include "policy/list.h"
#include "policy/source.h"

enum tri { TRI_FALSE, TRI_TRUE, TRI_UNKNOWN }; /* Kleene's three values */

/* A fact that this set reads, with its argument: where the engine keeps a value. */
struct slot {
	const struct fact_def *def;
	struct view arg;  /* header("X"): X, lower case; else absent */
	size_t owner;     /* the check that computes it */
	const struct dnsbl *dnsbl; /* dnsbl.NAME and dnsbl.NAME.CODE, else NULL */
	size_t code;      /* index into dnsbl->codes; SIZE_MAX = any of them */
	bool early;       /* a decision at RCPT may need it */
};

struct dnsbl_code {
	struct view name;
	struct dnsbl_match {
		enum { DNSBL_NET, DNSBL_RANGE, DNSBL_BIT } kind;
		struct cidr net;      /* DNSBL_NET */
		uint32_t low, high;   /* DNSBL_RANGE: whole addresses, host order */
		uint32_t bit;         /* DNSBL_BIT: mask of the last octet */
	} *match;
	size_t n;
};
struct dnsbl {
	struct view name, zone; /* zone with secrets filled in */
	struct view shown;      /* zone as it may be shown */
	size_t lookup;          /* slot of the fact that is looked up */
	struct dnsbl_code *codes;
	size_t n_codes;
	struct dnsbl_match *errors; /* beside the built-in ones */
	size_t n_errors;
	uint32_t timeout_ms;        /* 0 = the default */
	struct view test_listed, test_absent; /* entries to ask, both absent = `test-entry none` */
	uint64_t limit;             /* queries ... */
	uint32_t limit_seconds;     /* ... in this time; 0 = no limit */
	struct view file;
	uint32_t line;
};

enum effect_kind { /* the first six are terminal, in the order of their rank (RULES.md, Evaluation 4) */
	EFFECT_REJECT_ALWAYS,
	EFFECT_ACCEPT,
	EFFECT_REJECT,
	EFFECT_DISCARD,
	EFFECT_DEFER,
	EFFECT_GREYLIST,
	EFFECT_QUARANTINE,
	EFFECT_TAG,
	EFFECT_TARPIT,
	EFFECT_ADD_HEADER,
	EFFECT_SKIP
};
const char *effect_name(enum effect_kind k); /* "reject always", "accept", ... */

struct reply_text {
	int code;               /* 0 = the default of the effect */
	struct view enhanced;   /* "5.7.1"; absent = the default */
	struct view text;       /* with {fact} in it: program_text fills them in; absent = the default */
};
struct effect {
	enum effect_kind kind;
	int at;                 /* enum stage; -1 = RCPT or when decided, whichever is later */
	struct reply_text reply; /* reject, defer; text also of tag and quarantine */
	struct view header;     /* EFFECT_ADD_HEADER: its name; value in reply.text */
	uint32_t seconds;       /* greylist, tarpit; 0 = the default */
	bool skip_greylist, skip_score; /* EFFECT_SKIP */
	const size_t *skip_group;       /* EFFECT_SKIP: groups */
	size_t n_skip_group;
};

enum scope { SCOPE_INBOUND, SCOPE_OUTBOUND, SCOPE_ANY };

struct rule {
	struct view name, file, info;
	uint32_t line;
	enum stage stage;       /* the latest of its facts */
	enum scope scope;
	bool per_rcpt, trial, reads_score;
	bool early;             /* may decide something at RCPT or before */
	bool has_score;
	int32_t score;          /* hundredths */
	int group;              /* index; -1 = none */
	const struct effect *effects;
	size_t n_effects;
	const struct effect *if_unknown; /* or NULL */
	const struct expr *when;         /* with `unless` folded in */
};

struct group {
	struct view name, file;
	uint32_t line;
	int32_t max;
};

enum level { LEVEL_GREYLIST, LEVEL_TAG, LEVEL_QUARANTINE, LEVEL_REJECT, LEVEL_EARLY_REJECT, LEVEL_COUNT };
struct threshold {
	bool set;               /* false = off */
	bool given;             /* a policy: this level is said here */
	int32_t score;
	struct view text;       /* with {fact}; absent = the default */
};

struct policy {
	struct view name, file;
	uint32_t line;
	const struct expr *when;
	struct threshold threshold[LEVEL_COUNT];
	const size_t *disable;  /* rules */
	size_t n_disable;
	bool skip_greylist, skip_score;
	const size_t *skip_group;
	size_t n_skip_group;
	int at_most;            /* enum at_most; -1 = not said */
};
enum at_most { AT_MOST_ACCEPT, AT_MOST_TAG, AT_MOST_GREYLIST, AT_MOST_DEFER };

/* A `test` statement: what is given, and what the rules must make of it. */
struct program_given {
	struct view fact, arg; /* dnsbl.NAME: the items are the list's raw answers */
	enum { GIVEN_VALUE, GIVEN_UNKNOWN, GIVEN_MISSING } kind;
	const struct view *item; /* as fact_parse reads them; one unless the fact is a list or a DNS list */
	size_t n;
	uint32_t line;
};
struct program_expect {
	enum { EXPECT_RULE, EXPECT_UNKNOWN_RULE, EXPECT_EFFECT, EXPECT_SCORE } kind;
	bool negated;
	struct view rule;        /* EXPECT_RULE, EXPECT_UNKNOWN_RULE; it may be disabled */
	enum effect_kind effect; /* EXPECT_EFFECT; EFFECT_SKIP: greylisting is skipped */
	enum { SCORE_EQ, SCORE_NE, SCORE_LT, SCORE_LE, SCORE_GT, SCORE_GE } order; /* EXPECT_SCORE */
	int32_t score;
	uint32_t line;
};
struct program_test {
	struct view name, file;
	uint32_t line;
	const char *message; /* path of a message to read; NULL = none */
	const struct program_given *given;
	size_t n_given;
	const struct program_expect *expect;
	size_t n_expect;
};

struct program {
	const struct slot *slots; /* first those that rules and policies read, then the extra ones */
	size_t n_slots, n_read;   /* n_read: how many of them are read */
	const struct rule *rules; /* disabled ones are left out; sorted by name */
	size_t n_rules;
	const struct group *groups;
	size_t n_groups;
	const struct dnsbl *dnsbls;
	size_t n_dnsbls;
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
};

/* Reads, checks and compiles. Every mistake of one run goes to d. NULL if there was an error; the errors
 * are in d. gives. */
struct program *program_load(const struct program_options *o, struct diag *d);
void program_free(struct program *p);

/* Index of the slot of a fact, or SIZE_MAX. arg absent for facts without argument. */
size_t program_slot(const struct program *p, struct view name, struct view arg);

/* The list of this name, or NULL. */
const struct list *program_list(const struct program *p, struct view name);

/* ---- evaluation ---- */

/* What evaluation asks back. fact() returns the value of a slot; pending counts as unknown. */
struct program_eval {
	const struct program *program;
	const struct fact_value *(*fact)(void *ctx, size_t slot);
	void *ctx;
	uint8_t *memo;    /* n_rules bytes, 0 = undecided, else 1 + enum tri: true and false are kept here */
	const uint8_t *off; /* n_rules bytes, non-zero = switched off by a policy; NULL = none */
};

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
