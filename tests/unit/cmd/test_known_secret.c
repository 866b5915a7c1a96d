/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/known_secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/unit.h"

struct world {
	char folder[40], key[80], secrets[80];
	struct arena *a;
	struct diag *d;
	struct conf *c;
};

static void
open_world(struct world *w, const char *secrets)
{
	char text[200];
	FILE *f;

	snprintf(w->folder, sizeof(w->folder), "/tmp/postern-test.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w->folder));
	snprintf(w->key, sizeof(w->key), "%s/correspondents.key", w->folder);
	snprintf(w->secrets, sizeof(w->secrets), "%s/secrets", w->folder);
	snprintf(text, sizeof(text), "state-dir \"%s\"\nsecrets-file \"%s\"\n", w->folder, w->secrets);
	w->a = arena_new();
	w->d = diag_new();
	w->c = conf_text("/c", view_str(text), "mx.test", w->d);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->c);
	if (!secrets)
		return;
	f = fopen(w->secrets, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(secrets, f);
	fclose(f);
	chmod(w->secrets, 0600);
}

static void
close_world(struct world *w)
{
	unlink(w->key);
	unlink(w->secrets);
	rmdir(w->folder);
	conf_free(w->c);
	diag_free(w->d);
	arena_free(w->a);
}

static struct view
made(struct world *w)
{
	CU_ASSERT_EQUAL(known_secret_make(w->folder, geteuid(), getegid()), 0);
	return known_secret_read(NULL, w->c, w->a, w->d);
}

/* Made once, for its owner alone, and no two are alike. */
static void
makes_one(void)
{
	struct world w, other;
	struct view first;
	struct stat st;

	open_world(&w, NULL);
	CU_ASSERT_PTR_NULL(known_secret_read(NULL, w.c, w.a, w.d).p);
	first = made(&w);
	CU_ASSERT_EQUAL(first.n, 52);
	CU_ASSERT_EQUAL_FATAL(stat(w.key, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	CU_ASSERT(view_eq(made(&w), first));
	open_world(&other, NULL);
	CU_ASSERT_FALSE(view_eq(made(&other), first));
	CU_ASSERT_EQUAL(diag_errors(w.d), 0);
	close_world(&other);
	close_world(&w);
	CU_ASSERT_EQUAL(known_secret_make("/nonexistent/folder", geteuid(), getegid()), -1);
	CU_ASSERT_EQUAL(errno, ENOENT);
}

static void
prefers_the_shared_one(void)
{
	struct world w;

	open_world(&w, "redis x\ncorrespondents 0123456789abcdef\n");
	CU_ASSERT(view_eq_str(made(&w), "0123456789abcdef"));
	chmod(w.secrets, 0644); /* others may read it: it is none */
	CU_ASSERT_EQUAL(made(&w).n, 52);
	CU_ASSERT_EQUAL(diag_warnings(w.d), 1);
	close_world(&w);
	open_world(&w, "redis x\n");
	CU_ASSERT_EQUAL(made(&w).n, 52);
	chmod(w.secrets, 0644);
	CU_ASSERT_EQUAL(made(&w).n, 52);
	CU_ASSERT_EQUAL(diag_errors(w.d) + diag_warnings(w.d), 0);
	close_world(&w);
}

static void
wants_a_long_one(void)
{
	struct world w;
	FILE *f;

	open_world(&w, "correspondents 0123456789abcde\n");
	made(&w);
	CU_ASSERT_EQUAL(diag_errors(w.d), 1);
	close_world(&w);
	open_world(&w, NULL);
	f = fopen(w.key, "w"); /* it was emptied: as if there were none */
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fclose(f);
	CU_ASSERT_PTR_NULL(made(&w).p);
	CU_ASSERT_EQUAL(diag_warnings(w.d), 1);
	close_world(&w);
}

static const struct unit_test tests[] = {
	{"makes one", makes_one},
	{"prefers the shared one", prefers_the_shared_one},
	{"wants a long one", wants_a_long_one},
};

int
main(void)
{
	return unit_main("cmd/known_secret", tests, sizeof(tests) / sizeof(*tests));
}
