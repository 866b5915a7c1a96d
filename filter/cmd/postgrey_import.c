/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/postgrey_import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "checks/greylist_record.h"
#include "cmd/postgrey_dump.h"
#include "cmd/store_walk.h"
#include "engine/client_network.h"
#include "engine/known.h"
#include "io/command_output.h"
#include "mail/return_path.h"
#include "util/limits.h"

enum {
	LINE = 8192,       /* postgrey's longest record, each byte escaped, is half of it */
	PROGRESS = 100000, /* records */
	DELAY = 300,       /* postgrey's --delay, by default */
	PASSES = 5         /* and --auto-whitelist-clients */
};

#define TOOL "postern greylist"

/* Records on their way to the store, in one round trip. */
struct batch {
	struct postgrey_import *i;
	struct arena *arena;
	struct store_request request[STORE_CALLS_MAX];
	uint64_t *counter[STORE_CALLS_MAX]; /* of those that were not there */
	size_t n;
	bool failed;
};

static void
send(struct batch *b)
{
	struct store_result result[STORE_CALLS_MAX];

	for (size_t k = 0; k < b->n; k++)
		result[k].status = STORE_NONE;
	if (b->i->store && b->n)
		store_do(b->i->store, b->request, b->n, b->arena, result);
	for (size_t k = 0; k < b->n; k++) {
		b->failed |= result[k].status == STORE_TEMPFAIL;
		b->i->there += result[k].status == STORE_FOUND;
		*b->counter[k] += result[k].status == STORE_NONE;
	}
	b->n = 0;
	arena_reset(b->arena);
}

/* q has all but what every request has. */
static void
put(struct batch *b, struct store_request q, const struct greylist_record *r, int64_t life, uint64_t *counter)
{
	int64_t since = r->passed ? r->used : r->first;

	if (since + life <= b->i->now) {
		b->i->over++;
		return;
	}
	q.op = STORE_ADD;
	q.now = b->i->now;
	q.expires = since + life;
	q.value = greylist_record_write(r, arena_alloc(b->arena, GREYLIST_RECORD_MAX));
	b->request[b->n] = q;
	b->counter[b->n++] = counter;
	if (b->n == STORE_CALLS_MAX)
		send(b);
}

/* ---- what follows from a record ---- */

/* A clock that was wrong then makes nobody known for years, or passed before he waited. */
static int64_t
no_later(const struct batch *b, int64_t t)
{
	return t < b->i->now ? t : b->i->now;
}

/* A number for each "#", which postgrey puts for numbers: then they are what numbers are here. */
static struct view
sender_pattern(struct view sender, struct arena *a)
{
	struct view copy = arena_copy(a, sender);
	struct address from;
	char *p = arena_cstr(a, copy);
	enum address_status status;

	for (size_t k = 0; k < copy.n; k++)
		if (p[k] == '#')
			p[k] = '0';
	status = address_path(view_of(p, copy.n), a, &from);
	if (status == ADDRESS_BAD)
		return (struct view){NULL, 0};
	return return_path_pattern(status == ADDRESS_OK ? &from : NULL, a);
}

static void
triplet(struct batch *b, const struct postgrey_record *p)
{
	const struct greylist_terms *t = &b->i->terms;
	struct greylist_record r = {.first = no_later(b, p->first), .used = no_later(b, p->last),
		.passed = p->last - p->first >= DELAY,
		.organisation = client_network(&p->net, b->arena),
		.sender = sender_pattern(p->sender, b->arena),
		.recipient = arena_copy(b->arena, p->recipient)};
	struct store_request q = {.type = STORE_GREYLIST, .version = GREYLIST_RECORD_VERSION};

	if (!r.sender.p) {
		b->i->odd++;
		return;
	}
	q.key = greylist_record_key(r.organisation, r.sender, r.recipient, b->arena);
	put(b, q, &r, r.passed ? t->life : t->window,
		r.passed ? &b->i->passed : &b->i->waiting);
}

static void
client(struct batch *b, const struct postgrey_record *p)
{
	int64_t last = no_later(b, p->last);
	struct greylist_record r = {.first = last, .used = last, .passed = true,
		.organisation = client_network(&p->net, b->arena)};
	struct view key = known_key(KNOWN_ORGANISATION, r.organisation, (struct view){NULL, 0}, b->arena);
	struct store_request q = known_request(STORE_ADD, key, b->i->now);

	if (p->count >= PASSES)
		put(b, q, &r, b->i->terms.life, &b->i->networks);
	else
		b->i->over++;
}

static void
take(struct batch *b, enum postgrey_event e, const struct postgrey_record *p)
{
	if (e == POSTGREY_MORE || e == POSTGREY_BAD)
		return;
	if (++b->i->records % PROGRESS == 0)
		fprintf(stderr, TOOL ": %" PRIu64 " records read\n", b->i->records);
	if (e == POSTGREY_TRIPLET)
		triplet(b, p);
	if (e == POSTGREY_CLIENT)
		client(b, p);
	b->i->hashed += e == POSTGREY_HASHED;
	b->i->odd += e == POSTGREY_ODD;
}

/* ---- files ---- */

/* An exit status. */
static int
read_text(struct batch *b, FILE *f, const char *name)
{
	static char line[LINE];
	struct postgrey_dump dump;
	struct postgrey_record record;
	enum postgrey_event e = POSTGREY_MORE;

	postgrey_dump_init(&dump);
	while (e != POSTGREY_BAD && !b->failed && fgets(line, sizeof(line), f)) {
		struct view v = view_str(line);

		e = postgrey_dump_line(&dump, view_head(v, view_find(v, '\n')), &record);
		take(b, e, &record);
	}
	send(b);
	if (b->failed)
		return store_walk_silent(TOOL);
	if (e != POSTGREY_BAD && postgrey_dump_is_whole(&dump))
		return EX_OK;
	fprintf(stderr, TOOL ": %s: this is not, or not all of, what 'db_dump -p' prints\n", name);
	return EX_DATAERR;
}

/* A database itself is read by the program that comes with Berkeley DB. */
static int
read_database(struct batch *b, const char *path)
{
	const char *argv[] = {"db5.3_dump", "-p", path, NULL};
	struct command_output c;
	int status = command_output_open(argv, &c), ended;

	if (status != 0 && errno == ENOENT) {
		argv[0] = "db_dump";
		status = command_output_open(argv, &c);
	}
	if (status != 0) {
		fprintf(stderr, TOOL ": %s: %s; on Debian it is in the package db5.3-util\n", argv[0],
			strerror(errno));
		return EX_UNAVAILABLE;
	}
	status = read_text(b, c.out, path);
	if (command_output_close(&c, &ended) != 0 || ended != 0)
		return status == EX_OK ? EX_DATAERR : status;
	return status;
}

static bool
is_text(FILE *f)
{
	char start[8];
	bool yes = fread(start, sizeof(start), 1, f) == 1 && memcmp(start, "VERSION=", sizeof(start)) == 0;

	rewind(f);
	return yes;
}

static int
read_file(struct batch *b, const char *path)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int status;

	if (!f) {
		fprintf(stderr, TOOL ": %s: %s\n", path, strerror(errno));
		return EX_NOINPUT;
	}
	if (f == stdin)
		return read_text(b, f, "standard input");
	status = is_text(f) ? read_text(b, f, path) : read_database(b, path);
	fclose(f);
	return status;
}

int
postgrey_import(struct postgrey_import *i, char *const *files)
{
	struct batch b = {.i = i, .arena = arena_new()};
	int status = EX_OK;

	for (; *files && status == EX_OK; files++)
		status = read_file(&b, *files);
	arena_free(b.arena);
	return status;
}
