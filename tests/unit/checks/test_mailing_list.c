/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/mailing_list.h"

#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"
#include "util/limits.h"

enum row { ID, UNSUBSCRIBE, ONE_CLICK };

static const struct {
	const char *value, *want;
} id_cases[] = {
	{" List Header Mailing List <List-Header.Nisto.com>", "list-header.nisto.com"},
	{" <commonspace-users.list-id.within.com>", "commonspace-users.list-id.within.com"},
	{" \"a <b> c\" <real.example.org>", "real.example.org"},
	{" =?utf-8?q?L=C3=B6st?= <x.example.org>", "x.example.org"},
	{" x.example.org", "x.example.org"},
	{" <x.example.org", "x.example.org"},
	{" some words", "-"},
	{" <>", "-"},
	{"", "-"},
};

/* Runs the check over these fields, ended by one without a name; fake_done is the caller's. */
static struct check_call *
run(const struct header_field *h)
{
	struct check_call *c = fake_new(&mailing_list_check, STAGE_HEADER, NULL, 0);

	fake_message.field = h;
	for (fake_message.n = 0; h[fake_message.n].name.n;)
		fake_message.n++;
	fake_run(c);
	return c;
}

static void
ids(void)
{
	for (size_t i = 0; i < sizeof(id_cases) / sizeof(*id_cases); i++) {
		struct header_field h[2] = {{VIEW("List-ID"), view_str(id_cases[i].value)}};
		struct check_call *c = run(h);

		UNIT_CASE(fake_is(c, ID, id_cases[i].want), id_cases[i].value);
		fake_done(c);
	}
}

static const struct {
	const char *value, *post; /* NULL = no such field */
	const char *uris, *one_click;
} uri_cases[] = {
	{" <mailto:a@example.org?subject=out>", NULL, "mailto:a@example.org?subject=out", "no"},
	{" <mailto:a@example.org>,\r\n <https://example.org/u?a,b>", " List-Unsubscribe=One-Click",
		"mailto:a@example.org, https://example.org/u?a,b", "yes"},
	{" (by hand) <https://a.example>(x) , (y) <https://b.example>", "List-Unsubscribe=One-Click",
		"https://a.example, https://b.example", "yes"},
	{" <HTTPS://a.example>", " list-unsubscribe=one-click", "HTTPS://a.example", "yes"},
	{" <http://a.example>", " List-Unsubscribe=One-Click", "http://a.example", "no"},
	{" <https://a.example>", " Something-Else", "https://a.example", "no"},
	{" <mailto:a@example.org> <https://a.example>", NULL, "mailto:a@example.org", "no"},
	{" https://a.example", " List-Unsubscribe=One-Click", "", "no"},
	{" <https://a.example", " List-Unsubscribe=One-Click", "", "no"},
	{" <>, < https://a.example >", NULL, "https://a.example", "no"},
	{"", NULL, "", "no"},
	{NULL, " List-Unsubscribe=One-Click", "", "no"},
};

static void
unsubscribe(void)
{
	for (size_t i = 0; i < sizeof(uri_cases) / sizeof(*uri_cases); i++) {
		struct header_field h[3] = {{VIEW("X"), VIEW("")}};
		struct check_call *c;
		size_t n = 0;

		if (uri_cases[i].value)
			h[n++] = (struct header_field){VIEW("List-Unsubscribe"), view_str(uri_cases[i].value)};
		if (uri_cases[i].post)
			h[n++] = (struct header_field){VIEW("List-Unsubscribe-Post"), view_str(uri_cases[i].post)};
		c = run(h);
		UNIT_CASE(fake_is(c, UNSUBSCRIBE, uri_cases[i].uris), uri_cases[i].value ? uri_cases[i].value : "none");
		UNIT_CASE(fake_is(c, ONE_CLICK, uri_cases[i].one_click), uri_cases[i].value ? uri_cases[i].value : "none");
		fake_done(c);
	}
}

static void
many(void)
{
	char text[8 * (LIST_URIS_MAX + 5)];
	struct header_field h[2] = {{VIEW("List-Unsubscribe"), view_of(text, sizeof(text))}};
	struct check_call *c;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "<a:b>,  "[i % 8];
	c = run(h);
	CU_ASSERT_EQUAL(c->value[UNSUBSCRIBE].list.n, LIST_URIS_MAX);
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"the list's name", ids},
	{"how to leave", unsubscribe},
	{"at most 20 URIs", many},
};

int
main(void)
{
	return unit_main("checks/mailing_list", tests, sizeof(tests) / sizeof(*tests));
}
