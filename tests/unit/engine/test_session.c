/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Dialogues through the whole engine: what the client hears at each step, and what is on record.
 */
#include "engine/session.h"

#include <stdio.h>

#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

static void
recipients(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	struct session *s;
	const struct edits *e;

	engine_world_open(&w, "rule DROP when rcpt.local = \"drop\" discard\n"
		"rule NO when rcpt.local = \"no\" reject 550 5.1.1 \"not {rcpt.to}\"\n"
		"rule MANY when rcpt.count >= 3 score 1\n");
	s = engine_world_begin(&w, &m);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("<drop@rcpt.example>"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("<no@rcpt.example>"))->kind, VERDICT_REJECT);
	UNIT_VIEW(view_str(json_string_value(json_array_get(json_object_get(w.record, "to"), 0))),
		"no@rcpt.example");
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("<kim@rcpt.example>"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(engine_world_content(s, &m, &e)->kind, VERDICT_ACCEPT);
	CU_ASSERT_EQUAL_FATAL(e->n_drop, 1);
	UNIT_VIEW(e->drop_rcpt[0], "<drop@rcpt.example>");
	CU_ASSERT_EQUAL(w.records, 2);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(w.record, "facts"),
		"rcpt.count")), 2); /* the refused one does not count */
	session_free(s);
	engine_world_close(&w);
}

/* A discard concerns its recipient alone, even when no rule tells recipients apart; the rule is named. */
static void
discards(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	struct session *s;
	const struct edits *e;
	json_t *a;

	engine_world_open(&w, "rule FIRST when rcpt.count = 1 discard");
	s = engine_world_begin(&w, &m);
	session_rcpt(s, VIEW("<a@rcpt.example>"));
	session_rcpt(s, VIEW("<b@rcpt.example>"));
	CU_ASSERT_EQUAL(engine_world_content(s, &m, &e)->kind, VERDICT_ACCEPT);
	CU_ASSERT_EQUAL_FATAL(e->n_drop, 1);
	UNIT_VIEW(e->drop_rcpt[0], "<a@rcpt.example>");
	a = json_object_get(json_object_get(w.record, "recipients"), "a@rcpt.example");
	UNIT_VIEW(view_str(json_string_value(json_object_get(a, "verdict"))), "discard");
	UNIT_VIEW(view_str(json_string_value(json_object_get(a, "cause"))), "FIRST");
	session_free(s);
	engine_world_close(&w);
	CU_ASSERT_STRING_EQUAL(engine_world_one("rule DROP when spf = pass discard\n"
		"rule KEEP when from.domain = good.example.com and spf = pass accept", &m), "end accept");
	CU_ASSERT_STRING_EQUAL(engine_world_one("rule DROP when spf = pass discard", &m), "end discard");
}

/* Postmaster beside a victim does not save spam at the end of the message. */
static void
postmaster(void)
{
	static const char rules[] = "rule BAD when from.domain = good.example.com reject\n"
		"policy role for rcpt.local = \"postmaster\" at-most tag";
	struct engine_mail m = engine_world_good;

	m.to[1] = "postmaster@rcpt.example";
	CU_ASSERT_STRING_EQUAL(engine_world_one(rules, &m), "end reject");
	m.to[0] = m.to[1];
	m.to[1] = NULL;
	CU_ASSERT_STRING_EQUAL(engine_world_one(rules, &m), "end accept tagged");
}

/* What cannot all be taken out is refused; what our own networks bring stays. */
static void
floods(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	const struct edits *e;

	engine_world_open(&w, "rule RA when mail.null score 1");
	for (int own = 0; own < 2; own++) {
		struct session *s = engine_world_begin(&w, &m);

		session_rcpt(s, VIEW("kim@rcpt.example"));
		for (int i = 0; i < 1001; i++)
			session_header(s, VIEW("X-Spam-Flag"), VIEW(" NO"));
		CU_ASSERT_EQUAL(engine_world_content(s, &m, &e)->kind, own ? VERDICT_ACCEPT : VERDICT_REJECT);
		CU_ASSERT_EQUAL(e->n_headers, 0);
		session_free(s);
		m.client = "198.51.100.7";
	}
	engine_world_close(&w);
}

static void
greylist(void)
{
	struct engine_world w;

	engine_world_open(&w, "threshold greylist 4\nrule RA when spf = pass score 4");
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &engine_world_good), "rcpt 451");
	w.settings.now += 60;
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &engine_world_good), "rcpt 451");
	w.settings.now += 61;
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &engine_world_good), "end accept");
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &engine_world_good), "end accept");
	engine_world_close(&w);
	engine_world_open(&w, "rule RA when spf = pass greylist 10m");
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &engine_world_good), "rcpt 451");
	w.settings.now += 300; /* over the setting's wait, not over the rule's */
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &engine_world_good), "rcpt 451");
	w.settings.now += 301;
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &engine_world_good), "end accept");
	engine_world_close(&w);
	engine_world_open(&w, "rule RA when mail.from is present greylist"); /* a pool of many networks */
	for (int i = 0; i < 8; i++) {
		struct engine_mail m = engine_world_good;
		char ip[32];

		snprintf(ip, sizeof(ip), "203.0.%d.7", i);
		m.client = ip;
		CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), i < 7 ? "rcpt 451" : "end accept");
		w.settings.now += 515;
	}
	engine_world_close(&w);
	engine_world_open(&w, "rule RA when spf = pass greylist 30d"); /* the cap is for rules too */
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &engine_world_good), "rcpt 451");
	w.settings.now += 3601;
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &engine_world_good), "end accept");
	engine_world_close(&w);
}

static void
directions(void)
{
	static const char rules[] = "rule RA when mail.from is present reject\n"
		"rule OUT scope outbound when auth.user = \"eve\" defer\n";
	struct engine_mail m = engine_world_good;

	CU_ASSERT_STRING_EQUAL(engine_world_one(rules, &m), "rcpt 554");
	m.client = "198.51.100.7"; /* own-nets */
	CU_ASSERT_STRING_EQUAL(engine_world_one(rules, &m), "end accept");
	m.client = NULL; /* local submission */
	CU_ASSERT_STRING_EQUAL(engine_world_one(rules, &m), "end accept");
	m = engine_world_good;
	m.auth = "joe";
	CU_ASSERT_STRING_EQUAL(engine_world_one(rules, &m), "end accept");
	m.auth = "eve";
	CU_ASSERT_STRING_EQUAL(engine_world_one(rules, &m), "rcpt 451");
}

/* Of outbound mail nothing is looked up that its rules do not read. */
static void
outbound_facts(void)
{
	struct engine_mail m = engine_world_good;
	struct engine_world w;
	json_t *facts;

	m.client = "198.51.100.7";
	engine_world_open(&w, "rule IN when spf = fail or client.ptr is missing score 1\n"
		"rule OUT scope outbound when mail.resolves score 1");
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	facts = json_object_get(w.record, "facts");
	CU_ASSERT_PTR_NULL(json_object_get(facts, "spf"));
	CU_ASSERT_PTR_NULL(json_object_get(facts, "client.ptr"));
	CU_ASSERT_TRUE(json_is_true(json_object_get(facts, "mail.resolves")));
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "unknown")), 0);
	engine_world_close(&w);
}

/* What a field says that anybody can write counts only if one of ours brings it. */
static void
upstream(void)
{
	static const struct view ids[] = {VIEW("mx.upstream.example")};
	static const struct { const char *client, *want; } rows[] = {{"198.51.100.25", "end accept tagged"},
		{"198.51.100.7", "end accept tagged"}, {"192.0.2.10", "end accept"}, {NULL, "end accept"}};
	struct engine_mail m = engine_world_good;
	struct engine_world w;

	m.header = "Authentication-Results: (x) \"mx.upstream.example\"\r\n\t; spf=fail";
	engine_world_open(&w, "rule RA when upstream.spf = fail scope any tag \"forged\"");
	w.settings.trusted_ids = ids;
	w.settings.n_trusted_ids = 1;
	engine_world_renew(&w);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		m.client = rows[i].client;
		UNIT_CASE(strcmp(engine_world_outcome(&w, &m), rows[i].want) == 0,
			rows[i].client ? rows[i].client : "local submission");
	}
	engine_world_close(&w);
}

static void
stages(void)
{
	struct engine_world w;
	struct session_client c = {.ip = {4, {192, 0, 2, 66}}};
	struct session *s;

	engine_world_open(&w, "dnsbl bl zone bl.example lookup client.ip\n"
		"rule RA when dnsbl.bl scope any reject \"listed\" at connect\n");
	s = session_new(w.engine, &c);
	CU_ASSERT_EQUAL(session_connect(s)->kind, VERDICT_REJECT);
	CU_ASSERT_EQUAL(w.records, 0);
	session_free(s); /* what was refused before MAIL is on record when it is over */
	CU_ASSERT_EQUAL(w.records, 1);
	UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "stage"))), "connect");
	engine_world_close(&w);
}

/* Another rule's `at` has all rules weighed early, and hastens nothing. */
static void
held_until_rcpt(void)
{
	static const char *const rules[] = {"rule RA when client.ip is present scope any reject",
		"threshold early-reject 4\nrule RA when client.ip is present scope any score 4",
		"threshold greylist 4\nrule RA when client.ip is present scope any score 4"};
	struct session_client c = {.ip = {4, {192, 0, 2, 10}}};
	struct session_mail m = {.from = VIEW("joe@good.example.com")};

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		struct engine_world w;
		struct session *s;
		char text[300];

		snprintf(text, sizeof(text), "%s\nrule RB when helo.name = \"evil.example\" scope any reject at helo\n"
			"rule RC when client.ip in 192.0.2.99/32 scope any reject at connect\n", rules[i]);
		engine_world_open(&w, text);
		s = session_new(w.engine, &c);
		UNIT_CASE(session_connect(s)->kind == VERDICT_NONE, rules[i]);
		UNIT_CASE(session_helo(s, VIEW("mx.good.example.com"))->kind == VERDICT_NONE, rules[i]);
		UNIT_CASE(session_mail(s, &m)->kind == VERDICT_NONE, rules[i]);
		UNIT_CASE(session_rcpt(s, VIEW("kim@rcpt.example"))->kind != VERDICT_NONE, rules[i]);
		session_free(s);
		engine_world_close(&w);
	}
}

static void
unknowns(void)
{
	struct engine_mail m = engine_world_good;
	struct engine_world w;
	json_t *fact;

	m.client = "192.0.2.67";
	engine_world_open(&w, "dnsbl bl zone bl.example lookup client.ip\nrule RA when dnsbl.bl reject\n"
		"rule RB when not dnsbl.bl score -5");
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	fact = json_object_get(json_object_get(w.record, "facts"), "dnsbl.bl");
	UNIT_VIEW(view_str(json_string_value(json_object_get(fact, "unknown"))), "SERVFAIL");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "rules")), 0);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "unknown")), 3); /* the fact, A, B */
	engine_world_close(&w);
}

static void
dry_run(void)
{
	struct engine_world w;
	struct session *s;
	const struct edits *e;

	engine_world_open(&w, "rule RA when spf = pass reject 550 5.7.1 \"no\"");
	w.settings.dry_run = true;
	s = engine_world_begin(&w, &engine_world_good);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("kim@rcpt.example"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(engine_world_content(s, &engine_world_good, &e)->kind, VERDICT_ACCEPT);
	CU_ASSERT_EQUAL_FATAL(e->n_headers, 1);
	UNIT_VIEW(e->header[0].name, "X-Postern-Dry-Run");
	CU_ASSERT(view_starts_nocase(e->header[0].value, "would reject 550 5.7.1 no ["));
	CU_ASSERT_EQUAL(e->n_drop, 0);
	UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "verdict"))), "reject");
	UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "stage"))), "rcpt");
	session_free(s);
	engine_world_close(&w);
}

/* Strangers' fields go from the last to the first; foreign ones stay. */
static void
strips(void)
{
	struct engine_world w;
	struct session *s;
	const struct edits *e;

	engine_world_open(&w, "rule RA when mail.null score 1");
	s = engine_world_begin(&w, &engine_world_good);
	session_rcpt(s, VIEW("kim@rcpt.example"));
	session_data(s);
	session_header(s, VIEW("Authentication-Results"), VIEW(" mx.test; spf=pass"));
	session_header(s, VIEW("authentication-results"), VIEW(" other.test; spf=pass"));
	session_header(s, VIEW("Authentication-Results"), VIEW(" (c) MX.TEST; dkim=pass"));
	session_header(s, VIEW("Authentication-Results"), VIEW(" (c mx.test; dkim=pass"));
	session_header(s, VIEW("Authentication-Results"), VIEW(" \357\275\215x.TEST.; dkim=pass"));
	session_header(s, VIEW("X-Spam-Flag"), VIEW(" NO"));
	session_eoh(s);
	session_end(s, VIEW("Q"));
	e = session_edits(s);
	CU_ASSERT_FATAL(e->n_headers > 5);
	CU_ASSERT_EQUAL(e->header[0].kind, EDIT_DELETE);
	UNIT_VIEW(e->header[0].name, "X-Spam-Flag");
	CU_ASSERT_EQUAL(e->header[1].nth, 5);
	CU_ASSERT_EQUAL(e->header[2].nth, 4);
	CU_ASSERT_EQUAL(e->header[3].nth, 3);
	CU_ASSERT_EQUAL(e->header[4].nth, 1);
	CU_ASSERT_EQUAL(e->header[5].kind, EDIT_ADD);
	session_free(s);
	engine_world_close(&w);
}

/* Received-SPF is ours to write or remove only where the settings say so; outbound mail has none. */
static void
received_spf(void)
{
	static const struct { bool set; const char *auth; size_t deletes, adds; } rows[] = {
		{true, NULL, 1, 1}, {false, NULL, 0, 0}, {true, "joe", 1, 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct engine_mail m = engine_world_good;
		struct engine_world w;
		struct session *s;
		const struct edits *e;
		size_t deletes = 0, adds = 0;

		engine_world_open(&w, "rule RA when mail.null score 1");
		w.settings.received_spf = rows[i].set;
		w.settings.authres = false;
		engine_world_renew(&w);
		m.auth = rows[i].auth;
		s = engine_world_begin(&w, &m);
		session_rcpt(s, VIEW("kim@rcpt.example"));
		session_data(s);
		session_header(s, VIEW("Received-SPF"), VIEW(" pass receiver=other.test"));
		session_header(s, VIEW("received-spf"), VIEW(" pass receiver=\"MX.test\""));
		session_eoh(s);
		session_end(s, VIEW("Q"));
	e = session_edits(s);
		for (size_t k = 0; k < e->n_headers; k++) {
			if (!view_is(e->header[k].name, "Received-SPF"))
				continue;
			deletes += e->header[k].kind == EDIT_DELETE && e->header[k].nth == 2;
			if (e->header[k].kind == EDIT_ADD && ++adds)
				UNIT_VIEW(e->header[k].value, "pass (the domain authorises this client)\n\t"
					"client-ip=192.0.2.10;\n\tenvelope-from=\"joe@good.example.com\";\n\t"
					"helo=mx.good.example.com;\n\treceiver=mx.test;\n\tidentity=mailfrom;\n\t"
					"mechanism=\"ip4:192.0.2.10\"");
		}
		UNIT_CASE(deletes == rows[i].deletes && adds == rows[i].adds,
			rows[i].auth ? "outbound" : rows[i].set ? "set" : "not set");
		session_free(s);
		engine_world_close(&w);
	}
}

/* One connection that brings mail of more domains than a session's DNS memory holds. */
static void
long_session(void)
{
	struct engine_world w;
	struct session *s;

	engine_world_open(&w, "rule RA when mail.resolves score 1\nrule RB when not mail.resolves score 2");
	s = engine_world_begin(&w, &engine_world_good);
	for (int i = 0; i < 400; i++) {
		struct session_mail m;
		char from[64];

		snprintf(from, sizeof(from), "joe@d%d.example.net", i);
		m = (struct session_mail){.from = view_str(from)};
		session_mail(s, &m);
		session_rcpt(s, VIEW("kim@rcpt.example"));
		session_look(s);
		UNIT_CASE(json_array_size(json_object_get(w.record, "unknown")) == 0, from);
		UNIT_CASE(json_is_true(json_object_get(w.record, "partial")), from);
	}
	session_free(s);
	engine_world_close(&w);
}

static void
ceiling(void)
{
	struct engine_world w;
	struct session *a, *b;
	static char big[8000];

	engine_world_open(&w, "rule RA when mail.null score 1");
	w.settings.message_bytes = 4000;
	a = engine_world_begin(&w, &engine_world_good);
	session_rcpt(a, VIEW("kim@rcpt.example"));
	session_header(a, VIEW("X"), view_of(big, sizeof(big)));
	b = engine_world_begin(&w, &engine_world_good);
	{
		struct session_mail m = {.from = VIEW("x@y.example")};
		const struct verdict *v = session_mail(b, &m);

		CU_ASSERT_EQUAL(v->kind, VERDICT_DEFER);
		CU_ASSERT_EQUAL(v->reply.code, 452);
		session_abort(a); /* gives its bytes back */
		CU_ASSERT_EQUAL(session_mail(b, &m)->kind, VERDICT_NONE);
	}
	session_free(a);
	session_free(b);
	engine_world_close(&w);
}

/* What the header says reaches rules, the record and replies; who reads nothing of it pays nothing. */
static void
header_facts(void)
{
	static const char rules[] = "rule ODD when header(\"x-odd\") = \"K\xc3\xa4se\" score 1\n"
				    "rule TWICE when header-count(\"X-Odd\") = 2 score 1\n"
				    "rule GONE when header(\"X-Gone\") is missing score 1\n"
				    "rule PHISH when from.name-domain is present and not from.name-aligned score 1\n"
				    "rule OLD when date.skew > 1h score 1\n"
				    "rule OUT when mail.aligned reject \"{subject}\"\n";
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	const struct edits *e;
	struct session *s;
	const struct verdict *v;

	engine_world_open(&w, rules);
	m.header = "From: \"bank.example.net\" <joe@mail.good.example.com>";
	s = engine_world_begin(&w, &m);
	session_rcpt(s, VIEW("kim@rcpt.example"));
	session_header(s, VIEW("X-ODD"), VIEW(" =?iso-8859-1?q?K=E4se?="));
	session_header(s, VIEW("X-Odd"), VIEW(" other"));
	session_header(s, VIEW("Subject"), VIEW(" =?utf-8?q?one=0D=0Atwo?="));
	session_header(s, VIEW("Date"), VIEW(" Thu, 1 Jan 2026 00:00:00 +0000"));
	v = engine_world_content(s, &m, &e);
	CU_ASSERT_EQUAL(v->kind, VERDICT_REJECT);
	CU_ASSERT(view_starts_nocase(v->reply.text, "one  two"));
	session_free(s);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "rules")), 6);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_object_get(w.record, "facts"),
		"header(\"x-odd\")")), "K\xc3\xa4se");
	engine_world_close(&w);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"the header as facts", header_facts},
		{"one fate, and recipients apart", recipients},
		{"discards for one recipient, with its rule", discards},
	{"postmaster beside a victim saves nothing", postmaster},
		{"refuses what it cannot clean", floods},
		{"greylists once", greylist},
		{"inbound and outbound", directions},
		{"looks up for outbound mail what its rules read", outbound_facts},
		{"believes what a trusted server found", upstream},
		{"decides at connect when asked to", stages},
		{"holds all else until RCPT", held_until_rcpt},
		{"unknown is neither yes nor no", unknowns},
		{"a dry run does nothing", dry_run},
		{"strips strangers' fields", strips},
		{"writes Received-SPF", received_spf},
		{"a long session does not run out of questions", long_session},
		{"puts mail off over the memory ceiling", ceiling},
	};

	return unit_main("engine/session", tests, sizeof(tests) / sizeof(*tests));
}
