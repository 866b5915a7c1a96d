/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/svc/store_folder.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/unit.h"

char folder_path[128];
static char folder[64];

void
folder_enter(void)
{
	memcpy(folder, "/tmp/postern-store-XXXXXX", 26);
	if (!mkdtemp(folder))
		abort();
	snprintf(folder_path, sizeof(folder_path), "%s/state.db", folder);
}

size_t
folder_files(const char *suffix, bool also_remove)
{
	char pattern[200];
	glob_t g = {0};
	size_t n;

	snprintf(pattern, sizeof(pattern), "%s%s*", folder_path, suffix);
	n = glob(pattern, 0, NULL, &g) == 0 ? g.gl_pathc : 0;
	for (size_t i = 0; also_remove && i < n; i++)
		unlink(g.gl_pathv[i]);
	globfree(&g);
	return n;
}

void
folder_leave(void)
{
	folder_files("", true);
	rmdir(folder);
}

struct store_request
request(enum store_op op, const char *key, const char *value)
{
	return (struct store_request){.op = op, .type = STORE_GREYLIST, .version = 1, .now = 100,
		.expires = 200, .key = view_str(key), .value = view_str(value)};
}

enum store_status
doing(struct store_sqlite *s, enum store_op op, const char *key, const char *value)
{
	struct store_request r = request(op, key, value);
	struct view v;

	return store_sqlite_do(s, &r, &v);
}

const char *
numbered(int i)
{
	static char key[32];

	snprintf(key, sizeof(key), "key-%d", i);
	return key;
}

void
settle(struct store_sqlite *s)
{
	for (int i = 0; i < STORE_BATCH; i++)
		doing(s, STORE_PUT, "filler", "");
	while (store_sqlite_due(s) >= 0)
		store_sqlite_tick(s, 100);
}

void
settle_until(struct store_sqlite *s, bool in_memory)
{
	struct store_sqlite_state state;

	do {
		usleep(1000);
		store_sqlite_tick(s, 100);
		store_sqlite_describe(s, &state);
	} while (state.in_memory != in_memory);
}

void
value_is(struct store_sqlite *s, const char *key, const char *want)
{
	struct store_request r = request(STORE_GET, key, "");
	struct view v = VIEW("");

	CU_ASSERT_EQUAL(store_sqlite_do(s, &r, &v), STORE_FOUND);
	UNIT_VIEW(v, want);
}
