/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/spf_bench.h"

#include <stdlib.h>

#include "tests/lib/spf_watch.h"
#include "tests/lib/unit.h"

struct spf_bench
spf_bench_new(const char *zone)
{
	struct spf_bench b = {.zone = spf_zone_new(), .a = arena_new()};

	spf_zone_read(b.zone, zone);
	b.q = (struct spf_query){.local = VIEW("a"),
		.domain = VIEW("x.example"),
		.helo = VIEW("h.example"),
		.receiver = VIEW("mx.example.org"),
		.now = 1700000000,
		.explain = true};
	if (!ip_parse(VIEW("192.0.2.1"), &b.q.ip))
		abort();
	return b;
}

void
spf_bench_done(struct spf_bench *b)
{
	spf_zone_free(b->zone);
	arena_free(b->a);
}

enum spf_result
spf_bench_run(struct spf_bench *b, const char *name)
{
	struct spf_outcome first;
	size_t questions[SPF_ZONE_PACES], rounds[SPF_ZONE_PACES], records = spf_watch_records();
	enum spf_result want;

	b->q.engine = SPF_LIBSPF2;
	want = spf_zone_check(b->zone, SPF_ZONE_AT_ONCE, &b->q, b->a, &first);
	UNIT_CASE(want != SPF_PASS || spf_watch_records() > records, name);
	for (int i = 0; i < 2 * SPF_ZONE_PACES; i++) {
		int pace = i % SPF_ZONE_PACES;
		enum spf_result got;

		b->q.engine = i < SPF_ZONE_PACES ? SPF_LIBSPF2 : SPF_NATIVE;
		got = spf_zone_check(b->zone, (enum spf_zone_pace)pace, &b->q, b->a, &b->out);
		UNIT_CASE(got == want, name);
		UNIT_CASE(b->out.terms == first.terms && b->out.voids == first.voids, name);
		UNIT_CASE(b->out.why == first.why && view_eq(b->out.where, first.where), name);
		UNIT_CASE(view_eq(b->out.explanation, first.explanation), name);
		UNIT_CASE(view_eq(b->out.mechanism, first.mechanism), name);
		UNIT_CASE(spf_zone_questions(b->zone) <= SPF_QUESTIONS_MAX, name);
		if (i >= SPF_ZONE_PACES) {
			UNIT_CASE(spf_zone_questions(b->zone) == questions[pace], name);
			UNIT_CASE(spf_zone_rounds(b->zone) == rounds[pace], name);
		}
		questions[pace] = spf_zone_questions(b->zone);
		rounds[pace] = spf_zone_rounds(b->zone);
	}
	return want;
}
