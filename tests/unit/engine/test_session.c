/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Dialogues through the whole engine with all checks, DNS from a zone in memory: what the rules say, what
 * the client hears at each step, and what is on record.
 */
#include "engine/session.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checks/checks.h"
#include "svc/dns_zone.h"
#include "tests/lib/unit.h"

static const char zone[] =
	"good.example.com. MX 10 mx.good.example.com.\n"
	"good.example.com. TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"
	"mx.good.example.com. A 192.0.2.10\n"
	"10.2.0.192.in-addr.arpa. PTR mx.good.example.com.\n"
	"2.0.0.127.bl.example. A 127.0.0.2\n"
	"66.2.0.192.bl.example. A 127.0.0.2\n"
	"$FAIL 67.2.0.192.bl.example. servfail\n";

struct world {
	struct settings settings;
	struct fact_table *facts;
	struct program *program;
	struct dns *dns;
	struct store *store;
	struct engine *engine;
	struct arena *arena;
	json_t *record; /* the last one */
	unsigned records;
	char folder[64], file[80];
};

static void
sink(void *ctx, struct view json)
{
	struct world *w = ctx;

	json_decref(w->record);
	w->record = json_loadb(json.p, json.n, JSON_ALLOW_NUL, NULL);
	w->records++;
	CU_ASSERT_PTR_NOT_NULL(w->record);
}

static void
load(struct world *w, const char *rules)
{
	static const struct view nets[] = {{"198.51.100.0/24", 15}}, relays[] = {{"198.51.100.25", 13}};
	const struct program_list lists[] = {
		{.name = "own-nets", .type = LIST_NETS, .items = nets, .n = 1},
		{.name = "own-domains", .type = LIST_DOMAINS},
		{.name = "trusted-relays", .type = LIST_NETS, .items = relays, .n = 1}};
	struct engine_options o = {.settings = &w->settings, .checks = checks_all};
	struct program_options po = {.files = (const char *const[]){w->file}, .n_files = 1, .lists = lists,
		.n_lists = 3};
	struct diag *d = diag_new();
	FILE *f = fopen(w->file, "w");

	fprintf(f, "language 1\n%s\n", rules);
	fclose(f);
	w->facts = engine_facts(checks_all);
	po.facts = w->facts;
	po.extra_facts = engine_extra_facts(&o, w->arena, &po.n_extra_facts);
	w->program = program_load(&po, d);
	if (!w->program)
		diag_show(d, stdout);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->program);
	diag_free(d);
	o.dns = w->dns;
	o.store = w->store;
	o.sink = sink;
	o.sink_ctx = w;
	w->engine = engine_new(&o, w->program);
}

static void
world_open(struct world *w, const char *rules)
{
	struct dns_backend *b = dns_zone_new();
	char why[200];

	memset(w, 0, sizeof(*w));
	w->arena = arena_new();
	w->settings = (struct settings){.hostname = VIEW("mx.test"), .authserv_id = VIEW("mx.test"),
		.authres = true, .spam_headers = true, .now = 1795000000, .rcpt_wait_ms = 2000,
		.end_wait_ms = 2000, .greylist_wait = 120, .greylist_window = 86400, .greylist_life = 86400,
		.greylist_cap = 3600, .message_bytes = 1 << 20};
	snprintf(w->folder, sizeof(w->folder), "/tmp/postern-test.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w->folder));
	snprintf(w->file, sizeof(w->file), "%s/t.rules", w->folder);
	CU_ASSERT_EQUAL_FATAL(dns_zone_read(b, VIEW(zone), "zone", why, sizeof(why)), 0);
	w->dns = dns_new(b, NULL);
	w->store = store_local();
	load(w, rules);
}

static void
world_close(struct world *w)
{
	json_decref(w->record);
	engine_free(w->engine);
	program_free(w->program);
	fact_table_free(w->facts);
	dns_free(w->dns);
	store_free(w->store);
	arena_free(w->arena);
	unlink(w->file);
	rmdir(w->folder);
}

/* ---- one message ---- */

struct mail {
	const char *client, *helo, *from, *to[4], *auth, *header; /* header: one field, "Name: value" */
};

static const struct mail good = {"192.0.2.10", "mx.good.example.com", "joe@good.example.com",
	{"kim@rcpt.example"}, NULL, "From: joe@good.example.com"};

static struct session *
begin(struct world *w, const struct mail *m)
{
	struct session_client c = {.listener = VIEW("test")};
	struct session_mail sm = {.from = view_str(m->from), .auth_user = view_str(m->auth)};
	struct session *s;

	if (m->client)
		CU_ASSERT_TRUE_FATAL(ip_parse(view_str(m->client), &c.ip));
	s = session_new(w->engine, &c);
	session_connect(s);
	session_helo(s, view_str(m->helo));
	session_mail(s, &sm);
	return s;
}

static const struct verdict *
content(struct session *s, const struct mail *m, const struct edits **e)
{
	struct view h = view_str(m->header);
	size_t colon = view_find(h, ':');

	session_data(s);
	if (m->header)
		session_header(s, view_head(h, colon), view_skip(h, colon + 1));
	session_eoh(s);
	session_body(s, VIEW("text\r\n"));
	return session_end(s, VIEW("Q1"), e);
}

/* The verdict of a message as text: "rcpt CODE" when its first recipient was refused, else "end VERDICT". */
static const char *
outcome(struct world *w, const struct mail *m)
{
	static char text[64];
	struct session *s = begin(w, m);
	const struct verdict *v;
	const struct edits *e;
	size_t accepted = 0;

	for (size_t i = 0; i < 4 && m->to[i]; i++) {
		v = session_rcpt(s, view_str(m->to[i]));
		if (v->kind == VERDICT_NONE)
			accepted++;
		else if (accepted == 0)
			snprintf(text, sizeof(text), "rcpt %d", v->reply.code);
	}
	if (accepted) {
		v = content(s, m, &e);
		snprintf(text, sizeof(text), "end %s%s", verdict_name(v->kind),
			json_is_true(json_object_get(w->record, "tagged")) ? " tagged" : "");
	}
	session_free(s);
	return text;
}

static const char *
one(const char *rules, const struct mail *m)
{
	static char text[64];
	struct world w;

	world_open(&w, rules);
	snprintf(text, sizeof(text), "%s", outcome(&w, m));
	world_close(&w);
	return text;
}

/* ---- tables ---- */

/* Rules whose names come in any order: nothing may depend on it. */
static void
ranks(void)
{
	static const struct {
		const char *name, *rules, *want;
	} cases[] = {
		{"nothing fires", "rule RA when mail.null score 1", "end accept"},
		{"reject at RCPT", "rule RA when spf = pass reject", "rcpt 554"},
		{"own code", "rule RA when spf = pass reject 550 5.1.1 \"no\"", "rcpt 550"},
		{"defer", "rule RA when spf = pass defer", "rcpt 451"},
		{"accept beats reject", "rule RA when spf = pass reject\nrule RB when spf = pass accept",
			"end accept"},
		{"reject always beats accept",
			"rule RA when spf = pass accept\nrule RB when spf = pass reject always", "rcpt 554"},
		{"reject beats discard", "rule RA when spf = pass discard\nrule RB when spf = pass reject",
			"rcpt 554"},
		{"discard beats defer", "rule RA when spf = pass defer\nrule RB when spf = pass discard",
			"end discard"},
		{"reject of the header comes at the end", "rule RA when from.domain = good.example.com reject",
			"end reject"},
		{"accept at RCPT holds against a header's reject",
			"rule RA when from.domain = good.example.com reject\nrule RB when spf = pass accept",
			"end accept"},
		{"reject always of the header beats it",
			"rule RA when from.domain = good.example.com reject always\n"
			"rule RB when spf = pass accept", "end reject"},
		{"trial does nothing", "rule RA when spf = pass trial reject", "end accept"},
		{"quarantine", "rule RA when spf = pass quarantine", "end quarantine"},
		{"accept ends it", "rule RA when spf = pass quarantine\nrule RB when spf = pass accept",
			"end accept"},
		{"tag", "rule RA when spf = pass tag", "end accept tagged"},
		{"an unknown list does not fire", "dnsbl bl zone gone.example lookup mail.domain\n"
			"rule RA when dnsbl.bl reject", "end accept"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		UNIT_CASE(strcmp(one(cases[i].rules, &good), cases[i].want) == 0, cases[i].name);
}

static void
scores(void)
{
	static const struct {
		const char *name, *rules, *want;
	} cases[] = {
		{"below", "threshold tag 6\nrule RA when spf = pass score 5.99", "end accept"},
		{"at the threshold", "threshold tag 6\nrule RA when spf = pass score 6", "end accept tagged"},
		{"two add", "threshold reject 6\nrule RA when spf = pass score 3\nrule RB when spf = pass score 3",
			"end reject"},
		{"a group is capped", "threshold reject 6\ngroup g max 5\n"
			"rule RA when spf = pass score 3 group g\nrule RB when spf = pass score 3 group g",
			"end accept"},
		{"skip of a group", "threshold tag 2\ngroup g max 5\nrule RA when spf = pass score 3 group g\n"
			"rule RB when spf = pass skip g", "end accept"},
		{"skip score", "threshold tag 2\nrule RA when spf = pass score 3\n"
			"rule RB when spf = pass skip score", "end accept"},
		{"early-reject", "threshold early-reject 4\nrule RA when spf = pass score 4", "rcpt 554"},
		{"greylist", "threshold greylist 4\nrule RA when spf = pass score 4", "rcpt 451"},
		{"skip greylist", "threshold greylist 4\nrule RA when spf = pass score 4 skip greylist",
			"end accept"},
		{"reject beats greylist", "threshold greylist 2, early-reject 4\n"
			"rule RA when spf = pass score 4", "rcpt 554"},
		{"off", "threshold reject off\nrule RA when spf = pass score 99", "end accept"},
		{"a trial's score does not count", "threshold tag 1\nrule RA when spf = pass trial score 5",
			"end accept"},
		{"score is read at the end", "rule RA when spf = pass score 5\n"
			"rule RB when score >= 5 and spf = pass reject", "end reject"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		UNIT_CASE(strcmp(one(cases[i].rules, &good), cases[i].want) == 0, cases[i].name);
}

static void
policies(void)
{
	static const char rules[] = "threshold tag 2, early-reject 4\nrule RA when spf = pass score 4\n"
		"policy soft for rcpt.local = \"postmaster\"  at-most tag\n"
		"policy none for rcpt.local = \"open\"  at-most accept\n"
		"policy other for rcpt.local = \"other\"  threshold tag 9, early-reject 9\n"
		"policy not for rcpt.local = \"not\"  disable RA\n";
	static const struct {
		const char *to, *want;
	} cases[] = {
		{"kim@rcpt.example", "rcpt 554"}, {"postmaster@rcpt.example", "end accept tagged"},
		{"open@rcpt.example", "end accept"}, {"other@rcpt.example", "end accept"},
		{"not@rcpt.example", "end accept"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct mail m = good;

		m.to[0] = cases[i].to;
		UNIT_CASE(strcmp(one(rules, &m), cases[i].want) == 0, cases[i].to);
	}
}

static void
recipients(void)
{
	struct world w;
	struct mail m = good;
	struct session *s;
	const struct edits *e;

	world_open(&w, "rule DROP when rcpt.local = \"drop\" discard\n"
		"rule NO when rcpt.local = \"no\" reject 550 5.1.1 \"not {rcpt.to}\"\n"
		"rule MANY when rcpt.count >= 3 score 1\n");
	s = begin(&w, &m);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("<drop@rcpt.example>"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("<no@rcpt.example>"))->kind, VERDICT_REJECT);
	UNIT_VIEW(view_str(json_string_value(json_array_get(json_object_get(w.record, "to"), 0))),
		"no@rcpt.example");
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("<kim@rcpt.example>"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(content(s, &m, &e)->kind, VERDICT_ACCEPT);
	CU_ASSERT_EQUAL_FATAL(e->n_drop, 1);
	UNIT_VIEW(e->drop_rcpt[0], "<drop@rcpt.example>");
	CU_ASSERT_EQUAL(w.records, 2);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(w.record, "facts"),
		"rcpt.count")), 2); /* the refused one does not count */
	session_free(s);
	world_close(&w);
}

static void
greylist(void)
{
	struct world w;

	world_open(&w, "threshold greylist 4\nrule RA when spf = pass score 4");
	CU_ASSERT_STRING_EQUAL(outcome(&w, &good), "rcpt 451");
	w.settings.now += 60;
	CU_ASSERT_STRING_EQUAL(outcome(&w, &good), "rcpt 451");
	w.settings.now += 61;
	CU_ASSERT_STRING_EQUAL(outcome(&w, &good), "end accept");
	CU_ASSERT_STRING_EQUAL(outcome(&w, &good), "end accept");
	world_close(&w);
	world_open(&w, "rule RA when spf = pass greylist 10m");
	CU_ASSERT_STRING_EQUAL(outcome(&w, &good), "rcpt 451");
	w.settings.now += 300; /* over the setting's wait, not over the rule's */
	CU_ASSERT_STRING_EQUAL(outcome(&w, &good), "rcpt 451");
	w.settings.now += 301;
	CU_ASSERT_STRING_EQUAL(outcome(&w, &good), "end accept");
	world_close(&w);
}

static void
directions(void)
{
	static const char rules[] = "rule RA when mail.from is present reject\n"
		"rule OUT scope outbound when auth.user = \"eve\" defer\n";
	struct mail m = good;

	CU_ASSERT_STRING_EQUAL(one(rules, &m), "rcpt 554");
	m.client = "198.51.100.7"; /* own-nets */
	CU_ASSERT_STRING_EQUAL(one(rules, &m), "end accept");
	m.client = NULL; /* local submission */
	CU_ASSERT_STRING_EQUAL(one(rules, &m), "end accept");
	m = good;
	m.auth = "joe";
	CU_ASSERT_STRING_EQUAL(one(rules, &m), "end accept");
	m.auth = "eve";
	CU_ASSERT_STRING_EQUAL(one(rules, &m), "rcpt 451");
}

/* Behind a trusted relay the hop before it is judged, and refusing becomes tagging. */
static void
relays(void)
{
	struct mail m = good;
	struct world w;

	m.client = "198.51.100.25";
	m.header = "Received: from shady.invalid (unknown [192.0.2.66])\r\n\tby backup.test; x";
	world_open(&w, "dnsbl bl zone bl.example lookup client.ip\nrule RA when dnsbl.bl reject");
	CU_ASSERT_STRING_EQUAL(outcome(&w, &m), "end accept tagged");
	UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "client"))), "192.0.2.66");
	m.client = "192.0.2.66";
	CU_ASSERT_STRING_EQUAL(outcome(&w, &m), "rcpt 554");
	world_close(&w);
}

static void
stages(void)
{
	struct world w;
	struct session_client c = {.ip = {4, {192, 0, 2, 66}}};
	struct session *s;

	world_open(&w, "dnsbl bl zone bl.example lookup client.ip\n"
		"rule RA when dnsbl.bl scope any reject \"listed\" at connect\n");
	s = session_new(w.engine, &c);
	CU_ASSERT_EQUAL(session_connect(s)->kind, VERDICT_REJECT);
	CU_ASSERT_EQUAL(w.records, 0);
	session_free(s); /* what was refused before MAIL is on record when it is over */
	CU_ASSERT_EQUAL(w.records, 1);
	UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "stage"))), "connect");
	world_close(&w);
}

static void
unknowns(void)
{
	struct mail m = good;
	struct world w;
	json_t *fact;

	m.client = "192.0.2.67";
	world_open(&w, "dnsbl bl zone bl.example lookup client.ip\nrule RA when dnsbl.bl reject\n"
		"rule RB when not dnsbl.bl score -5");
	CU_ASSERT_STRING_EQUAL(outcome(&w, &m), "end accept");
	fact = json_object_get(json_object_get(w.record, "facts"), "dnsbl.bl");
	UNIT_VIEW(view_str(json_string_value(json_object_get(fact, "unknown"))), "SERVFAIL");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "rules")), 0);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "unknown")), 3); /* the fact, A, B */
	world_close(&w);
}

static void
dry_run(void)
{
	struct world w;
	struct session *s;
	const struct edits *e;

	world_open(&w, "rule RA when spf = pass reject 550 5.7.1 \"no\"");
	w.settings.dry_run = true;
	s = begin(&w, &good);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("kim@rcpt.example"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(content(s, &good, &e)->kind, VERDICT_ACCEPT);
	CU_ASSERT_EQUAL_FATAL(e->n_headers, 1);
	UNIT_VIEW(e->header[0].name, "X-Postern-Dry-Run");
	CU_ASSERT(view_starts_nocase(e->header[0].value, "would reject 550 5.7.1 no ["));
	CU_ASSERT_EQUAL(e->n_drop, 0);
	UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "verdict"))), "reject");
	UNIT_VIEW(view_str(json_string_value(json_object_get(w.record, "stage"))), "rcpt");
	session_free(s);
	world_close(&w);
}

/* Strangers' fields go from the last to the first; foreign ones stay. */
static void
strips(void)
{
	struct world w;
	struct session *s;
	const struct edits *e;

	world_open(&w, "rule RA when mail.null score 1");
	s = begin(&w, &good);
	session_rcpt(s, VIEW("kim@rcpt.example"));
	session_data(s);
	session_header(s, VIEW("Authentication-Results"), VIEW(" mx.test; spf=pass"));
	session_header(s, VIEW("authentication-results"), VIEW(" other.test; spf=pass"));
	session_header(s, VIEW("Authentication-Results"), VIEW(" (c) MX.TEST; dkim=pass"));
	session_header(s, VIEW("X-Spam-Flag"), VIEW(" NO"));
	session_eoh(s);
	session_end(s, VIEW("Q"), &e);
	CU_ASSERT_FATAL(e->n_headers > 3);
	CU_ASSERT_EQUAL(e->header[0].kind, EDIT_DELETE);
	UNIT_VIEW(e->header[0].name, "X-Spam-Flag");
	CU_ASSERT_EQUAL(e->header[1].nth, 3);
	CU_ASSERT_EQUAL(e->header[2].nth, 1);
	CU_ASSERT_EQUAL(e->header[3].kind, EDIT_ADD);
	session_free(s);
	world_close(&w);
}

static void
sums(void)
{
	struct world w;
	double sum = 0;
	size_t i;
	json_t *rule;

	world_open(&w, "group g max 1.5\ngroup h max 9\nthreshold tag 99\n"
		"rule RA when spf = pass score 1.25 group g\nrule RB when spf = pass score 0.75 group g\n"
		"rule RC when spf = pass score -0.1\nrule RD when spf = pass score 3 group h\n"
		"rule RE when spf = pass skip h\nrule RF when spf = pass trial score 40");
	outcome(&w, &good);
	json_array_foreach(json_object_get(w.record, "rules"), i, rule)
		sum += json_number_value(json_object_get(rule, "score"));
	CU_ASSERT_DOUBLE_EQUAL(sum, json_number_value(json_object_get(w.record, "score")), 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(sum, 1.4, 1e-9);
	world_close(&w);
}

static void
ceiling(void)
{
	struct world w;
	struct session *a, *b;
	static char big[8000];

	world_open(&w, "rule RA when mail.null score 1");
	w.settings.message_bytes = 4000;
	a = begin(&w, &good);
	session_rcpt(a, VIEW("kim@rcpt.example"));
	session_header(a, VIEW("X"), view_of(big, sizeof(big)));
	b = begin(&w, &good);
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
	world_close(&w);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"terminal effects have a fixed rank", ranks},
		{"scores, groups and thresholds", scores},
		{"policies for recipients", policies},
		{"one fate, and recipients apart", recipients},
		{"greylists once", greylist},
		{"inbound and outbound", directions},
		{"looks behind trusted relays", relays},
		{"decides at connect when asked to", stages},
		{"unknown is neither yes nor no", unknowns},
		{"a dry run does nothing", dry_run},
		{"strips strangers' fields", strips},
		{"the parts sum to the score", sums},
		{"puts mail off over the memory ceiling", ceiling},
	};

	return unit_main("engine/session", tests, sizeof(tests) / sizeof(*tests));
}
