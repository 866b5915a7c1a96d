/* SPDX-License-Identifier: BSD-2-Clause
 *
 * engine_world -- the whole engine with all checks, for tests: rules from a text, DNS from a zone in memory.
 */
#ifndef TESTS_LIB_ENGINE_WORLD_H
#define TESTS_LIB_ENGINE_WORLD_H

#include <jansson.h>

#include "engine/session.h"
#include "tests/lib/dns_script.h"

struct engine_world {
	struct settings settings;
	struct fact_table *facts;
	struct program *program;
	struct dns *dns;
	struct store *store;
	struct engine *engine;
	struct arena *arena;
	void (*wake)(void *ctx); /* for sessions that engine_world_begin begins; NULL = they block */
	void *wake_ctx;
	bool hands_names; /* as engine_options; for engine_world_renew; a rule must read client.ptr */
	json_t *record; /* the last one */
	unsigned records;
	char folder[64], file[80];
};

struct engine_mail {
	const char *client, *helo, *from, *to[4], *auth, *header; /* header: one field, "Name: value" */
};
extern const struct engine_mail engine_world_good; /* SPF passes, PTR and HELO agree */

/* client, HELO and MAIL have been sent when it returns. */
struct session *engine_world_begin(struct engine_world *w, const struct engine_mail *m);
/* DATA to the end of the message. */
const struct verdict *engine_world_content(struct session *s, const struct engine_mail *m,
	const struct edits **e);
/* The verdict of a message as text: "rcpt CODE" when all recipients were refused, else "end VERDICT". */
const char *engine_world_outcome(struct engine_world *w, const struct engine_mail *m);
/* The same in a world of its own. */
const char *engine_world_one(const char *rules, const struct engine_mail *m);

void engine_world_open(struct engine_world *w, const char *rules);
/* A new engine, after dns or store has changed. */
void engine_world_renew(struct engine_world *w);
/* A new engine whose DNS knows this zone text too. */
void engine_world_more(struct engine_world *w, const char *more_zone);
void engine_world_resolver(struct engine_world *w, const char *more_zone, const struct dns_options *o);
/* A new engine whose DNS answers when the test says so; the service frees the script. */
struct dns_script *engine_world_script(struct engine_world *w);
void engine_world_close(struct engine_world *w);

#endif
