/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address.h"
#include "tests/lib/unit.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/limits.h"

#include <stdlib.h>

static const struct {
	const char *name;
	struct view in;
	enum address_status want;
	const char *text; /* of ADDRESS_OK */
	const char *domain;
} path_cases[] = {
	{"empty", VIEW(""), ADDRESS_NULL, 0, 0},
	{"null path", VIEW("<>"), ADDRESS_NULL, 0, 0},
	{"null path and blanks", VIEW(" <> "), ADDRESS_NULL, 0, 0},
	{"plain", VIEW("<a@b.example>"), ADDRESS_OK, "a@b.example", "b.example"},
	{"without brackets", VIEW("a@b.example"), ADDRESS_OK, "a@b.example", "b.example"},
	{"only the domain is lowered", VIEW("<A.B@C.Example>"), ADDRESS_OK, "A.B@c.example",
		"c.example"},
	{"postmaster", VIEW("<Postmaster>"), ADDRESS_OK, "Postmaster", NULL},
	{"source route", VIEW("<@x.example,@y.example:a@b.example>"), ADDRESS_OK, "a@b.example",
		"b.example"},
	{"literal in the route", VIEW("<@[IPv6:::1]:a@b.example>"), ADDRESS_OK, "a@b.example",
		"b.example"},
	{"quoted local part", VIEW("<\"a b\"@c.example>"), ADDRESS_OK, "a b@c.example",
		"c.example"},
	{"quoted at sign", VIEW("<\"a@x\"@c.example>"), ADDRESS_OK, "a@x@c.example", "c.example"},
	{"backslashes", VIEW("<\"a\\\"\\b\"@c.example>"), ADDRESS_OK, "a\"b@c.example",
		"c.example"},
	{"empty quoted", VIEW("<\"\"@c.example>"), ADDRESS_OK, "@c.example", "c.example"},
	{"greater-than in quotes", VIEW("<\">\"@c.example>"), ADDRESS_OK, ">@c.example",
		"c.example"},
	{"two dots", VIEW("<a..b@c.example>"), ADDRESS_OK, "a..b@c.example", "c.example"},
	{"IPv4 literal", VIEW("<a@[192.0.2.1]>"), ADDRESS_OK, "a@[192.0.2.1]", "[192.0.2.1]"},
	{"IPv6 literal", VIEW("<a@[IPv6:2001:db8::1]>"), ADDRESS_OK, "a@[IPv6:2001:db8::1]",
		"[IPv6:2001:db8::1]"},
	{"return path in the local part", VIEW("<b+=u=x.example@y.example>"), ADDRESS_OK,
		"b+=u=x.example@y.example", "y.example"},
	{"U-label", VIEW("<a@\xc3\xbc.example>"), ADDRESS_OK, "a@xn--tda.example",
		"xn--tda.example"},
	{"UTF-8 local part", VIEW("<\xc3\xbc@b.example>"), ADDRESS_OK, "\xc3\xbc@b.example",
		"b.example"},
	{"final dot", VIEW("<a@b.example.>"), ADDRESS_OK, "a@b.example", "b.example"},
	{"no domain", VIEW("<root>"), ADDRESS_BAD, 0, 0},
	{"empty domain", VIEW("<a@>"), ADDRESS_BAD, 0, 0},
	{"no local part", VIEW("<@b.example>"), ADDRESS_BAD, 0, 0},
	{"only a route", VIEW("<@b.example:>"), ADDRESS_BAD, 0, 0},
	{"two at signs", VIEW("<a@b@c.example>"), ADDRESS_BAD, 0, 0},
	{"blank", VIEW("<a b@c.example>"), ADDRESS_BAD, 0, 0},
	{"blank after the at sign", VIEW("<a@ c.example>"), ADDRESS_BAD, 0, 0},
	{"comment", VIEW("<a(c)@c.example>"), ADDRESS_BAD, 0, 0},
	{"unclosed bracket", VIEW("<a@b.example"), ADDRESS_BAD, 0, 0},
	{"only a bracket", VIEW("<"), ADDRESS_BAD, 0, 0},
	{"two brackets", VIEW("<<a@b.example>>"), ADDRESS_BAD, 0, 0},
	{"two addresses", VIEW("<a@b.example,c@d.example>"), ADDRESS_BAD, 0, 0},
	{"parameter left on", VIEW("<a@b.example> SIZE=1"), ADDRESS_BAD, 0, 0},
	{"unclosed quote", VIEW("<\"a@b.example>"), ADDRESS_BAD, 0, 0},
	{"text behind a quote", VIEW("<\"a\"b@c.example>"), ADDRESS_BAD, 0, 0},
	{"backslash outside of quotes", VIEW("<a\\@b@c.example>"), ADDRESS_BAD, 0, 0},
	{"NUL", VIEW("<a\0b@c.example>"), ADDRESS_BAD, 0, 0},
	{"NUL in quotes", VIEW("<\"a\0b\"@c.example>"), ADDRESS_BAD, 0, 0},
	{"CRLF in quotes", VIEW("<\"a\\\r\\\nb\"@c.example>"), ADDRESS_BAD, 0, 0},
	{"CRLF", VIEW("<a@b.example\r\nRCPT>"), ADDRESS_BAD, 0, 0},
	{"bad literal", VIEW("<a@[192.0.2]>"), ADDRESS_BAD, 0, 0},
	{"IPv6 without tag", VIEW("<a@[2001:db8::1]>"), ADDRESS_BAD, 0, 0},
	{"text behind a literal", VIEW("<a@[192.0.2.1].example>"), ADDRESS_BAD, 0, 0},
	{"empty label", VIEW("<a@b..example>"), ADDRESS_BAD, 0, 0},
	{"domain is not UTF-8", VIEW("<a@\xff.example>"), ADDRESS_BAD, 0, 0},
};

static void
paths(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(path_cases) / sizeof(*path_cases); i++) {
		struct address got = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
		enum address_status status = address_path(path_cases[i].in, a, &got);

		UNIT_CASE(status == path_cases[i].want, path_cases[i].name);
		UNIT_CASE((status == ADDRESS_OK) == (got.text.p != NULL), path_cases[i].name);
		if (status != ADDRESS_OK || !path_cases[i].text)
			continue;
		UNIT_VIEW(got.text, path_cases[i].text);
		UNIT_CASE(got.local.p != NULL, path_cases[i].name);
		UNIT_CASE(!path_cases[i].domain == !got.domain.p, path_cases[i].name);
		UNIT_CASE(got.text.n == got.local.n + (got.domain.p ? got.domain.n + 1 : 0),
			path_cases[i].name);
		if (path_cases[i].domain)
			UNIT_VIEW(got.domain, path_cases[i].domain);
	}
	arena_free(a);
}

static void
path_lengths(void)
{
	struct arena *a = arena_new();
	struct address got;
	char path[PATH_MAX_SMTP + 20];

	memset(path, 'a', sizeof(path));
	memcpy(path + PATH_MAX_SMTP, "@b.example", 10);
	CU_ASSERT_EQUAL(address_path(view_of(path, PATH_MAX_SMTP + 10), a, &got), ADDRESS_OK);
	CU_ASSERT_EQUAL(got.local.n, PATH_MAX_SMTP);
	memset(path, 'a', sizeof(path));
	memcpy(path + PATH_MAX_SMTP + 1, "@b.example", 10);
	CU_ASSERT_EQUAL(address_path(view_of(path, PATH_MAX_SMTP + 11), a, &got), ADDRESS_BAD);
	arena_free(a);
}

enum { BAD = 1, GROUP = 2 };

static void
show(struct buf *text, const struct address *got, const char *name)
{
	if (text->n)
		buf_byte(text, ' ');
	if (got->display.p) {
		buf_byte(text, '{');
		buf_add(text, got->display);
		buf_byte(text, '}');
	}
	buf_add(text, got->text);
	UNIT_CASE(got->domain.n > 0 && got->text.n == got->local.n + 1 + got->domain.n, name);
}

/* want: the addresses, each as "{display}text" with the braces only if there is a display name,
 * joined by a blank. */
static const struct {
	const char *name;
	struct view in;
	struct view want;
	int flags;
} list_cases[] = {
	{"bare", VIEW(" a@b.example\r\n"), VIEW("a@b.example"), 0},
	{"angle", VIEW("<a@b.example>"), VIEW("a@b.example"), 0},
	{"phrase", VIEW("Foo Bar <a@B.example>"), VIEW("{Foo Bar}a@b.example"), 0},
	{"folded phrase", VIEW("Foo\r\n\tBar <a@b.example>"), VIEW("{Foo Bar}a@b.example"), 0},
	{"quoted name", VIEW("\"Foo, \\\"Bar\\\"\" <a@b.example>"),
		VIEW("{Foo, \"Bar\"}a@b.example"), 0},
	{"folded quoted name", VIEW("\"Foo\r\n Bar\" <a@b.example>"), VIEW("{Foo Bar}a@b.example"),
		0},
	{"empty name", VIEW("\"\" <a@b.example>"), VIEW("{}a@b.example"), 0},
	{"dot in a phrase", VIEW("Q. Public<a@b.example>"), VIEW("{Q. Public}a@b.example"), 0},
	{"comments are no name", VIEW("(x)Foo(y)Bar(z)<a@b.example>(n)"),
		VIEW("{Foo Bar}a@b.example"), 0},
	{"comments everywhere", VIEW("(c(d)) a(x).b (y)@(z) c . example (end)"),
		VIEW("a.b@c.example"), 0},
	{"at sign in a comment", VIEW("(x@y.example) a@b.example"), VIEW("a@b.example"), 0},
	{"escaped parenthesis", VIEW("a@b.example (x\\) , c@d.example)"), VIEW("a@b.example"), 0},
	{"two", VIEW("a@b.example, Foo <c@d.example>"), VIEW("a@b.example {Foo}c@d.example"), 0},
	{"empty items", VIEW(",a@b.example,,c@d.example,"), VIEW("a@b.example c@d.example"), 0},
	{"empty", VIEW(""), VIEW(""), 0},
	{"blanks only", VIEW(" \r\n "), VIEW(""), 0},
	{"quoted local part", VIEW("\"a@x.example\"@b.example"), VIEW("a@x.example@b.example"), 0},
	{"quoted word in a local part", VIEW("a.\"b c\".d@e.example"), VIEW("a.b c.d@e.example"),
		0},
	{"obsolete route", VIEW("<@x.example,,@y.example:a@b.example>"), VIEW("a@b.example"), 0},
	{"literal", VIEW("a@[192.0.2.1]"), VIEW("a@[192.0.2.1]"), 0},
	{"8-bit name", VIEW("\xfc <a@b.example>"), VIEW("{\xfc}a@b.example"), 0},
	{"U-label", VIEW("a@\xc3\xbc.example"), VIEW("a@xn--tda.example"), 0},

	{"group", VIEW("G: a@b.example, F <c@d.example>;"), VIEW("a@b.example {F}c@d.example"),
		GROUP},
	{"empty group", VIEW("Undisclosed recipients:;"), VIEW(""), GROUP},
	{"group and mailbox", VIEW("G:a@b.example;, c@d.example"), VIEW("a@b.example c@d.example"),
		GROUP},
	{"group without end", VIEW("G: a@b.example"), VIEW("a@b.example"), GROUP},
	{"group in a group", VIEW("G: H: a@b.example;;"), VIEW("a@b.example"), GROUP | BAD},
	{"address as group name", VIEW("c@bank.example: e@evil.example;"), VIEW("e@evil.example"),
		GROUP | BAD},
	{"no group name", VIEW(": a@b.example"), VIEW("a@b.example"), BAD},
	{"semicolons between", VIEW("a@b.example; c@d.example"), VIEW("a@b.example c@d.example"),
		BAD},

	{"encoded word", VIEW("=?utf-8?q?c=40bank.example?= <e@evil.example>"),
		VIEW("{=?utf-8?q?c=40bank.example?=}e@evil.example"), 0},
	{"encoded word with at sign", VIEW("=?utf-8?q?c@bank.example?= <e@evil.example>"),
		VIEW("{=?utf-8?q?c@bank.example?=}e@evil.example"), 0},
	{"encoded word with brackets", VIEW("=?utf-8?q?<c@bank.example>?= <e@evil.example>"),
		VIEW("{=?utf-8?q?<c@bank.example>?=}e@evil.example"), 0},
	{"only an encoded word", VIEW("=?utf-8?q?<c@bank.example>?="), VIEW(""), BAD},
	{"encoded address", VIEW("=?utf-8?b?Y0BiYW5rLmV4YW1wbGU=?="), VIEW(""), BAD},
	{"encoded local part is an atom", VIEW("=?utf-8?q?c?=@bank.example"),
		VIEW("=?utf-8?q?c?=@bank.example"), 0},
	{"encoded special local part", VIEW("=?utf-8?q?c@x?=@bank.example"), VIEW(""), BAD},

	{"address as name", VIEW("c@bank.example <e@evil.example>"),
		VIEW("{c@bank.example}e@evil.example"), 0},
	{"no comma", VIEW("a@b.example c@d.example"), VIEW("a@b.example c@d.example"), BAD},
	{"two angles", VIEW("<a@b.example> <c@d.example>"), VIEW("a@b.example c@d.example"), BAD},
	{"text after the angle", VIEW("<a@b.example> x"), VIEW("a@b.example"), BAD},
	{"junk in the angle", VIEW("<a@b.example x>"), VIEW("a@b.example"), BAD},
	{"double angle", VIEW("<<a@b.example>>"), VIEW("a@b.example"), BAD},
	{"unclosed angle", VIEW("F <a@b.example"), VIEW("{F}a@b.example"), BAD},
	{"comma in the angle", VIEW("<a@b.example, c@d.example>"), VIEW("a@b.example"), BAD},
	{"unquoted comma in the name", VIEW("Doe, J <j@d.example>"), VIEW("{J}j@d.example"), BAD},
	{"unclosed quote hides nothing", VIEW("\"Foo <a@b.example>, c@d.example"),
		VIEW("{\"Foo}a@b.example c@d.example"), BAD},
	{"unclosed comment hides nothing", VIEW("(Foo <a@b.example>"), VIEW("{(Foo}a@b.example"),
		BAD},
	{"three parts", VIEW("a@b.example@c.example"), VIEW(""), BAD},
	{"no domain", VIEW("root"), VIEW(""), BAD},
	{"no domain in the angle", VIEW("Foo <root>"), VIEW(""), BAD},
	{"one good one bad", VIEW("root, a@b.example"), VIEW("a@b.example"), BAD},
	{"no local part", VIEW("<@b.example>"), VIEW(""), BAD},
	{"empty angle", VIEW("Foo <>"), VIEW(""), BAD},
	{"empty domain", VIEW("a@, b@c.example"), VIEW("b@c.example"), BAD},
	{"bad domain", VIEW("a@b..example"), VIEW(""), BAD},
	{"bad literal", VIEW("a@[x]"), VIEW(""), BAD},
	{"blank in the local part", VIEW("a b@c.example"), VIEW("b@c.example"), BAD},
	{"NUL in the local part", VIEW("a\0b@c.example"), VIEW("b@c.example"), BAD},
	{"NUL in a quoted local part", VIEW("\"a\0\"@c.example"), VIEW(""), BAD},
	{"NUL in the name", VIEW("F\0o <a@b.example>"), VIEW("{F\0o}a@b.example"), BAD},
	{"only specials", VIEW("<>@,;:.[]\\\""), VIEW(""), BAD},
};

static void
lists(void)
{
	struct arena *a = arena_new();
	struct buf text;

	buf_init(&text, 1000);
	for (size_t i = 0; i < sizeof(list_cases) / sizeof(*list_cases); i++) {
		struct address_list got;

		buf_reset(&text);
		address_list(list_cases[i].in, a, &got);
		for (size_t j = 0; j < got.n; j++)
			show(&text, &got.item[j], list_cases[i].name);
		UNIT_CASE(view_eq(buf_view(&text), list_cases[i].want), list_cases[i].name);
		UNIT_CASE(got.bad == !!(list_cases[i].flags & BAD), list_cases[i].name);
		UNIT_CASE(got.group == !!(list_cases[i].flags & GROUP), list_cases[i].name);
		UNIT_CASE(!got.cut, list_cases[i].name);
	}
	buf_done(&text);
	arena_free(a);
}

static void
many(void)
{
	struct arena *a = arena_new();
	struct address_list got;
	char value[(ADDRESSES_MAX + 1) * 6];

	for (size_t i = 0; i < sizeof(value); i += 6)
		memcpy(value + i, "a@b.c,", 6);
	address_list(view_of(value, ADDRESSES_MAX * 6), a, &got);
	CU_ASSERT_EQUAL(got.n, ADDRESSES_MAX);
	CU_ASSERT_FALSE(got.cut);
	address_list(view_of(value, sizeof(value)), a, &got);
	CU_ASSERT_EQUAL(got.n, ADDRESSES_MAX);
	CU_ASSERT_TRUE(got.cut);
	CU_ASSERT_FALSE(got.bad);
	address_list((struct view){NULL, 0}, a, &got);
	CU_ASSERT_EQUAL(got.n, 0);
	CU_ASSERT_FALSE(got.bad);
	arena_free(a);
}

/* A field of HEADER_FIELD_MAX made of one piece over and over: quadratic work would take minutes.
 */
static void
linear(void)
{
	static const char *const pieces[] = {"(", "\"", "\\\"", "<", "@", "a@", "<@a,", "=?a?q?",
		"[", ":", ";", "(\\", "\"\\\"", "a@b ", "<a@b.c> ", "a b ", "\"a\" ", "((a)", "=?",
		"a@[", ",:"};
	static char value[HEADER_FIELD_MAX];
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		size_t n = strlen(pieces[i]);
		struct address_list got;
		struct address one;
		int64_t start = clock_mono_ms();

		for (size_t at = 0; at < sizeof(value); at++)
			value[at] = pieces[i][at % n];
		address_list(view_of(value, sizeof(value)), a, &got);
		address_path(view_of(value, sizeof(value)), a, &one);
		UNIT_CASE(got.bad || got.cut, pieces[i]);
		UNIT_CASE(clock_mono_ms() - start < 1000, pieces[i]);
		arena_reset(a);
	}
	arena_free(a);
}

/* Lines of a suite for another parser of addresses: read without a fault, each address whole. */
static void
suite(void)
{
	static const char *const files[] = {
		"mime-postfix/tok822_parse.in", "mime-postfix/tok822_limit.in"};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const char *path = unit_suite_file(files[i]);
		struct view text, rest, line;

		if (!path)
			break;
		rest = text = unit_read_file(path);
		address_list(text, a, &(struct address_list){0});
		while (view_split(&rest, '\n', &line)) {
			struct address_list got;
			struct address one;

			address_path(line, a, &one);
			address_list(line, a, &got);
			for (size_t j = 0; j < got.n; j++)
				UNIT_CASE(view_find(got.item[j].text, '@') < got.item[j].text.n,
					files[i]);
		}
		free((void *)text.p);
		arena_reset(a);
	}
	arena_free(a);
}

/* A local part alone, and how each is written in a path. */
static void
mailboxes(void)
{
	static const struct {
		const char *text, *want; /* NULL: none */
	} t[] = {
		{"root", "root"},
		{"a.b+c", "a.b+c"},
		{"\"a b\"", "\"a b\""},
		{"\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\""},
		{"\"a\"", "a"},
		{"\"\"", "\"\""},
		{"a..b", "\"a..b\""},
		{".a", "\".a\""},
		{"a.", "\"a.\""},
		{"\xc3\xbc", "\xc3\xbc"},
		{"", NULL},
		{"a b", NULL},
		{"a@b", NULL},
		{"a,b", NULL},
		{"<a>", NULL},
		{"\"a", NULL},
		{"a\r\nb", NULL},
		{"\"a\rb\"", "ab"}, /* folding is unfolded */
		{"\"a\x01\"", NULL},
	};
	struct arena *a = arena_new();
	struct address x;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		bool ok = address_local_part(view_str(t[i].text), a, &x);

		UNIT_CASE(ok == (t[i].want != NULL), t[i].text);
		UNIT_CASE(!ok || view_eq_str(address_mailbox(&x, a), t[i].want), t[i].text);
		UNIT_CASE(!ok || !x.domain.p, t[i].text);
	}
	CU_ASSERT_EQUAL(address_path(VIEW("<\"a@b\"@C.example>"), a, &x), ADDRESS_OK);
	UNIT_VIEW(address_mailbox(&x, a), "\"a@b\"@c.example");
	CU_ASSERT(address_local_part(arena_printf(a, "%0*d", PATH_MAX_SMTP, 0), a, &x));
	CU_ASSERT_FALSE(address_local_part(arena_printf(a, "%0*d", PATH_MAX_SMTP + 1, 0), a, &x));
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"SMTP paths", paths},
	{"local parts have a limit", path_lengths},
	{"local parts alone, and paths made of addresses", mailboxes},
	{"mailboxes of a field", lists},
	{"at most ADDRESSES_MAX", many},
	{"time is linear", linear},
	{"lines of another suite", suite},
};

int
main(void)
{
	return unit_main("mail/address", tests, sizeof(tests) / sizeof(*tests));
}
