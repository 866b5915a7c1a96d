/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl.h"

#include "tests/unit/checks/fake_check.c"
#include "util/limits.h"

/* Slots: the looked-up fact, dnsbl.z, dnsbl.z.bad, dnsbl.z.good. */
enum { LOOKUP, ANY, BAD, GOOD, SLOTS };
#define Q     "7.2.0.192.z.example"
#define SANE  "1.0.0.127.z.example"
#define SIX   "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.z.example"
#define SANE6 "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.z.example"
#define ALL   "?list answers for everything"

static const struct fact_def ip_def = {.name = "client.ip", .type = FACT_IP};
static const struct fact_def domain_def = {.name = "mail.domain", .type = FACT_DOMAIN};
static const struct fact_def list_def = {.name = "url.domain", .type = FACT_DOMAIN, .list = true};
static const struct fact_def bool_def = {.name = "dnsbl.z", .type = FACT_BOOL};

static struct dnsbl_match bad[] = {{.kind = DNSBL_RANGE, .low = 0x7f000002, .high = 0x7f000004}};
static struct dnsbl_match good[] = {{.kind = DNSBL_RANGE, .low = 0x7f00000a, .high = 0x7f00000a}};
static struct dnsbl_code codes[] = {{{"bad", 3}, bad, 1}, {{"good", 4}, good, 1}};

struct setup {
	struct dnsbl list;
	struct slot slots[SLOTS];
};

static struct check_call *
call(struct setup *s, const struct fact_def *lookup, const struct fake_dns *dns, size_t n)
{
	struct check_call *c = fake_new(&dnsbl_check, STAGE_CONNECT, dns, n);
	bool by_ip = lookup == &ip_def;

	s->list = (struct dnsbl){.name = VIEW("z"), .zone = VIEW("z.example"), .shown = VIEW("z.example"),
		.lookup = LOOKUP, .timeout_ms = 1700, .codes = codes, .n_codes = 2,
		.test_absent = by_ip ? VIEW("127.0.0.1") : VIEW("INVALID"),
		.test_listed = by_ip ? VIEW("127.0.0.2") : VIEW("TEST")};
	s->slots[LOOKUP] = (struct slot){.def = lookup};
	s->slots[ANY] = (struct slot){.def = &bool_def, .dnsbl = &s->list, .code = SIZE_MAX};
	s->slots[BAD] = (struct slot){.def = &bool_def, .dnsbl = &s->list, .code = 0};
	s->slots[GOOD] = (struct slot){.def = &bool_def, .dnsbl = &s->list, .code = 1};
	c->program.slots = s->slots;
	c->program.n_slots = SLOTS;
	c->program.dnsbls = &s->list;
	c->program.n_dnsbls = 1;
	return c;
}

static void
expect(struct check_call *c, const char *any, const char *bad_code, const char *good_code,
	const char *title)
{
	const char *const want[] = {any, bad_code, good_code};

	for (size_t i = ANY; i <= GOOD; i++) {
		const char *got = fake_text(c, &bool_def, &c->slot[i]);

		if (strcmp(got, want[i - ANY]) != 0)
			printf("  slot %zu: got %s, want %s\n", i, got, want[i - ANY]);
		UNIT_CASE(strcmp(got, want[i - ANY]) == 0, title);
	}
}

static const struct {
	const char *title, *ip;
	struct fake_dns dns[2];
	const char *any, *bad, *good;
} cases[] = {
	{"not listed", "192.0.2.7", {{0}}, "no", "no", "no"},
	{"listed", "192.0.2.7", {{Q, DNS_A, "127.0.0.2"}}, "yes", "yes", "no"},
	{"two codes", "192.0.2.7", {{Q, DNS_A, "127.0.0.2 127.0.0.10"}}, "yes", "yes", "yes"},
	{"a code that is not ours", "192.0.2.7", {{Q, DNS_A, "127.0.0.77"}}, "no", "no", "no"},
	{"no address at the name", "192.0.2.7", {{Q, DNS_A, ""}}, "no", "no", "no"},
	{"IPv6", "2001:db8::7", {{SIX, DNS_A, "127.0.0.2"}}, "yes", "yes", "no"},
	{"IPv6, list answers for everything", "2001:db8::7", {{SIX, DNS_A, "127.0.0.2"},
		{SANE6, DNS_A, "127.0.0.2"}}, ALL, ALL, ALL},
	/* an outage is never a listing */
	{"typing error", "192.0.2.7", {{Q, DNS_A, "127.255.255.252"}}, "?error code 127.255.255.252",
		"?error code 127.255.255.252", "?error code 127.255.255.252"},
	{"public resolver", "192.0.2.7", {{Q, DNS_A, "127.255.255.254"}}, "?error code 127.255.255.254",
		"?error code 127.255.255.254", "?error code 127.255.255.254"},
	{"too many queries", "192.0.2.7", {{Q, DNS_A, "127.255.255.255"}}, "?error code 127.255.255.255",
		"?error code 127.255.255.255", "?error code 127.255.255.255"},
	{"127.0.0.1", "192.0.2.7", {{Q, DNS_A, "127.0.0.1"}}, "?error code 127.0.0.1",
		"?error code 127.0.0.1", "?error code 127.0.0.1"},
	{"outside 127/8", "192.0.2.7", {{Q, DNS_A, "1.2.3.4"}}, "?error code 1.2.3.4",
		"?error code 1.2.3.4", "?error code 1.2.3.4"},
	{"SERVFAIL", "192.0.2.7", {{Q, DNS_A, "!SERVFAIL"}}, "?SERVFAIL", "?SERVFAIL", "?SERVFAIL"},
	{"no answer yet", "192.0.2.7", {{Q, DNS_A, "~"}}, "...", "...", "..."},
	{"wildcard zone", "192.0.2.7", {{Q, DNS_A, "127.0.0.2"}, {SANE, DNS_A, "127.0.0.2"}}, ALL, ALL,
		ALL},
	{"wildcard zone, slow answer", "192.0.2.7", {{Q, DNS_A, "~"}, {SANE, DNS_A, "127.0.0.2"}}, ALL, ALL,
		ALL},
	{"hijacked", "192.0.2.7", {{Q, DNS_A, "203.0.113.80"}, {SANE, DNS_A, "203.0.113.80"}}, ALL, ALL,
		ALL},
	{"refused for all", "192.0.2.7", {{Q, DNS_A, "127.255.255.254"},
		{SANE, DNS_A, "127.255.255.254"}}, "?error code 127.255.255.254",
		"?error code 127.255.255.254", "?error code 127.255.255.254"},
	/* a listing needs a healthy test entry; its absence does not */
	{"listed, test entry fails", "192.0.2.7", {{Q, DNS_A, "127.0.0.2"}, {SANE, DNS_A, "!timeout"}},
		"?test entry: timeout", "?test entry: timeout", "?test entry: timeout"},
	{"not listed, test entry fails", "192.0.2.7", {{SANE, DNS_A, "!timeout"}}, "no", "no", "no"},
	{"listed, test entry open", "192.0.2.7", {{Q, DNS_A, "127.0.0.2"}, {SANE, DNS_A, "~"}}, "...",
		"...", "..."},
};

static void
addresses(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct setup s;
		size_t n = 0;
		struct check_call *c;
		struct ip ip;

		while (n < 2 && cases[i].dns[n].name)
			n++;
		c = call(&s, &ip_def, cases[i].dns, n);
		ip_parse(view_str(cases[i].ip), &ip);
		c->slot[LOOKUP] = fact_ip(ip);
		fake_run(c);
		expect(c, cases[i].any, cases[i].bad, cases[i].good, cases[i].title);
		CU_ASSERT_EQUAL(c->n_asked, 2);
		CU_ASSERT_EQUAL(c->asked[1].round, 1); /* both at once */
		for (size_t k = 0; k < c->n_asked; k++)
			CU_ASSERT_EQUAL(c->asked[k].timeout_ms, 1700); /* the list's own */
		fake_done(c);
	}
}

static void
states(void)
{
	struct setup s;
	struct check_call *c = call(&s, &domain_def, NULL, 0);

	fake_run(c);
	expect(c, "...", "...", "...", "pending");
	c->slot[LOOKUP] = fact_missing();
	fake_run(c);
	expect(c, "no", "no", "no", "missing");
	fake_done(c);
	c = call(&s, &domain_def, NULL, 0);
	c->slot[LOOKUP] = fact_unknown(VIEW("timeout"));
	fake_run(c);
	expect(c, "?timeout", "?timeout", "?timeout", "unknown");
	CU_ASSERT_EQUAL(c->n_asked, 0);
	fake_done(c);
	c = call(&s, &domain_def, NULL, 0);
	c->slot[LOOKUP] = fact_text(VIEW("[192.0.2.7]"));
	fake_run(c);
	expect(c, "no", "no", "no", "not a name");
	CU_ASSERT_EQUAL(c->n_asked, 0);
	fake_done(c);
}

static void
lists(void)
{
	static const struct view three[] = {{"a.example", 9}, {"b.example", 9}, {"c.example", 9}};
	static const struct {
		const char *title;
		struct fake_dns dns[3];
		const char *any, *bad, *good;
	} rows[] = {
		{"none", {{0}}, "no", "no", "no"},
		{"the last", {{"c.example.z.example", DNS_A, "127.0.0.2"}}, "yes", "yes", "no"},
		{"one listed, one fails", {{"a.example.z.example", DNS_A, "127.0.0.2"},
			{"b.example.z.example", DNS_A, "!SERVFAIL"}}, "yes", "yes", "?SERVFAIL"},
		{"one listed, one still open", {{"a.example.z.example", DNS_A, "~"},
			{"b.example.z.example", DNS_A, "127.0.0.10"}}, "yes", "...", "yes"},
		{"parked zone", {{"a.example.z.example", DNS_A, "127.0.0.2"},
			{"INVALID.z.example", DNS_A, "127.0.0.2"}}, ALL, ALL, ALL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct setup s;
		size_t n = 0;
		struct check_call *c;

		while (n < 3 && rows[i].dns[n].name)
			n++;
		c = call(&s, &list_def, rows[i].dns, n);
		c->slot[LOOKUP] = fact_list(three, 3);
		fake_run(c);
		expect(c, rows[i].any, rows[i].bad, rows[i].good, rows[i].title);
		CU_ASSERT_EQUAL(c->n_asked, 4);
		fake_done(c);
	}
}

static void
ceiling(void)
{
	struct setup s;
	struct check_call *c = call(&s, &list_def, NULL, 0);
	struct view *item = arena_array(c->arena, DNSBL_VALUES + 1, sizeof(*item));

	for (size_t i = 0; i <= DNSBL_VALUES; i++)
		item[i] = arena_printf(c->arena, "d%zu.example", i);
	c->slot[LOOKUP] = fact_list(item, DNSBL_VALUES + 1);
	fake_run(c);
	expect(c, "?too many values", "?too many values", "?too many values", "ceiling");
	CU_ASSERT_EQUAL(c->n_asked, DNSBL_VALUES + 1);
	fake_done(c);
}

static void
untested(void)
{
	static const struct fake_dns dns[] = {{Q, DNS_A, "127.0.0.2"}, {SANE, DNS_A, "127.0.0.2"}};
	struct setup s;
	struct check_call *c = call(&s, &ip_def, dns, 2);
	struct ip ip;

	s.list.test_absent = s.list.test_listed = (struct view){0};
	ip_parse(VIEW("192.0.2.7"), &ip);
	c->slot[LOOKUP] = fact_ip(ip);
	fake_run(c);
	expect(c, "yes", "yes", "no", "no test entry");
	CU_ASSERT_EQUAL(c->n_asked, 1);
	fake_done(c);
}

static void
unwanted(void)
{
	struct setup s;
	struct check_call *c = call(&s, &ip_def, NULL, 0);

	c->slot[LOOKUP] = fact_ip((struct ip){4, {192, 0, 2, 7}});
	for (size_t i = ANY; i <= GOOD; i++)
		c->slot[i] = fact_bool(false);
	fake_run(c);
	CU_ASSERT_EQUAL(c->n_asked, 0);
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"listings, errors, sick lists", addresses},
	{"states of the looked-up fact", states},
	{"facts of many values", lists},
	{"a ceiling on values", ceiling},
	{"test-entry none", untested},
	{"asks only what is wanted", unwanted},
};

int
main(void)
{
	return unit_main("checks/dnsbl", tests, sizeof(tests) / sizeof(*tests));
}
