/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rehearsal -- runs the `test` statements of a rule set by the engine that judges mail: closed sessions,
 * no network.
 *
 * What is given is known from its stage on; what is not given is missing, a DNS list lists nothing, and a
 * greylist has seen nobody. Facts that follow from others are derived unless they are given themselves:
 * the parts of addresses, the direction (postern-rules(7), TESTS). Of a test's `message` the engine's
 * checks compute what the message tells by itself; the clock stands at its Date, so that a test ends as
 * it did a year ago.
 */
#ifndef ENGINE_REHEARSAL_H
#define ENGINE_REHEARSAL_H

#include "engine/session.h"
#include "policy/source.h"
#include "util/buf.h"

struct rehearsal {
	const struct settings *settings;
	const struct check *const *checks; /* NULL-terminated */
	const struct program *program;     /* loaded with engine_extra_facts */
	const struct fact_table *facts;
	const struct source_tree *source;  /* where messages are read; NULL = the live files */
	/* Without the tests of shipped files (policy/shipped.h): a site may change what these rules say, and
	 * their tests are true of the rules as they are shipped. */
	bool of_site;
	int64_t deadline_ms; /* clock_mono_ms: no further test is begun then; 0 = none */
};

/* What became of one test. Lives until the sink returns. */
struct rehearsal_result {
	const struct program_test *test;
	const char *trouble; /* why it could not be run; NULL: it was, and the rest is said */
	const struct program_expect *const *missed;
	size_t n_missed;
	enum verdict_kind verdict;
	struct view cause; /* a rule, "threshold reject" ...; "" = nothing */
	enum stage stage;
	bool tagged;
	int32_t score; /* hundredths */
	const struct view *fired, *unknown; /* rules by name */
	size_t n_fired, n_unknown;
};

struct rehearsal_sum {
	size_t run, failed, left; /* left: the deadline came */
	size_t shipped;           /* not run, for of_site */
};

typedef void rehearsal_sink(void *ctx, const struct rehearsal_result *r);

/* Tells sink of every test, in the order of the files. */
struct rehearsal_sum rehearsal_run(const struct rehearsal *r, rehearsal_sink *sink, void *ctx);

bool rehearsal_passed(const struct rehearsal_result *r);
/* "not ZEN_PBL", "score = 4", "greylist". Lives in a. */
struct view rehearsal_expected(const struct program_expect *e, struct arena *a);
/* "greylist by threshold greylist at rcpt, score 4.00, fired A B, unknown C", or the trouble. Lives in a. */
struct view rehearsal_got(const struct rehearsal_result *r, struct arena *a);

/* For each expectation that was missed a line with its place, then what was got. */
void rehearsal_explain(const struct rehearsal_result *r, struct buf *out);

#endif
