/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_bench -- one SPF question over a zone of its own: a@x.example from 192.0.2.1, HELO h.example.
 */
#ifndef TESTS_LIB_SPF_BENCH_H
#define TESTS_LIB_SPF_BENCH_H

#include "tests/lib/spf_zone.h"

struct spf_bench {
	struct spf_zone *zone;
	struct arena *a;
	struct spf_query q;
	struct spf_outcome out;
};

struct spf_bench spf_bench_new(const char *zone);
void spf_bench_done(struct spf_bench *b);

/* Asserts that both engines give the same at every pace, with the same questions and no more of them
 * than the limits allow; libspf2 is watched (tests/lib/spf_watch.h). */
enum spf_result spf_bench_run(struct spf_bench *b, const char *name);

#endif
