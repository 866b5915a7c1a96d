/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_spf_query -- first line: the domain's record; the other lines are the rest of the DNS: a
 * question's hash tells which of them, if any, is its answer. The result is the same whether
 * answers are there or pending first, and questions stay within their bound.
 */
#include "mail/spf_query.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { LINES = 32, MANY = 12 };

struct zone {
	struct view line[LINES];
	size_t n;
	uint32_t asked[SPF_QUESTIONS_MAX];
	size_t n_asked;
	bool patient; /* no answer is pending */
	struct ip ip[MANY];
	struct view text[MANY];
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

static enum spf_result
check(struct zone *z, struct arena *a, const struct spf_query *base, bool patient,
	struct spf_outcome *out)
{
	struct spf_query q = *base;
	enum spf_result r;
	size_t before = SIZE_MAX;

	q.ask = ask;
	q.ctx = z;
	z->patient = patient;
	z->n_asked = 0;
	while ((r = spf_query_run(&q, a, out)) == SPF_PENDING) {
		if (z->n_asked == before)
			abort();
		before = z->n_asked;
	}
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct zone z = {.n = 0};
	struct view rest = view_of(data, n), line;
	struct spf_query q = {.ip = {4, {192, 0, 2, 1}},
		.local = VIEW("a"),
		.domain = VIEW("x.example"),
		.helo = VIEW("h.example"),
		.explain = true};
	struct spf_outcome at_once, late;
	struct arena *a = arena_new();
	enum spf_result want, got;

	while (z.n < LINES && view_split(&rest, '\n', &line))
		z.line[z.n++] = line;
	if (n % 2)
		q.ip.family = 6;
	if (z.n > 0) {
		want = check(&z, a, &q, true, &at_once);
		got = check(&z, a, &q, false, &late);
		if (want != got || at_once.why != late.why || at_once.terms != late.terms ||
			!view_eq(at_once.where, late.where) ||
			!view_eq(at_once.explanation, late.explanation))
			abort();
	}
	arena_free(a);
	return 0;
}
