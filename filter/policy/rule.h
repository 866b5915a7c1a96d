/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule -- what a compiled rule set is made of: slots for facts, DNS lists, rules, groups, policies.
 *
 * Plain values to read, filled by program_load (policy/program.h). Symbols are indices. Scores are in
 * hundredths.
 */
#ifndef POLICY_RULE_H
#define POLICY_RULE_H

#include "policy/fact.h"
#include "policy/list.h"
#include "policy/regex/regex_set.h"

enum tri { TRI_FALSE, TRI_TRUE, TRI_UNKNOWN }; /* Kleene's three values */

/* A fact that this set reads, with its argument: where the engine keeps a value. */
struct slot {
	const struct fact_def *def;
	struct view arg;  /* header("X"): X, lower case; else absent */
	size_t owner;     /* the check that computes it */
	const struct dnsbl *dnsbl; /* dnsbl.NAME and dnsbl.NAME.CODE, else NULL */
	size_t code;      /* index into dnsbl->codes; SIZE_MAX = any of them */
	const struct rate *rate; /* rate.NAME, else NULL */
	bool early;       /* a decision at RCPT may need it */
	bool outbound;    /* a rule that is not for inbound mail alone, or a policy, reads it */
	bool inbound;     /* likewise for outbound */
};

/* The expressions that rules look for in the fact of one slot. */
struct regex_group {
	size_t slot;
	bool many;             /* its fact has many values */
	struct regex_set *set; /* NULL: too few to be worth it */
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

enum rate_count { RATE_MESSAGES, RATE_RECIPIENTS, RATE_CONNECTIONS, RATE_BYTES, RATE_REJECTS };
enum { RATE_FACTS_MAX = 8 };
struct rate {
	struct view name;
	enum rate_count count;
	size_t by[RATE_FACTS_MAX]; /* slots */
	size_t n_by;
	uint32_t seconds;
	bool per_rcpt; /* one of those differs from recipient to recipient */
	struct view file;
	uint32_t line;
};

enum effect_kind { /* the first six are terminal, by their rank (postern-rules(7), EVALUATION) */
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
	uint32_t window, life;  /* greylist, in seconds; 0 = the default */
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
	bool given;             /* it is said here, by a policy or for all */
	enum level level;
	int32_t score;
	struct view text;       /* with {fact}; absent = the default */
	struct view policy;     /* absent: of all recipients */
	struct view file;
	uint32_t line;
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

#endif
