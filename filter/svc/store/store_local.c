/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/store_local.h"

#include <pthread.h>
#include <stdlib.h>

#include "svc/store/store_sqlite.h"
#include "util/log.h"

struct local {
	struct store_backend backend; /* first: what callers hold */
	pthread_mutex_t lock;
	struct store_sqlite *db;
};

static void
local_call(struct store_backend *b, const struct store_request *r, size_t n, struct arena *a,
	struct store_result *out, bool *late_out)
{
	struct local *l = (struct local *)b;

	*late_out = false;
	for (size_t i = 0; i < n; i++) {
		struct view value = {NULL, 0};

		pthread_mutex_lock(&l->lock);
		out[i].status = store_sqlite_do(l->db, &r[i], &value);
		out[i].value = arena_copy(a, value);
		pthread_mutex_unlock(&l->lock);
	}
}

static void
local_free(struct store_backend *b)
{
	struct local *l = (struct local *)b;

	store_sqlite_free(l->db);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

struct store_backend *
store_local_new(void)
{
	struct local *l = calloc(1, sizeof(*l));

	if (!l)
		log_die("out of memory");
	l->backend = (struct store_backend){local_call, local_free};
	pthread_mutex_init(&l->lock, NULL);
	l->db = store_sqlite_new(":memory:");
	return &l->backend;
}
