/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/ehlo.h"
#include "mail/smtp/sasl_name.h"
#include "mail/smtp/xclient.h"
#include "tests/lib/unit.h"

static void
parses(void)
{
	static const struct {
		const char *name, *lines;
		struct ehlo want;
	} t[] = {
		{"only a greeting", "mx.example", {0}},
		{"a greeting that looks like a keyword", "PIPELINING", {0}},
		{"Postfix",
			"mx\nPIPELINING\nSIZE 10240000\nVRFY\nETRN\nSTARTTLS\nAUTH PLAIN LOGIN\nAUTH=PLAIN LOGIN\n"
			"ENHANCEDSTATUSCODES\n8BITMIME\nDSN\nSMTPUTF8\nCHUNKING",
			{.has = EHLO_PIPELINING | EHLO_SIZE | EHLO_ETRN | EHLO_STARTTLS | EHLO_AUTH |
					EHLO_ENHANCEDSTATUSCODES | EHLO_8BITMIME | EHLO_DSN | EHLO_SMTPUTF8 | EHLO_CHUNKING,
				.size = 10240000, .mechs = SASL_PLAIN | SASL_LOGIN}},
		{"any case, blanks", "mx\nsize  5 \npipelining \nauth  plain  login ",
			{.has = EHLO_SIZE | EHLO_PIPELINING | EHLO_AUTH, .size = 5, .mechs = SASL_PLAIN | SASL_LOGIN}},
		{"SIZE without number", "mx\nSIZE", {.has = EHLO_SIZE}},
		{"SIZE with none", "mx\nSIZE big", {.has = EHLO_SIZE}},
		{"SIZE 0", "mx\nSIZE 0", {.has = EHLO_SIZE}},
		{"old AUTH only", "mx\nAUTH=LOGIN PLAIN", {.has = EHLO_AUTH, .mechs = SASL_PLAIN | SASL_LOGIN}},
		{"mechanisms that are not passed on",
			"mx\nAUTH GSSAPI DIGEST-MD5 EXTERNAL NTLM SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS ANONYMOUS", {0}},
		{"mechanisms that are",
			"mx\nAUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2 OAUTHBEARER",
			{.has = EHLO_AUTH, .mechs = SASL_ALL}},
		{"AUTH without any", "mx\nAUTH", {0}},
		{"LIMITS", "mx\nLIMITS RCPTMAX=20 MAILMAX=3 RCPTDOMAINMAX=1 OTHER=5",
			{.has = EHLO_LIMITS, .rcpt_max = 20, .mail_max = 3, .rcpt_domain_max = 1}},
		{"LIMITS without sense", "mx\nLIMITS RCPTMAX=x MAILMAX=1000000 RCPTDOMAINMAX", {.has = EHLO_LIMITS}},
		{"XCLIENT and XFORWARD", "mx\nXCLIENT NAME ADDR\nXFORWARD HELO IDENT FOO",
			{.has = EHLO_XCLIENT | EHLO_XFORWARD, .xclient = 1 << XCLIENT_NAME | 1 << XCLIENT_ADDR,
				.xforward = 1 << XCLIENT_HELO | 1 << XCLIENT_IDENT}},
		{"rest", "mx\nREQUIRETLS\nBINARYMIME\nXFOO\n\n", {.has = EHLO_REQUIRETLS | EHLO_BINARYMIME}},
		{"a keyword is a whole word", "mx\nSIZES 5\nPIPELINING-X", {0}},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct ehlo e;

		ehlo_parse(view_str(t[i].lines), &e);
		UNIT_CASE(e.has == t[i].want.has, t[i].name);
		UNIT_CASE(e.size == t[i].want.size, t[i].name);
		UNIT_CASE(e.mechs == t[i].want.mechs, t[i].name);
		UNIT_CASE(e.xclient == t[i].want.xclient && e.xforward == t[i].want.xforward, t[i].name);
		UNIT_CASE(e.mail_max == t[i].want.mail_max && e.rcpt_max == t[i].want.rcpt_max &&
				e.rcpt_domain_max == t[i].want.rcpt_domain_max,
			t[i].name);
	}
}

static void
both(void)
{
	struct ehlo x, y, e;

	ehlo_parse(VIEW("x\nPIPELINING\nSIZE 100\nSTARTTLS\nXCLIENT NAME\nAUTH PLAIN LOGIN\nLIMITS RCPTMAX=5"), &x);
	ehlo_parse(VIEW("y\nPIPELINING\nSIZE 50\nSTARTTLS\nXCLIENT NAME\nAUTH LOGIN CRAM-MD5\nDSN"), &y);
	e = ehlo_both(&x, &y);
	CU_ASSERT_EQUAL(e.has, EHLO_PIPELINING | EHLO_SIZE | EHLO_AUTH | EHLO_LIMITS);
	CU_ASSERT_EQUAL(e.size, 50);
	CU_ASSERT_EQUAL(e.mechs, SASL_LOGIN);
	CU_ASSERT_EQUAL(e.rcpt_max, 5);
	CU_ASSERT_EQUAL(e.xclient, 0);
	ehlo_parse(VIEW("y\nSIZE\nAUTH CRAM-MD5\nLIMITS RCPTMAX=3 MAILMAX=2"), &y);
	e = ehlo_both(&x, &y);
	CU_ASSERT_EQUAL(e.has, EHLO_SIZE | EHLO_LIMITS);
	CU_ASSERT_EQUAL(e.size, 100);
	CU_ASSERT_EQUAL(e.rcpt_max, 3);
	CU_ASSERT_EQUAL(e.mail_max, 2);
	ehlo_parse(VIEW("y"), &y);
	CU_ASSERT_EQUAL(ehlo_both(&x, &y).has, EHLO_LIMITS);
	CU_ASSERT_EQUAL(ehlo_both(&x, &y).size, 0);
}

static void
writes(void)
{
	struct buf b;
	struct ehlo e = {0};

	buf_init(&b, 1000);
	ehlo_write(&e, VIEW("mx.example"), &b);
	UNIT_VIEW(buf_view(&b), "250 mx.example\r\n");
	buf_reset(&b);
	e = (struct ehlo){.has = EHLO_AUTH | EHLO_LIMITS | EHLO_BINARYMIME};
	ehlo_write(&e, VIEW("mx"), &b);
	UNIT_VIEW(buf_view(&b), "250 mx\r\n");
	buf_reset(&b);
	e = (struct ehlo){.has = EHLO_COMMON | EHLO_STARTTLS | EHLO_XCLIENT | EHLO_XFORWARD | EHLO_BINARYMIME,
		.size = 52428800,
		.mechs = SASL_ALL,
		.xclient = 1 << XCLIENT_NAME | 1 << XCLIENT_ADDR,
		.xforward = 1 << XCLIENT_SOURCE,
		.rcpt_max = 1000,
		.mail_max = 100};
	ehlo_write(&e, VIEW("mx"), &b);
	UNIT_VIEW(buf_view(&b),
		"250-mx\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-ETRN\r\n250-STARTTLS\r\n"
		"250-AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2 OAUTHBEARER\r\n"
		"250-XCLIENT NAME ADDR\r\n250-XFORWARD SOURCE\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n"
		"250-SMTPUTF8\r\n250-CHUNKING\r\n250-REQUIRETLS\r\n250 LIMITS MAILMAX=100 RCPTMAX=1000\r\n");
	buf_done(&b);
}

static const struct unit_test tests[] = {
	{"what a server tells", parses},
	{"what two of them can do", both},
	{"what we tell", writes},
};

int
main(void)
{
	return unit_main("mail/smtp/ehlo", tests, sizeof(tests) / sizeof(*tests));
}
