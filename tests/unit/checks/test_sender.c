/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/sender.h"

#include "tests/unit/checks/fake_check.c"

enum row { FROM, DOMAIN, LOCAL, NULL_SENDER, RESOLVES, NULL_MX, SIZE };
#define D "x.example"

static const struct {
	const char *title;
	struct fake_dns dns[3];
	const char *resolves, *null_mx;
	size_t asked;
} cases[] = {
	{"MX", {{D, DNS_MX, "mx.x.example"}}, "yes", "no", 1},
	{"null MX", {{D, DNS_MX, "."}}, "no", "yes", 1},
	{"null MX beside an address", {{D, DNS_MX, "."}, {D, DNS_A, "192.0.2.1"}}, "no", "yes", 1},
	{"a root among hosts", {{D, DNS_MX, ". mx.x.example"}}, "yes", "no", 1},
	{"does not exist", {{0}}, "no", "no", 1},
	{"MX fails", {{D, DNS_MX, "!SERVFAIL"}, {D, DNS_A, "192.0.2.1"}}, "?SERVFAIL", "?SERVFAIL", 1},
	{"address only", {{D, DNS_MX, ""}, {D, DNS_A, "192.0.2.1"}}, "yes", "no", 3},
	{"IPv6 only", {{D, DNS_MX, ""}, {D, DNS_A, ""}, {D, DNS_AAAA, "2001:db8::1"}}, "yes", "no", 3},
	{"one address type fails", {{D, DNS_MX, ""}, {D, DNS_A, ""}, {D, DNS_AAAA, "!timeout"}}, "?timeout",
		"no", 3},
	{"an address is enough", {{D, DNS_MX, ""}, {D, DNS_A, "!timeout"}, {D, DNS_AAAA, "2001:db8::1"}},
		"yes", "no", 3},
	{"no records", {{D, DNS_MX, ""}, {D, DNS_A, ""}, {D, DNS_AAAA, ""}}, "no", "no", 3},
};

static void
set_from(struct check_call *c, const char *local, const char *domain, const char *text)
{
	c->has_envelope = c->envelope.has_from = true;
	c->envelope.from = (struct address){.local = view_str(local), .domain = view_str(domain),
		.text = view_str(text)};
}

static void
dns(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = 0;
		struct check_call *c;

		while (n < 3 && cases[i].dns[n].name)
			n++;
		c = fake_new(&sender_check, STAGE_MAIL, cases[i].dns, n);
		set_from(c, "a", D, "a@" D);
		fake_run(c);
		UNIT_CASE(fake_is(c, RESOLVES, cases[i].resolves), cases[i].title);
		UNIT_CASE(fake_is(c, NULL_MX, cases[i].null_mx), cases[i].title);
		UNIT_CASE(c->n_asked == cases[i].asked, cases[i].title);
		fake_done(c);
	}
}

static void
envelope(void)
{
	struct check_call *c = fake_new(&sender_check, STAGE_MAIL, NULL, 0);

	set_from(c, "A b", D, "\"A b\"@" D);
	c->envelope.size = 1234;
	c->unwanted[RESOLVES] = c->unwanted[NULL_MX] = true;
	fake_run(c);
	UNIT_CASE(fake_is(c, FROM, "\"A b\"@" D), "from");
	UNIT_CASE(fake_is(c, DOMAIN, D), "domain");
	UNIT_CASE(fake_is(c, LOCAL, "A b"), "local");
	UNIT_CASE(fake_is(c, NULL_SENDER, "no"), "null");
	UNIT_CASE(fake_is(c, SIZE, "1234"), "size");
	CU_ASSERT_EQUAL(c->n_asked, 0);
	fake_done(c);
}

static void
without(void)
{
	static const char *const missing[] = {"-", "-", "-", "yes", "-", "-", "-"};
	struct check_call *c = fake_new(&sender_check, STAGE_MAIL, NULL, 0);

	fake_run(c);
	UNIT_CASE(fake_is(c, NULL_SENDER, "..."), "before MAIL");
	c->has_envelope = c->envelope.null_sender = true;
	fake_run(c);
	for (size_t i = FROM; i <= SIZE; i++)
		UNIT_CASE(fake_is(c, i, missing[i]), "null sender");
	fake_done(c);
	c = fake_new(&sender_check, STAGE_MAIL, NULL, 0);
	c->has_envelope = true;
	c->envelope.from_raw = VIEW("<a@b@c>");
	fake_run(c);
	UNIT_CASE(fake_is(c, FROM, "-"), "unreadable");
	UNIT_CASE(fake_is(c, NULL_SENDER, "no"), "unreadable");
	fake_done(c);
}

static void
literal(void)
{
	struct check_call *c = fake_new(&sender_check, STAGE_MAIL, NULL, 0);

	set_from(c, "a", "[192.0.2.1]", "a@[192.0.2.1]");
	fake_run(c);
	UNIT_CASE(fake_is(c, RESOLVES, "yes"), "literal");
	CU_ASSERT_EQUAL(c->n_asked, 0);
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"MX, null MX, address, failures", dns},
	{"the parts of the sender", envelope},
	{"null and unreadable sender", without},
	{"literal needs no DNS", literal},
};

int
main(void)
{
	return unit_main("checks/sender", tests, sizeof(tests) / sizeof(*tests));
}
