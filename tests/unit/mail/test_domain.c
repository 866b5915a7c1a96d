/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/domain.h"
#include "tests/lib/unit.h"
#include "util/limits.h"

#include <stdlib.h>

#define L10 "aaaaaaaaaa"
#define L63 L10 L10 L10 L10 L10 L10 "aaa"

static const struct {
	const char *name;
	struct view in;
	const char *want; /* NULL: absent */
} normal_cases[] = {
	{"lower already", VIEW("example.org"), "example.org"},
	{"upper case", VIEW("Mail.Example.ORG"), "mail.example.org"},
	{"one label", VIEW("localhost"), "localhost"},
	{"final dot", VIEW("example.org."), "example.org"},
	{"underscore", VIEW("_dmarc.example.org"), "_dmarc.example.org"},
	{"hyphens anywhere", VIEW("-a-.example"), "-a-.example"},
	{"digits", VIEW("192.0.2.1"), "192.0.2.1"},
	{"U-label",
		VIEW("B\xc3\xbc"
		     "cher.example"),
		"xn--bcher-kva.example"},
	{"sharp s is not ss", VIEW("fa\xc3\x9f.example"), "xn--fa-hia.example"},
	{"upper case U-label", VIEW("\xc3\x9c.example"), "xn--tda.example"},
	{"ideographic dot",
		VIEW("a\xe3\x80\x82"
		     "example"),
		"a.example"},
	{"U-label after underscore", VIEW("_dmarc.\xc3\xbc.example"), "_dmarc.xn--tda.example"},
	{"A-label stays", VIEW("XN--TDA.example"), "xn--tda.example"},
	{"label of 63", VIEW(L63 ".example"), L63 ".example"},
	{"label of 64", VIEW(L63 "a.example"), NULL},
	{"empty", VIEW(""), NULL},
	{"dot", VIEW("."), NULL},
	{"two final dots", VIEW("example.org.."), NULL},
	{"empty label", VIEW("a..b"), NULL},
	{"leading dot", VIEW(".example"), NULL},
	{"blank", VIEW("a b"), NULL},
	{"leading blank", VIEW(" a.example"), NULL},
	{"control character", VIEW("a\x01.example"), NULL},
	{"NUL", VIEW("a\0b.example"), NULL},
	{"NUL in an U-label", VIEW("\xc3\xbc\0b.example"), NULL},
	{"CRLF", VIEW("a.example\r\n"), NULL},
	{"at sign", VIEW("a@b.example"), NULL},
	{"slash", VIEW("a/b.example"), NULL},
	{"quote", VIEW("a'b.example"), NULL},
	{"literal", VIEW("[192.0.2.1]"), NULL},
	{"not UTF-8", VIEW("\xff.example"), NULL},
	{"maps to a slash",
		VIEW("a\xef\xbc\x8f"
		     "b.example"),
		NULL},
	{"maps to nothing", VIEW("\xc2\xad"), NULL},
};

static void
normal(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(normal_cases) / sizeof(*normal_cases); i++) {
		struct view got = domain_normal(normal_cases[i].in, a);

		if (normal_cases[i].want)
			UNIT_CASE(got.p && view_eq_str(got, normal_cases[i].want),
				normal_cases[i].name);
		else
			UNIT_CASE(got.p == NULL, normal_cases[i].name);
		if (got.p)
			UNIT_CASE(view_eq(domain_normal(got, a), got), normal_cases[i].name);
	}
	CU_ASSERT_PTR_NULL(domain_normal((struct view){NULL, 0}, a).p);
	arena_free(a);
}

static void
lengths(void)
{
	struct arena *a = arena_new();
	char name[8000];

	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	CU_ASSERT_EQUAL(domain_normal(view_of(name, DOMAIN_MAX), a).n, DOMAIN_MAX);
	CU_ASSERT_EQUAL(
		domain_normal(view_of(name, DOMAIN_MAX + 1), a).n, DOMAIN_MAX); /* final dot */
	CU_ASSERT_PTR_NULL(domain_normal(view_of(name, DOMAIN_MAX + 2), a).p);
	memset(name, 0xc3, sizeof(name));
	CU_ASSERT_PTR_NULL(domain_normal(view_of(name, sizeof(name)), a).p);
	arena_free(a);
}

static void
syntax(void)
{
	static const char *const good[] = {
		"a", "example.org", "a-b.example", "1.example", "x--y.z9", L63 ".example"};
	static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "-a.example", "a-.example",
		"a.-", "_a.example", "a_b.example", "a b", "a@b", "[192.0.2.1]", "\xc3\xbc.example",
		L63 "a.example"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		UNIT_CASE(domain_syntax_ok(view_str(good[i])), good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		UNIT_CASE(!domain_syntax_ok(view_str(bad[i])), bad[i]);
}

static void
labels(void)
{
	CU_ASSERT_EQUAL(domain_labels(VIEW("")), 0);
	CU_ASSERT_EQUAL(domain_labels(VIEW("org")), 1);
	CU_ASSERT_EQUAL(domain_labels(VIEW("a.example.org")), 3);
	CU_ASSERT_EQUAL(domain_labels(VIEW("a.example.org.")), 3);
	UNIT_VIEW(domain_tail(VIEW("a.b.example.org"), 2), "example.org");
	UNIT_VIEW(domain_tail(VIEW("a.b.example.org"), 1), "org");
	UNIT_VIEW(domain_tail(VIEW("a.b.example.org"), 4), "a.b.example.org");
	UNIT_VIEW(domain_tail(VIEW("a.b.example.org"), 9), "a.b.example.org");
	UNIT_VIEW(domain_tail(VIEW("a.b.example.org."), 2), "example.org.");
	UNIT_VIEW(domain_tail(VIEW("a.b"), 0), "");
	UNIT_VIEW(domain_tail(VIEW(""), 3), "");
}

static void
under(void)
{
	static const struct {
		const char *name, *parent;
		bool want;
	} t[] = {
		{"example.org", "example.org", true},
		{"a.example.org", "example.org", true},
		{"A.EXAMPLE.org", "example.ORG", true},
		{"badexample.org", "example.org", false},
		{"example.org", "a.example.org", false},
		{"org", "example.org", false},
		{"a.example.org", "", false},
		{"", "", false},
		{"a.example.org.evil.example", "example.org", false},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		UNIT_CASE(domain_under(view_str(t[i].name), view_str(t[i].parent)) == t[i].want,
			t[i].name);
}

static void
registrable(void)
{
	static const struct {
		const char *name, *want; /* NULL: absent */
		bool known;
	} t[] = {
		{"a.b.co.uk", "b.co.uk", true},
		{"b.co.uk", "b.co.uk", true},
		{"co.uk", NULL, true},
		{"com", NULL, true},
		{"unlisted", NULL, false},
		{"a.b.unlisted", "b.unlisted", false},
		{"", NULL, false},
		{"192.0.2.1", NULL, false},
		{".com", NULL, false},
		{"a b.com", NULL, false},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct view name = view_str(t[i].name), got = domain_registrable(name);

		UNIT_CASE(t[i].want ? got.p && view_eq_str(got, t[i].want) : !got.p, t[i].name);
		UNIT_CASE(!got.p || got.p + got.n == name.p + name.n, t[i].name);
		UNIT_CASE(domain_has_known_suffix(name) == t[i].known, t[i].name);
	}
}

/* A word of a line of the suite: "null" or a name. */
static struct view
suite_word(struct view *line)
{
	struct view v;

	if (!view_split(line, ' ', &v) || view_eq_str(v, "null"))
		return (struct view){NULL, 0};
	return v;
}

/* Lines "INPUT WANT"; comments begin with "//". All of both spellings of names have to agree. */
static void
suite(void)
{
	const char *path = unit_suite_file("psl/tests.txt");
	struct view text, rest, line;
	struct arena *a;
	size_t checked = 0;

	if (!path)
		return;
	a = arena_new();
	rest = text = unit_read_file(path);
	while (view_split(&rest, '\n', &line)) {
		struct view in, want, got;

		line = view_trim(line);
		if (line.n == 0 || view_starts_nocase(line, "//"))
			continue;
		in = suite_word(&line);
		want = domain_normal(suite_word(&line), a);
		got = domain_registrable(domain_normal(in, a));
		checked++;
		UNIT_CASE(view_eq(got, want) && !got.p == !want.p, arena_cstr(a, in));
	}
	CU_ASSERT_EQUAL(checked, 78);
	arena_free(a);
	free((void *)text.p);
}

static const struct {
	const char *text, *want; /* NULL: absent */
} find_cases[] = {
	{"paypal.com", "paypal.com"},
	{"PayPal.com Service", "paypal.com"},
	{"support@mail.paypal.com", "mail.paypal.com"},
	{"john.me@paypal.com", "paypal.com"},
	{"(paypal.com), really.", "paypal.com"},
	{"see paypal.com.", "paypal.com"},
	{"-paypal.com-", "paypal.com"},
	{"a.invalid b.co.uk c.example.org", "b.co.uk"},
	{"co.uk", NULL},
	{"Dr.Smith", NULL},
	{"St. John", NULL},
	{"1.2.3.4", NULL},
	{"John Doe", NULL},
	{"a@", NULL},
	{"@", NULL},
	{"", NULL},
	{"b\xc3\xbc" "cher.de", "xn--bcher-kva.de"},
	{"\xe2\x80\x9cpaypal.com\xe2\x80\x9d", "paypal.com"},
	{"Pay\xc2\xa0paypal.com", "paypal.com"},
	{"paypal\xe3\x80\x82" "com", "paypal.com"},
	{"x@\xff" "paypal.com", "paypal.com"},
};

static void
find(void)
{
	struct arena *a = arena_new();
	char far[DOMAIN_SOUGHT + 20];

	for (size_t i = 0; i < sizeof(find_cases) / sizeof(*find_cases); i++) {
		struct view got = domain_find(view_str(find_cases[i].text), a);

		UNIT_CASE(find_cases[i].want ? view_eq_str(got, find_cases[i].want) : !got.p, find_cases[i].text);
	}
	memset(far, ' ', sizeof(far));
	memcpy(far + sizeof(far) - 15, "paypal.com", 10);
	CU_ASSERT_PTR_NULL(domain_find(view_of(far, sizeof(far)), a).p);
	UNIT_VIEW(domain_find(view_of(far + 100, sizeof(far) - 100), a), "paypal.com");
	arena_free(a);
}

static void
related(void)
{
	CU_ASSERT(domain_related(VIEW("a.example.org"), VIEW("b.example.org")));
	CU_ASSERT(domain_related(VIEW("example.org"), VIEW("mail.example.org")));
	CU_ASSERT(domain_related(VIEW("localhost"), VIEW("localhost")));
	CU_ASSERT_FALSE(domain_related(VIEW("a.co.uk"), VIEW("b.co.uk")));
	CU_ASSERT_FALSE(domain_related(VIEW("co.uk"), VIEW("uk")));
	CU_ASSERT_FALSE(domain_related(VIEW("example.org"), VIEW("notexample.org")));
}

static const struct unit_test tests[] = {
	{"a name in a text", find},
	{"names of one organisation", related},
	{"one spelling", normal},
	{"names are at most 253 bytes", lengths},
	{"RFC 5321 syntax", syntax},
	{"labels and tails", labels},
	{"a name lies under its parent", under},
	{"registrable part and known suffix", registrable},
	{"public suffix vectors", suite},
};

int
main(void)
{
	return unit_main("mail/domain", tests, sizeof(tests) / sizeof(*tests));
}
