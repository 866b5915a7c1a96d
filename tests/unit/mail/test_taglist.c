/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/taglist.h"
#include "tests/lib/unit.h"

#include <stdio.h>

static const struct {
	const char *name;
	struct view text;
	const char *want; /* name=value|... ; NULL = refused */
} cases[] = {
	{"one", VIEW("a=1"), "a=1|"},
	{"several", VIEW("v=1; a=rsa-sha256;\tb=x y"), "v=1|a=rsa-sha256|b=x y|"},
	{"final semicolon", VIEW("a=1;"), "a=1|"},
	{"blank behind it", VIEW("a=1; "), "a=1|"},
	{"line end behind it", VIEW("a=1;\r\n"), "a=1|"},
	{"blanks around all", VIEW("  a = 1 ; b = 2 "), "a=1|b=2|"},
	{"folded with CRLF", VIEW(" a=1;\r\n\tb\r\n = \r\n 2"), "a=1|b=2|"},
	{"folded with LF", VIEW("a=1;\n b=2"), "a=1|b=2|"},
	{"empty value", VIEW("p="), "p=|"},
	{"empty value before another", VIEW("p=;t=s"), "p=|t=s|"},
	{"equals sign in a value", VIEW("b=AA=="), "b=AA==|"},
	{"underscore and digit", VIEW("x_1=y"), "x_1=y|"},
	{"names differ by case", VIEW("A=1;a=2"), "A=1|a=2|"},
	{"UTF-8 value", VIEW("d=b\xc3\xbc.example"), "d=b\xc3\xbc.example|"},
	{"duplicate", VIEW("a=1;a=1"), NULL},
	{"nothing", VIEW(""), NULL},
	{"only blanks", VIEW(" \t"), NULL},
	{"only a semicolon", VIEW(";"), NULL},
	{"empty piece", VIEW("a=1;;b=2"), NULL},
	{"two final semicolons", VIEW("a=1;;"), NULL},
	{"no equals sign", VIEW("a=1;t"), NULL},
	{"name starts with a digit", VIEW("1a=1"), NULL},
	{"name with a hyphen", VIEW("a-b=1"), NULL},
	{"NUL", VIEW("a=1\0"), NULL},
	{"control character", VIEW("a=1\x01"), NULL},
	{"DEL", VIEW("a=1\x7f"), NULL},
	{"bare CR", VIEW("a=1\rb=2"), NULL},
	{"line end without a blank", VIEW("a=1\r\nb=2"), NULL},
	{"two line ends", VIEW("a=1\r\n\r\n 2"), NULL},
};

static void
reads(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct taglist l;
		const char *why = NULL;
		char got[200] = "";
		size_t at = 0;
		bool ok = taglist_read(cases[i].text, &l, &why);

		UNIT_CASE(ok == (cases[i].want != NULL), cases[i].name);
		UNIT_CASE(ok == !why, cases[i].name);
		for (size_t k = 0; ok && k < l.n && at < sizeof(got); k++)
			at += (size_t)snprintf(got + at, sizeof(got) - at, "%.*s=%.*s|",
				VIEW_ARG(l.tag[k].name), VIEW_ARG(l.tag[k].value));
		if (ok && cases[i].want)
			UNIT_VIEW(view_str(got), cases[i].want);
	}
}

static void
ceiling(void)
{
	char text[(TAGLIST_TAGS + 1) * 8];
	struct taglist l;
	const char *why = NULL;
	size_t n = 0;

	for (int i = 0; i < TAGLIST_TAGS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "t%d=1;", i);
	CU_ASSERT(taglist_read(view_of(text, n), &l, &why));
	CU_ASSERT_EQUAL(l.n, TAGLIST_TAGS);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "z=1");
	CU_ASSERT(!taglist_read(view_of(text, n), &l, &why));
	CU_ASSERT_STRING_EQUAL(why, "too many tags");
}

static void
looks_up(void)
{
	struct arena *a = arena_new();
	struct taglist l;
	const char *why;

	CU_ASSERT(taglist_read(VIEW("b=A B\r\n\tC; p="), &l, &why));
	UNIT_VIEW(taglist_compact(taglist_get(&l, "b"), a), "ABC");
	UNIT_VIEW(taglist_get(&l, "p"), "");
	CU_ASSERT_PTR_NULL(taglist_get(&l, "P").p);
	CU_ASSERT_PTR_NULL(taglist_compact(taglist_get(&l, "x"), a).p);
	arena_free(a);
}

static void
lenient(void)
{
	struct view rest = VIEW("v=DMARC1; p = reject ;tagonly;=x;");
	static const char *const want[][2] = {
		{"v", "DMARC1"}, {"p", "reject"}, {"tagonly", NULL}, {"", "x"}, {"", NULL}};
	struct tag t;
	size_t n = 0;

	for (; taglist_next(&rest, &t); n++) {
		CU_ASSERT_FATAL(n < sizeof(want) / sizeof(*want));
		UNIT_VIEW(t.name, want[n][0]);
		CU_ASSERT(want[n][1] ? view_eq_str(t.value, want[n][1]) : !t.value.p);
	}
	CU_ASSERT(n >= 4);
}

static const struct unit_test tests[] = {
	{"reads strict lists", reads},
	{"stops at its ceiling", ceiling},
	{"finds tags and compacts values", looks_up},
	{"splits leniently", lenient},
};

int
main(void)
{
	return unit_main("mail/taglist", tests, sizeof(tests) / sizeof(*tests));
}
