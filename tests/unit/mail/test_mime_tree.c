/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/mime_tree.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mail/mime/mime_skeleton.h"
#include "tests/lib/unit.h"
#include "util/limits.h"

#define CT "Content-Type: "
#define CD "Content-Disposition: "
#define CTE "Content-Transfer-Encoding: "
#define MIXED CT "multipart/mixed; boundary=b\n\n"

/* The tree as a text: for each part its depth, type, names and, if it is one, "!" for an attachment. */
static const char *
show(const struct mime_tree *t)
{
	static char text[1000];
	size_t n = 0;

	text[0] = 0;
	for (size_t i = 0; i < t->n && n < sizeof(text) - 200; i++) {
		const struct mime_part *p = &t->part[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u %.*s%s", i ? ", " : "", p->depth,
			VIEW_ARG(p->type), p->attachment ? "!" : "");
		for (size_t k = 0; k < p->n_names; k++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, " [%.*s]", VIEW_ARG(p->name[k]));
	}
	return text;
}

static const struct {
	const char *message, *want;
	bool broken;
} cases[] = {
	{"\n", "0 text/plain", false},
	{"Subject: x\n\nhello\n", "0 text/plain", false},
	{CT "Image/GIF; NAME=\"a b.gif\"\n\nx", "0 image/gif [a b.gif]", false},
	{CD "attachment; filename=a\n\nx", "0 text/plain! [a]", false},
	{CD "INLINE; filename=a\n" CT "text/plain; name=b\n\nx", "0 text/plain [a] [b]", false},
	{CD "attachment; filename=a\n" CT "text/plain; name=a\n\nx", "0 text/plain! [a]", false},
	{CD "attachment; name=a\n\nx", "0 text/plain! [a]", false},
	{CD "attachment; filename*=iso-8859-1'en'%E4.exe\n\nx", "0 text/plain! [\xc3\xa4.exe]", false},
	{CD "attachment; filename*0=a; filename*1=\".exe\"\n\nx", "0 text/plain! [a.exe]", false},
	{CD "attachment; filename=\"=?koi8-r?q?=D7?=.exe\"\n\nx", "0 text/plain! [\xd0\xb2.exe]", false},
	{CD "attachment; filename=\"=?utf-8?b?YS5leGU=?=\"\n\nx", "0 text/plain! [a.exe]", false},
	{CD "attachment; filename=\"\xe4.exe\"\n\nx", "0 text/plain! [\xc3\xa4.exe]", false},
	{CD "attachment; filename=\"\xc3\xa4.exe\"\n\nx", "0 text/plain! [\xc3\xa4.exe]", false},
	{CD "attachment; filename=\"\"\n\nx", "0 text/plain!", false},
	{CD "attachment; filename=\"=?euc-kr?q?=B0=A1?=.exe\"\n\nx", "0 text/plain! [\xea\xb0\x80.exe]", false},
	{CD "attachment; filename=\"=?iso-2022-cn-ext?q?hello=0e?=\"\n\nx", "0 text/plain! [hello\x0e]", false},
	{CD "attachment; filename=\"=?ks_c_5601-1987?q?=B0=A1?=\"\n\nx", "0 text/plain! [\xea\xb0\x80]", false},
	{MIXED "--b\n\na\n--b\n" CT "a/b; name=x\n\nb\n--b--\n",
		"0 multipart/mixed, 1 text/plain, 1 a/b [x]", false},
	{MIXED "--b\n" CT "message/rfc822; name=m\n\nSubject: x\n" CT "text/html\n\nx\n--b--\n",
		"0 multipart/mixed, 1 message/rfc822 [m], 2 text/html", false},
	{MIXED "--b\n" CT "message/rfc822\n\n" CT "multipart/mixed; boundary=c\n\n--c\n" CT "a/b\n\nx\n--c--\n--b--\n",
		"0 multipart/mixed, 1 message/rfc822, 2 multipart/mixed, 3 a/b", false},
	/* broken */
	{CT "multipart/mixed\n\n--b\n\na\n--b--\n", "0 multipart/mixed", true},
	{MIXED "--b\n\na\n", "0 multipart/mixed, 1 text/plain", true},
	{MIXED "nothing\n", "0 multipart/mixed", true},
	{MIXED "--b--\n", "0 multipart/mixed", true},
	{MIXED "--b\n" CT "multipart/mixed; boundary=c\n\n--c\n\nx\n--b--\n",
		"0 multipart/mixed, 1 multipart/mixed, 2 text/plain", true},
	{MIXED "--b\nnonsense\n" CT "a/b\n\nx\n--b--\n", "0 multipart/mixed, 1 a/b", true},
	{CT "text/plain\n" CT "text/plain\n\nx", "0 text/plain", true},
	{CT "text/plain\n" CT "text/html\n\nx", "0 text/html", true},
	{"Subject: a\nSubject: b\n\nx", "0 text/plain", false},
	{CT "; name=a.zip\n\nx", "0 application/octet-stream", true},
	{CTE "base65\n\nx", "0 text/plain", true},
	{CTE "7bit\n\nx", "0 text/plain", false},
	{CTE " BASE64 (x)\n\nx", "0 text/plain", false},
	{CTE "base64\n" MIXED "--b\n\nx\n--b--\n", "0 multipart/mixed, 1 text/plain", true},
};

static void
trees(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *a = arena_new();
		struct mime_tree t;
		const char *got;

		mime_tree_read(view_str(cases[i].message), a, &t);
		got = show(&t);
		UNIT_CASE(strcmp(got, cases[i].want) == 0, got);
		UNIT_CASE(strcmp(got, cases[i].want) == 0, cases[i].message);
		UNIT_CASE(t.broken == cases[i].broken, cases[i].message);
		UNIT_CASE(!t.why, cases[i].message);
		arena_free(a);
	}
}

static void
nothing(void)
{
	struct arena *a = arena_new();
	struct mime_tree t;

	mime_tree_read((struct view){NULL, 0}, a, &t);
	CU_ASSERT(t.broken && t.n == 0);
	arena_free(a);
}

static const struct {
	const char *encoding;
	struct view content;
	const char *want;
} heads[] = {
	{"7bit", VIEW("MZ0123456789abcdefghi"), "MZ0123456789abcd"},
	{"base64", VIEW("TVowMTIzNDU2Nzg5YWJjZGVmZ2hpCg=="), "MZ0123456789abcd"},
	{"base64", VIEW("\n TVow\n!MTIz"), "MZ0123"},
	{"quoted-printable", VIEW("M=5A=\n0"), "MZ0"},
	{"x-uuencode", VIEW("begin 644 a\n#35HP\n`\nend\n"), "MZ0"},
	{"nonsense", VIEW("MZ"), "MZ"},
	{"base64", VIEW(""), ""},
};

static void
first_bytes(void)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		struct arena *a = arena_new();
		struct mime_tree t;

		mime_tree_read(arena_printf(a, CTE "%s\n\n%.*s", heads[i].encoding, VIEW_ARG(heads[i].content)), a, &t);
		CU_ASSERT_EQUAL_FATAL(t.n, 1);
		UNIT_VIEW(view_of(t.part[0].head, t.part[0].n_head), heads[i].want);
		arena_free(a);
	}
}

/* Names of fields come back as they were, through a skeleton. */
static void
names(void)
{
	struct arena *a = arena_new();
	struct mime_skeleton *s = mime_skeleton_new(a);
	struct mime_tree t;
	const char *why;

	mime_skeleton_header(s, &(struct header_field){VIEW("Content-Type"), VIEW(" multipart/mixed; boundary=b")});
	mime_skeleton_body(s, VIEW("--b\nX-Y: a\n b\ncontent-z: c\n!To: d\n" CT "message/rfc822\n\nTo: e\n\nx\n--b--\n"));
	mime_tree_read(mime_skeleton_end(s, &why), a, &t);
	CU_ASSERT_EQUAL_FATAL(t.n, 3);
	CU_ASSERT_EQUAL_FATAL(t.part[1].n_fields, 4);
	UNIT_VIEW(t.part[1].field[0].name, "X-Y");
	UNIT_VIEW(t.part[1].field[0].value, " a\n b\n");
	UNIT_VIEW(t.part[1].field[1].name, "content-z");
	UNIT_VIEW(t.part[1].field[2].name, "!To");
	CU_ASSERT_FALSE(t.broken);
	arena_free(a);
}

static void
fields(void)
{
	struct arena *a = arena_new();
	struct mime_tree t;

	mime_tree_read(VIEW("Subject: x\nContent-X: 1\n" MIXED "--b\nX-Y: a\n b\nx-y: c\n\nx\n--b--\n"), a, &t);
	CU_ASSERT_EQUAL_FATAL(t.n, 2);
	CU_ASSERT_EQUAL_FATAL(t.part[0].n_fields, 2);
	UNIT_VIEW(t.part[0].field[0].name, "Content-X");
	UNIT_VIEW(t.part[0].field[0].value, " 1\n");
	CU_ASSERT_EQUAL_FATAL(t.part[1].n_fields, 2);
	UNIT_VIEW(t.part[1].field[0].value, " a\n b\n");
	UNIT_VIEW(t.part[1].field[1].name, "x-y");
	arena_free(a);
}

/* times pieces in a row */
static struct view
repeat(const char *piece, size_t times, struct arena *a)
{
	size_t n = strlen(piece);
	char *p = arena_alloc(a, n * times + 1);

	for (size_t i = 0; i < times; i++)
		memcpy(p + i * n, piece, n);
	return view_of(p, n * times);
}

static const struct {
	const char *before, *piece;
	size_t times;
	const char *why;
} floods[] = {
	{MIXED, "--b\n\nx\n", MIME_PARTS_MAX - 1, NULL},
	{MIXED, "--b\n\nx\n", MIME_PARTS_MAX, "too many parts"},
	{"", CT "message/rfc822\n\n", MIME_DEPTH_MAX, NULL},
	{"", CT "message/rfc822\n\n", MIME_DEPTH_MAX + 2, "parts are nested too deep"},
	{"", CT "message/rfc822\n\n", 10000, "parts are nested too deep"},
	{"", CT "multipart/mixed; boundary=b\n\n--b\n", 10000, "parts are nested too deep"},
};

/* What enclosed messages may say in fields that are no business of the structure. */
static const struct {
	const char *field, *piece;
} foreign[] = {
	{"To: ", "a,"},
	{"To: ", "a:"},
	{"Cc : ", "a:"},
	{"From : ", "a:"},
	{"From: ", "<@a,"},
	{" To: ", "a:"},
	{">From x\n To: ", "a:"},
	{"From x\nTo: ", "a:"},
	{"From x\n\tTo: ", "a:"},
	{"X: y\rTo: ", "a:"},
	{"\rTo: ", "a:"},
	{"Resent-To:\n ", "a:"},
	{"Disposition-Notification-To:", "a,"},
	{"Autocrypt-Gossip: ", "a=a;"},
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Run on a stack of 256 KB. GMime took seconds for each, or 7 MB of stack. */
static void *
foreign_fields_of(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
		struct arena *a = arena_new();
		struct mime_skeleton *s = mime_skeleton_new(a);
		double before = now();
		struct mime_tree t;
		const char *why;

		mime_skeleton_header(s, &(struct header_field){VIEW("Content-Type"), VIEW(" message/rfc822")});
		mime_skeleton_body(s, view_str(foreign[i].field));
		mime_skeleton_body(s, repeat(foreign[i].piece, 60000 / strlen(foreign[i].piece), a));
		mime_skeleton_body(s, VIEW("\n" CD "attachment; filename=a\n\nx\n"));
		mime_tree_read(mime_skeleton_end(s, &why), a, &t);
		UNIT_CASE(t.n == 2 && (t.broken || t.part[1].n_names == 1), foreign[i].field);
		UNIT_CASE(now() - before < 0.5, foreign[i].field);
		arena_free(a);
	}
	return NULL;
}

/* Run on a stack of 1 MB: see deep. */
static void *
ceilings_of(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++) {
		struct arena *a = arena_new();
		struct view many = repeat(floods[i].piece, floods[i].times, a);
		struct mime_tree t;

		mime_tree_read(arena_printf(a, "%s%.*s", floods[i].before, VIEW_ARG(many)), a, &t);
		UNIT_CASE(floods[i].why ? t.why && strcmp(t.why, floods[i].why) == 0 : !t.why, floods[i].piece);
		UNIT_CASE(!t.why || t.broken, floods[i].piece);
		UNIT_CASE(t.n <= MIME_PARTS_MAX, floods[i].piece);
		arena_free(a);
	}
	return NULL;
}

static void
on_stack_of(size_t size, void *(*f)(void *))
{
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, size);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, &small, f, NULL), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&small);
}

static void
ceilings(void)
{
	on_stack_of(1 << 20, ceilings_of);
}

static void
foreign_fields(void)
{
	on_stack_of(256 * 1024, foreign_fields_of);
}

static void
boundary_length(void)
{
	struct arena *a = arena_new();
	struct view b = repeat("b", MIME_LINE_MAX - 4, a), longer = repeat("b", MIME_LINE_MAX - 3, a);
	struct mime_tree t;

	mime_tree_read(arena_printf(a, CT "multipart/mixed; boundary=%.*s\n\n--%.*s\n\nx\n--%.*s--\n", VIEW_ARG(b),
			       VIEW_ARG(b), VIEW_ARG(b)), a, &t);
	CU_ASSERT(!t.why && !t.broken && t.n == 2);
	mime_tree_read(arena_printf(a, CT "multipart/mixed; boundary=%.*s\n\nx\n", VIEW_ARG(longer)), a, &t);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t.why);
	CU_ASSERT_STRING_EQUAL(t.why, "a boundary is too long");
	arena_free(a);
}

enum { THREADS = 4, ROUNDS = 40 };

static void *
read_often(void *differ)
{
	for (int k = 0; k < ROUNDS; k++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			struct arena *a = arena_new();
			struct mime_tree t;

			mime_tree_read(view_str(cases[i].message), a, &t);
			*(size_t *)differ += t.broken != cases[i].broken || t.n == 0;
			arena_free(a);
		}
	return NULL;
}

static void
threads(void)
{
	pthread_t thread[THREADS];
	size_t differ[THREADS] = {0};

	for (int i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, read_often, &differ[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		CU_ASSERT_EQUAL(differ[i], 0);
	}
}

static const struct unit_test tests[] = {
	{"from many threads at once", threads}, /* first: they race for the first use */
	{"parts, names and what is broken", trees},
	{"no message at all", nothing},
	{"first bytes, decoded", first_bytes},
	{"fields of parts", fields},
	{"their names", names},
	{"too many, too deep", ceilings},
	{"fields of enclosed messages", foreign_fields},
	{"a boundary that is too long", boundary_length},
};

int
main(void)
{
	return unit_main("mail/mime/mime_tree", tests, sizeof(tests) / sizeof(*tests));
}
