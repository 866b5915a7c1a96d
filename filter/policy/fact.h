/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fact -- the typed, named values that rules read: their definitions, their four states, their table.
 *
 * Each check's descriptor holds its rows (struct fact_def); the engine joins them into one table, which
 * the rule checker reads too, and tests/lint/man compares the rows with postern-rules(7). A fact is *known*,
 * *missing* (definitely absent), *unknown* (will not be known: time-out, error, with the reason) or
 * *pending* (a later stage will tell). An outage is never "no".
 */
#ifndef POLICY_FACT_H
#define POLICY_FACT_H

#include "util/arena.h"
#include "util/cidr.h"

/* In SMTP order. STAGE_BODY is the end of the message's bytes, STAGE_END the verdict on all of it. */
enum stage {
	STAGE_CONNECT,
	STAGE_HELO,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_HEADER,
	STAGE_BODY,
	STAGE_END,
	STAGE_COUNT
};
const char *stage_name(enum stage s); /* "connect" ... "end" */
bool stage_parse(struct view name, enum stage *out);

enum fact_type {
	FACT_BOOL,
	FACT_NUMBER,   /* a plain integer; of the fact `score`: hundredths */
	FACT_DURATION, /* seconds */
	FACT_SIZE,     /* bytes */
	FACT_IP,
	FACT_DOMAIN,  /* lower case, A-labels, no final dot */
	FACT_ADDRESS, /* local@domain, domain in lower case */
	FACT_TEXT,
	FACT_WORD,
	FACT_ENUM, /* one of fact_def.values */
	FACT_COUNTRY
};
const char *fact_type_name(enum fact_type t);

struct fact_def {
	const char *name; /* "client.ptr"; a name that ends in ".*" is a family made by statements */
	enum fact_type type;
	enum stage stage; /* the first at which it can be known */
	const char *help; /* one line, for the man page */
	const char *values; /* FACT_ENUM: its words, separated by blanks */
	bool list;        /* many values: read with any, all, no, count() */
	bool claimed;     /* the client says so: forgeable */
	bool arg;         /* takes an argument: header("X") */
	bool per_rcpt;    /* differs from recipient to recipient */
	const char *asks; /* what it asks of the DNS or the store, for `explain`: "PTR, A"; NULL: nothing */
};

enum fact_state { FACT_PENDING, FACT_KNOWN, FACT_MISSING, FACT_UNKNOWN };

struct fact_value {
	enum fact_state state;
	struct view why; /* FACT_UNKNOWN: the reason, "timeout", "SERVFAIL" */
	bool few;        /* FACT_UNKNOWN: nothing failed, too little was observed until now */
	union {
		bool yes;
		int64_t number; /* number, duration, size */
		struct ip ip;
		struct view text; /* domain, address, text, word, enum, country */
		struct {
			const struct view *item; /* always in text form, also of numbers and addresses */
			size_t n;
		} list;
	};
};

static inline struct fact_value
fact_unknown(struct view why)
{
	return (struct fact_value){.state = FACT_UNKNOWN, .why = why};
}
static inline struct fact_value
fact_few(void)
{
	return (struct fact_value){.state = FACT_UNKNOWN, .why = VIEW("few observations"), .few = true};
}
static inline struct fact_value
fact_missing(void)
{
	return (struct fact_value){.state = FACT_MISSING};
}
static inline struct fact_value
fact_bool(bool yes)
{
	return (struct fact_value){.state = FACT_KNOWN, .yes = yes};
}
static inline struct fact_value
fact_number(int64_t n)
{
	return (struct fact_value){.state = FACT_KNOWN, .number = n};
}
static inline struct fact_value
fact_ip(struct ip ip)
{
	return (struct fact_value){.state = FACT_KNOWN, .ip = ip};
}
/* Borrows the bytes: they must live as long as the value. An absent view gives "missing". */
static inline struct fact_value
fact_text(struct view v)
{
	return v.p ? (struct fact_value){.state = FACT_KNOWN, .text = v} : fact_missing();
}
static inline struct fact_value
fact_list(const struct view *item, size_t n)
{
	return (struct fact_value){.state = FACT_KNOWN, .list = {item, n}};
}

/* The text of a known value of def's type, as logs, replies, headers and JSON show it ("yes"/"no" for
 * bool, seconds for duration, comma-separated for lists). Missing gives "", others their state's name.
 * Lives in a. Not escaped: the writer does that. */
struct view fact_format(const struct fact_def *def, const struct fact_value *v, struct arena *a);

/* Reads text as a value of def's type, in the syntax of `given` (postern-rules(7), TESTS): a word, a
 * string's content, "5m", "25MB", 192.0.2.1; for bool yes/no/true/false or nothing. Lists are read item by
 * item by the caller. Lives in a. False if it does not fit. */
bool fact_parse(const struct fact_def *def, struct view text, struct arena *a, struct fact_value *out);
/* "2", "-1.5", "+0.25" in hundredths. */
bool fact_parse_score(struct view text, int32_t *out);
/* Is word one of def's values (FACT_ENUM)? */
bool fact_value_listed(const struct fact_def *def, struct view word);

/* ---- the joined table ---- */

struct fact_table; /* immutable once the rules are compiled */

#define FACT_NOBODY SIZE_MAX /* the owner of a fact that nothing computes (policy/fact_future.h) */

struct fact_table *fact_table_new(void); /* gives */
void fact_table_free(struct fact_table *t);
/* Keeps def. owner is the engine's number of the check that computes it. False if the name is taken. */
bool fact_table_add(struct fact_table *t, const struct fact_def *def, size_t owner);
/* As fact_table_add, of a copy that the table owns. */
bool fact_table_add_copy(struct fact_table *t, const struct fact_def *def, size_t owner);
size_t fact_table_count(const struct fact_table *t);
const struct fact_def *fact_table_at(const struct fact_table *t, size_t i, size_t *owner_out);
/* NULL if there is no such fact. A name of a family ("dnsbl.zen") is found only after it was added. */
const struct fact_def *fact_table_find(const struct fact_table *t, struct view name, size_t *owner_out);

#endif
