/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_hijack.h"

#include "svc/dns/dns_flight.h"
#include "svc/dns/dns_tally.h"
#include "svc/dns_zone.h"
#include "tests/lib/log_capture.h"
#include "tests/lib/unit.h"
#include "util/clock.h"
#include "util/log.h"

enum { MOST = 2 * DNS_HIJACK_IPS + 3 };

/* Addresses 192.0.2.from and those behind it. */
static struct dns_answer
answer(struct dns_rr *rr, unsigned from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rr[i] = (struct dns_rr){.ip = {4, {192, 0, 2, (uint8_t)(from + i)}}};
	return (struct dns_answer){.status = n ? DNS_FOUND : DNS_NONE, .nxdomain = !n, .rr = rr, .n = n};
}

static void
learns(void)
{
	static const struct dns_answer failure = {.status = DNS_TEMPFAIL, .why = "timeout"};
	struct dns_hijack h = {.n = 0};
	struct dns_rr rr[MOST];
	struct dns_answer a = answer(rr, 1, 2), none = {.status = DNS_NONE, .nxdomain = true};

	CU_ASSERT(!dns_hijack_is(&h, &a));
	CU_ASSERT(!dns_hijack_learn(&h, &none) && !dns_hijack_learn(&h, &failure));
	CU_ASSERT(dns_hijack_learn(&h, &a));
	CU_ASSERT(!dns_hijack_learn(&h, &a)); /* no news */
	CU_ASSERT(dns_hijack_is(&h, &a));
	a = answer(rr, 2, 1);
	CU_ASSERT(dns_hijack_is(&h, &a)); /* one of them */
	a = answer(rr, 2, 2);
	CU_ASSERT(!dns_hijack_is(&h, &a)); /* and one that is none */
	CU_ASSERT(!dns_hijack_is(&h, &none) && !dns_hijack_is(&h, &failure));
	CU_ASSERT(!dns_hijack_learn(&h, &failure));
	a = answer(rr, 1, 1);
	CU_ASSERT(dns_hijack_is(&h, &a)); /* a failure takes nothing back */
	CU_ASSERT(!dns_hijack_learn(&h, &none));
	CU_ASSERT(!dns_hijack_is(&h, &a)); /* it has come to its senses */
	rr[0].ip.family = 0; /* an answer without address teaches nothing */
	CU_ASSERT(!dns_hijack_learn(&h, &a) && h.n == 0);
}

/* One warning, and a notice when it is over. */
static void
tells(void)
{
	struct dns_tally t = {.ledgers = NULL};
	struct dns_flight probe = {.probe = true, .type = DNS_A};
	struct dns_rr rr[1];
	struct dns_answer a = answer(rr, 1, 1), none = {.status = DNS_NONE, .nxdomain = true};
	struct view log;

	log_capture_begin();
	for (int i = 0; i < 2; i++)
		dns_tally_answer(&t, &probe, &a, false);
	log = log_capture_end();
	CU_ASSERT(view_search_nocase(log, VIEW("warning: event=dns-hijacked ")) < log.n);
	CU_ASSERT_EQUAL(view_search_nocase(log, VIEW("\n")), log.n - 1); /* one line */
	log_capture_begin();
	for (int i = 0; i < 2; i++)
		dns_tally_answer(&t, &probe, &none, false);
	log = log_capture_end();
	CU_ASSERT(view_search_nocase(log, VIEW("notice: event=dns-honest ")) < log.n);
	CU_ASSERT_EQUAL(view_search_nocase(log, VIEW("\n")), log.n - 1);
}

/* Of many, the last are remembered. */
static void
forgets(void)
{
	struct dns_hijack h = {.n = 0};
	struct dns_rr rr[MOST];

	for (unsigned i = 0; i < MOST; i++) {
		struct dns_answer a = answer(rr, i + 1, 1);

		CU_ASSERT(dns_hijack_learn(&h, &a));
		for (unsigned k = 0; k <= i; k++) {
			a = answer(rr, k + 1, 1);
			CU_ASSERT_EQUAL(dns_hijack_is(&h, &a), k + DNS_HIJACK_IPS > i);
		}
	}
}

static void
is_due(void)
{
	struct dns_hijack h = {.n = 0};

	CU_ASSERT(dns_hijack_probe(&h, 1000));
	CU_ASSERT(!dns_hijack_probe(&h, 1000) && !dns_hijack_probe(&h, 999 + DNS_HIJACK_MS));
	CU_ASSERT(dns_hijack_probe(&h, 1000 + DNS_HIJACK_MS));
}

/* ---- in the service ---- */

static struct dns *
resolver(bool invents, bool probe)
{
	struct dns_backend *b = dns_zone_new();
	const struct dns_options o = {.probe_hijack = probe};
	char why[200];

	CU_ASSERT_EQUAL_FATAL(dns_zone_read(b, VIEW("com. SOA a. b. 1 1 1 1 60\nmx.example.com. A 192.0.2.7\n"
		"mx.example.com. AAAA 2001:db8::7\nmx.example.com. TXT \"t\"\n"), "zone", why, sizeof(why)), 0);
	if (invents)
		CU_ASSERT_EQUAL_FATAL(dns_zone_read(b, VIEW("*.com. A 198.51.100.99\n*.example.com. A 198.51.100.99\n"),
			"inventions", why, sizeof(why)), 0);
	return dns_new(b, &o);
}

static void
service(void)
{
	static const struct {
		const char *title, *name;
		enum dns_type type;
		bool invents, probe;
		enum dns_status want;
	} rows[] = {
		{"an invention", "not.example.com", DNS_A, true, true, DNS_TEMPFAIL},
		{"a true address", "mx.example.com", DNS_A, true, true, DNS_FOUND},
		{"another type", "mx.example.com", DNS_TXT, true, true, DNS_FOUND},
		{"IPv6", "mx.example.com", DNS_AAAA, true, true, DNS_FOUND},
		{"not looked for", "not.example.com", DNS_A, true, false, DNS_FOUND},
		{"an honest resolver", "not.example.com", DNS_A, false, true, DNS_NONE},
	};

	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_INFO, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct dns *d = resolver(rows[i].invents, rows[i].probe);
		struct dns_session *s = dns_session_new(d);
		const struct dns_answer *a;
		struct dns_counters c;
		struct view said;

		log_capture_begin();
		while (!(a = dns_ask(s, view_str(rows[i].name), rows[i].type)) && dns_wait(s, clock_mono_ms() + 5000))
			;
		said = log_capture_end();
		dns_count(d, &c);
		UNIT_CASE(a && a->status == rows[i].want, rows[i].title);
		if (a && a->status == DNS_TEMPFAIL)
			CU_ASSERT_STRING_EQUAL(a->why, "invented by the resolver");
		UNIT_CASE(c.hijacked == (rows[i].invents && rows[i].probe), rows[i].title);
		UNIT_CASE((view_search_nocase(said, VIEW("event=dns-hijacked")) < said.n) == c.hijacked, rows[i].title);
		UNIT_CASE(c.asked == 1 + (uint64_t)rows[i].probe && !c.outage, rows[i].title);
		dns_session_free(s);
		dns_free(d);
	}
}

static const struct unit_test tests[] = {
	{"learns what is invented", learns},
	{"is told", tells},
	{"remembers the last of many", forgets},
	{"is due at first and every ten minutes", is_due},
	{"an invented address is no answer", service},
};

int
main(void)
{
	return unit_main("svc/dns_hijack", tests, sizeof(tests) / sizeof(*tests));
}
