/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dkim.h"

#include "tests/lib/dkim_signer.h"
#include "tests/unit/checks/fake_check.c"

#include "util/limits.h"

enum row { RESULT, DOMAIN, TEMPERROR };

#define MESSAGE "From: a@example.org\r\nTo: b@example.net\r\nSubject: x\r\n\r\nHello\r\n"
#define BAD     "DKIM-Signature: v=1; a=rsa-sha256; d=bad.example; s=s; h=from; bh=AAAA; b=AAAA\r\n"
#define SHA1    "DKIM-Signature: v=1; a=rsa-sha1; d=old.example; s=s; h=from; bh=AAAA; b=AAAA\r\n"
#define KEY     "sel._domainkey.example.org"
#define BADKEY  "s._domainkey.bad.example"

static struct arena *a;
static const char *pem;
static const char *record, *testing; /* key records */

static const struct {
	const char *title;
	const char *before; /* signatures above ours */
	bool sign, change;
	const char *key, *bad_key; /* NULL = no such name; "" = the good one */
	const char *result, *domain, *temperror;
	size_t reports;
} cases[] = {
	{"unsigned", "", false, false, NULL, NULL, "none", "", "", 1},
	{"good", "", true, false, "", NULL, "pass", "example.org", "", 1},
	{"changed", "", true, true, "", NULL, "fail", "", "", 1},
	{"changed, testing", "", true, true, "t", NULL, "none", "", "", 1},
	{"no key", "", true, false, NULL, NULL, "permerror", "", "", 1},
	{"DNS fails", "", true, false, "!SERVFAIL", NULL, "?temperror: SERVFAIL",
		"?temperror: SERVFAIL", "example.org", 1},
	{"rsa-sha1 alone", SHA1, false, false, NULL, NULL, "permerror", "", "", 1},
	{"good beside bad", BAD, true, false, "", "", "pass", "example.org", "", 2},
	{"good beside a DNS error", BAD, true, false, "", "!timeout", "pass", "example.org",
		"bad.example", 2},
	{"changed beside a DNS error", BAD, true, true, "", "!timeout", "?temperror: timeout",
		"?temperror: timeout", "bad.example", 2},
	{"bad beside rsa-sha1", BAD SHA1, false, false, NULL, "", "fail", "", "", 2},
	{"an answer never comes", BAD, true, false, "", "~", "...", "...", "...", 0},
};

static const char *
key(const char *name)
{
	if (!name || (name[0] && name[0] != 't'))
		return name;
	return name[0] ? testing : record;
}

static void
feed(struct check_call *c, const struct raw_message *m)
{
	c->now = 1700000000;
	for (size_t i = 0; i < m->n; i++)
		c->check->header(c, &m->field[i]);
	c->check->eoh(c);
	c->check->body(c, m->body);
}

static void
results(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake_dns dns[2] = {{KEY, DNS_TXT, key(cases[i].key)},
			{BADKEY, DNS_TXT, key(cases[i].bad_key)}};
		struct check_call *c;
		struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = pem};
		struct raw_message m, above;

		if (!dns[0].data)
			dns[0].name = "no.example";
		if (!dns[1].data)
			dns[1].name = "no.example";
		raw_message_read(VIEW(MESSAGE), a, &m);
		if (cases[i].sign)
			dkim_signer_sign(&s, &m, a);
		raw_message_read(view_str(cases[i].before), a, &above);
		memmove(m.field + above.n, m.field, m.n * sizeof(*m.field));
		memcpy(m.field, above.field, above.n * sizeof(*m.field));
		m.n += above.n;
		if (cases[i].change)
			m.body = VIEW("Hallo\r\n");
		c = fake_new(&dkim_check, STAGE_BODY, dns, 2);
		feed(c, &m);
		fake_run(c);
		UNIT_CASE(fake_is(c, RESULT, cases[i].result), cases[i].title);
		UNIT_CASE(fake_is(c, DOMAIN, cases[i].domain), cases[i].title);
		UNIT_CASE(fake_is(c, TEMPERROR, cases[i].temperror), cases[i].title);
		UNIT_CASE(c->reports == cases[i].reports, cases[i].title);
		fake_done(c);
	}
}

static void
reports(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256,
		.pem = pem,
		.partial = true,
		.length = 3,
		.more = " i=x@a.example.org"};
	struct fake_dns dns[] = {{KEY, DNS_TXT, record}};
	struct check_call *c = fake_new(&dkim_check, STAGE_BODY, dns, 1);
	static const char *const want[][2] = {{"header.d", "example.org"},
		{"header.i", "x@a.example.org"}, {"header.s", "sel"}, {"header.a", "rsa-sha256"}};
	struct raw_message m;

	raw_message_read(VIEW(MESSAGE), a, &m);
	dkim_signer_sign(&s, &m, a);
	feed(c, &m);
	fake_run(c);
	UNIT_VIEW(c->report.method, "dkim");
	UNIT_VIEW(c->report.result, "pass");
	UNIT_VIEW(c->report.reason, "only 3 bytes of the body are signed");
	CU_ASSERT_EQUAL(c->report.n_props, 5);
	for (size_t i = 0; i < 4; i++) {
		UNIT_VIEW(c->report.prop[i].name, want[i][0]);
		UNIT_VIEW(c->report.prop[i].value, want[i][1]);
	}
	UNIT_VIEW(c->report.prop[4].name, "header.b");
	CU_ASSERT_EQUAL(c->report.prop[4].value.n, 8);
	fake_done(c);
}

/* The questions go out at the end of the header, all at once. */
static void
asks_early(void)
{
	struct fake_dns dns[] = {{KEY, DNS_TXT, record}};
	struct check_call *c = fake_new(&dkim_check, STAGE_HEADER, dns, 1);
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = pem};
	struct raw_message m;

	raw_message_read(VIEW(BAD SHA1 MESSAGE), a, &m);
	dkim_signer_sign(&s, &m, a);
	feed(c, &m);
	CU_ASSERT_EQUAL(c->n_asked, 2);
	CU_ASSERT_STRING_EQUAL(c->asked[0].name, KEY);
	CU_ASSERT_STRING_EQUAL(c->asked[1].name, BADKEY);
	fake_done(c);
}

static void
too_many(void)
{
	struct fake_dns dns[] = {{KEY, DNS_TXT, record}};
	struct check_call *c = fake_new(&dkim_check, STAGE_BODY, dns, 1);
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = pem};
	struct raw_message m;

	raw_message_read(VIEW(MESSAGE), a, &m);
	for (int i = 0; i < 12; i++)
		dkim_signer_sign(&s, &m, a);
	feed(c, &m);
	fake_run(c);
	CU_ASSERT_EQUAL(c->reports, DKIM_SIGNATURES + 1);
	UNIT_VIEW(c->report.reason, "2 more signatures were not looked at");
	CU_ASSERT_EQUAL(c->value[DOMAIN].list.n, DKIM_SIGNATURES);
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"best result and domains", results},
	{"reports each signature", reports},
	{"asks for keys at the end of the header", asks_early},
	{"says what it left out", too_many},
};

int
main(void)
{
	struct view r;
	int status;

	a = arena_new();
	dkim_signer_key(SIGNER_RSA_SHA256, 1024, a, &pem, &r);
	record = arena_cstr(a, r);
	testing = arena_printf(a, "%s; t=y%c", record, 0).p;
	status = unit_main("checks/dkim", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return status;
}
