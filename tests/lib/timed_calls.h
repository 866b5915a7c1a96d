/* SPDX-License-Identifier: BSD-2-Clause
 *
 * timed_calls -- calls of a store by several threads at once, and how long each took: for benchmarks.
 */
#ifndef TESTS_LIB_TIMED_CALLS_H
#define TESTS_LIB_TIMED_CALLS_H

#include "svc/store.h"

enum { TIMED_CALLS_KEY = 33 }; /* bytes of a key, and a NUL that printf may write */

struct timed_calls {
	struct store *store;
	int threads;
	size_t together; /* requests of one call */
	size_t samples;  /* calls of one thread, at most */
	int64_t ms;      /* that they last */
	unsigned rate;   /* calls a second, of all threads; 0: as many as they can */
	uint64_t seed;   /* the first n; of the next thread, 2 to the power of 40 further */
	/* The nth request; its key is written to key. */
	struct store_request (*request)(void *ctx, uint64_t n, char key[static TIMED_CALLS_KEY]);
	void *ctx;
};

struct timed_calls_result {
	uint32_t *us; /* of each call, sorted; gives (free) */
	size_t n, failed;
	double seconds;
};

struct timed_calls_result timed_calls_run(const struct timed_calls *o);

#endif
