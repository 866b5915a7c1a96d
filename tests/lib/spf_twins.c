/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/spf_twins.h"

#include <stdlib.h>

#include "tests/lib/spf_watch.h"

enum { LINES = 32, MANY = 12, RUNS = 4 };

struct zone {
	struct view line[LINES];
	size_t n;
	uint32_t asked[SPF_QUESTIONS_MAX];
	size_t n_asked;
	bool patient; /* no answer is pending */
	struct ip ip[MANY];
	struct view text[MANY];
};

struct run {
	enum spf_result result;
	struct spf_outcome out;
	size_t rounds, questions;
	uint32_t order; /* of the questions */
};

static uint32_t
hash(struct view name, uint32_t h)
{
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (uint8_t)view_lower(name.p[i])) * 16777619u;
	return h ^ h >> 15;
}

static bool
seen(struct zone *z, uint32_t h)
{
	for (size_t i = 0; i < z->n_asked; i++)
		if (z->asked[i] == h)
			return true;
	if (z->n_asked == SPF_QUESTIONS_MAX)
		abort();
	z->asked[z->n_asked++] = h;
	return z->patient;
}

static enum spf_ask
ask(void *ctx, struct view name, enum spf_rr type, struct spf_answer *out)
{
	struct zone *z = ctx;
	uint32_t h = hash(name, 2166136261u + type);
	bool first = view_is(name, "x.example") && type == SPF_RR_TXT;

	if (name.n == 0 || name.n > DOMAIN_MAX)
		abort();
	if (!seen(z, h))
		return SPF_ASK_PENDING;
	if (!first && h % 16 == 0) {
		out->why = "timeout";
		return SPF_ASK_TEMPFAIL;
	}
	if (!first && h % 16 == 1)
		return SPF_ASK_NONE;
	out->n = first ? 1 : 1 + h / 16 % (type == SPF_RR_TXT ? 2 : MANY);
	for (size_t i = 0; i < out->n; i++) {
		z->ip[i] = (struct ip){
			type == SPF_RR_A ? 4 : 6, {192, 0, 2, (uint8_t)(h >> (i + 8) & 7)}};
		z->text[i] = z->line[first ? 0 : (h / 256 + i) % z->n];
	}
	out->ip = z->ip;
	out->text = z->text;
	return SPF_ASK_FOUND;
}

static struct run
check(struct zone *z, struct arena *a, const struct spf_query *base, enum spf_engine engine, bool patient)
{
	struct spf_query q = *base;
	struct run r = {.rounds = 0};
	size_t before = SIZE_MAX;

	q.ask = ask;
	q.ctx = z;
	q.engine = engine;
	z->patient = patient;
	z->n_asked = 0;
	while ((r.result = spf_query_run(&q, a, &r.out)) == SPF_PENDING) {
		if (z->n_asked == before)
			abort();
		before = z->n_asked;
		r.rounds++;
	}
	r.questions = z->n_asked;
	r.order = hash(view_of(z->asked, z->n_asked * sizeof(*z->asked)), 2166136261u);
	return r;
}

static const char *
differ(const struct run *a, const struct run *b, bool same_pace)
{
	if (a->result != b->result)
		return "result";
	if (a->out.why != b->out.why || !view_eq(a->out.where, b->out.where))
		return "reason";
	if (a->out.terms != b->out.terms || a->out.voids != b->out.voids)
		return "counts";
	if (!view_eq(a->out.explanation, b->out.explanation))
		return "explanation";
	if (!view_eq(a->out.mechanism, b->out.mechanism))
		return "mechanism";
	if (same_pace && (a->rounds != b->rounds || a->questions != b->questions || a->order != b->order))
		return "questions";
	return NULL;
}

const char *
spf_twins_differ(struct view dns, const struct ip *ip, enum spf_result *result_out)
{
	struct zone z = {.n = 0};
	struct view line;
	struct spf_query q = {.ip = *ip,
		.local = VIEW("a"),
		.domain = VIEW("x.example"),
		.helo = VIEW("h.example"),
		.explain = true};
	struct arena *a = arena_new();
	struct run run[RUNS];
	const char *what = NULL;
	size_t before = spf_watch_records();

	while (z.n < LINES && view_split(&dns, '\n', &line))
		z.line[z.n++] = line;
	if (z.n == 0)
		z.line[z.n++] = VIEW("");
	for (int i = 0; i < RUNS; i++)
		run[i] = check(&z, a, &q, i % 2 ? SPF_NATIVE : SPF_LIBSPF2, i < 2);
	for (int i = 1; i < RUNS && !what; i++)
		what = differ(&run[i], &run[i == 3 ? 2 : 0], i != 2);
	*result_out = run[0].result;
	if (!what && run[0].result == SPF_PASS && spf_watch_records() == before)
		what = "libspf2, which was not asked";
	arena_free(a);
	return what;
}
