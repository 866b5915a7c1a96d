/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authres_read.h"

#include "tests/lib/unit.h"

static struct arena *a;

/* "id|method=result(reason) prop=value ...|...", and "!" at the end where something was left out */
static struct view
shown(const struct authres_field *f)
{
	struct view all = arena_printf(a, "%.*s", VIEW_ARG(f->id));

	for (size_t i = 0; i < f->n; i++) {
		const struct authres_result *r = &f->result[i];

		all = arena_printf(a, "%.*s|%.*s=%.*s", VIEW_ARG(all), VIEW_ARG(r->method), VIEW_ARG(r->result));
		if (r->reason.p)
			all = arena_printf(a, "%.*s(%.*s)", VIEW_ARG(all), VIEW_ARG(r->reason));
		for (size_t k = 0; k < r->n_props; k++)
			all = arena_printf(a, "%.*s %.*s=%.*s", VIEW_ARG(all), VIEW_ARG(r->prop[k].name),
				VIEW_ARG(r->prop[k].value));
	}
	return f->bad ? arena_printf(a, "%.*s!", VIEW_ARG(all)) : all;
}

static void
reads(void)
{
	static const char *const cases[][2] = {
		/* RFC 8601 appendix B */
		{"example.org 1; none", "example.org"},
		{"example.com;\r\n  spf=pass smtp.mailfrom=example.net", "example.com|spf=pass smtp.mailfrom=example.net"},
		{"example.com;\n auth=pass (cram-md5) smtp.auth=sender@example.net;\n spf=pass smtp.mailfrom=example.net",
			"example.com|auth=pass smtp.auth=sender@example.net|spf=pass smtp.mailfrom=example.net"},
		{"example.com; dkim=fail reason=\"bad; signature\"\n header.i=@mail-router.example.net",
			"example.com|dkim=fail(bad; signature) header.i=@mail-router.example.net"},
		{"foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\n"
			" policy (A dot can go here) .expired=yes",
			"foo.example.net|dkim=fail!"},
		{"x; SPF=Pass SMTP.MailFrom=A@B", "x|spf=pass smtp.mailfrom=A@B"},
		{"x; spf = pass", "x|spf=pass"},
		{"x; spf=pass smtp.mailfrom=\"a b\"@c.example", "x|spf=pass smtp.mailfrom=a b@c.example"},
		{"x; ; dmarc=fail", "x|dmarc=fail!"},
		{"x; spf; dkim=pass", "x|dkim=pass!"},
		{"x; spf=; dkim=pass", "x|dkim=pass!"},
		{"x (;dmarc=pass); dmarc=fail", "x|dmarc=fail"},
		{"\"a;b\"; dmarc=fail", "a;b|dmarc=fail"},
		{"x; dmarc=fail (open; dkim=pass", "x|dmarc=fail|dkim=pass!"},
		{"", ""},
		{";spf=pass", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct authres_field f;

		authres_read(view_str(cases[i][0]), a, &f);
		UNIT_VIEW(shown(&f), cases[i][1]);
	}
}

static void
finds(void)
{
	struct authres_field f;

	authres_read(VIEW("x; dkim=fail header.d=a; dkim=pass header.d=b; dmarc=pass"), a, &f);
	CU_ASSERT_PTR_EQUAL(authres_read_find(&f, "dkim"), &f.result[0]);
	UNIT_VIEW(authres_read_prop(&f.result[1], "header.d"), "b");
	CU_ASSERT_PTR_NULL(authres_read_prop(&f.result[1], "header.i").p);
	CU_ASSERT_PTR_NULL(authres_read_find(&f, "arc"));
}

/* read(write(x)) = x */
static void
round_trip(void)
{
	struct authres_result r[2] = {
		{.method = VIEW("dkim"), .result = VIEW("fail"), .reason = VIEW("a; \"b\" (c"), .n_props = 1,
			.prop = {{VIEW("header.d"), VIEW("x.example")}}},
		{.method = VIEW("spf"), .result = VIEW("none")}};
	struct authres_field f;
	struct buf b;

	buf_init(&b, 1000);
	authres_write(&b, VIEW("mx.example.org"), r, 2);
	authres_read(buf_view(&b), a, &f);
	UNIT_VIEW(shown(&f), "mx.example.org|dkim=fail(a; \"b\" (c) header.d=x.example|spf=none");
	buf_done(&b);
}

static void
ceiling(void)
{
	struct authres_field f;
	struct buf b;

	buf_init(&b, 10000);
	buf_str(&b, "x");
	for (int i = 0; i < AUTHRES_READ_MAX + 1; i++)
		buf_str(&b, "; spf=pass p.a=1 p.b=1 p.c=1 p.d=1 p.e=1 p.f=1 p.g=1");
	authres_read(buf_view(&b), a, &f);
	CU_ASSERT(f.n == AUTHRES_READ_MAX && f.bad && f.result[0].n_props == AUTHRES_PROPS);
	buf_done(&b);
}

/* Whatever opens and never ends is looked for once: these take no time, and would take minutes. */
static void
linear(void)
{
	static const char *const units[] = {"(", "\"", "\"\\", "(()", "; a=b (", "\\"};
	enum { UNITS = 80000 };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		struct authres_field f;
		struct buf b;

		buf_init(&b, 1 << 20);
		buf_str(&b, "x; spf=pass; ");
		for (int k = 0; k < UNITS; k++)
			buf_str(&b, units[i]);
		authres_read(buf_view(&b), a, &f);
		UNIT_CASE(authres_read_find(&f, "spf") != NULL, units[i]);
		buf_done(&b);
	}
}

static const struct unit_test tests[] = {
	{"fields", reads},
	{"methods and properties are found", finds},
	{"what was written is read", round_trip},
	{"results have a limit", ceiling},
	{"hostile fields cost no more than others", linear},
};

int
main(void)
{
	int status;

	a = arena_new();
	status = unit_main("mail/authres_read", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return status;
}
