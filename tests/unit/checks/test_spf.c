/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/spf.h"

#include "tests/lib/spf_watch.h"
#include "tests/unit/checks/fake_check.c"

enum row { HELO, RESULT, DOMAIN, MECHANISM, EXPLANATION };

#define N(a) (sizeof(a) / sizeof(*(a)))

static const struct fake_dns dns[] = {
	{"x.example", DNS_TXT, "v=spf1 mx a:a.example -all"},
	{"x.example", DNS_MX, "m.example"},
	{"m.example", DNS_A, "192.0.2.9"},
	{"a.example", DNS_A, "192.0.2.8 192.0.2.1"},
	{"fail.example", DNS_TXT, "v=spf1 -all"},
	{"soft.example", DNS_TXT, "v=spf1 ~all"},
	{"neutral.example", DNS_TXT, "v=spf1 ?all"},
	{"empty.example", DNS_TXT, "v=spf1"},
	{"bad.example", DNS_TXT, "v=spf1 moo"},
	{"temp.example", DNS_TXT, "!SERVFAIL"},
	{"six.example", DNS_TXT, "v=spf1 a -all"},
	{"six.example", DNS_AAAA, "2001:db8::1"},
	{"ptr.example", DNS_TXT, "v=spf1 ptr -all"},
	{"1.2.0.192.in-addr.arpa", DNS_PTR, "h.ptr.example"},
	{"h.ptr.example", DNS_A, "192.0.2.1"},
	{"h.example", DNS_TXT, "v=spf1 exists:%{l}.%{h}.e.example -all"},
	{"postmaster.h.example.e.example", DNS_A, "127.0.0.2"},
	{"late.example", DNS_TXT, "~"},
	{"says.example", DNS_TXT, "v=spf1 -all exp=why.%{d}"},
	{"why.says.example", DNS_TXT, "%{i} may not send as %{l}; see %{d}"},
	{"soft.says.example", DNS_TXT, "v=spf1 ~all exp=why.says.example"},
	{"dumb.says.example", DNS_TXT, "v=spf1 -all exp=none.says.example"},
	{"raw.says.example", DNS_TXT, "v=spf1 -all exp=bytes.says.example"},
	{"bytes.says.example", DNS_TXT, "250 ok\r\n\x1b[2J"},
	{"slow.says.example", DNS_TXT, "v=spf1 -all exp=lost.says.example"},
	{"lost.says.example", DNS_TXT, "!timeout"},
};

static const struct {
	const char *domain, *ip, *want, *report, *mechanism; /* mechanism: NULL = none is told */
} senders[] = {
	{"x.example", "192.0.2.1", "pass", "pass", "a:a.example"},
	{"x.example", "192.0.2.2", "fail", "fail", "-all"},
	{"soft.example", "192.0.2.1", "softfail", "softfail", "~all"},
	{"neutral.example", "192.0.2.1", "neutral", "neutral", "?all"},
	{"empty.example", "192.0.2.1", "neutral", "neutral", "default"},
	{"bad.example", "192.0.2.1", "permerror", "permerror", NULL},
	{"temp.example", "192.0.2.1", "?temperror: SERVFAIL", "temperror", NULL},
	{"none.example", "192.0.2.1", "none", "none", NULL},
	{"six.example", "2001:db8::1", "pass", "pass", "a"},
	{"six.example", "2001:db8::2", "fail", "fail", "-all"},
	{"ptr.example", "192.0.2.1", "pass", "pass", "ptr"},
};

static struct check_call *
call_new(const char *ip, const char *helo, struct ip *out)
{
	struct check_call *c = fake_new(&spf_check, STAGE_HELO, dns, N(dns));

	c->client.helo = view_str(helo);
	if (ip && ip_parse(view_str(ip), out))
		c->client.ip = out;
	return c;
}

static void
set_sender(struct check_call *c, const char *local, const char *domain)
{
	c->stage = STAGE_MAIL;
	c->has_envelope = c->envelope.has_from = true;
	c->envelope.from = (struct address){.local = view_str(local), .domain = view_str(domain)};
}

static void
set_null(struct check_call *c)
{
	c->stage = STAGE_MAIL;
	c->has_envelope = c->envelope.null_sender = true;
}

static void
sender(void)
{
	for (size_t i = 0; i < N(senders); i++) {
		struct ip ip;
		struct check_call *c = call_new(senders[i].ip, "h.example", &ip);

		c->unwanted[HELO] = true;
		set_sender(c, "a", senders[i].domain);
		fake_run(c);
		UNIT_CASE(fake_is(c, RESULT, senders[i].want), senders[i].domain);
		UNIT_CASE(fake_is(c, DOMAIN, senders[i].domain), senders[i].domain);
		UNIT_CASE(fake_is(c, MECHANISM, senders[i].mechanism ? senders[i].mechanism
			: *senders[i].want == '?' ? senders[i].want : "-"), senders[i].domain);
		UNIT_VIEW(c->report.method, "spf");
		UNIT_VIEW(c->report.result, senders[i].report);
		UNIT_VIEW(c->report.prop[0].name, "smtp.mailfrom");
		UNIT_VIEW(c->report.prop[0].value, senders[i].domain);
		UNIT_CASE(c->reports == 1, senders[i].domain);
		UNIT_CASE(c->report.mechanism.p ? senders[i].mechanism &&
				view_eq_str(c->report.mechanism, senders[i].mechanism) : !senders[i].mechanism,
			senders[i].domain);
		fake_done(c);
	}
}

static void
reasons(void)
{
	struct ip ip;
	struct check_call *c = call_new("192.0.2.1", "h.example", &ip);

	set_sender(c, "a", "temp.example");
	c->unwanted[HELO] = true;
	fake_run(c);
	UNIT_VIEW(c->report.reason, "SERVFAIL");
	fake_done(c);
	c = call_new("192.0.2.1", "h.example", &ip);
	set_sender(c, "a", "bad.example");
	c->unwanted[HELO] = true;
	fake_run(c);
	UNIT_VIEW(c->report.reason, "unknown mechanism");
	fake_done(c);
}

/* exp= is asked for only where somebody reads it and SPF fails; what comes is the domain's word, in printable
 * ASCII whatever it and the sender's name hold. */
static void
explanation(void)
{
	static const struct {
		const char *local, *domain, *want;
		const char *asked; /* the name that is asked for its sake; NULL = none */
	} rows[] = {
		{"a", "says.example", "192.0.2.1 may not send as a; see says.example", "why.says.example"},
		{"a\r\n250 ok\x1b\xc3", "says.example", "192.0.2.1 may not send as a??250 ok??; see says.example",
			"why.says.example"},
		{"a", "soft.says.example", "-", NULL},
		{"a", "fail.example", "-", NULL}, /* without exp= */
		{"a", "dumb.says.example", "-", "none.says.example"},
		{"a", "raw.says.example", "-", "bytes.says.example"},
		{"a", "slow.says.example", "-", "lost.says.example"},
		{"a", "none.example", "-", NULL},
		{"a", "temp.example", "?temperror: SERVFAIL", NULL},
	};

	for (size_t i = 0; i < N(rows); i++)
		for (int wanted = 0; wanted < 2; wanted++) {
			struct ip ip;
			struct check_call *c = call_new("192.0.2.1", "h.example", &ip);

			c->unwanted[HELO] = true;
			c->unwanted[EXPLANATION] = !wanted;
			set_sender(c, rows[i].local, rows[i].domain);
			fake_run(c);
			UNIT_CASE(fake_is(c, EXPLANATION, wanted ? rows[i].want : "..."), rows[i].domain);
			UNIT_CASE(c->n_asked == 1 + (size_t)(wanted && rows[i].asked), rows[i].domain);
			if (wanted && rows[i].asked && c->n_asked == 2)
				CU_ASSERT_STRING_EQUAL(c->asked[1].name, rows[i].asked);
			fake_done(c);
		}
}

/* HELO is judged at its stage; MAIL comes later. */
static void
helo(void)
{
	struct ip ip;
	struct check_call *c = call_new("192.0.2.1", "H.example", &ip);

	fake_run(c);
	CU_ASSERT(
		fake_is(c, HELO, "pass") && fake_is(c, RESULT, "...") && fake_is(c, DOMAIN, "..."));
	UNIT_VIEW(c->report.prop[0].name, "smtp.helo");
	UNIT_VIEW(c->report.prop[0].value, "H.example");
	set_sender(c, "a", "fail.example");
	fake_run(c);
	CU_ASSERT(fake_is(c, RESULT, "fail") && c->reports == 2);
	fake_done(c);
}

static void
null_sender(void)
{
	struct ip ip;
	struct check_call *c = call_new("192.0.2.1", "H.example", &ip);

	c->unwanted[HELO] = true;
	set_null(c);
	fake_run(c);
	CU_ASSERT(fake_is(c, RESULT, "pass") && fake_is(c, DOMAIN, "h.example"));
	UNIT_VIEW(c->report.prop[0].name, "smtp.helo");
	fake_done(c);
	/* One identity, one result in the field. */
	c = call_new("192.0.2.1", "fail.example", &ip);
	set_null(c);
	fake_run(c);
	CU_ASSERT(fake_is(c, HELO, "fail") && fake_is(c, RESULT, "fail") && c->reports == 1);
	fake_done(c);
}

static void
without(void)
{
	struct ip ip;
	struct check_call *c = call_new(NULL, "x.example", &ip);

	set_sender(c, "a", "x.example");
	fake_run(c);
	CU_ASSERT(
		fake_is(c, HELO, "none") && fake_is(c, RESULT, "none") && fake_is(c, DOMAIN, "-"));
	CU_ASSERT(c->reports == 0 && c->n_asked == 0);
	fake_done(c);
	c = call_new("192.0.2.1", NULL, &ip);
	fake_run(c);
	CU_ASSERT(fake_is(c, HELO, "..."));
	set_null(c);
	fake_run(c);
	CU_ASSERT(
		fake_is(c, HELO, "none") && fake_is(c, RESULT, "none") && fake_is(c, DOMAIN, "-"));
	CU_ASSERT(c->reports == 0 && c->n_asked == 0);
	fake_done(c);
	c = call_new("192.0.2.1", "[192.0.2.1]", &ip);
	set_sender(c, "postmaster", NULL);
	fake_run(c);
	CU_ASSERT(
		fake_is(c, HELO, "none") && fake_is(c, RESULT, "none") && fake_is(c, DOMAIN, "-"));
	CU_ASSERT(c->n_asked == 0);
	fake_done(c);
	c = call_new("192.0.2.1", "h.example", &ip);
	set_sender(c, "a", "[192.0.2.1]");
	fake_run(c);
	CU_ASSERT(fake_is(c, RESULT, "none") && fake_is(c, DOMAIN, "-"));
	fake_done(c);
	/* MAIL was there and could not be read. */
	c = call_new("192.0.2.1", "h.example", &ip);
	c->has_envelope = true;
	c->stage = STAGE_MAIL;
	fake_run(c);
	CU_ASSERT(fake_is(c, RESULT, "none") && fake_is(c, DOMAIN, "-"));
	fake_done(c);
}

static void
late(void)
{
	struct ip ip;
	struct check_call *c = call_new("192.0.2.1", "x.example", &ip);

	set_sender(c, "a", "late.example");
	fake_run(c);
	CU_ASSERT(fake_is(c, HELO, "pass") && fake_is(c, RESULT, "...") &&
		  fake_is(c, DOMAIN, "late.example"));
	CU_ASSERT(c->reports == 1);
	fake_done(c);
}

/* The setting spf-engine. */
static void
engine(void)
{
	struct ip ip;
	size_t before = spf_watch_records();
	struct check_call *c = call_new("192.0.2.1", "h.example", &ip);

	set_sender(c, "a", "x.example");
	fake_run(c);
	CU_ASSERT(fake_is(c, HELO, "pass") && fake_is(c, RESULT, "pass"));
	CU_ASSERT(spf_watch_records() > before);
	before = spf_watch_records();
	fake_done(c);
	c = call_new("192.0.2.1", "h.example", &ip);
	c->settings.spf_engine = SPF_NATIVE;
	set_sender(c, "a", "x.example");
	fake_run(c);
	CU_ASSERT(fake_is(c, HELO, "pass") && fake_is(c, RESULT, "pass"));
	CU_ASSERT(spf_watch_records() == before);
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"judges the sender", sender},
	{"gives reasons", reasons},
	{"explains only when asked, and never raw", explanation},
	{"judges HELO early", helo},
	{"the null sender is the HELO name", null_sender},
	{"without client, HELO or domain there is none", without},
	{"waits for answers", late},
	{"asks the engine that is set", engine},
};

int
main(void)
{
	return unit_main("checks/spf", tests, N(tests));
}
