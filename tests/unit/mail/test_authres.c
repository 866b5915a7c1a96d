/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authres.h"
#include "tests/lib/unit.h"

static void
writes(void)
{
	static const struct {
		const char *name;
		struct authres_result r[2];
		size_t n;
		const char *want;
	} t[] = {
		{"no results", {{.n_props = 0}}, 0, "mx.example.org; none"},
		{"one",
			{{VIEW("spf"), VIEW("pass"), {0},
				{{VIEW("smtp.mailfrom"), VIEW("x.example")}}, 1, {0}}},
			1, "mx.example.org;\n\tspf=pass smtp.mailfrom=x.example"},
		{"the mechanism is no part of it", {{.method = VIEW("spf"), .result = VIEW("fail"), .mechanism = VIEW("-all")}},
			1, "mx.example.org;\n\tspf=fail"},
		{"two",
			{{VIEW("spf"), VIEW("none"), {0}, {{{0}, {0}}}, 0, {0}},
				{VIEW("dkim"), VIEW("fail"), VIEW("bad signature"),
					{{VIEW("header.d"), VIEW("x.example")},
						{VIEW("header.s"), VIEW("s1")}},
					2, {0}}},
			2,
			"mx.example.org;\n\tspf=none;\n\tdkim=fail reason=\"bad signature\" "
			"header.d=x.example header.s=s1"},
		{"mailbox needs no quotes",
			{{VIEW("spf"), VIEW("pass"), {0},
				{{VIEW("smtp.mailfrom"), VIEW("a.b+c@x.example")}}, 1, {0}}},
			1, "mx.example.org;\n\tspf=pass smtp.mailfrom=a.b+c@x.example"},
		{"no local part",
			{{VIEW("spf"), VIEW("pass"), {0},
				{{VIEW("smtp.mailfrom"), VIEW("@x.example")}}, 1, {0}}},
			1, "mx.example.org;\n\tspf=pass smtp.mailfrom=@x.example"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct buf b;

		buf_init(&b, 2000);
		authres_write(&b, VIEW("mx.example.org"), t[i].r, t[i].n);
		UNIT_CASE(view_eq_str(buf_view(&b), t[i].want), t[i].name);
		buf_done(&b);
	}
}

static void
values(void)
{
	static const struct {
		const char *name;
		struct view in;
		const char *want;
	} t[] = {
		{"token", VIEW("x-1.y"), "x-1.y"},
		{"empty", VIEW(""), "\"\""},
		{"blank", VIEW("a b"), "\"a b\""},
		{"quote and backslash", VIEW("a\"b\\"), "\"a\\\"b\\\\\""},
		{"semicolon", VIEW("x; dkim=pass"), "\"x; dkim=pass\""},
		{"comment", VIEW("x(y)"), "\"x(y)\""},
		{"CR, LF and NUL go", VIEW("a\r\n\0b"), "\"ab\""},
		{"two at signs", VIEW("a@b@x.example"), "\"a@b@x.example\""},
		{"leading dot", VIEW(".a@x.example"), "\".a@x.example\""},
		{"bad domain", VIEW("a@x..example"), "\"a@x..example\""},
		{"slash", VIEW("a/b"), "\"a/b\""},
		{"IPv6", VIEW("2001:db8::1"), "\"2001:db8::1\""},
		{"UTF-8 stays", VIEW("\xc3\xbc"), "\"\xc3\xbc\""},
		{"other 8-bit does not", VIEW("\xfc"), "\"?\""},
		{"DEL", VIEW("a\x7f"), "\"a\""},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct authres_result r = {.method = VIEW("m"),
			.result = VIEW("r"),
			.prop = {{VIEW("p.p"), t[i].in}},
			.n_props = 1};
		struct view got;
		struct buf b;

		buf_init(&b, 2000);
		authres_write(&b, VIEW("id"), &r, 1);
		got = buf_view(&b);
		UNIT_CASE(view_starts_nocase(got, "id;\n\tm=r p.p="), t[i].name);
		UNIT_CASE(view_eq_str(view_skip(got, strlen("id;\n\tm=r p.p=")), t[i].want),
			t[i].name);
		buf_done(&b);
	}
}

/* Values as long and as quotable as they come: no line over 998 bytes, each fold followed by a tab.
 */
static void
long_lines(void)
{
	static char text[5000];
	struct authres_result r = {
		.method = VIEW("m"), .result = VIEW("r"), .n_props = AUTHRES_PROPS};
	struct view rest, line;
	struct buf b;

	memset(text, '"', sizeof(text));
	r.reason = view_of(text, sizeof(text));
	for (size_t i = 0; i < AUTHRES_PROPS; i++)
		r.prop[i].name = VIEW("smtp.mailfrom"),
		r.prop[i].value = view_of(text, sizeof(text));
	buf_init(&b, 20000);
	authres_write(&b, view_of(text, sizeof(text)), &r, 1);
	CU_ASSERT_FALSE(b.over);
	for (rest = buf_view(&b); view_split(&rest, '\n', &line);) {
		CU_ASSERT(line.n <= 998);
		CU_ASSERT(view_find(line, '\r') == line.n);
		CU_ASSERT(!rest.p || rest.p[0] == '\t');
	}
	buf_done(&b);
}

static void
ids(void)
{
	static const struct {
		const char *name;
		struct view in;
		const char *want; /* NULL: absent */
	} t[] = {
		{"plain", VIEW(" mx.example.org; none"), "mx.example.org"},
		{"no result", VIEW("mx.example.org"), "mx.example.org"},
		{"version", VIEW("mx.example.org 1; none"), "mx.example.org"},
		{"comment before", VIEW(" (a(b)) mx.example.org; none"), "mx.example.org"},
		{"comment behind", VIEW("mx.example.org(x); none"), "mx.example.org"},
		{"folded", VIEW("\r\n\tmx.example.org;\r\n\tspf=pass"), "mx.example.org"},
		{"quoted", VIEW("\"mx.example.org\"; none"), "mx.example.org"},
		{"quoted pairs", VIEW("\"\\m\\x.example.org\"; none"), "mx.example.org"},
		{"case stays", VIEW("MX.example.org; none"), "MX.example.org"},
		{"U-label", VIEW("\xc3\xbc.example; none"), "\xc3\xbc.example"},
		{"NUL ends it", VIEW("mx.example.org\0;"), "mx.example.org"},
		{"slash ends it", VIEW("mx.example.org/1;"), "mx.example.org"},
		{"no id", VIEW("; none"), NULL},
		{"empty", VIEW(""), NULL},
		{"unclosed comment", VIEW("(mx.example.org; none"), NULL},
		{"unclosed quote", VIEW("\"mx.example.org; none"), NULL},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct view got = authres_id(t[i].in, a);

		UNIT_CASE(t[i].want ? got.p && view_eq_str(got, t[i].want) : !got.p, t[i].name);
	}
	CU_ASSERT_PTR_NULL(authres_id((struct view){NULL, 0}, a).p);
	arena_free(a);
}

/* Ten signatures with all that a stranger can write into them, and what else there is: all fits. What does not
 * is left out whole. */
static void
ceiling(void)
{
	static char text[320];
	struct authres_result r[20];
	struct buf b;

	memset(text, '"', sizeof(text));
	for (size_t i = 0; i < 20; i++) {
		r[i] = (struct authres_result){.method = VIEW("dkim"), .result = VIEW("permerror"),
			.reason = VIEW("a sentence that says what is wrong with it"), .n_props = 5};
		for (size_t k = 0; k < 5; k++)
			r[i].prop[k] = (struct authres_prop){VIEW("header.d"), view_of(text, k ? 250 : sizeof(text))};
		r[i].n_props = i < 10 ? 5 : 1;
	}
	buf_init(&b, AUTHRES_MAX);
	authres_write(&b, VIEW("id"), r, 20);
	CU_ASSERT_FALSE(b.over);
	buf_done(&b);
	for (size_t max = 100; max < 9000; max += 37) {
		buf_init(&b, max);
		authres_write(&b, VIEW("id"), r, 20);
		CU_ASSERT(b.over);
		CU_ASSERT(b.n == 2 || b.p[b.n - 1] == '"');
		CU_ASSERT(b.n == 2 || b.p[b.n - 2] == '"');
		buf_done(&b);
	}
}

/* authres_id(authres_write(id)) = id */
static void
round_trip(void)
{
	static const char *const id[] = {"mx.example.org", "two words", "a\"b\\c", "x;y"};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(id) / sizeof(*id); i++) {
		struct buf b;

		buf_init(&b, 1000);
		authres_write(&b, view_str(id[i]), NULL, 0);
		UNIT_CASE(view_eq_str(authres_id(buf_view(&b), a), id[i]), id[i]);
		buf_done(&b);
	}
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"results become a field", writes},
	{"values are quoted when they must be", values},
	{"lines have a limit", long_lines},
	{"a field has a limit", ceiling},
	{"whose field it is", ids},
	{"an id is read as it was written", round_trip},
};

int
main(void)
{
	return unit_main("mail/authres", tests, sizeof(tests) / sizeof(*tests));
}
