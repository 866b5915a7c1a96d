/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/backends.h"

#include "tests/lib/unit.h"
#include "util/limits.h"

static const struct view a_domains[] = {{"a.test", 6}, {".b.test", 7}}, b_domains[] = {{"a.test", 6}, {".x.b.test", 9}};
static const struct backend_settings four[] = {
	{.name = "a", .domains = a_domains, .n_domains = 2},
	{.name = "b", .domains = b_domains, .n_domains = 2},
	{.name = "c", .host = "mx.test", .at = {.family = LISTENER_INET, .port = 2525}},
	{.name = "d", .at = {.family = LISTENER_UNIX, .path = "/d"}},
};

static struct backends *
make(const struct backend_settings *s, size_t n)
{
	struct backends *b;
	struct buf why;

	buf_init(&why, 1000);
	b = backends_new(s, n, &why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_EQUAL(why.n, 0);
	buf_done(&why);
	return b;
}

static void
routes(void)
{
	static const struct {
		const char *name, *domain;
		uint32_t want;
	} t[] = {
		{"both name it", "a.test", 3},
		{"below a name that stands for itself", "x.a.test", 12},
		{"with all below it", "b.test", 1},
		{"below it", "y.b.test", 1},
		{"the longer name counts", "x.b.test", 2},
		{"and below that", "y.x.b.test", 2},
		{"no label boundary", "xb.test", 12},
		{"of no list", "c.test", 12},
		{"a literal", "[192.0.2.1]", 12},
		{"empty", "", 12},
		{"none", NULL, 12},
	};
	struct backends *b = make(four, 4);

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		UNIT_CASE(backends_route(b, view_str(t[i].domain)) == t[i].want, t[i].name);
	backends_free(b);
	b = make(four, 2); /* all have lists */
	CU_ASSERT_EQUAL(backends_route(b, VIEW("c.test")), 0);
	CU_ASSERT_EQUAL(backends_route(b, (struct view){NULL, 0}), 1);
	backends_free(b);
}

static void
order(void)
{
	struct backends *b = make(four, 4);
	struct ehlo can = {.has = EHLO_SIZE};

	CU_ASSERT_EQUAL(backends_pick(b, 15), 0);
	CU_ASSERT_EQUAL(backends_pick(b, 12), 2);
	backends_is_well(b, 3, &can);
	CU_ASSERT_EQUAL(backends_pick(b, 15), 3); /* well before unknown */
	backends_is_ill(b, 0, "x");
	CU_ASSERT_EQUAL(backends_pick(b, 7), 1); /* unknown before ill */
	CU_ASSERT_EQUAL(backends_pick(b, 1), 0); /* better than nothing */
	backends_suspect(b, 3);
	CU_ASSERT_EQUAL(backends_pick(b, 15), 1);
	CU_ASSERT_EQUAL(backends_pick(b, 9), 3); /* suspected before ill */
	CU_ASSERT_TRUE(backends_take_suspicion(b, 3));
	CU_ASSERT_FALSE(backends_take_suspicion(b, 3));
	backends_is_well(b, 3, &can);
	CU_ASSERT_EQUAL(backends_pick(b, 15), 3);
	backends_free(b);
}

static void
capabilities(void)
{
	struct backends *b = make(four, 3);
	struct ehlo x = {.has = EHLO_SIZE | EHLO_DSN | EHLO_STARTTLS | EHLO_CHUNKING, .size = 100},
		    y = {.has = EHLO_SIZE | EHLO_DSN | EHLO_STARTTLS, .size = 50}, out;

	CU_ASSERT_FALSE(backends_capabilities(b, &out));
	backends_is_well(b, 0, &x);
	CU_ASSERT_TRUE_FATAL(backends_capabilities(b, &out));
	CU_ASSERT_EQUAL(out.has, EHLO_SIZE | EHLO_DSN | EHLO_CHUNKING); /* STARTTLS is between neighbours */
	CU_ASSERT_EQUAL(out.size, 100);
	backends_is_well(b, 1, &y);
	CU_ASSERT_TRUE_FATAL(backends_capabilities(b, &out));
	CU_ASSERT_EQUAL(out.has, EHLO_SIZE | EHLO_DSN);
	CU_ASSERT_EQUAL(out.size, 50);
	backends_suspect(b, 1); /* known still */
	CU_ASSERT_TRUE(backends_capabilities(b, &out) && out.size == 50);
	backends_is_ill(b, 1, "gone");
	CU_ASSERT_TRUE(backends_capabilities(b, &out) && out.size == 100);
	backends_is_ill(b, 0, "gone");
	CU_ASSERT_FALSE(backends_capabilities(b, &out));
	backends_free(b);
}

/* In `four`, a and b name their domains, c and d do not. */
static void
logins(void)
{
	struct backends *b = make(four, 4);
	struct ehlo none = {.has = EHLO_SIZE}, x = none, y = none, out;

	x.has |= EHLO_AUTH;
	x.mechs = SASL_PLAIN | SASL_LOGIN;
	y.has |= EHLO_AUTH;
	y.mechs = SASL_PLAIN | SASL_CRAM_MD5;
	backends_is_well(b, 0, &x);
	CU_ASSERT_TRUE_FATAL(backends_capabilities(b, &out));
	CU_ASSERT_FALSE(out.has & EHLO_AUTH); /* nobody would ask it */
	backends_is_well(b, 0, &none);
	backends_is_well(b, 2, &x);
	CU_ASSERT_TRUE_FATAL(backends_capabilities(b, &out));
	CU_ASSERT_EQUAL(out.has, EHLO_SIZE | EHLO_AUTH);
	CU_ASSERT_EQUAL(out.mechs, x.mechs);
	backends_is_well(b, 3, &y);
	CU_ASSERT_TRUE(backends_capabilities(b, &out) && out.mechs == SASL_PLAIN);
	backends_is_well(b, 3, &none);
	CU_ASSERT_TRUE_FATAL(backends_capabilities(b, &out));
	CU_ASSERT_EQUAL(out.has, EHLO_SIZE);
	CU_ASSERT_EQUAL(out.mechs, 0);
	backends_free(b);
}

static void
addresses(void)
{
	struct listener_address at[BACKEND_ADDRESSES];
	struct backends *b = make(four, 4);
	struct ip ip[BACKEND_ADDRESSES + 2];

	CU_ASSERT_EQUAL(backends_addresses(b, 2, at), 0);
	CU_ASSERT_EQUAL(backends_addresses(b, 3, at), 1);
	CU_ASSERT_STRING_EQUAL(at[0].path, "/d");
	for (size_t i = 0; i < BACKEND_ADDRESSES + 2; i++)
		ip_parse(i ? VIEW("192.0.2.1") : VIEW("2001:db8::1"), &ip[i]);
	backends_found(b, 2, ip, BACKEND_ADDRESSES + 2);
	CU_ASSERT_EQUAL(backends_addresses(b, 2, at), BACKEND_ADDRESSES);
	CU_ASSERT(at[0].family == LISTENER_INET6 && at[0].port == 2525);
	CU_ASSERT(at[1].family == LISTENER_INET && ip_eq(&at[1].ip, &ip[1]));
	backends_found(b, 2, ip, 0);
	CU_ASSERT_EQUAL(backends_addresses(b, 2, at), 0);
	backends_free(b);
}

/* Open, closed, in doubt again: what is used of those that strangers' mail would go to. */
static void
guards(void)
{
	static const struct backend_settings three[] = {{.name = "a", .terms = {.identity = RELAY_IDENTITY_PROXY_V2}},
		{.name = "b"}, {.name = "c", .relaying = true}};
	struct backends *b = make(three, 3);
	struct ehlo can = {.has = EHLO_SIZE}, out;
	struct buf why;

	CU_ASSERT_EQUAL(backends_route(b, VIEW("x.test")), 7);
	CU_ASSERT_FALSE(backends_is_in_doubt(b, 0));
	backends_guard(b);
	CU_ASSERT_TRUE(backends_is_in_doubt(b, 0));
	CU_ASSERT_FALSE(backends_is_in_doubt(b, 2));
	CU_ASSERT_EQUAL(backends_route(b, VIEW("x.test")), 4);
	backends_is_well(b, 0, &can);
	CU_ASSERT_FALSE(backends_capabilities(b, &out)); /* not used yet */
	CU_ASSERT_TRUE(backends_in_question(b));
	backends_relays(b, 0, BACKEND_CLOSED);
	CU_ASSERT_FALSE(backends_in_question(b)); /* b is not well */
	CU_ASSERT_TRUE(backends_capabilities(b, &out));
	CU_ASSERT_FALSE(backends_is_in_doubt(b, 0));
	backends_relays(b, 1, BACKEND_UNCLEAR);
	CU_ASSERT_EQUAL(backends_route(b, VIEW("x.test")), 7);
	CU_ASSERT_EQUAL(backends_open(b), -1);
	backends_is_ill(b, 0, "gone");
	backends_is_well(b, 0, &can);
	CU_ASSERT_TRUE(backends_is_in_doubt(b, 0)); /* perhaps with other settings */
	CU_ASSERT_EQUAL(backends_route(b, VIEW("x.test")), 7);
	backends_relays(b, 0, BACKEND_OPEN);
	CU_ASSERT_EQUAL(backends_route(b, VIEW("x.test")), 6);
	CU_ASSERT_EQUAL(backends_open(b), 0);
	CU_ASSERT_FALSE(backends_capabilities(b, &out));
	buf_init(&why, 1000);
	backends_open_why(b, 0, &why);
	CU_ASSERT(view_search_nocase(buf_view(&why), VIEW("backend 'a' takes strangers' mail")) == 0);
	buf_done(&why);
	CU_ASSERT_TRUE(backends_is_in_doubt(b, 0));
	backends_relays(b, 0, BACKEND_UNCLEAR); /* which takes nothing back */
	CU_ASSERT_EQUAL(backends_open(b), 0);
	backends_relays(b, 0, BACKEND_CLOSED);
	CU_ASSERT_EQUAL(backends_open(b), -1);
	CU_ASSERT_EQUAL(backends_route(b, VIEW("x.test")), 7);
	backends_free(b);
}

/* The client's own address can only be shown to an address of its kind. */
static void
families(void)
{
	struct backend_settings s[] = {{.name = "four", .terms = {.identity = RELAY_IDENTITY_TRANSPARENT},
			.at = {.family = LISTENER_INET, .ip = {.family = 4}}},
		{.name = "six", .terms = {.identity = RELAY_IDENTITY_TRANSPARENT},
			.at = {.family = LISTENER_INET6, .ip = {.family = 6}}},
		{.name = "told", .at = {.family = LISTENER_INET, .ip = {.family = 4}}},
		{.name = "named", .host = "mx.test", .at = {.family = LISTENER_INET},
			.terms = {.identity = RELAY_IDENTITY_TRANSPARENT}}};
	struct backends *b = make(s, 4);
	struct ip ip;

	CU_ASSERT_EQUAL(backends_of_family(b, 15, 4), 1 | 4);
	CU_ASSERT_EQUAL(backends_of_family(b, 15, 6), 2 | 4);
	CU_ASSERT_EQUAL(backends_of_family(b, 3, 0), 0);
	ip_parse(VIEW("2001:db8::1"), &ip);
	backends_found(b, 3, &ip, 1);
	CU_ASSERT_EQUAL(backends_of_family(b, 15, 6), 2 | 4 | 8);
	backends_free(b);
}

static void
wake(void *ctx)
{
	++*(int *)ctx;
}

static void
words(void)
{
	struct backends *b = make(four, 4);
	struct buf out;
	int woken = 0;

	buf_init(&out, 1000);
	backends_is_ill(b, 1, "connection refused");
	backends_describe(b, 1, &out);
	UNIT_VIEW(buf_view(&out), "backend-b state=ill seconds=0 why=\"connection refused\"");
	backends_on_suspicion(b, wake, &woken);
	backends_suspect(b, 1);
	CU_ASSERT_EQUAL(woken, 1);
	backends_on_suspicion(b, NULL, NULL);
	backends_suspect(b, 1);
	CU_ASSERT_EQUAL(woken, 1);
	buf_done(&out);
	backends_free(b);
}

/* All that are possible, with all that may be wrong, leave room for the counters of a worker. */
static void
many_words(void)
{
	static const char name[] = "a-name-that-is-as-long-as-one-can-sensibly-be";
	struct backend_settings many[RELAY_BACKENDS_MAX];
	char why[300];
	struct backends *b;
	struct buf out;

	for (size_t i = 0; i < RELAY_BACKENDS_MAX; i++)
		many[i] = (struct backend_settings){.name = name};
	memset(why, 'x', sizeof(why));
	why[sizeof(why) - 1] = 0;
	b = make(many, RELAY_BACKENDS_MAX);
	backends_guard(b);
	buf_init(&out, WORKER_STATUS_MAX - 4096);
	for (unsigned i = 0; i < RELAY_BACKENDS_MAX; i++) {
		backends_is_ill(b, i, why);
		backends_describe(b, i, &out);
		buf_byte(&out, '\n');
	}
	CU_ASSERT_FALSE(out.over);
	buf_done(&out);
	backends_free(b);
}

static void
mistakes(void)
{
	struct backend_settings bad = {.name = "x", .terms = {.tls = RELAY_TLS_VERIFIED}, .ca = VIEW("no PEM")};
	struct backend_settings many[RELAY_BACKENDS_MAX + 1] = {{.name = "x"}};
	struct buf why;

	buf_init(&why, 1000);
	CU_ASSERT_PTR_NULL(backends_new(&bad, 1, &why));
	CU_ASSERT_NOT_EQUAL(why.n, 0);
	CU_ASSERT_PTR_NULL(backends_new(many, RELAY_BACKENDS_MAX + 1, &why));
	buf_done(&why);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"routes by domain", routes},
		{"order", order},
		{"capabilities of all that are well", capabilities},
		{"logins, of those that are asked", logins},
		{"addresses", addresses},
		{"what relays for strangers", guards},
		{"addresses of the client's kind", families},
		{"status and suspicion", words},
		{"status of many", many_words},
		{"mistakes", mistakes},
	};

	return unit_main("front/backends", tests, sizeof(tests) / sizeof(*tests));
}
