/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/spf_zone.h"

#include <stdio.h>
#include <stdlib.h>

enum { ANSWERS = 64, CHAIN = 8 };

struct record {
	struct view name, value;
	int type;
};

struct question {
	struct view name;
	enum spf_rr type;
	bool delivered;
};

struct spf_zone {
	struct arena *records, *run;
	struct record *rr;
	size_t n, cap;
	struct question *asked;
	size_t n_asked, cap_asked, rounds;
	enum spf_zone_pace pace;
	struct ip ip[ANSWERS];
	struct view text[ANSWERS];
};

static void *
grow(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap ? 2 * *cap : 64;
	p = realloc(p, *cap * size);
	if (!p)
		abort();
	return p;
}

struct spf_zone *
spf_zone_new(void)
{
	struct spf_zone *z = calloc(1, sizeof(*z));

	if (!z)
		abort();
	z->records = arena_new();
	z->run = arena_new();
	return z;
}

void
spf_zone_free(struct spf_zone *z)
{
	if (!z)
		return;
	arena_free(z->records);
	arena_free(z->run);
	free(z->rr);
	free(z->asked);
	free(z);
}

void
spf_zone_add(struct spf_zone *z, struct view name, int type, struct view value)
{
	z->rr = grow(z->rr, z->n, &z->cap, sizeof(*z->rr));
	z->rr[z->n++] =
		(struct record){arena_copy(z->records, name), arena_copy(z->records, value), type};
}

void
spf_zone_read(struct spf_zone *z, const char *lines)
{
	static const char *const types[] = {"A", "AAAA", "MX", "PTR", "TXT", "CNAME", "TIMEOUT"};
	struct view rest = view_str(lines), line, name, type;

	while (view_split(&rest, '\n', &line)) {
		size_t i = 0;

		if (line.n == 0)
			continue;
		if (!view_split(&line, ' ', &name) || !view_split(&line, ' ', &type))
			abort();
		while (i < 7 && !view_eq_str(type, types[i]))
			i++;
		if (i == 7)
			abort();
		spf_zone_add(z, name, (int)i, line.p ? line : VIEW(""));
	}
}

void
spf_zone_start(struct spf_zone *z, enum spf_zone_pace pace)
{
	arena_reset(z->run);
	z->n_asked = z->rounds = 0;
	z->pace = pace;
}

size_t
spf_zone_questions(const struct spf_zone *z)
{
	return z->n_asked;
}

size_t
spf_zone_rounds(const struct spf_zone *z)
{
	return z->rounds;
}

/* False while the answer is on its way. */
static bool
delivered(struct spf_zone *z, struct view name, enum spf_rr type)
{
	struct question *q = z->asked;

	for (; q < z->asked + z->n_asked; q++)
		if (q->type == type && view_eq_nocase(q->name, name))
			return q->delivered;
	z->asked = grow(z->asked, z->n_asked, &z->cap_asked, sizeof(*z->asked));
	z->asked[z->n_asked++] =
		(struct question){arena_copy(z->run, name), type, z->pace == SPF_ZONE_AT_ONCE};
	return z->pace == SPF_ZONE_AT_ONCE;
}

/* A round is over. */
static void
deliver(struct spf_zone *z)
{
	struct question *pick = NULL;

	z->rounds++;
	for (size_t i = 0; i < z->n_asked; i++) {
		struct question *q = &z->asked[i];

		if (q->delivered || (z->pace == SPF_ZONE_OLDEST && pick))
			continue;
		pick = q;
		q->delivered = z->pace == SPF_ZONE_NEXT_ROUND;
	}
	if (pick)
		pick->delivered = true;
}

static const struct record *
find(const struct spf_zone *z, struct view name, int type)
{
	for (size_t i = 0; i < z->n; i++)
		if (z->rr[i].type == type && view_eq_nocase(z->rr[i].name, name))
			return &z->rr[i];
	return NULL;
}

static void
collect(struct spf_zone *z, struct view name, enum spf_rr type, struct spf_answer *out)
{
	memset(z->ip, 0xff, sizeof(z->ip));
	memset(z->text, 0, sizeof(z->text));
	*out = (struct spf_answer){.ip = z->ip, .text = z->text};
	for (size_t i = 0; i < z->n && out->n < ANSWERS; i++) {
		const struct record *rr = &z->rr[i];

		if (rr->type != (int)type || !view_eq_nocase(rr->name, name))
			continue;
		z->text[out->n] = rr->value;
		if ((type == SPF_RR_A || type == SPF_RR_AAAA) &&
			!ip_parse(rr->value, &z->ip[out->n]))
			abort();
		out->n++;
	}
}

enum spf_ask
spf_zone_ask(void *zone, struct view name, enum spf_rr type, struct spf_answer *out)
{
	struct spf_zone *z = zone;
	const struct record *alias;
	bool timeout;

	if (!delivered(z, name, type))
		return SPF_ASK_PENDING;
	for (int i = 0; (alias = find(z, name, SPF_ZONE_CNAME)); i++) {
		out->why = "CNAME loop";
		if (i == CHAIN)
			return SPF_ASK_TEMPFAIL;
		name = alias->value;
	}
	timeout = find(z, name, SPF_ZONE_TIMEOUT);
	collect(z, name, type, out);
	out->why = "timeout";
	if (out->n > 0)
		return SPF_ASK_FOUND;
	return timeout ? SPF_ASK_TEMPFAIL : SPF_ASK_NONE;
}

enum spf_result
spf_zone_check(struct spf_zone *z, enum spf_zone_pace pace, struct spf_query *q, struct arena *a,
	struct spf_outcome *out)
{
	enum spf_result r;

	q->ask = spf_zone_ask;
	q->ctx = z;
	spf_zone_start(z, pace);
	while ((r = spf_query_run(q, a, out)) == SPF_PENDING) {
		size_t waiting = 0;

		for (size_t i = 0; i < z->n_asked; i++)
			waiting += !z->asked[i].delivered;
		if (waiting == 0) {
			printf("pending, but nothing is on its way\n");
			abort();
		}
		deliver(z);
	}
	return r;
}
