/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What becomes known of a message's signatures: one word and one reason for each, in the field and on
 * record, and their keys asked for all at once.
 */
#include "engine/reports.h"

#include <stdio.h>

#include "engine/state.h"
#include "tests/lib/arc_sealer.h"
#include "tests/lib/dkim_signer.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

#define MESSAGE "From: joe@good.example.com\r\nTo: kim@rcpt.example\r\nSubject: x\r\n\r\nHello\r\n"
#define REASONS sizeof(reasons) / sizeof(*reasons)

static struct arena *a;
static const char *pem;
static struct view record;

/* In the order of the fields: the last that signed is on top. */
static const struct {
	const char *domain, *zone; /* zone: behind the name of the key; %s: the record */
	enum dkim_signer_alg alg;
	bool partial;
	const char *result, *reason; /* NULL = none */
} reasons[] = {
	{"good.example", "TXT \"%s\"\n", SIGNER_RSA_SHA256, true, "pass", "only 3 bytes of the body are signed"},
	{"both.example", "TXT \"%s; t=y\"\n", SIGNER_RSA_SHA256, true, "pass",
		"only 3 bytes of the body are signed; the key is in test mode"},
	{"changed.example", "TXT \"%s\"\n", SIGNER_RSA_SHA256, false, "fail", "body hash did not verify"},
	{"test.example", "TXT \"%s; t=s:y\"\n", SIGNER_RSA_SHA256, false, "fail",
		"body hash did not verify; the key is in test mode"},
	{"sha1.example", "TXT \"%s\"\n", SIGNER_RSA_SHA1, false, "policy", "rsa-sha1 is no longer valid"},
	{"none.example", NULL, SIGNER_RSA_SHA256, false, "permerror", "no key for signature"},
	{"empty.example", "TXT \"v=DKIM1; p=\"\n", SIGNER_RSA_SHA256, false, "permerror", "key was revoked"},
	{"down.example", NULL, SIGNER_RSA_SHA256, false, "temperror", "SERVFAIL"},
};

static const char *
zone(void)
{
	struct view all = VIEW("$FAIL sel._domainkey.down.example. servfail\n");

	for (size_t i = 0; i < REASONS; i++) {
		char line[1000] = "";

		/* The formats are the table's above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		if (reasons[i].zone)
			snprintf(line, sizeof(line), reasons[i].zone, arena_cstr(a, record));
#pragma GCC diagnostic pop
		if (line[0])
			all = arena_printf(a, "%.*ssel._domainkey.%s. %s", VIEW_ARG(all), reasons[i].domain, line);
	}
	return arena_cstr(a, all);
}

static void
feed(struct session *s, const struct raw_message *m)
{
	session_rcpt(s, VIEW("kim@rcpt.example"));
	session_data(s);
	for (size_t i = 0; i < m->n; i++)
		session_header(s, m->field[i].name, m->field[i].value);
	session_eoh(s);
}

static struct view
member(const json_t *o, const char *key)
{
	return view_str(json_string_value(json_object_get(o, key)));
}

static void
on_record(const json_t *all, size_t i)
{
	const json_t *one;
	size_t k;

	json_array_foreach(all, k, one) {
		if (!view_eq_str(member(one, "header.d"), reasons[i].domain))
			continue;
		UNIT_VIEW(member(one, "method"), "dkim");
		UNIT_VIEW(member(one, "result"), reasons[i].result);
		UNIT_VIEW(member(one, "reason"), reasons[i].reason);
		UNIT_VIEW(member(one, "header.s"), "sel");
		return;
	}
	UNIT_CASE(false, reasons[i].domain);
}

static void
each_signature(void)
{
	struct engine_world w;
	struct raw_message m;
	struct session *s;
	const struct edits *e;
	struct view field;

	engine_world_open(&w, "rule RA when dkim = fail score 1");
	engine_world_more(&w, zone());
	raw_message_read(VIEW(MESSAGE), a, &m);
	for (size_t i = REASONS; i-- > 0;)
		dkim_signer_sign(&(struct dkim_signer){.alg = reasons[i].alg, .domain = reasons[i].domain, .pem = pem,
			.partial = reasons[i].partial, .length = 3}, &m, a);
	s = engine_world_begin(&w, &engine_world_good);
	feed(s, &m);
	session_body(s, VIEW("Hello, and more\r\n"));
	CU_ASSERT_EQUAL(session_end(s, VIEW("Q"))->kind, VERDICT_ACCEPT);
	e = session_edits(s);
	CU_ASSERT_FATAL(e->n_headers > 0);
	field = e->header[e->n_headers - 1].value;
	UNIT_VIEW(e->header[e->n_headers - 1].name, "Authentication-Results");
	for (size_t i = 0; i < REASONS; i++) {
		struct view want = arena_printf(a, "dkim=%s reason=%s%s%s header.d=%s ", reasons[i].result,
			strchr(reasons[i].reason, ' ') ? "\"" : "", reasons[i].reason,
			strchr(reasons[i].reason, ' ') ? "\"" : "", reasons[i].domain);

		UNIT_CASE(view_search_nocase(field, want) < field.n, reasons[i].domain);
		on_record(json_object_get(w.record, "authentication"), i);
	}
	session_free(s);
	engine_world_close(&w);
}

/* Whatever came in first, each result has its place; what is too much is left out at the end. */
static void
ordered(void)
{
	static const char *const came[] = {"dmarc", "dkim", "x-other", "spf", "arc", "dkim"};
	enum { N = sizeof(came) / sizeof(*came) };
	struct report of_session[2] = {{&of_session[1], {.method = VIEW("spf"), .result = VIEW("helo")}},
		{NULL, {.method = VIEW("iprev")}}};
	struct report of_message[N];
	struct transaction t = {.reports = {of_message, NULL}};
	struct session s = {.t = &t, .reports = {of_session, NULL}};
	struct authres_result out[REPORTS_MAX];
	struct view all = VIEW("");

	for (size_t i = 0; i < N; i++)
		of_message[i] = (struct report){i + 1 < N ? &of_message[i + 1] : NULL,
			{.method = view_str(came[i]), .result = arena_printf(a, "%zu", i)}};
	CU_ASSERT_EQUAL_FATAL(reports_collect(&s, out, REPORTS_MAX), N + 2);
	for (size_t i = 0; i < N + 2; i++)
		all = arena_printf(a, "%.*s %.*s=%.*s", VIEW_ARG(all), VIEW_ARG(out[i].method), VIEW_ARG(out[i].result));
	UNIT_VIEW(all, " iprev= spf=helo spf=3 dkim=1 dkim=5 arc=4 dmarc=0 x-other=2");
	CU_ASSERT_EQUAL(reports_collect(&s, out, 3), 3);
}

/* ---- all keys at once ---- */

static bool
was_asked(struct dns_script *script, const char *name)
{
	for (size_t i = 0; i < dns_script_asked(script); i++)
		if (strcmp(script->ask[i].name, name) == 0 && script->ask[i].type == DNS_TXT)
			return true;
	return false;
}

/* At the end of the header every key of DKIM and ARC is asked for, before any answer has come. */
static void
in_flight(void)
{
	static const char *const names[] = {"sel._domainkey.one.example", "sel._domainkey.two.example",
		"sel._domainkey.three.example", "s._domainkey.seal.example", "s._domainkey.reseal.example"};
	struct dns_script *script;
	struct engine_world w;
	struct raw_message m;
	struct session *s;
	size_t before;

	engine_world_open(&w, "rule RA when dkim = pass score -1\nrule RB when arc = pass score -1");
	w.settings.authres = false;
	w.settings.end_wait_ms = 1;
	script = engine_world_script(&w);
	raw_message_read(VIEW(MESSAGE), a, &m);
	for (size_t i = 0; i < 3; i++)
		dkim_signer_sign(&(struct dkim_signer){.alg = SIGNER_RSA_SHA256, .pem = pem,
			.domain = (const char *const[]){"one.example", "two.example", "three.example"}[i]}, &m, a);
	arc_sealer_seal(&(struct arc_sealer){pem, "seal.example", "mx; none", NULL, NULL}, 1, &m, a);
	arc_sealer_seal(&(struct arc_sealer){pem, "reseal.example", "mx; none", NULL, NULL}, 2, &m, a);
	s = engine_world_begin(&w, &engine_world_good);
	before = dns_script_asked(script);
	feed(s, &m);
	CU_ASSERT_EQUAL(dns_script_asked(script), before + 5);
	for (size_t i = 0; i < 5; i++)
		UNIT_CASE(was_asked(script, names[i]), names[i]);
	session_body(s, VIEW("Hello\r\n"));
	CU_ASSERT_EQUAL(session_end(s, VIEW("Q"))->kind, VERDICT_ACCEPT);
	CU_ASSERT_EQUAL(dns_script_asked(script), before + 5);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "rules")), 0); /* late is neither yes nor no */
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "unknown")), 4);
	session_free(s);
	engine_world_close(&w);
}

/* ---- no answer ---- */

/* What hangs on an answer that does not come is unknown, and what hangs on that, too: nothing passes, nothing
 * fails, no rule and no negation of one holds. */
static void
nothing_comes(void)
{
	static const char *const facts[] = {"client.name", "client.fcrdns", "helo.spf", "spf", "spf.explanation", "dkim",
		"dkim.domain", "dkim.aligned", "dmarc", "dmarc.policy", "arc", "arc.sealer", "arc.dmarc"};
	struct engine_world w;
	struct raw_message m;
	struct session *s;

	engine_world_open(&w, "rule R01 when client.name is present score 1\nrule R02 when not client.fcrdns score 1\n"
		"rule R03 when helo.spf != pass score 1\nrule R04 when spf != pass score 1\n"
		"rule R05 when spf.explanation is missing score 1\nrule R06 when dkim != pass score 1\n"
		"rule R07 when no dkim.domain = one.example score 1\nrule R08 when not dkim.aligned score 1\n"
		"rule R09 when dmarc != pass score 1\nrule R10 when dmarc.policy != none score 1\n"
		"rule R11 when arc != pass score 1\nrule R12 when arc.sealer is missing score 1\n"
		"rule R13 when arc.dmarc != pass score 1");
	w.settings.rcpt_wait_ms = w.settings.end_wait_ms = 1;
	engine_world_script(&w);
	raw_message_read(VIEW(MESSAGE), a, &m);
	dkim_signer_sign(&(struct dkim_signer){.alg = SIGNER_RSA_SHA256, .pem = pem, .domain = "good.example.com"}, &m, a);
	arc_sealer_seal(&(struct arc_sealer){pem, "seal.example", "mx; dmarc=pass", NULL, NULL}, 1, &m, a);
	s = engine_world_begin(&w, &engine_world_good);
	feed(s, &m);
	session_body(s, VIEW("Hello\r\n"));
	CU_ASSERT_EQUAL(session_end(s, VIEW("Q"))->kind, VERDICT_ACCEPT);
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		UNIT_CASE(json_is_object(json_object_get(json_object_get(w.record, "facts"), facts[i])), facts[i]);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "rules")), 0);
	session_free(s);
	engine_world_close(&w);
}

/* A resolver that answers for names that do not exist lets nobody pass, and makes no domain exist. */
static void
hijacked(void)
{
	static const char inventions[] = "liar.example.com. TXT \"v=spf1 exists:%{i}.ok.example.com -all\"\n"
		"*.com. A 198.51.100.99\n*.example.com. A 198.51.100.99\n"
		"_dmarc.example.com. TXT \"v=DMARC1; p=none; np=reject\"\n";
	static const struct {
		bool probe;
		const char *spf, *policy;
	} rows[] = {{false, "pass", "none"}, {true, NULL, NULL}};
	struct engine_mail m = {"192.0.2.99", "h.example", "joe@liar.example.com", {"kim@rcpt.example"}, NULL,
		"From: a@not.example.com"};

	for (size_t i = 0; i < 2; i++) {
		const struct dns_options o = {.probe_hijack = rows[i].probe};
		struct engine_world w;
		const json_t *facts, *spf, *policy;

		engine_world_open(&w, "rule PASS when spf = pass score -1\nrule POLICY when dmarc.policy = none score -1");
		engine_world_resolver(&w, inventions, &o);
		CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
		facts = json_object_get(w.record, "facts");
		spf = json_object_get(facts, "spf");
		policy = json_object_get(facts, "dmarc.policy");
		if (rows[i].probe) {
			CU_ASSERT(json_is_object(spf) && json_is_object(policy)); /* unknown, with the reason */
		} else {
			UNIT_VIEW(view_str(json_string_value(spf)), rows[i].spf);
			UNIT_VIEW(view_str(json_string_value(policy)), rows[i].policy);
		}
		engine_world_close(&w);
	}
}

/* ---- words of strangers ---- */

/* exp= in a reply: its braces are no facts of ours, its bytes no control characters, and it ends where we say. */
static void
explanation(void)
{
	struct engine_mail m = {"192.0.2.99", "h.example", "joe@evil.example", {"kim@rcpt.example"}, NULL, NULL};
	struct engine_world w;
	const struct verdict *v;
	struct session *s;

	engine_world_open(&w, "rule NO when spf = fail reject \"{mail.domain} says: {spf.explanation}\"");
	engine_world_more(&w, "evil.example. TXT \"v=spf1 -all exp=e.evil.example\"\n"
		"e.evil.example. TXT \"{rule} \\\"100%%\\\" of %{s} [id]\"\n");
	s = engine_world_begin(&w, &m);
	v = session_rcpt(s, VIEW("kim@rcpt.example"));
	CU_ASSERT_EQUAL(v->kind, VERDICT_REJECT);
	CU_ASSERT_EQUAL(v->reply.code, 554);
	UNIT_VIEW(v->reply.enhanced, "5.7.23");
	UNIT_VIEW(v->reply.text, arena_printf(a, "evil.example says: {rule} \"100%%\" of joe@evil.example [id] [%.*s]%c",
		VIEW_ARG(session_id(s)), 0).p);
	session_free(s);
	engine_world_close(&w);
}

static const struct unit_test tests[] = {
	{"each signature has its word and its reason", each_signature},
	{"results have their order", ordered},
	{"all keys are in flight before the first answer", in_flight},
	{"without an answer all is unknown, and what hangs on it", nothing_comes},
	{"an invented address proves nothing", hijacked},
	{"what a domain says of its refusal", explanation},
};

int
main(void)
{
	int status;

	a = arena_new();
	dkim_signer_key(SIGNER_RSA_SHA256, 1024, a, &pem, &record);
	status = unit_main("engine/reports", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return status;
}
