/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/arc.h"

#include "tests/lib/arc_sealer.h"
#include "tests/lib/dkim_signer.h"
#include "tests/unit/checks/fake_check.c"

enum row { RESULT, SEALER, DMARC };

#define MESSAGE "From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n"

static struct arena *a;
static const char *pem, *record;

enum { SEALED_1 = 1, SEALED_2 = 2, CHANGED = 4, SUBJECT = 8, NO_FIRST = 16, SAYS_FAIL = 32, SEAL_CHANGED = 64,
	FROM = 128, BLANK_FROM = 256 };

static const struct {
	const char *title;
	int what;
	const char *first, *second; /* keys; NULL = no such name */
	const char *result, *sealer, *dmarc;
} cases[] = {
	{"no chain", 0, "", "", "none", "-", "-"},
	{"one set", SEALED_1, "", "", "pass", "one.example", "pass"},
	{"two sets: the newest counts", SEALED_1 | SEALED_2, "", "", "pass", "two.example", "fail"},
	{"the body was changed", SEALED_1 | CHANGED, "", "", "fail", "-", "-"},
	{"a signed field was changed", SEALED_1 | SUBJECT, "", "", "fail", "-", "-"},
	{"an earlier seal was changed", SEALED_1 | SEALED_2 | SEAL_CHANGED, "", "", "fail", "-", "-"},
	{"a second From on top", SEALED_1 | FROM, "", "", "fail", "-", "-"},
	{"a second From that not all readers see", SEALED_1 | BLANK_FROM, "", "", "fail", "-", "-"},
	{"a set is missing", SEALED_1 | SEALED_2 | NO_FIRST, "", "", "fail", "-", "-"},
	{"the sealer says fail", SEALED_1 | SEALED_2 | SAYS_FAIL, "", "", "fail", "-", "-"},
	{"no key", SEALED_1, NULL, "", "fail", "-", "-"},
	{"the DNS fails", SEALED_1, "!SERVFAIL", "", "?temperror: SERVFAIL", "?temperror: SERVFAIL",
		"?temperror: SERVFAIL"},
	{"the DNS fails for an older key", SEALED_1 | SEALED_2, "!timeout", "", "?temperror: timeout",
		"?temperror: timeout", "?temperror: timeout"},
	{"a key that is not there weighs more", SEALED_1 | SEALED_2, "!timeout", NULL, "fail", "-", "-"},
	{"an answer never comes", SEALED_1, "~", "", "...", "...", "..."},
};

static const char *
key(const char *name)
{
	return name && !name[0] ? record : name;
}

/* Set 1, its seal altered behind the signature of the next one, or taken away. */
static void
seal(struct raw_message *m, int what)
{
	struct arc_sealer one = {pem, "one.example", "mx.one.example; spf=fail; dmarc=pass (p=none)", NULL, NULL},
		two = {pem, "two.example", "mx.two.example; dmarc=fail", what & SAYS_FAIL ? "fail" : NULL, NULL};

	if (what & SEALED_1)
		arc_sealer_seal(&one, 1, m, a);
	if (what & SEAL_CHANGED)
		m->field[0].value = arena_printf(a, "%.*sAAAA", VIEW_ARG(view_head(m->field[0].value, m->field[0].value.n - 4)));
	if (what & SEALED_2)
		arc_sealer_seal(&two, 2, m, a);
	if (what & NO_FIRST) {
		memmove(m->field + 3, m->field + 6, (m->n - 6) * sizeof(*m->field));
		m->n -= 3;
	}
	if (what & (FROM | BLANK_FROM)) {
		memmove(m->field + 1, m->field, m->n++ * sizeof(*m->field));
		m->field[0] = (struct header_field){what & FROM ? VIEW("From") : VIEW("From "), VIEW(" b@other.example")};
	}
	if (what & SUBJECT)
		m->field[m->n - 1].value = VIEW(" y");
	if (what & CHANGED)
		m->body = VIEW("Hallo\r\n");
}

static struct check_call *
call(const struct raw_message *m, const struct fake_dns *dns, size_t n)
{
	struct check_call *c = fake_new(&arc_check, STAGE_BODY, dns, n);

	for (size_t i = 0; i < m->n; i++)
		c->check->header(c, &m->field[i]);
	c->check->eoh(c);
	c->check->body(c, m->body);
	fake_run(c);
	return c;
}

static void
results(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake_dns dns[] = {{"s._domainkey.one.example", DNS_TXT, key(cases[i].first)},
			{"s._domainkey.two.example", DNS_TXT, key(cases[i].second)}};
		struct check_call *c;
		struct raw_message m;

		for (int k = 0; k < 2; k++)
			if (!dns[k].data)
				dns[k].name = "no.example";
		raw_message_read(VIEW(MESSAGE), a, &m);
		seal(&m, cases[i].what);
		c = call(&m, dns, 2);
		UNIT_CASE(fake_is(c, RESULT, cases[i].result), cases[i].title);
		UNIT_CASE(fake_is(c, SEALER, cases[i].sealer), cases[i].title);
		UNIT_CASE(fake_is(c, DMARC, cases[i].dmarc), cases[i].title);
		UNIT_CASE(c->reports == (strcmp(cases[i].result, "...") != 0), cases[i].title);
		fake_done(c);
	}
}

static void
asks_early(void)
{
	struct fake_dns dns[] = {{"s._domainkey.one.example", DNS_TXT, record}};
	struct check_call *c = fake_new(&arc_check, STAGE_HEADER, dns, 1);
	struct raw_message m;

	raw_message_read(VIEW(MESSAGE), a, &m);
	seal(&m, SEALED_1);
	for (size_t i = 0; i < m.n; i++)
		c->check->header(c, &m.field[i]);
	CU_ASSERT_EQUAL(c->n_asked, 0);
	c->check->eoh(c);
	CU_ASSERT_EQUAL(c->n_asked, 1);
	fake_done(c);
}

/* RFC 8617 section 4.2.1: 50 sets at most. */
static void
too_many(void)
{
	struct fake_dns dns[] = {{"s._domainkey.one.example", DNS_TXT, record}};
	struct arc_sealer s = {pem, "one.example", "mx.one.example; none", NULL, NULL};
	struct check_call *c;
	struct raw_message m;

	raw_message_read(VIEW(MESSAGE), a, &m);
	for (unsigned i = 1; i <= 50; i++)
		arc_sealer_seal(&s, i, &m, a);
	c = call(&m, dns, 1);
	CU_ASSERT(fake_is(c, RESULT, "pass"));
	CU_ASSERT(fake_is(c, DMARC, "-"));
	fake_done(c);
	arc_sealer_seal(&s, 51, &m, a);
	c = call(&m, dns, 1);
	CU_ASSERT(fake_is(c, RESULT, "fail"));
	fake_done(c);
}

/* l= of the whole body verifies, but says nothing of what may follow: no word of the sealer counts. */
static void
partial(void)
{
	struct fake_dns dns[] = {{"s._domainkey.one.example", DNS_TXT, record}};
	struct arc_sealer s = {pem, "one.example", "mx.one.example; dmarc=pass", NULL, "l=7; "};
	struct check_call *c;
	struct raw_message m;

	raw_message_read(VIEW(MESSAGE), a, &m);
	arc_sealer_seal(&s, 1, &m, a);
	m.body = VIEW("Hello\r\nand more\r\n");
	c = call(&m, dns, 1);
	CU_ASSERT(fake_is(c, RESULT, "pass"));
	CU_ASSERT(fake_is(c, DMARC, "-"));
	fake_done(c);
}

/* RFC 8616: a sealer's domain in U-labels, as rules and the DNS have it: in A-labels. */
static void
international(void)
{
	struct fake_dns dns[] = {{"s._domainkey.xn--bcher-kva.example", DNS_TXT, record}};
	struct arc_sealer s = {pem, "B\xc3\xbc" "cher.example", "mx.example; dmarc=pass", NULL, NULL};
	struct check_call *c;
	struct raw_message m;

	raw_message_read(VIEW(MESSAGE), a, &m);
	arc_sealer_seal(&s, 1, &m, a);
	c = call(&m, dns, 1);
	CU_ASSERT(fake_is(c, RESULT, "pass"));
	CU_ASSERT(fake_is(c, SEALER, "xn--bcher-kva.example"));
	CU_ASSERT(fake_is(c, DMARC, "pass"));
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"chains", results},
	{"a sealer with U-labels", international},
	{"asks for keys at the end of the header", asks_early},
	{"sets have a limit", too_many},
	{"a body signed in part", partial},
};

int
main(void)
{
	struct view r;
	int status;

	a = arena_new();
	dkim_signer_key(SIGNER_RSA_SHA256, 1024, a, &pem, &r);
	record = arena_cstr(a, r);
	status = unit_main("checks/arc", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return status;
}
