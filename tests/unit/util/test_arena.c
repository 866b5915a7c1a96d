/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/unit.h"
#include "util/arena.h"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

static void
allocates(void)
{
	struct arena *a = arena_new();
	char *last = NULL;

	for (size_t n = 0; n < 40000; n = n * 3 + 1) {
		char *p = arena_alloc(a, n);

		CU_ASSERT_EQUAL((uintptr_t)p % _Alignof(max_align_t), 0);
		CU_ASSERT_PTR_NOT_EQUAL(p, last);
		for (size_t i = 0; i < n; i++)
			CU_ASSERT_FATAL(p[i] == 0);
		memset(p, 0xff, n);
		last = p;
	}
	arena_reset(a);
	CU_ASSERT_EQUAL(arena_used(a), 0);
	for (int i = 0; i < 100; i++) { /* used memory comes back zeroed */
		char *p = arena_alloc(a, 100);

		for (size_t j = 0; j < 100; j++)
			CU_ASSERT_FATAL(p[j] == 0);
	}
	CU_ASSERT(arena_used(a) >= 100 * 100);
	CU_ASSERT_PTR_NOT_NULL(arena_array(a, 0, 8));
	arena_free(a);
	arena_free(NULL);
}

/* Small and large ones in turn: none lies in another, and all outlive what comes after. */
static void
keeps_what_it_gave(void)
{
	enum { N = 300 };
	struct arena *a = arena_new();
	unsigned char *p[N];

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < N; i++) {
			p[i] = arena_alloc(a, i % 7 ? i : i * 40);
			memset(p[i], (int)i & 0xff, i % 7 ? i : i * 40);
		}
		for (size_t i = 0; i < N; i++)
			for (size_t k = 0; k < (i % 7 ? i : i * 40); k++)
				CU_ASSERT_FATAL(p[i][k] == (i & 0xff));
		arena_reset(a);
	}
	arena_free(a);
}

/* Thousands of idle sessions have arenas. */
static void
is_as_small_as_what_is_in_it(void)
{
	enum { N = 1000 };
	static struct arena *a[N];
	size_t before = mallinfo2().uordblks;

	for (int i = 0; i < N; i++) {
		a[i] = arena_new();
		arena_alloc(a[i], 3000);
		arena_alloc(a[i], 100);
	}
	CU_ASSERT(mallinfo2().uordblks - before < N * 5000);
	for (int i = 0; i < N; i++) {
		arena_alloc(a[i], 100000);
		arena_reset(a[i]);
	}
	CU_ASSERT(mallinfo2().uordblks - before < N * 1500);
	for (int i = 0; i < N; i++)
		arena_free(a[i]);
}

static void
copies(void)
{
	struct arena *a = arena_new();
	char text[] = "aB\0C";
	struct view v = arena_copy(a, view_of(text, 4)), low = arena_lower(a, view_of(text, 4));

	memset(text, 'x', 4);
	CU_ASSERT(view_eq(v, VIEW("aB\0C")));
	CU_ASSERT(view_eq(low, VIEW("ab\0c")));
	CU_ASSERT_EQUAL(v.p[4], 0);
	CU_ASSERT_PTR_NULL(arena_copy(a, (struct view){NULL, 0}).p);
	CU_ASSERT_PTR_NULL(arena_lower(a, (struct view){NULL, 0}).p);
	CU_ASSERT_PTR_NOT_NULL(arena_copy(a, VIEW("")).p);
	CU_ASSERT_STRING_EQUAL(arena_cstr(a, VIEW("abc")), "abc");
	CU_ASSERT_STRING_EQUAL(arena_cstr(a, (struct view){NULL, 0}), "");
	UNIT_VIEW(arena_printf(a, "%d %s", 7, "x"), "7 x");
	UNIT_VIEW(arena_printf(a, "%s", ""), "");
	CU_ASSERT_EQUAL(arena_printf(a, "%20000d", 1).n, 20000);
	for (int n = 250; n < 260; n++) { /* where the short way ends */
		v = arena_printf(a, "%*d", n, 7);
		CU_ASSERT(v.n == (size_t)n && v.p[n - 1] == '7' && v.p[n] == 0);
	}
	arena_free(a);
}

struct trace {
	char text[16];
	size_t n;
};
struct mark {
	struct trace *trace;
	char c;
};

static void
hook(void *arg)
{
	struct mark *m = arg;

	m->trace->text[m->trace->n++] = m->c;
}

static void
hooks(void)
{
	struct arena *a = arena_new();
	struct trace trace = {"", 0};

	for (char c = 'a'; c < 'd'; c++) {
		struct mark *m = arena_new_of(a, struct mark);

		*m = (struct mark){&trace, c};
		arena_on_reset(a, hook, m);
		arena_alloc(a, 10000);
	}
	arena_reset(a);
	CU_ASSERT_STRING_EQUAL(trace.text, "cba");
	arena_reset(a);
	CU_ASSERT_STRING_EQUAL(trace.text, "cba");
	arena_on_reset(a, hook, &(struct mark){&trace, 'z'});
	arena_free(a);
	CU_ASSERT_STRING_EQUAL(trace.text, "cbaz");
}

/* What would wrap ends the process instead of giving less than was asked for. */
static void
overflow(void)
{
	static const struct {
		size_t count, size;
	} t[] = {{SIZE_MAX / 2, 4}, {SIZE_MAX, 1}, {1, SIZE_MAX}};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			close(STDERR_FILENO);
			arena_array(arena_new(), t[i].count, t[i].size);
			_exit(0);
		}
		CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
		CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 70);
	}
}

static const struct unit_test tests[] = {
	{"memory is zeroed and aligned", allocates},
	{"what it gave stays", keeps_what_it_gave},
	{"it is as small as what is in it", is_as_small_as_what_is_in_it},
	{"copies", copies},
	{"hooks run newest first, once", hooks},
	{"sizes that overflow end the process", overflow},
};

int
main(void)
{
	return unit_main("util/arena", tests, sizeof(tests) / sizeof(*tests));
}
