/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/upstream.h"

#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"

enum row { SPF, DKIM, DMARC };

#define GOOD " mx.upstream.example; spf=pass smtp.mailfrom=x.example; dkim=fail header.d=x.example; dmarc=none"

static const struct {
	const char *title;
	bool stranger;
	const char *field[2];
	const char *spf, *dkim, *dmarc;
} cases[] = {
	{"as it should be", false, {GOOD}, "pass", "fail", "none"},
	{"from a stranger", true, {GOOD}, "-", "-", "-"},
	{"from a stranger, quoted", true, {" \"mx.upstream.example\"; spf=pass"}, "-", "-", "-"},
	{"folded", false, {"\r\n\tmx.upstream.example\n\t;\n\tspf\n =\n softfail"}, "softfail", "-", "-"},
	{"commented", false, {" (a (b;)) MX.Upstream.EXAMPLE(c) 1 (d); (spf=fail) spf (e) = (f) neutral"}, "neutral",
		"-", "-"},
	{"the id in a comment", false, {" (mx.upstream.example;) other.example; spf=pass"}, "-", "-", "-"},
	{"quoted", false, {" \"mx.up\\stream.example\"; dmarc=\"pass\""}, "-", "-", "pass"},
	{"a quoted id that folds", false, {" \"mx.upstream.\r\n example\"; dmarc=pass"}, "-", "-", "-"},
	{"U-labels", false, {" m\303\274.example; dkim=pass"}, "-", "pass", "-"},
	{"another's", false, {" mx.other.example; spf=pass"}, "-", "-", "-"},
	{"one below it", false, {" a.mx.upstream.example; spf=pass"}, "-", "-", "-"},
	{"the topmost counts alone", false, {" mx.upstream.example; spf=fail", GOOD}, "fail", "-", "-"},
	{"one that is not listed above", false, {" mx.other.example; spf=fail", GOOD}, "pass", "fail", "none"},
	{"the first of a method", false, {" mx.upstream.example; dkim=pass; dkim=fail"}, "-", "pass", "-"},
	{"temporary error", false, {" mx.upstream.example; spf=temperror; dkim=temperror; dmarc=temperror"},
		"?temperror", "?temperror", "?temperror"},
	{"every other word", false, {" mx.upstream.example; spf=PermError; dkim=neutral; dmarc=bestguesspass"},
		"permerror", "neutral", "-"},
	{"no results", false, {" mx.upstream.example; none"}, "-", "-", "-"},
	{"no id", false, {" ; spf=pass"}, "-", "-", "-"},
	{"no field", false, {NULL}, "-", "-", "-"},
};

static void
reads(void)
{
	static const struct view ids[] = {VIEW("mx.upstream.example"), VIEW("xn--m-eha.example")};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct check_call *c = fake_new(&upstream_check, STAGE_HEADER, NULL, 0);
		struct header_field h[3] = {{VIEW("Received"), VIEW(" from x")}};

		fake_message.field = h;
		fake_message.n = 1;
		for (size_t k = 0; k < 2 && cases[i].field[k]; k++)
			h[fake_message.n++] = (struct header_field){
				VIEW("authentication-results"), view_str(cases[i].field[k])};
		c->settings.trusted_ids = ids;
		c->settings.n_trusted_ids = 2;
		c->client.from_trusted = !cases[i].stranger;
		fake_run(c);
		UNIT_CASE(fake_is(c, SPF, cases[i].spf), cases[i].title);
		UNIT_CASE(fake_is(c, DKIM, cases[i].dkim), cases[i].title);
		UNIT_CASE(fake_is(c, DMARC, cases[i].dmarc), cases[i].title);
		fake_done(c);
	}
}

static void
lacks_ids(void)
{
	struct settings s = {.n_trusted_ids = 0};

	CU_ASSERT_STRING_EQUAL(upstream_check.lacks(&s, SPF), "it needs the setting trusted-authserv-ids");
	s.n_trusted_ids = 1;
	CU_ASSERT_PTR_NULL(upstream_check.lacks(&s, SPF));
}

static const struct unit_test tests[] = {{"reads what a trusted server found", reads}, {"lacks", lacks_ids}};

int
main(void)
{
	return unit_main("checks/upstream", tests, sizeof(tests) / sizeof(*tests));
}
