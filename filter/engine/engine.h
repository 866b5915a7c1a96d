/* SPDX-License-Identifier: BSD-2-Clause
 *
 * engine -- one worker's rules, checks and services, joined; immutable while it works.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/check.h"

struct engine;
struct meter;

/* Called once for each transaction that ended with a decision, with the evidence as one line of JSON
 * (no line end). Called from the session's thread. */
typedef void engine_sink(void *ctx, struct view json);

struct engine_options {
	const struct settings *settings; /* kept */
	const struct check *const *checks; /* kept; NULL-terminated */
	struct dns *dns;      /* kept, not freed */
	struct store *store;  /* kept, not freed; NULL = none: greylist unknown */
	struct dnsbl_watch *dnsbl_watch; /* kept, for checks; NULL = none */
	struct meter *meter;  /* kept; NULL = none */
	engine_sink *sink;    /* NULL = none */
	void *sink_ctx;
	engine_sink *dmarc_sink; /* of mail/dmarc/dmarc_row.h, if settings say dmarc_history; NULL = none */
	void *dmarc_sink_ctx;
	bool trace;           /* the evidence tells the truth of every rule, with its reasons */
	const char *const *want; /* facts to compute though no rule needs them */
	size_t n_want;
	bool hands_names;     /* client.name and client.ptr are told to a backend: RCPT waits for them */
};

/* The fact table of these checks and of the facts to come, for program_load. gives. */
struct fact_table *engine_facts(const struct check *const *checks);
/* Facts that must have slots whatever the rules read: needs of checks and what headers show; for
 * program_options.extra_facts. NULL-terminated, *n_out of them; lives in a. */
const char *const *engine_extra_facts(const struct engine_options *o, struct arena *a, size_t *n_out);
/* Facts that these settings leave out, for program_options.lacks; *n_out of them. Lives in a. */
const struct program_lack *engine_lacks(const struct engine_options *o, struct arena *a, size_t *n_out);
/* Keeps p. gives. */
struct engine *engine_new(const struct engine_options *o, const struct program *p);
void engine_free(struct engine *e); /* every session must be gone */

struct engine_counters {
	uint64_t sessions, transactions, accepted, deferred, rejected, discarded, quarantined, greylisted,
		tagged, store_passed, regex_overruns,
		unknown; /* transactions with an unknown rule or fact */
};
void engine_count(const struct engine *e, struct engine_counters *out);

#endif
