/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The shipped rules about trusted forwarders and sealers, over mail that the checks themselves judge: each way
 * of being known vouches alone, and what a client only says never does.
 */
#include "engine/session.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/lib/arc_sealer.h"
#include "tests/lib/dkim_signer.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

#define MESSAGE "From: joe@bank.example\r\nTo: kim@rcpt.example\r\nSubject: x\r\n\r\nHello\r\n"
#define FORWARD "forward.example.net"
#define HOST    "192.0.2.81" /* its PTR leads back */
#define OTHER   "192.0.2.82" /* it has none */
#define LIAR    "192.0.2.83" /* its PTR is the forwarder's name, which does not lead back */
#define LATE    "192.0.2.84" /* its PTR cannot be had */

enum { SIGNED = 1, SEALED = 2, CHANGED = 4 };

static struct arena *a;
static const char *pem;
static struct view record;

static const char zone[] =
	"_dmarc.bank.example. TXT \"v=DMARC1; p=reject\"\n"
	"bank.example. TXT \"v=spf1 -all\"\n"
	FORWARD ". A " HOST "\n"
	FORWARD ". TXT \"v=spf1 ip4:192.0.2.82 -all\"\n"
	"81.2.0.192.in-addr.arpa. PTR " FORWARD ".\n"
	"83.2.0.192.in-addr.arpa. PTR " FORWARD ".\n"
	"$FAIL 84.2.0.192.in-addr.arpa. servfail\n"
	"$FAIL late." FORWARD ". servfail\n";

static const struct {
	const char *title, *client, *helo, *from;
	int what;
	const char *signer, *sealed; /* domains; sealed: what the sealer says of DMARC */
	bool host, vouched;          /* FORWARDER_HOST; FORWARDER_TRUSTED or ARC_TRUSTED */
} cases[] = {
	{"a stranger", OTHER, "x.example", "joe@bank.example", 0, NULL, NULL, false, false},
	{"iprev: its verified name", HOST, "x.example", "joe@bank.example", 0, NULL, NULL, true, true},
	{"SPF: a sender of its own", OTHER, "x.example", "srs@" FORWARD, 0, NULL, NULL, false, true},
	{"DKIM: its signature", OTHER, "x.example", "joe@bank.example", SIGNED, FORWARD, NULL, false, true},
	{"ARC: the seal of a trusted sealer", OTHER, "x.example", "joe@bank.example", SEALED, NULL,
		"mx.lists.example; dmarc=pass", false, true},
	{"its name in HELO", OTHER, FORWARD, "joe@bank.example", 0, NULL, NULL, false, false},
	{"its name in HELO and in a PTR that does not lead back", LIAR, FORWARD, "joe@bank.example", 0, NULL, NULL,
		false, false},
	{"a sender of its own, which SPF fails", LIAR, FORWARD, "srs@" FORWARD, 0, NULL, NULL, false, false},
	{"HELO and null sender, which SPF fails", LIAR, FORWARD, "", 0, NULL, NULL, false, false},
	{"a signature of somebody else", OTHER, FORWARD, "joe@bank.example", SIGNED, "x.example", NULL, false, false},
	{"a signature that the body has left", OTHER, FORWARD, "joe@bank.example", SIGNED | CHANGED, FORWARD, NULL,
		false, false},
	{"a signature of a name below it", OTHER, FORWARD, "joe@bank.example", SIGNED, "a." FORWARD, NULL, false, false},
	{"a sealer that did not see DMARC pass", OTHER, FORWARD, "joe@bank.example", SEALED, NULL,
		"mx.lists.example; dmarc=fail", false, false},
	{"a seal that the body has left", OTHER, FORWARD, "joe@bank.example", SEALED | CHANGED, NULL,
		"mx.lists.example; dmarc=pass", false, false},
	{"nothing can be had of the host", LATE, FORWARD, "joe@bank.example", 0, NULL, NULL, false, false},
	{"nothing can be had of the sender", OTHER, FORWARD, "joe@late." FORWARD, 0, NULL, NULL, false, false},
};

static struct view
keys(void)
{
	static const char *const names[] = {"sel._domainkey." FORWARD, "sel._domainkey.a." FORWARD,
		"sel._domainkey.x.example", "s._domainkey.lists.example"};
	struct view all = view_str(zone);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		all = arena_printf(a, "%.*s%s. TXT \"%.*s\"\n", VIEW_ARG(all), names[i], VIEW_ARG(record));
	return all;
}

static bool
fired(const struct engine_world *w, const char *name)
{
	const json_t *all = json_object_get(w->record, "rules"), *one;
	size_t i;

	json_array_foreach(all, i, one)
		if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0)
			return true;
	return false;
}

static void
deliver(struct engine_world *w, size_t i)
{
	struct engine_mail m = {cases[i].client, cases[i].helo, cases[i].from, {"kim@rcpt.example"}, NULL, NULL};
	struct session *s = engine_world_begin(w, &m);
	struct raw_message raw;

	raw_message_read(VIEW(MESSAGE), a, &raw);
	if (cases[i].what & SIGNED)
		dkim_signer_sign(&(struct dkim_signer){.alg = SIGNER_RSA_SHA256, .pem = pem, .domain = cases[i].signer},
			&raw, a);
	if (cases[i].what & SEALED)
		arc_sealer_seal(&(struct arc_sealer){pem, "lists.example", cases[i].sealed, NULL, NULL}, 1, &raw, a);
	session_rcpt(s, VIEW("kim@rcpt.example"));
	session_data(s);
	for (size_t k = 0; k < raw.n; k++)
		session_header(s, raw.field[k].name, raw.field[k].value);
	session_eoh(s);
	session_body(s, cases[i].what & CHANGED ? VIEW("Hallo\r\n") : raw.body);
	session_end(s, VIEW("Q"));
	session_free(s);
}

/* DMARC fails in every case: who is vouched for is not scored for it. */
static void
vouches(void)
{
	char folder[200], rules[1000];
	struct engine_world w;

	CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(folder, sizeof(folder)));
	snprintf(rules, sizeof(rules), "include \"%s/rules/authentication.rules\"\ngroup auth max 6\n"
		"change list trusted-forwarders add { " FORWARD " }\n"
		"change list trusted-sealers add { lists.example }\n", folder);
	engine_world_open(&w, rules);
	engine_world_more(&w, arena_cstr(a, keys()));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool trusted;

		deliver(&w, i);
		trusted = fired(&w, "FORWARDER_TRUSTED") || fired(&w, "ARC_TRUSTED");
		UNIT_CASE(fired(&w, "FORWARDER_HOST") == cases[i].host, cases[i].title);
		UNIT_CASE(trusted == cases[i].vouched, cases[i].title);
		UNIT_CASE(fired(&w, "ARC_TRUSTED") == (cases[i].vouched && cases[i].what & SEALED), cases[i].title);
		UNIT_CASE(fired(&w, "DMARC_REJECT") == !cases[i].vouched, cases[i].title);
		UNIT_VIEW(view_str(json_string_value(json_object_get(json_object_get(w.record, "facts"), "dmarc"))), "fail");
	}
	engine_world_close(&w);
}

static const struct unit_test tests[] = {{"by iprev, SPF, DKIM or ARC, never by HELO", vouches}};

int
main(void)
{
	int status;

	a = arena_new();
	dkim_signer_key(SIGNER_RSA_SHA256, 1024, a, &pem, &record);
	status = unit_main("engine/forwarders", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return status;
}
