/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/canonical.h"

#include <stdlib.h>

#include "tests/lib/unit.h"
#include "util/buf.h"

static struct arena *a;

/* The examples of RFC 6376 section 3.4.5, and what milters hand over. */
static void
fields(void)
{
	static const struct {
		enum canonical kind;
		const char *name, *value, *want;
	} cases[] = {
		{CANONICAL_RELAXED, "A", " X", "a:X"},
		{CANONICAL_RELAXED, "B ", " Y\t\r\n\tZ  ", "b:Y Z"},
		{CANONICAL_RELAXED, "B", " Y\t\n\tZ  ", "b:Y Z"},
		{CANONICAL_RELAXED, "C", "", "c:"},
		{CANONICAL_RELAXED, "D", "a\rb", "d:a\rb"},
		{CANONICAL_SIMPLE, "A", " X", "A: X"},
		{CANONICAL_SIMPLE, "B ", " Y\t\r\n\tZ  ", "B : Y\t\r\n\tZ  "},
		{CANONICAL_SIMPLE, "B", " Y\n Z", "B: Y\r\n Z"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct header_field h = {view_str(cases[i].name), view_str(cases[i].value)};

		UNIT_VIEW(canonical_field(cases[i].kind, &h, a), cases[i].want);
	}
}

static void
without_b(void)
{
	static const char *const cases[][2] = {
		{"a=1; b=xyz; c=2", "a=1; b=; c=2"},
		{" b = x\r\n y ;bh=keep", " b =;bh=keep"},
		{"bb=1; b=last", "bb=1; b="},
		{"h=b=1; x", "h=b=1; x"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		UNIT_VIEW(canonical_unsigned(view_str(cases[i][0]), a), cases[i][1]);
}

static void
add(void *out, struct view piece)
{
	buf_add(out, piece);
}

/* The same whatever the pieces are. */
static void
bodies(void)
{
	static const struct {
		enum canonical kind;
		uint64_t limit;
		const char *body, *want;
	} cases[] = {
		{CANONICAL_SIMPLE, UINT64_MAX, "", "\r\n"},
		{CANONICAL_RELAXED, UINT64_MAX, "", ""},
		{CANONICAL_SIMPLE, UINT64_MAX, "\r\n\r\n", "\r\n"},
		{CANONICAL_RELAXED, UINT64_MAX, " \r\n\t\r\n", ""},
		{CANONICAL_SIMPLE, UINT64_MAX, " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n"},
		{CANONICAL_RELAXED, UINT64_MAX, " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"},
		{CANONICAL_RELAXED, UINT64_MAX, "a b c \t d  e\tf g \r\nh i", "a b c d e f g\r\nh i\r\n"},
		{CANONICAL_RELAXED, 4, "a b c d\r\n", "a b "},
		{CANONICAL_RELAXED, UINT64_MAX, "a\r\n \r\n\r\nb", "a\r\n\r\n\r\nb\r\n"},
		{CANONICAL_SIMPLE, UINT64_MAX, "no end", "no end\r\n"},
		{CANONICAL_SIMPLE, UINT64_MAX, "a\nb\rc\r\n", "a\nb\rc\r\n"},
		{CANONICAL_SIMPLE, UINT64_MAX, "a\r\r\n", "a\r\r\n"},
		{CANONICAL_SIMPLE, UINT64_MAX, "a\r", "a\r\r\n"},
		{CANONICAL_RELAXED, 3, "a  bcd\r\n", "a b"},
		{CANONICAL_RELAXED, 0, "a", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view body = view_str(cases[i].body);

		for (size_t step = 1; step <= body.n + 1; step++) {
			struct canonical_body c;
			struct buf out;

			buf_init(&out, 1000);
			canonical_body_init(&c, cases[i].kind, cases[i].limit, add, &out);
			for (size_t at = 0; at < body.n; at += step)
				canonical_body_add(&c, view_head(view_skip(body, at), step));
			canonical_body_end(&c);
			UNIT_VIEW(buf_view(&out), cases[i].want);
			buf_done(&out);
		}
	}
}

static void
count(void *pieces, struct view piece)
{
	++*(int *)pieces;
}

/* A hash is slow to be told word by word. */
static void
pieces(void)
{
	struct canonical_body c;
	int n = 0;

	canonical_body_init(&c, CANONICAL_RELAXED, UINT64_MAX, count, &n);
	canonical_body_add(&c, VIEW("a line of words with one blank between them\r\n"));
	canonical_body_end(&c);
	CU_ASSERT_EQUAL(n, 2); /* the line, and its end */
}

static void
kinds(void)
{
	enum canonical h, b;

	CU_ASSERT(canonical_read(VIEW("relaxed"), &h, &b) && h == CANONICAL_RELAXED && b == CANONICAL_SIMPLE);
	CU_ASSERT(canonical_read(VIEW("simple/relaxed"), &h, &b) && h == CANONICAL_SIMPLE && b == CANONICAL_RELAXED);
	CU_ASSERT(canonical_read((struct view){NULL, 0}, &h, &b) && h == CANONICAL_SIMPLE && b == CANONICAL_SIMPLE);
	CU_ASSERT_FALSE(canonical_read(VIEW("nofws"), &h, &b));
	CU_ASSERT_FALSE(canonical_read(VIEW("relaxed/relaxed/relaxed"), &h, &b));
}

static const struct unit_test tests[] = {
	{"fields", fields},
	{"a signature without its b=", without_b},
	{"bodies, in pieces of any size", bodies},
	{"few pieces of a line", pieces},
	{"c=", kinds},
};

int
main(void)
{
	int status;

	a = arena_new();
	status = unit_main("mail/dkim/canonical", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return status;
}
