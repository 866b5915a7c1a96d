/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store_local.h"

#include <pthread.h>
#include <stdlib.h>

#include "svc/store_sqlite.h"
#include "util/log.h"

struct local {
	struct store_backend backend; /* first: what callers hold */
	pthread_mutex_t lock;
	struct store_sqlite *db;
};

static enum store_status
local_call(struct store_backend *b, const struct store_request *r, struct arena *a, struct view *value_out,
	bool *late_out)
{
	struct local *l = (struct local *)b;
	struct view value = VIEW("");
	enum store_status s;

	*late_out = false;
	pthread_mutex_lock(&l->lock);
	s = store_sqlite_do(l->db, r, &value);
	if (s == STORE_FOUND && r->op != STORE_PUT)
		*value_out = arena_copy(a, value);
	pthread_mutex_unlock(&l->lock);
	return s;
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
