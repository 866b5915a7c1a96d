/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/relay_target.h"
#include "tests/lib/unit.h"

static void
targets(void)
{
	static const struct {
		const char *path, *want; /* parted by blanks; "?" = unclear */
	} t[] = {
		{"<a@own.example>", "own.example"},
		{"<a@[192.0.2.1]>", "[192.0.2.1]"},
		{"<postmaster>", ""},
		{"<a+b.c=d-e_f@own.example>", "own.example"},
		{"<a%evil.example@own.example>", "own.example evil.example"},
		{"<a%EVIL.example@own.example>", "own.example evil.example"},
		{"<a%b.example%c.example@own.example>", "own.example b.example c.example"},
		{"<evil.example!a@own.example>", "own.example evil.example"},
		{"<x.example!y.example!a@own.example>", "own.example x.example y.example"},
		{"<\"a@evil.example\"@own.example>", "own.example evil.example"},
		{"<\"a@evil.example \"@own.example>", "own.example evil.example"},
		{"<\"@evil.example:a\"@own.example>", "own.example evil.example"},
		{"<\"@evil.example,@x.example:a@y.example\"@own.example>",
			"own.example evil.example x.example y.example"},
		{"<\"<a@evil.example>\"@own.example>", "own.example evil.example"},
		{"<a%b!c@own.example>", "own.example b"},
		{"<a%own.example@own.example>", "own.example own.example"},
		{"<a%[192.0.2.1]@own.example>", NULL},
		{"<\"a%[192.0.2.1]\"@own.example>", "own.example ?"},
		{"<a%@own.example>", "own.example ?"},
		{"<%@own.example>", "own.example ?"},
		{"<!a@own.example>", "own.example ?"},
		{"<\"a@\"@own.example>", "own.example ?"},
		{"<\"a@b c.example\"@own.example>", "own.example b"},
		{"<100%off@own.example>", "own.example off"},
		{"<a%1%2%3%4%5%6%7@own.example>", "own.example 1 2 3 4 5 6 7"},
		{"<a%1%2%3%4%5%6%7%8@own.example>", "own.example 1 2 3 4 5 6 7 ?"},
		{"<@evil.example:a@own.example>", "own.example"},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct view text = {"", 0};
		struct address x;
		struct relay_target r;
		bool ok = address_path(view_str(t[i].path), a, &x) == ADDRESS_OK;

		UNIT_CASE(ok == (t[i].want != NULL), t[i].path);
		if (!ok)
			continue;
		relay_target_find(&x, a, &r);
		for (size_t j = 0; j < r.n; j++)
			text = arena_printf(a, "%.*s%s%.*s", VIEW_ARG(text), j ? " " : "", VIEW_ARG(r.domain[j]));
		if (r.unclear)
			text = arena_printf(a, "%.*s ?", VIEW_ARG(text));
		UNIT_CASE(view_eq_str(text, t[i].want), t[i].path);
	}
	arena_free(a);
}

static void
no_domain(void)
{
	struct arena *a = arena_new();
	struct relay_target r;
	struct address x;

	CU_ASSERT(address_local_part(VIEW("a%evil.example"), a, &x));
	relay_target_find(&x, a, &r);
	CU_ASSERT_EQUAL(r.n, 1);
	UNIT_VIEW(r.domain[0], "evil.example");
	CU_ASSERT_FALSE(r.unclear);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"what a recipient may lead to", targets},
	{"a recipient without domain", no_domain},
};

int
main(void)
{
	return unit_main("mail/relay_target", tests, sizeof(tests) / sizeof(*tests));
}
