/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_backend_probe -- what a prober learns of backends over real sockets, with names of a zone in memory.
 */
#include "front/relay/backend_probe.h"

#include <sched.h>

#include <stdio.h>
#include <string.h>

#include "svc/dns_zone.h"
#include "tests/lib/link_world.h"
#include "tests/lib/unit.h"

struct prober {
	struct backend_probe *p;
	struct dns *dns;
	bool asked, gone;
};

static void
asked(void *ctx)
{
	((struct prober *)ctx)->asked = true;
}

static void
gone(void *ctx)
{
	((struct prober *)ctx)->gone = true;
}

static void
start(struct prober *p, struct link_world *w, const char *zone)
{
	struct dns_backend *b = dns_zone_new();
	char why[200];

	*p = (struct prober){0};
	CU_ASSERT_EQUAL_FATAL(dns_zone_read(b, view_str(zone), "zone", why, sizeof(why)), 0);
	p->dns = dns_new(b, NULL);
	p->p = backend_probe_start(&w->l, p->dns, asked, p);
}

static void
stop(struct prober *p, struct link_world *w)
{
	backend_probe_stop(p->p, gone, p);
	LINK_UNTIL(w, p->gone);
	dns_free(p->dns);
}

static bool
is(struct link_world *w, unsigned i, const char *state)
{
	struct buf b;
	bool yes;

	buf_init(&b, 1000);
	backends_describe(w->l.backends, i, &b);
	yes = view_search_nocase(buf_view(&b), view_str(state)) < b.n;
	buf_done(&b);
	return yes;
}

static void
learns(void)
{
	static const struct toy_backend_options one = {.keywords = "PIPELINING DSN"}, two = {.keywords = "DSN CHUNKING"},
						dead = {.leave_at = "220", .leaves = 100};
	struct toy_backend *a = toy_backend_start(&one), *b = toy_backend_start(&two), *c = toy_backend_start(&dead);
	struct link_world w = {.n = 0};
	struct prober p;
	struct ehlo can;

	link_world_add(&w, "one", a, (struct relay_terms){0});
	link_world_add(&w, "two", b, (struct relay_terms){0});
	link_world_add(&w, "dead", c, (struct relay_terms){0});
	link_world_begin(&w);
	CU_ASSERT_FALSE(backends_capabilities(w.l.backends, &can));
	start(&p, &w, "");
	LINK_UNTIL(&w, p.asked);
	CU_ASSERT_TRUE(is(&w, 0, "state=well"));
	CU_ASSERT_TRUE(is(&w, 1, "state=well"));
	CU_ASSERT_TRUE(is(&w, 2, "state=ill"));
	CU_ASSERT_TRUE_FATAL(backends_capabilities(w.l.backends, &can));
	CU_ASSERT_EQUAL(can.has, EHLO_DSN);
	CU_ASSERT_EQUAL(backends_open(w.l.backends), -1);
	CU_ASSERT_EQUAL(backends_route(w.l.backends, VIEW("b.test")), 7);
	stop(&p, &w);
	link_world_end(&w);
	while (toy_backend_count(a, "gone") == 0) /* its thread reads QUIT when it has its turn */
		sched_yield();
	CU_ASSERT_STRING_EQUAL(toy_backend_notes(a), "connected 127.0.0.1\nEHLO proxy.test\nQUIT\ngone\n");
	toy_backend_stop(a);
	toy_backend_stop(b);
	toy_backend_stop(c);
}

/* Where strangers' mail goes, what was not asked whether it relays for them, or does, is not used. */
static void
open_relay(void)
{
	static const struct toy_backend_options good = {0}, bad = {.relays = true}, shy = {.leave_at = "RCPT", .leaves = 9},
						dead = {.leave_at = "220", .leaves = 100};
	struct toy_backend *t[] = {toy_backend_start(&good), toy_backend_start(&bad), toy_backend_start(&shy),
		toy_backend_start(&dead)};
	static const char *const names[] = {"good", "bad", "shy", "dead"};
	struct link_world w = {.n = 0};
	struct prober p;
	struct buf why;

	for (size_t i = 0; i < 4; i++)
		link_world_add(&w, names[i], t[i], (struct relay_terms){0});
	link_world_begin(&w);
	backends_guard(w.l.backends);
	CU_ASSERT_EQUAL(backends_route(w.l.backends, VIEW("b.test")), 0);
	start(&p, &w, "");
	LINK_UNTIL(&w, p.asked);
	CU_ASSERT_EQUAL(backends_open(w.l.backends), 1);
	CU_ASSERT_TRUE(is(&w, 0, "state=well seconds=0 used=yes open-relay=no"));
	CU_ASSERT_TRUE(is(&w, 1, "state=well seconds=0 used=no open-relay=yes"));
	CU_ASSERT_TRUE(is(&w, 2, "used=yes open-relay=unclear"));
	CU_ASSERT_TRUE(is(&w, 3, "state=ill seconds=0 used=no open-relay=unknown"));
	CU_ASSERT_EQUAL(backends_route(w.l.backends, VIEW("b.test")), 1 | 4);
	buf_init(&why, 1000);
	backends_open_why(w.l.backends, 1, &why);
	CU_ASSERT(view_search_nocase(buf_view(&why), VIEW("backend 'bad' takes mail from the proxy's address")) == 0);
	buf_done(&why);
	stop(&p, &w);
	link_world_end(&w);
	while (toy_backend_count(t[0], "gone") == 0) /* its thread reads QUIT when it has its turn */
		sched_yield();
	CU_ASSERT_STRING_EQUAL(toy_backend_notes(t[0]), "connected 127.0.0.1\nEHLO proxy.test\nMAIL FROM:<>\n"
		"RCPT TO:<postern@relay-test.invalid>\nRSET\nQUIT\ngone\n");
	for (size_t i = 0; i < 4; i++)
		toy_backend_stop(t[i]);
}

/* One that is meant to take all mail is not asked. */
static void
relaying_allowed(void)
{
	static const struct toy_backend_options bad = {.relays = true};
	struct toy_backend *a = toy_backend_start(&bad);
	struct link_world w = {.n = 0};
	struct prober p;

	link_world_add(&w, "sink", a, (struct relay_terms){0});
	w.settings[0].relaying = true;
	link_world_begin(&w);
	backends_guard(w.l.backends);
	start(&p, &w, "");
	LINK_UNTIL(&w, p.asked);
	CU_ASSERT_EQUAL(backends_open(w.l.backends), -1);
	CU_ASSERT_TRUE(is(&w, 0, "used=yes open-relay=allowed"));
	CU_ASSERT_EQUAL(link_world_rcpt(&w, "b@b.test"), 250);
	stop(&p, &w);
	link_world_end(&w);
	CU_ASSERT_EQUAL(toy_backend_count(a, "RCPT TO:<postern"), 0);
	toy_backend_stop(a);
}

static void
as_a_stranger(void)
{
	static const struct toy_backend_options o = {.proxy_v1 = true};
	struct toy_backend *a = toy_backend_start(&o);
	struct link_world w = {.n = 0};
	struct prober p;

	link_world_add(&w, "main", a, (struct relay_terms){.identity = RELAY_IDENTITY_PROXY_V1});
	link_world_begin(&w);
	start(&p, &w, "");
	LINK_UNTIL(&w, p.asked);
	stop(&p, &w);
	link_world_end(&w);
	CU_ASSERT_EQUAL(toy_backend_count(a, "PROXY TCP4 192.0.2.1 192.0.2.2 40000 25"), 1);
	CU_ASSERT_EQUAL(toy_backend_count(a, "EHLO [192.0.2.1]"), 1);
	toy_backend_stop(a);
}

static void
names(void)
{
	static const struct toy_backend_options o = {0};
	static const char zone[] = "mx.test. 60 IN A 127.0.0.1\nv6.test. 60 IN AAAA ::1\n$FAIL fail.test. servfail\n";
	static const struct {
		const char *host, *want;
		size_t addresses;
	} t[] = {
		{"mx.test", "state=well", 1},
		{"v6.test", "state=ill", 1}, /* nobody listens there */
		{"none.test", "why=\"its name has no address\"", 0},
		{"fail.test", "why=\"the look-up of its name failed\"", 0},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct toy_backend *a = toy_backend_start(&o);
		struct link_world w = {.n = 0};
		struct listener_address to[BACKEND_ADDRESSES];
		struct prober p;

		link_world_add(&w, "main", a, (struct relay_terms){0});
		w.settings[0].host = t[i].host;
		link_world_begin(&w);
		CU_ASSERT_EQUAL(link_world_rcpt(&w, "b@b.test"), 451); /* nothing is known yet */
		start(&p, &w, zone);
		LINK_UNTIL(&w, p.asked);
		UNIT_CASE(is(&w, 0, t[i].want), t[i].host);
		UNIT_CASE(backends_addresses(w.l.backends, 0, to) == t[i].addresses, t[i].host);
		UNIT_CASE(link_world_rcpt(&w, "b@b.test") == (i == 0 ? 250 : 451), t[i].host);
		stop(&p, &w);
		link_world_end(&w);
		toy_backend_stop(a);
	}
}

/* A look-up that fails takes no address away that was known. */
static void
names_stay(void)
{
	static const struct toy_backend_options o = {0};
	struct toy_backend *a = toy_backend_start(&o);
	struct link_world w = {.n = 0};
	struct prober p;
	struct ip ip;

	link_world_add(&w, "main", a, (struct relay_terms){0});
	w.settings[0].host = "fail.test";
	link_world_begin(&w);
	ip_parse(VIEW("127.0.0.1"), &ip);
	backends_found(w.l.backends, 0, &ip, 1);
	start(&p, &w, "$FAIL fail.test. servfail\n");
	LINK_UNTIL(&w, p.asked);
	CU_ASSERT_TRUE(is(&w, 0, "state=well"));
	stop(&p, &w);
	link_world_end(&w);
	toy_backend_stop(a);
}

/* A session's trouble brings the prober at once, which finds out. */
static void
suspicion(void)
{
	static const struct toy_backend_options o = {.leave_at = "MAIL FROM:<ann", .leaves = 2};
	struct toy_backend *a = toy_backend_start(&o);
	struct link_world w = {.n = 0};
	struct prober p;

	link_world_add(&w, "main", a, (struct relay_terms){0});
	link_world_begin(&w);
	start(&p, &w, "");
	LINK_UNTIL(&w, p.asked);
	LINK_UNTIL(&w, toy_backend_count(a, "QUIT") == 1);
	CU_ASSERT_EQUAL(link_world_rcpt(&w, "b@b.test"), 451);
	CU_ASSERT_TRUE(is(&w, 0, "state=suspect"));
	LINK_UNTIL(&w, toy_backend_count(a, "QUIT") == 2);
	LINK_UNTIL(&w, is(&w, 0, "state=well"));
	stop(&p, &w);
	link_world_end(&w);
	toy_backend_stop(a);
}

/* In the middle of everything. */
static void
stopped(void)
{
	static const struct toy_backend_options o = {0};
	struct toy_backend *a = toy_backend_start(&o);

	for (int turns = 0; turns < 6; turns++) {
		struct link_world w = {.n = 0};
		struct prober p;

		link_world_add(&w, "main", a, (struct relay_terms){0});
		link_world_begin(&w);
		start(&p, &w, "");
		for (int i = 0; i < turns; i++)
			link_world_turn(&w);
		stop(&p, &w);
		link_world_end(&w);
	}
	CU_ASSERT_TRUE(toy_backend_count(a, "connected") <= 6);
	toy_backend_stop(a);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"learns", learns},
		{"comes as a stranger", as_a_stranger},
		{"an open relay", open_relay},
		{"relaying allowed", relaying_allowed},
		{"names", names},
		{"names that were known", names_stay},
		{"suspicion", suspicion},
		{"stopped in the middle", stopped},
	};

	return unit_main("front/relay/backend_probe", tests, sizeof(tests) / sizeof(*tests));
}
