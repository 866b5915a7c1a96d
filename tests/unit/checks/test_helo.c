/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/helo.h"

#include "tests/unit/checks/fake_check.c"

enum row { NAME, LITERAL, FQDN, RESOLVES, MATCHES, OURS };
#define A DNS_A
#define AAAA DNS_AAAA

static const struct {
	const char *title, *ip, *helo;
	struct fake_dns dns[3];
	const char *name, *literal, *fqdn, *resolves, *matches, *ours;
} cases[] = {
	{"right", "192.0.2.7", "MX.example.com.", {{"mx.example.com", A, "192.0.2.7"}}, "mx.example.com",
		"no", "yes", "yes", "yes", "no"},
	{"another address", "192.0.2.7", "mx.example.com", {{"mx.example.com", A, "192.0.2.8"}},
		"mx.example.com", "no", "yes", "yes", "no", "no"},
	{"IPv6 only", "192.0.2.7", "mx.example.com", {{"mx.example.com", A, ""},
		{"mx.example.com", AAAA, "2001:db8::7"}}, "mx.example.com", "no", "yes", "yes", "no", "no"},
	{"IPv6 client", "2001:db8::7", "mx.example.com", {{"mx.example.com", A, "!SERVFAIL"},
		{"mx.example.com", AAAA, "2001:db8::7"}}, "mx.example.com", "no", "yes", "yes", "yes", "no"},
	{"does not exist", "192.0.2.7", "mx.example.com", {{0}}, "mx.example.com", "no", "yes", "no", "no",
		"no"},
	{"DNS fails", "192.0.2.7", "mx.example.com", {{"mx.example.com", A, "!SERVFAIL"}},
		"mx.example.com", "no", "yes", "?SERVFAIL", "?SERVFAIL", "no"},
	{"half of the DNS fails", "192.0.2.7", "mx.example.com", {{"mx.example.com", A, ""},
		{"mx.example.com", AAAA, "!timeout"}}, "mx.example.com", "no", "yes", "?timeout", "no", "no"},
	{"one label", "192.0.2.7", "localhost", {{0}}, "localhost", "no", "no", "no", "no", "no"},
	{"unlisted suffix", "192.0.2.7", "pc.local", {{0}}, "pc.local", "no", "no", "no", "no", "no"},
	{"no domain", "192.0.2.7", "User PC", {{0}}, "user pc", "no", "no", "no", "no", "no"},
	{"empty", "192.0.2.7", "", {{0}}, "", "no", "no", "no", "no", "no"},
	{"none sent", "192.0.2.7", NULL, {{0}}, "-", "no", "no", "no", "no", "no"},
	{"literal of the client", "192.0.2.7", "[192.0.2.7]", {{0}}, "[192.0.2.7]", "yes", "no", "no", "yes",
		"no"},
	{"another's literal", "192.0.2.7", "[192.0.2.8]", {{0}}, "[192.0.2.8]", "yes", "no", "no", "no",
		"no"},
	{"IPv6 literal", "2001:db8::7", "[IPv6:2001:DB8::7]", {{0}}, "[ipv6:2001:db8::7]", "yes", "no", "no",
		"yes", "no"},
	{"broken literal", "192.0.2.7", "[192.0.2]", {{0}}, "[192.0.2]", "no", "no", "no", "no", "no"},
	{"our hostname", "192.0.2.7", "MX.Example.org", {{0}}, "mx.example.org", "no", "yes", "no", "no",
		"yes"},
	{"our other name", "192.0.2.7", "mail.example.org", {{0}}, "mail.example.org", "no", "yes", "no",
		"no", "yes"},
	{"a name below ours", "192.0.2.7", "a.mx.example.org", {{0}}, "a.mx.example.org", "no", "yes", "no",
		"no", "no"},
	{"our literal", "192.0.2.7", "[203.0.113.1]", {{0}}, "[203.0.113.1]", "yes", "no", "no", "no", "yes"},
	{"our bare address", "192.0.2.7", "203.0.113.1", {{0}}, "203.0.113.1", "no", "no", "no", "no", "yes"},
	{"our name from own-nets", "10.0.0.1", "mx.example.org", {{0}}, "mx.example.org", "no", "yes", "no",
		"no", "no"},
	{"our name from ourselves", "203.0.113.1", "mx.example.org", {{0}}, "mx.example.org", "no", "yes",
		"no", "no", "no"},
	{"local submission", NULL, "mx.example.org", {{0}}, "mx.example.org", "no", "yes", "no", "no", "no"},
};

static struct check_call *
call(size_t i, const struct list *own_nets, struct ip *ip)
{
	static const struct view names[] = {{"mail.example.org", 16}};
	static const struct ip ips[] = {{4, {203, 0, 113, 1}}};
	size_t n = 0;
	struct check_call *c;

	while (n < 3 && cases[i].dns[n].name)
		n++;
	c = fake_new(&helo_check, STAGE_MAIL, cases[i].dns, n);
	c->settings.own_names = names;
	c->settings.n_own_names = 1;
	c->settings.own_ips = ips;
	c->settings.n_own_ips = 1;
	c->program.own_nets = own_nets;
	c->client.helo = view_str(cases[i].helo);
	if (cases[i].ip && ip_parse(view_str(cases[i].ip), ip))
		c->client.ip = ip;
	return c;
}

static void
table(void)
{
	struct list *own = list_new(LIST_NETS, LIST_NETS, LIST_NETS);
	struct list_note note;

	CU_ASSERT_FATAL(list_add(own, VIEW("10.0.0.0/8"), (struct view){0}, &note));
	CU_ASSERT_FATAL(list_seal(own, &note));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip ip;
		struct check_call *c = call(i, own, &ip);

		fake_run(c);
		UNIT_CASE(fake_is(c, NAME, cases[i].name), cases[i].title);
		UNIT_CASE(fake_is(c, LITERAL, cases[i].literal), cases[i].title);
		UNIT_CASE(fake_is(c, FQDN, cases[i].fqdn), cases[i].title);
		UNIT_CASE(fake_is(c, RESOLVES, cases[i].resolves), cases[i].title);
		UNIT_CASE(fake_is(c, MATCHES, cases[i].matches), cases[i].title);
		UNIT_CASE(fake_is(c, OURS, cases[i].ours), cases[i].title);
		fake_done(c);
	}
	list_free(own);
}

static void
lazy(void)
{
	struct ip ip;
	struct check_call *c = call(0, NULL, &ip);

	c->unwanted[RESOLVES] = c->unwanted[MATCHES] = c->unwanted[OURS] = true;
	fake_run(c);
	CU_ASSERT_EQUAL(c->n_asked, 0);
	fake_done(c);
}

/* At its own stage a missing name is not yet known to be missing. */
static void
waits(void)
{
	struct check_call *c = fake_new(&helo_check, STAGE_HELO, NULL, 0);

	fake_run(c);
	UNIT_CASE(fake_is(c, NAME, "..."), "before MAIL");
	c->stage = STAGE_MAIL;
	fake_run(c);
	UNIT_CASE(fake_is(c, NAME, "-"), "at MAIL");
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"names and literals", table},
	{"no question that nobody needs", lazy},
	{"waits for a name until MAIL", waits},
};

int
main(void)
{
	return unit_main("checks/helo", tests, sizeof(tests) / sizeof(*tests));
}
