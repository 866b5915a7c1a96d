/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What verdicts teach, through the whole engine: the counts that stand in the store afterwards.
 */
#include "engine/learning.h"

#include <stdio.h>

#include "engine/standing.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

/* A rule reads each reputation; what a message scores stands in its header. */
#define BASE "threshold tag 6, reject 15\n" \
	"rule KNOWN when reputation.address >= 90 or reputation.network >= 90 or reputation.dkim >= 90" \
	" or reputation.organisation >= 90 score 1\n" \
	"rule SPAM  when header(\"X-Kind\") ~ /spam/ score 15\n" \
	"rule ODD   when header(\"X-Kind\") ~ /odd/ score 5\n" \
	"rule GOOD  when header(\"X-Kind\") ~ /good/ and spf = pass score -2\n"

static void
open_world(struct engine_world *w, const char *rules)
{
	engine_world_open(w, rules);
	w->settings.reputation_learn = true;
	w->settings.reputation_half_life = 14 * 86400;
	w->settings.reputation_minimum = 10;
	engine_world_renew(w);
}

/* "HAM/SPAM" that are counted for a name. */
static const char *
counts(struct engine_world *w, enum standing_kind kind, const char *name)
{
	static char text[64];
	struct arena *a = arena_new();
	struct store_request r = standing_record(STORE_GET, standing_key(kind, view_str(name), a),
		w->settings.now);
	struct store_result result;
	struct standing s;

	store_do(w->store, &r, 1, a, &result);
	s = standing_of(result.value, w->settings.now, 0);
	snprintf(text, sizeof(text), "%.0f/%.0f", s.ham, s.spam);
	arena_free(a);
	return text;
}

static const char *
send(struct engine_world *w, const char *kind)
{
	struct engine_mail m = engine_world_good;
	char header[64];

	snprintf(header, sizeof(header), "X-Kind: %s", kind);
	m.header = header;
	return engine_world_outcome(w, &m);
}

#define ADDRESS(w) counts((w), STANDING_ADDRESS, "192.0.2.10")

/* One message in a world of its own: the outcome, and what it taught of its address. */
static void
one(const char *rules, const char *kind, const char *outcome, const char *want)
{
	struct engine_world w;
	char what[100];

	open_world(&w, rules);
	snprintf(what, sizeof(what), "%s: %s, %s", kind, outcome, want);
	UNIT_CASE(strcmp(send(&w, kind), outcome) == 0, what);
	UNIT_CASE(strcmp(ADDRESS(&w), want) == 0, what);
	engine_world_close(&w);
}

/* Well clear of the thresholds, or nothing. */
static void
thresholds(void)
{
	one(BASE, "plain", "end accept", "1/0");
	one(BASE, "good", "end accept", "1/0");
	one(BASE, "odd", "end accept", "0/0");
	one(BASE, "odd good", "end accept", "0/0");
	one(BASE, "spam", "end reject", "0/1");
	one(BASE, "spam good", "end accept tagged", "0/0");
	one(BASE, "spam odd good", "end reject", "0/1");
}

static void
settings(void)
{
	struct engine_world w;

	open_world(&w, BASE);
	w.settings.reputation_ham_score = 500;
	w.settings.reputation_spam_score = 2000;
	engine_world_renew(&w);
	send(&w, "odd");
	send(&w, "spam");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "1/0");
	send(&w, "spam odd");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "1/1");
	w.settings.reputation_learn = false;
	engine_world_renew(&w);
	send(&w, "plain");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "1/1");
	engine_world_close(&w);
}

/* Policy is no evidence: what a rule accepts, refuses, puts off or leaves out of the score. */
static void
other_reasons(void)
{
	one(BASE "rule WELCOME when client.ip = 192.0.2.10 accept\n", "spam", "end accept", "0/0");
	one(BASE "rule WELCOME when client.ip = 192.0.2.10 accept\n", "plain", "end accept", "1/0");
	one(BASE "rule SIZE when header(\"X-Kind\") is present reject\n", "plain", "end reject", "0/0");
	one(BASE "rule SIZE when header(\"X-Kind\") is present reject\n", "spam", "end reject", "0/1");
	one(BASE "rule LATER when header(\"X-Kind\") is present defer\n", "odd", "end defer", "0/0");
	one(BASE "rule LATER when client.ip = 192.0.2.10 score 15 defer\n", "spam", "rcpt 451", "0/0");
	one(BASE "rule GREY when client.ip = 192.0.2.10 greylist\n", "plain", "rcpt 451", "0/0");
	one(BASE "rule GREY when client.ip = 192.0.2.10 score 15 greylist\n", "spam", "rcpt 451", "0/0");
	one(BASE "rule HOLD when header(\"X-Kind\") is present quarantine\n", "plain", "end quarantine", "0/0");
	one(BASE "rule MINE when client.ip = 192.0.2.10 skip score\n", "spam", "end accept", "0/0");
	one(BASE "group g max 20\nrule MORE when header(\"X-Kind\") ~ /more/ score 9 group g\n"
		"rule MINE when client.ip = 192.0.2.10 skip g\n", "more", "end accept", "0/0");
	one(BASE "policy abuse for rcpt.local = \"kim\"\n    at-most tag\n", "spam", "end accept tagged", "0/0");
	one(BASE "policy abuse for rcpt.local = \"kim\"\n    at-most tag\n", "plain", "end accept", "1/0");
	one(BASE "rule NOBODY when rcpt.local = \"kim\" reject\n", "plain", "rcpt 554", "0/0");
	one("threshold tag 6\nrule KNOWN when reputation.address >= 90 score 1\n", "plain", "end accept",
		"0/0"); /* nobody says what spam is */
}

/* A refusal at RCPT teaches too, once for all recipients. */
static void
early(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;

	open_world(&w, BASE "threshold early-reject 10\nrule LISTED when client.ip = 192.0.2.10 score 15\n");
	m.to[1] = "b@rcpt.example";
	m.to[2] = "c@rcpt.example";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "rcpt 554");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "0/1");
	engine_world_close(&w);
}

/* Groups are capped without the rules that are left out. */
static void
groups(void)
{
	static const char rules[] = BASE "group g max 14\n"
		"rule AA when header(\"X-Kind\") ~ /a/ score 13 group g\n"
		"rule BB when header(\"X-Kind\") ~ /b/ score 13 group g\n"
		"rule CC when header(\"X-Kind\") ~ /c/ score 1\n";

	one(rules, "b", "end accept tagged", "0/0");
	one(rules, "ab", "end accept tagged", "0/0");
	one(rules, "abc", "end reject", "0/1");
}

/* What is unknown could have said the opposite. */
static void
unknowns(void)
{
	static const char base[] = BASE "dnsbl bl zone bl.example lookup client.ip code yes 127.0.0.2\n";
	char rules[1500];
	struct engine_mail m = engine_world_good;
	static const struct {
		const char *rule, *kind, *want;
	} rows[] = {
		{"rule LL when dnsbl.bl.yes score 5\n", "plain", "1/0"},
		{"rule LL when dnsbl.bl.yes score 6\n", "plain", "0/0"},
		{"rule LL when dnsbl.bl.yes score 6\n", "spam", "0/1"},
		{"rule LL when dnsbl.bl.yes score -1\n", "spam", "0/0"},
		{"rule LL when dnsbl.bl.yes score -1\n", "odd spam", "0/1"},
		{"rule LL when dnsbl.bl.yes score 6 trial\n", "plain", "1/0"},
		{"rule LL when dnsbl.bl.yes score 15 if unknown tag\n", "plain", "0/0"},
	};

	m.client = "192.0.2.67"; /* of whom the list does not tell */
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct engine_world w;
		char header[64];

		snprintf(rules, sizeof(rules), "%s%s", base, rows[i].rule);
		snprintf(header, sizeof(header), "X-Kind: %s", rows[i].kind);
		m.header = header;
		open_world(&w, rules);
		engine_world_outcome(&w, &m);
		UNIT_CASE(strcmp(counts(&w, STANDING_ADDRESS, "192.0.2.67"), rows[i].want) == 0,
			rows[i].rule);
		engine_world_close(&w);
	}
}

/* Is this rule among the unknown ones of the last record? */
static bool
is_unknown(const struct engine_world *w, const char *rule)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(w->record, "unknown"), i, name)
		if (strcmp(json_string_value(name), rule) == 0)
			return true;
	return false;
}

static uint64_t
with_unknowns(const struct engine_world *w)
{
	struct engine_counters n;

	engine_count(w->engine, &n);
	return n.unknown;
}

/* A newcomer is no trouble: his rules are undecided, and not among the unknown ones, unless the store fails. */
static void
newcomers(void)
{
	struct engine_world w;
	struct store *ours;

	open_world(&w, BASE "rule EITHER when reputation.address >= 90 or reputation.network < 10 score 2\n"
			    "rule NEITHER when not reputation.address >= 90 score 2 if unknown tag\n"
			    "rule BOTH when reputation.address is unknown and reputation.network is unknown"
			    " score 0.5\n");
	send(&w, "plain");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "unknown")), 0);
	CU_ASSERT_EQUAL(json_real_value(json_object_get(w.record, "score")), 0.5);
	CU_ASSERT_EQUAL(with_unknowns(&w), 0);
	CU_ASSERT_STRING_EQUAL(send(&w, "plain"), "end accept");
	ours = w.store;
	w.store = store_connect("/nonexistent/store", 5);
	engine_world_renew(&w);
	CU_ASSERT_STRING_EQUAL(send(&w, "plain"), "end accept tagged");
	CU_ASSERT(is_unknown(&w, "EITHER") && is_unknown(&w, "NEITHER") && is_unknown(&w, "KNOWN"));
	CU_ASSERT_EQUAL(with_unknowns(&w), 1);
	store_free(ours);
	engine_world_close(&w);
}

/* ---- a reputation does not feed itself ---- */

/* Twelve messages of spam; then wanted mail of the same address, which the rules on its reputation refuse: what
 * is learned is what would be learned without them. */
static void
no_echo(const char *more, const char *outcome)
{
	struct engine_world w;
	char rules[1500];

	snprintf(rules, sizeof(rules), "%s%s", BASE, more);
	open_world(&w, rules);
	for (int i = 0; i < 12; i++)
		send(&w, "spam");
	UNIT_CASE(strcmp(ADDRESS(&w), "0/12") == 0, more);
	UNIT_CASE(strcmp(send(&w, "plain"), outcome) == 0, more);
	UNIT_CASE(strcmp(ADDRESS(&w), "1/12") == 0, more);
	send(&w, "odd");
	UNIT_CASE(strcmp(ADDRESS(&w), "1/12") == 0, more);
	engine_world_close(&w);
}

static void
not_by_itself(void)
{
	no_echo("", "end accept");
	no_echo("rule BAD when reputation.address >= 90 score 30\n", "end reject");
	no_echo("rule RR when reputation.network >= 90\nrule SS when RR or spf = fail\nrule BAD when SS score 30\n",
		"end reject");
	no_echo("rule RR when reputation.network >= 90\nrule BAD when hits(RR) >= 1 score 30\n", "end reject");
	no_echo("rate seen messages by reputation.address per 1h\nrule BAD when rate.seen >= 1 score 30\n",
		"end reject");
}

/* Who is refused at RCPT for it teaches nothing more, and so is forgotten in time. */
static void
not_for_ever(void)
{
	struct engine_world w;

	open_world(&w, BASE "rule BAD when reputation.address >= 90 reject\n");
	for (int i = 0; i < 12; i++)
		send(&w, "spam");
	CU_ASSERT_STRING_EQUAL(send(&w, "plain"), "rcpt 554");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "0/10");
	w.settings.now += 86400;
	CU_ASSERT_STRING_EQUAL(send(&w, "plain"), "end accept");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "1/10");
	engine_world_close(&w);
}

/* What such a rule decides at the end is no reason of its own. */
static void
no_reason(void)
{
	struct engine_world w;

	no_echo("rule BAD when reputation.address >= 90 and header(\"X-Kind\") is present reject\n", "end reject");
	open_world(&w, BASE "rule FINE when reputation.address <= 10 and header(\"X-Kind\") is present accept\n");
	for (int i = 0; i < 12; i++)
		send(&w, "plain");
	CU_ASSERT_STRING_EQUAL(send(&w, "spam"), "end accept");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "12/1");
	engine_world_close(&w);
}

/* Good ones: a reputation that lowers the score makes no ham of what has none. */
static void
no_praise(void)
{
	struct engine_world w;

	open_world(&w, BASE "rule FINE when reputation.address <= 10 score -20\n");
	for (int i = 0; i < 12; i++)
		send(&w, "plain");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "12/0");
	CU_ASSERT_STRING_EQUAL(send(&w, "odd"), "end accept");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "12/0");
	CU_ASSERT_STRING_EQUAL(send(&w, "spam"), "end accept");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "12/1");
	engine_world_close(&w);
}

/* ---- whom it teaches about ---- */

/* One address counts so often a day for what it shares with others, and for itself always. */
static void
shared(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;

	open_world(&w, BASE);
	for (int i = 0; i < 2 * STANDING_SHARED_MAX; i++)
		send(&w, i % 2 ? "spam" : "plain");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "20/20");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_NETWORK, "192.0.2.0/24"), "10/10");
	m.client = "192.0.2.11"; /* a neighbour */
	engine_world_outcome(&w, &m);
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_NETWORK, "192.0.2.0/24"), "11/10");
	w.settings.now += 86400; /* tomorrow */
	send(&w, "spam");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_NETWORK, "192.0.2.0/24"), "11/11");
	engine_world_close(&w);
}

/* The addresses of one /64 are one host's. */
static void
shared_ipv6(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	char client[40];

	open_world(&w, BASE);
	m.client = client;
	for (int i = 0; i < 2 * STANDING_SHARED_MAX; i++) {
		snprintf(client, sizeof(client), "2001:db8:1:2::%x", i + 1);
		engine_world_outcome(&w, &m);
	}
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_ADDRESS, "2001:db8:1:2::/64"), "40/0");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_NETWORK, "2001:db8:1:2::/64"), "20/0");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_ADDRESS, "2001:db8:1:2::1"), "0/0");
	engine_world_close(&w);
}

/* Only what rules read is learned, beside the address. */
static void
as_read(void)
{
	struct engine_world w;

	open_world(&w, "threshold reject 15\nrule KNOWN when reputation.address >= 90 score 1\n");
	send(&w, "plain");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "1/0");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_NETWORK, "192.0.2.0/24"), "0/0");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_ORGANISATION, "example.com"), "0/0");
	engine_world_close(&w);
	open_world(&w, "threshold reject 15\nrule OURS scope outbound when reputation.address >= 90 score 1\n");
	send(&w, "plain");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "0/0");
	engine_world_close(&w);
	open_world(&w, "threshold reject 15\nrule PLAIN when spf = fail score 1\n");
	send(&w, "plain");
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "0/0");
	engine_world_close(&w);
}

/* An organisation counts by its SPF or its host's name, and not by what the envelope says. */
static void
verified(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;

	open_world(&w, BASE);
	engine_world_outcome(&w, &m);
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_ORGANISATION, "example.com"), "1/0");
	m.client = "203.0.113.66";
	m.header = "X-Kind: spam";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end reject");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_ORGANISATION, "example.com"), "1/0");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_NETWORK, "203.0.113.0/24"), "0/1");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_ORGANISATION, "203.0.113.0/24"), "0/0");
	engine_world_close(&w);
}

/* Of a trusted relay's mail the host before it is learned; of our own users' nothing. */
static void
hops(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;

	open_world(&w, BASE);
	m.client = "203.0.113.25";
	m.header = "Received: from x.example (x.example [192.0.2.99]) by relay.example with ESMTP; now";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_ADDRESS, "203.0.113.25"), "0/0");
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_ADDRESS, "192.0.2.99"), "1/0");
	m = engine_world_good;
	m.client = "198.51.100.7"; /* of own-nets */
	engine_world_outcome(&w, &m);
	CU_ASSERT_STRING_EQUAL(counts(&w, STANDING_ADDRESS, "198.51.100.7"), "0/0");
	m.client = "192.0.2.10";
	m.auth = "joe";
	engine_world_outcome(&w, &m);
	CU_ASSERT_STRING_EQUAL(ADDRESS(&w), "0/0");
	engine_world_close(&w);
}

/* A store that is away: nothing is learned, and the mail flows. */
static void
outage(void)
{
	struct engine_world w;
	struct store_counters n;

	open_world(&w, BASE);
	store_free(w.store);
	w.store = store_connect("/nonexistent/store.sock", 5);
	engine_world_renew(&w);
	CU_ASSERT_STRING_EQUAL(send(&w, "plain"), "end accept");
	store_count(w.store, &n);
	CU_ASSERT(n.failures > 0 && n.failures == n.calls);
	engine_world_close(&w);
}

static const struct unit_test tests[] = {
	{"thresholds", thresholds},
	{"settings", settings},
	{"rules that decide for a reason of their own", other_reasons},
	{"refused at RCPT", early},
	{"groups", groups},
	{"unknown rules", unknowns},
	{"newcomers are no trouble", newcomers},
	{"a bad reputation does not feed itself", not_by_itself},
	{"who is refused for it is forgotten", not_for_ever},
	{"nor does what its rules decide at the end", no_reason},
	{"nor does a good one feed itself", no_praise},
	{"what is shared with others", shared},
	{"a host of IPv6 is its /64", shared_ipv6},
	{"what no rule reads", as_read},
	{"only what is verified", verified},
	{"relays and users", hops},
	{"outage", outage},
};

int
main(void)
{
	return unit_main("engine/learning", tests, sizeof(tests) / sizeof(*tests));
}
