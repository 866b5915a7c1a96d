/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/ehlo.h"
#include "mail/smtp/smtp_command.h"
#include "tests/lib/unit.h"
#include "util/limits.h"

#include <limits.h>

static const struct {
	const char *line;
	enum smtp_verb verb;
	enum smtp_command_status want;
	const char *text; /* NULL: absent */
} verb_cases[] = {
	{"HELO mx.example", VERB_HELO, SMTP_COMMAND_OK, "mx.example"},
	{"helo mx.example", VERB_HELO, SMTP_COMMAND_OK, "mx.example"},
	{"EHLO [192.0.2.1]", VERB_EHLO, SMTP_COMMAND_OK, "[192.0.2.1]"},
	{"EHLO  two  words ", VERB_EHLO, SMTP_COMMAND_OK, "two  words"},
	{"EHLO \xc3\xbc\xff", VERB_EHLO, SMTP_COMMAND_OK, "\xc3\xbc\xff"},
	{"EHLO", VERB_EHLO, SMTP_COMMAND_BAD, NULL},
	{"HELO ", VERB_HELO, SMTP_COMMAND_BAD, NULL},
	{"EHLO a\x01", VERB_EHLO, SMTP_COMMAND_BAD, "a\x01"},
	{"EHLO a\rb", VERB_EHLO, SMTP_COMMAND_BAD, "a\rb"},
	{"EHLO a\n", VERB_EHLO, SMTP_COMMAND_BAD, "a"},
	{"DATA", VERB_DATA, SMTP_COMMAND_OK, NULL},
	{"DATA ", VERB_DATA, SMTP_COMMAND_OK, NULL},
	{"DATA x", VERB_DATA, SMTP_COMMAND_BAD, "x"},
	{"RSET", VERB_RSET, SMTP_COMMAND_OK, NULL},
	{"RSET x", VERB_RSET, SMTP_COMMAND_BAD, "x"},
	{"NOOP", VERB_NOOP, SMTP_COMMAND_OK, NULL},
	{"NOOP a b", VERB_NOOP, SMTP_COMMAND_OK, "a b"},
	{"NOOP \xff", VERB_NOOP, SMTP_COMMAND_BAD, "\xff"},
	{"QUIT", VERB_QUIT, SMTP_COMMAND_OK, NULL},
	{"QUIT now", VERB_QUIT, SMTP_COMMAND_OK, "now"},
	{"HELP", VERB_HELP, SMTP_COMMAND_OK, NULL},
	{"VRFY postmaster", VERB_VRFY, SMTP_COMMAND_OK, "postmaster"},
	{"VRFY", VERB_VRFY, SMTP_COMMAND_BAD, NULL},
	{"EXPN list", VERB_EXPN, SMTP_COMMAND_OK, "list"},
	{"EXPN", VERB_EXPN, SMTP_COMMAND_BAD, NULL},
	{"STARTTLS", VERB_STARTTLS, SMTP_COMMAND_OK, NULL},
	{"STARTTLS x", VERB_STARTTLS, SMTP_COMMAND_BAD, "x"},
	{"ETRN example.org", VERB_ETRN, SMTP_COMMAND_OK, "example.org"},
	{"ETRN @example.org", VERB_ETRN, SMTP_COMMAND_OK, "@example.org"},
	{"ETRN", VERB_ETRN, SMTP_COMMAND_BAD, NULL},
	{"ETRN a b", VERB_ETRN, SMTP_COMMAND_BAD, "a b"},
	{"XCLIENT NAME=a ADDR=192.0.2.1", VERB_XCLIENT, SMTP_COMMAND_OK, "NAME=a ADDR=192.0.2.1"},
	{"XCLIENT", VERB_XCLIENT, SMTP_COMMAND_BAD, NULL},
	{"SEND FROM:<a@b.example>", VERB_SEND, SMTP_COMMAND_UNKNOWN, "FROM:<a@b.example>"},
	{"SOML", VERB_SOML, SMTP_COMMAND_UNKNOWN, NULL},
	{"SAML", VERB_SAML, SMTP_COMMAND_UNKNOWN, NULL},
	{"TURN", VERB_TURN, SMTP_COMMAND_UNKNOWN, NULL},
	{"", VERB_UNKNOWN, SMTP_COMMAND_UNKNOWN, NULL},
	{" NOOP", VERB_UNKNOWN, SMTP_COMMAND_UNKNOWN, NULL},
	{"NOO", VERB_UNKNOWN, SMTP_COMMAND_UNKNOWN, NULL},
	{"NOOPS", VERB_UNKNOWN, SMTP_COMMAND_UNKNOWN, NULL},
	{"XFORWARD NAME=a", VERB_UNKNOWN, SMTP_COMMAND_UNKNOWN, "NAME=a"},
	{"LHLO a", VERB_UNKNOWN, SMTP_COMMAND_UNKNOWN, "a"},
	{"GET / HTTP/1.1", VERB_FOREIGN, SMTP_COMMAND_UNKNOWN, "/ HTTP/1.1"},
	{"post /", VERB_FOREIGN, SMTP_COMMAND_UNKNOWN, "/"},
	{"CONNECT x:25 HTTP/1.1", VERB_FOREIGN, SMTP_COMMAND_UNKNOWN, "x:25 HTTP/1.1"},
	{"PRI * HTTP/2.0", VERB_FOREIGN, SMTP_COMMAND_UNKNOWN, "* HTTP/2.0"},
	{"Host: x", VERB_FOREIGN, SMTP_COMMAND_UNKNOWN, "x"},
	{"SSH-2.0-OpenSSH_9.2", VERB_FOREIGN, SMTP_COMMAND_UNKNOWN, NULL},
	{"\x16\x03\x01", VERB_FOREIGN, SMTP_COMMAND_UNKNOWN, NULL},
	{"<?xml", VERB_FOREIGN, SMTP_COMMAND_UNKNOWN, NULL},
	{"GETS", VERB_UNKNOWN, SMTP_COMMAND_UNKNOWN, NULL},
};

static void
verbs(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(verb_cases) / sizeof(*verb_cases); i++) {
		struct smtp_command c;
		enum smtp_command_status s = smtp_command_parse(view_str(verb_cases[i].line), false, a, &c);

		UNIT_CASE(s == verb_cases[i].want && c.verb == verb_cases[i].verb, verb_cases[i].line);
		UNIT_CASE(verb_cases[i].text ? view_eq_str(c.text, verb_cases[i].text) : !c.text.p, verb_cases[i].line);
	}
	arena_free(a);
}

#define NONE NULL
static const struct {
	const char *line;
	bool utf8;
	enum smtp_command_status want;
	const char *mailbox, *params; /* of OK */
} paths[] = {
	{"MAIL FROM:<a@b.example>", 0, SMTP_COMMAND_OK, "a@b.example", ""},
	{"mail from:<A@B.Example>", 0, SMTP_COMMAND_OK, "A@b.example", ""},
	{"MAIL FROM:<>", 0, SMTP_COMMAND_OK, "", ""},
	{"MAIL FROM: <a@b.example>", 0, SMTP_COMMAND_OK, "a@b.example", ""},
	{"MAIL FROM:a@b.example", 0, SMTP_COMMAND_OK, "a@b.example", ""},
	{"MAIL FROM: a@b.example SIZE=5", 0, SMTP_COMMAND_OK, "a@b.example", "SIZE=5"},
	{"MAIL  FROM:<a@b.example>  SIZE=5 ", 0, SMTP_COMMAND_OK, "a@b.example", "SIZE=5"},
	{"MAIL\tFROM:<a@b.example>\tSIZE=5", 0, SMTP_COMMAND_OK, "a@b.example", "SIZE=5"},
	{"MAIL FROM:<root>", 0, SMTP_COMMAND_OK, "root", ""},
	{"MAIL FROM:<@x.example,@y.example:a@b.example>", 0, SMTP_COMMAND_OK, "a@b.example", ""},
	{"MAIL FROM:<\"a b\"@c.example> SIZE=1", 0, SMTP_COMMAND_OK, "\"a b\"@c.example", "SIZE=1"},
	{"MAIL FROM:<\"a\"@c.example>", 0, SMTP_COMMAND_OK, "a@c.example", ""},
	{"MAIL FROM:<\">\"@c.example>", 0, SMTP_COMMAND_OK, "\">\"@c.example", ""},
	{"MAIL FROM:\"a b\"@c.example", 0, SMTP_COMMAND_OK, "\"a b\"@c.example", ""},
	{"MAIL FROM:<\"a\\\"b\\\\c\\d\"@e.example>", 0, SMTP_COMMAND_OK, "\"a\\\"b\\\\cd\"@e.example", ""},
	{"MAIL FROM:<\"\"@c.example>", 0, SMTP_COMMAND_OK, "\"\"@c.example", ""},
	{"MAIL FROM:<a..b@c.example>", 0, SMTP_COMMAND_OK, "\"a..b\"@c.example", ""},
	{"MAIL FROM:<.a@c.example>", 0, SMTP_COMMAND_OK, "\".a\"@c.example", ""},
	{"MAIL FROM:<a.@c.example>", 0, SMTP_COMMAND_OK, "\"a.\"@c.example", ""},
	{"MAIL FROM:<a@[192.0.2.1]>", 0, SMTP_COMMAND_OK, "a@[192.0.2.1]", ""},
	{"MAIL FROM:<a@\xc3\xbc.example> SMTPUTF8", 0, SMTP_COMMAND_OK, "a@xn--tda.example", "SMTPUTF8"},
	{"MAIL FROM:<\xc3\xbc@b.example> SMTPUTF8", 0, SMTP_COMMAND_OK, "\xc3\xbc@b.example", "SMTPUTF8"},
	{"MAIL FROM:<\xc3\xbc@b.example>", 0, SMTP_COMMAND_8BIT, NONE, NONE},
	{"MAIL FROM:<a@\xc3\xbc.example>", 0, SMTP_COMMAND_8BIT, NONE, NONE},
	{"MAIL FROM:<\xff@b.example> SMTPUTF8", 0, SMTP_COMMAND_8BIT, NONE, NONE},
	{"RCPT TO:<\xc3\xbc@b.example>", 1, SMTP_COMMAND_OK, "\xc3\xbc@b.example", ""},
	{"RCPT TO:<\xc3\xbc@b.example>", 0, SMTP_COMMAND_8BIT, NONE, NONE},
	{"MAIL FROM:<\xc3\xbc@b.example>", 1, SMTP_COMMAND_8BIT, NONE, NONE},
	{"RCPT TO:<a@b.example>", 0, SMTP_COMMAND_OK, "a@b.example", ""},
	{"RCPT TO: a@b.example", 0, SMTP_COMMAND_OK, "a@b.example", ""},
	{"RCPT TO:<Postmaster>", 0, SMTP_COMMAND_OK, "Postmaster", ""},
	{"RCPT TO:<a%b.example@c.example>", 0, SMTP_COMMAND_OK, "a%b.example@c.example", ""},
	{"RCPT TO:<\"a@b.example\"@c.example>", 0, SMTP_COMMAND_OK, "\"a@b.example\"@c.example", ""},
	{"RCPT TO:<>", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"RCPT TO:", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"RCPT TO:<a@b@c.example>", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"RCPT TO:<a b@c.example>", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"RCPT TO:<a@b.example", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"RCPT TO:<\"a@b.example>", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"RCPT TO:<a@b.example>x", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"RCPT TO:<a@b.example>,<c@d.example>", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"RCPT TO:<<a@b.example>>", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"RCPT TO:x <a@b.example>", 0, SMTP_COMMAND_BAD, NONE, NONE},
	{"RCPT TO:<a@b.example> (comment)", 0, SMTP_COMMAND_BAD, NONE, NONE},
	{"RCPT TO <a@b.example>", 0, SMTP_COMMAND_BAD, NONE, NONE},
	{"RCPT FROM:<a@b.example>", 0, SMTP_COMMAND_BAD, NONE, NONE},
	{"MAIL TO:<a@b.example>", 0, SMTP_COMMAND_BAD, NONE, NONE},
	{"MAIL", 0, SMTP_COMMAND_BAD, NONE, NONE},
	{"MAIL FROM:", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"MAIL FROM: ", 0, SMTP_COMMAND_ADDRESS, NONE, NONE},
	{"MAIL FROM:<a@b.example\r>", 0, SMTP_COMMAND_BAD, NONE, NONE},
	{"MAIL FROM:<a@b.example>\nRCPT TO:<c@d.example>", 0, SMTP_COMMAND_BAD, NONE, NONE},
	{"MAIL FROM:<a@b.example> SIZE=1000 BODY=8BITMIME RET=HDRS ENVID=QQ314159 REQUIRETLS", 0, SMTP_COMMAND_OK,
		"a@b.example", "SIZE=1000 BODY=8BITMIME RET=HDRS ENVID=QQ314159 REQUIRETLS"},
	{"MAIL FROM:<a@b.example> size=01 body=7bit ret=full", 0, SMTP_COMMAND_OK, "a@b.example",
		"SIZE=01 BODY=7BIT RET=FULL"},
	{"MAIL FROM:<a@b.example> ENVID=a=b+3Dc", 0, SMTP_COMMAND_OK, "a@b.example", "ENVID=a+3Db+3Dc"},
	{"MAIL FROM:<a@b.example> AUTH=<>", 0, SMTP_COMMAND_OK, "a@b.example", "AUTH=<>"},
	{"MAIL FROM:<a@b.example> AUTH=e+3Dmc2@x.example", 0, SMTP_COMMAND_OK, "a@b.example", "AUTH=e+3Dmc2@x.example"},
	{"MAIL FROM:<a@b.example> SIZE=", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> SIZE", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> SIZE=-1", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> SIZE=99999999999999999999", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> SIZE=1 SIZE=1", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> BODY=BINARYMIME", 0, SMTP_COMMAND_PARAMETER, NONE, NONE},
	{"MAIL FROM:<a@b.example> BODY=9BIT", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> SMTPUTF8=1", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> RET=SOME", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> ENVID=", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> ENVID=+2", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> ENVID=\xc3\xbc SMTPUTF8", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> REQUIRETLS=1", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"MAIL FROM:<a@b.example> FOO=1", 0, SMTP_COMMAND_PARAMETER, NONE, NONE},
	{"MAIL FROM:<a@b.example> NOTIFY=NEVER", 0, SMTP_COMMAND_PARAMETER, NONE, NONE},
	{"MAIL FROM:<a@b.example> =1", 0, SMTP_COMMAND_BAD, NONE, NONE},
	{"RCPT TO:<a@b.example> NOTIFY=NEVER", 0, SMTP_COMMAND_OK, "a@b.example", "NOTIFY=NEVER"},
	{"RCPT TO:<a@b.example> NOTIFY=delay,SUCCESS ORCPT=rfc822;a+2Bb@c.example", 0, SMTP_COMMAND_OK, "a@b.example",
		"NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@c.example"},
	{"RCPT TO:<a@b.example> ORCPT=rfc822;srs0=x=y@c.example", 0, SMTP_COMMAND_OK, "a@b.example",
		"ORCPT=rfc822;srs0+3Dx+3Dy@c.example"},
	{"RCPT TO:<a@b.example> ORCPT=utf-8;\xc3\xbc@c.example", 1, SMTP_COMMAND_OK, "a@b.example",
		"ORCPT=utf-8;\xc3\xbc@c.example"},
	{"RCPT TO:<a@b.example> ORCPT=utf-8;\\x{FC}@c.example", 0, SMTP_COMMAND_OK, "a@b.example",
		"ORCPT=utf-8;\\x{FC}@c.example"},
	{"RCPT TO:<a@b.example> ORCPT=utf-8;\xc3\xbc@c.example", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"RCPT TO:<a@b.example> ORCPT=rfc822;\xc3\xbc@c.example", 1, SMTP_COMMAND_VALUE, NONE, NONE},
	{"RCPT TO:<a@b.example> ORCPT=a@b.example", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"RCPT TO:<a@b.example> ORCPT=;a@b.example", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"RCPT TO:<a@b.example> ORCPT=rfc822;", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"RCPT TO:<a@b.example> NOTIFY=NEVER,DELAY", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"RCPT TO:<a@b.example> NOTIFY=", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"RCPT TO:<a@b.example> NOTIFY=SUCCESS,", 0, SMTP_COMMAND_VALUE, NONE, NONE},
	{"RCPT TO:<a@b.example> SIZE=1", 0, SMTP_COMMAND_PARAMETER, NONE, NONE},
};

/* What is understood is written again so that it is understood the same. */
static void
envelopes(void)
{
	struct arena *a = arena_new();
	struct buf b;

	buf_init(&b, 10000);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct smtp_command c, again;
		enum smtp_command_status s = smtp_command_parse(view_str(paths[i].line), paths[i].utf8, a, &c);

		UNIT_CASE(s == paths[i].want, paths[i].line);
		if (s != SMTP_COMMAND_OK || paths[i].want != SMTP_COMMAND_OK)
			continue;
		UNIT_CASE(view_eq_str(c.mailbox, paths[i].mailbox), paths[i].line);
		UNIT_CASE(view_eq_str(c.params, paths[i].params), paths[i].line);
		buf_reset(&b);
		UNIT_CASE(smtp_command_write(c.verb, c.mailbox, c.params, EHLO_COMMON, &b) == 0, paths[i].line);
		UNIT_CASE(b.n > 2 && view_eq_str(view_skip(buf_view(&b), b.n - 2), "\r\n"), paths[i].line);
		UNIT_CASE(smtp_command_parse(view_head(buf_view(&b), b.n - 2), paths[i].utf8, a, &again) ==
				SMTP_COMMAND_OK,
			paths[i].line);
		UNIT_CASE(view_eq(again.mailbox, c.mailbox) && view_eq(again.params, c.params), paths[i].line);
		UNIT_CASE(again.needs == c.needs, paths[i].line);
	}
	buf_done(&b);
	arena_free(a);
}

static void
fields(void)
{
	struct arena *a = arena_new();
	struct smtp_command c;

	CU_ASSERT_EQUAL(smtp_command_parse(VIEW("MAIL FROM:<a@b.example> SIZE=77 BODY=7BIT SMTPUTF8 RET=HDRS ENVID=x+2By "
						"AUTH=z REQUIRETLS"), false, a, &c), SMTP_COMMAND_OK);
	CU_ASSERT_EQUAL(c.size, 77);
	CU_ASSERT_EQUAL(c.body, SMTP_BODY_7BIT);
	CU_ASSERT(c.utf8 && c.require_tls);
	CU_ASSERT_EQUAL(c.ret, SMTP_RET_HDRS);
	UNIT_VIEW(c.envid, "x+2By");
	UNIT_VIEW(c.auth, "z");
	UNIT_VIEW(c.address.domain, "b.example");
	CU_ASSERT_EQUAL(c.needs, EHLO_SIZE | EHLO_8BITMIME | EHLO_SMTPUTF8 | EHLO_DSN | EHLO_AUTH | EHLO_REQUIRETLS);
	CU_ASSERT_EQUAL(smtp_command_parse(VIEW("RCPT TO:<\"a@b\"@c.example> NOTIFY=FAILURE,DELAY"), false, a, &c),
		SMTP_COMMAND_OK);
	CU_ASSERT_EQUAL(c.notify, SMTP_NOTIFY_FAILURE | SMTP_NOTIFY_DELAY);
	CU_ASSERT_PTR_NULL(c.orcpt.p);
	UNIT_VIEW(c.address.local, "a@b");
	CU_ASSERT_EQUAL(c.needs, EHLO_DSN);
	CU_ASSERT_EQUAL(smtp_command_parse(VIEW("MAIL FROM:<>"), false, a, &c), SMTP_COMMAND_OK);
	CU_ASSERT(c.mailbox.p && c.mailbox.n == 0 && !c.address.local.p && c.needs == 0);
	arena_free(a);
}

static void
chunks_and_auth(void)
{
	static const struct {
		const char *line;
		bool ok;
		uint64_t chunk;
		bool last;
	} t[] = {
		{"BDAT 0", true, 0, false},
		{"BDAT 86 LAST", true, 86, true},
		{"bdat 86 last ", true, 86, true},
		{"BDAT 0 LAST", true, 0, true},
		{"BDAT 9223372036854775807", true, INT64_MAX, false},
		{"BDAT 9223372036854775808", false, 0, false},
		{"BDAT", false, 0, false},
		{"BDAT LAST", false, 0, false},
		{"BDAT -1", false, 0, false},
		{"BDAT 0x10", false, 0, false},
		{"BDAT 5 FIRST", false, 0, false},
		{"BDAT 5 LAST x", false, 0, false},
	};
	static const struct {
		const char *line;
		bool ok;
		enum sasl_mech mech;
		const char *initial;
	} s[] = {
		{"AUTH PLAIN", true, SASL_PLAIN, NULL},
		{"AUTH plain AHRpbQB4", true, SASL_PLAIN, "AHRpbQB4"},
		{"AUTH LOGIN =", true, SASL_LOGIN, "="},
		{"AUTH EXTERNAL =", true, SASL_NONE, "="},
		{"AUTH SCRAM-SHA-256-PLUS", true, SASL_NONE, NULL},
		{"AUTH", false, SASL_NONE, NULL},
		{"AUTH PLAIN a b", false, SASL_NONE, NULL},
		{"AUTH PL(AIN", false, SASL_NONE, NULL},
		{"AUTH ABCDEFGHIJKLMNOPQRSTU", false, SASL_NONE, NULL},
	};
	struct arena *a = arena_new();
	struct smtp_command c;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		bool ok = smtp_command_parse(view_str(t[i].line), false, a, &c) == SMTP_COMMAND_OK;

		UNIT_CASE(ok == t[i].ok && c.verb == VERB_BDAT, t[i].line);
		UNIT_CASE(!ok || (c.chunk == t[i].chunk && c.last == t[i].last), t[i].line);
	}
	for (size_t i = 0; i < sizeof(s) / sizeof(*s); i++) {
		bool ok = smtp_command_parse(view_str(s[i].line), false, a, &c) == SMTP_COMMAND_OK;

		UNIT_CASE(ok == s[i].ok && c.mech == s[i].mech, s[i].line);
		UNIT_CASE(!ok || (s[i].initial ? view_eq_str(c.initial, s[i].initial) : !c.initial.p), s[i].line);
	}
	arena_free(a);
}

static void
lengths(void)
{
	struct arena *a = arena_new();
	struct smtp_command c;

	for (int over = 0; over < 2; over++) {
		enum smtp_command_status path = over ? SMTP_COMMAND_ADDRESS : SMTP_COMMAND_OK;
		enum smtp_command_status value = over ? SMTP_COMMAND_VALUE : SMTP_COMMAND_OK;

		CU_ASSERT_EQUAL(smtp_command_parse(arena_printf(a, "MAIL FROM:<%0*d@b.example>", PATH_MAX_SMTP + over, 0),
				false, a, &c), path);
		CU_ASSERT_EQUAL(smtp_command_parse(arena_printf(a, "MAIL FROM:<%0*d>", PATH_MAX_SMTP + over, 0), false, a, &c),
			path);
		CU_ASSERT_EQUAL(smtp_command_parse(arena_printf(a, "MAIL FROM:<> ENVID=%0*d", ENVID_MAX + over, 0), false, a,
				&c), value);
		CU_ASSERT_EQUAL(smtp_command_parse(arena_printf(a, "RCPT TO:<a> ORCPT=x;%0*d", ORCPT_MAX - 2 + over, 0), false,
				a, &c), value);
		/* "=" is passed on as three bytes */
		CU_ASSERT_EQUAL(smtp_command_parse(arena_printf(a, "MAIL FROM:<> ENVID==%0*d", ENVID_MAX - 3 + over, 0), false,
				a, &c), value);
		CU_ASSERT_EQUAL(smtp_command_parse(arena_printf(a, "MAIL FROM:<> AUTH==%0*d", ORCPT_MAX - 3 + over, 0), false,
				a, &c), value);
		CU_ASSERT_EQUAL(smtp_command_parse(arena_printf(a, "RCPT TO:<a> ORCPT=x;=%0*d", ORCPT_MAX - 5 + over, 0), false,
				a, &c), value);
	}
	arena_free(a);
}

/* Whatever stands for X: no command comes of it but the one, in one line, and no value that hides a line end. */
static void
injections(void)
{
	static const char *const lines[] = {"MAIL FROM:<X@b.example>", "MAIL FROM:<a@X.example>", "MAIL FROM:<\"X\"@b.example>",
		"MAIL FROM:<@X.example:a@b.example>", "MAIL FROM:<a@[X]>", "MAIL FROM:X", "MAIL FROM:<X>", "MAIL FROM:<a>X",
		"MAIL FROM:<a> SIZE=1X", "MAIL FROM:<a> BODY=7BITX", "MAIL FROM:<a> SMTPUTF8X", "MAIL FROM:<a> RET=FULLX",
		"MAIL FROM:<a> ENVID=X", "MAIL FROM:<a> AUTH=X", "MAIL FROM:<a> REQUIRETLSX", "MAIL FROM:<a> X=1",
		"RCPT TO:<X@b.example>", "RCPT TO:<\"X\"@b.example>", "RCPT TO:<a> NOTIFY=X", "RCPT TO:<a> NOTIFY=DELAYX",
		"RCPT TO:<a> ORCPT=X;a", "RCPT TO:<a> ORCPT=rfc822;X", "RCPT TO:<a> ORCPT=utf-8;X", "HELO X", "EHLO X", "VRFY X",
		"EXPN X", "ETRN X", "AUTH X", "AUTH PLAIN X", "BDAT X", "BDAT 1X", "BDAT 1 LASTX", "NOOP X", "HELP X", "QUIT X",
		"XCLIENT NAME=X"};
	static const struct view hidden[] = {VIEW("\r\nDATA"), VIEW("\nDATA"), VIEW("\rDATA"), VIEW("a\0b"), VIEW("\x7f"),
		VIEW("\r\n"), VIEW("a\x1b[1m")};
	struct arena *a = arena_new();
	struct smtp_command c;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		for (size_t j = 0; j < sizeof(hidden) / sizeof(*hidden); j++) {
			struct view line = view_str(lines[i]);
			size_t at = view_rfind(line, 'X');
			char *p = arena_alloc(a, line.n + hidden[j].n);

			memcpy(p, line.p, at);
			memcpy(p + at, hidden[j].p, hidden[j].n);
			memcpy(p + at + hidden[j].n, line.p + at + 1, line.n - at - 1);
			UNIT_CASE(smtp_command_parse(view_of(p, line.n - 1 + hidden[j].n), true, a, &c) == SMTP_COMMAND_BAD ||
					c.verb == VERB_UNKNOWN,
				lines[i]);
		}
	CU_ASSERT_EQUAL(smtp_command_parse(VIEW("MAIL FROM:<a> ENVID=a+0D+0Ab"), false, a, &c), SMTP_COMMAND_VALUE);
	CU_ASSERT_EQUAL(smtp_command_parse(VIEW("MAIL FROM:<a> AUTH=a+00b"), false, a, &c), SMTP_COMMAND_VALUE);
	CU_ASSERT_EQUAL(smtp_command_parse(VIEW("RCPT TO:<a> ORCPT=rfc822;a+0Ab"), false, a, &c), SMTP_COMMAND_VALUE);
	CU_ASSERT_EQUAL(smtp_command_parse(VIEW("RCPT TO:<a> ORCPT=utf-8;a+7Fb"), true, a, &c), SMTP_COMMAND_VALUE);
	CU_ASSERT_EQUAL(smtp_command_parse(VIEW("RCPT TO:<a> ORCPT=rfc822;a+20b@c"), false, a, &c), SMTP_COMMAND_OK);
	arena_free(a);
}

/* What a server does not know is left out, or named. */
static void
for_a_server(void)
{
	static const struct {
		enum smtp_verb verb;
		const char *mailbox, *params;
		unsigned has, want;
		const char *line;
	} t[] = {
		{VERB_MAIL, "a@b.example", "SIZE=5 AUTH=<>", 0, 0, "MAIL FROM:<a@b.example>\r\n"},
		{VERB_MAIL, "a@b.example", "SIZE=5 AUTH=<>", EHLO_SIZE, 0, "MAIL FROM:<a@b.example> SIZE=5\r\n"},
		{VERB_MAIL, "", "BODY=7BIT", 0, 0, "MAIL FROM:<>\r\n"},
		{VERB_MAIL, "", "BODY=7BIT", EHLO_8BITMIME, 0, "MAIL FROM:<> BODY=7BIT\r\n"},
		{VERB_MAIL, "", "BODY=8BITMIME", 0, EHLO_8BITMIME, ""},
		{VERB_MAIL, "", "SMTPUTF8 RET=HDRS REQUIRETLS", EHLO_DSN, EHLO_SMTPUTF8 | EHLO_REQUIRETLS, ""},
		{VERB_RCPT, "a@b.example", "NOTIFY=NEVER", 0, EHLO_DSN, ""},
		{VERB_RCPT, "\xc3\xbc@b.example", "", 0, EHLO_SMTPUTF8, ""},
		{VERB_RCPT, "\xc3\xbc@b.example", "", EHLO_SMTPUTF8, 0, "RCPT TO:<\xc3\xbc@b.example>\r\n"},
		{VERB_RCPT, "a@b.example>\r\nDATA", "", EHLO_COMMON, UINT_MAX, ""},
		{VERB_RCPT, "a@b.example", "NOTIFY=NEVER\r\nDATA", EHLO_COMMON, UINT_MAX, ""},
		{VERB_MAIL, "a@b.example", "FOO=1 NOTIFY=NEVER SIZE=5", EHLO_COMMON, 0, "MAIL FROM:<a@b.example> SIZE=5\r\n"},
	};
	struct buf b;

	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		buf_reset(&b);
		UNIT_CASE(smtp_command_write(t[i].verb, view_str(t[i].mailbox), view_str(t[i].params), t[i].has, &b) == t[i].want,
			t[i].mailbox);
		UNIT_VIEW(buf_view(&b), t[i].line);
	}
	buf_done(&b);
}

static void
order_and_refusals(void)
{
	static const struct {
		const char *line, *want;
	} t[] = {
		{"FOO", "500 5.5.1 command not recognized"},
		{"GET /", "500 5.5.1 command not recognized"},
		{"TURN", "502 5.5.1 command not implemented"},
		{"RSET x", "501 5.5.4 RSET"},
		{"RCPT", "501 5.5.4 RCPT TO:<address> [parameters]"},
		{"MAIL FROM:<a@b@c>", "501 5.1.7 bad sender address syntax"},
		{"RCPT TO:<a@b@c>", "501 5.1.3 bad recipient address syntax"},
		{"RCPT TO:<\xc3\xbc@b.example>", "553 5.6.7 non-ASCII address needs SMTPUTF8 and UTF-8"},
		{"RCPT TO:<a> FOO", "555 5.5.4 parameter not recognized or not implemented"},
		{"RCPT TO:<a> NOTIFY", "501 5.5.4 bad value of a parameter, or parameter given twice"},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct smtp_command c;
		enum smtp_command_status s = smtp_command_parse(view_str(t[i].line), false, a, &c);
		struct smtp_reply r = smtp_command_refusal(&c, s);

		UNIT_CASE(view_eq_str(smtp_reply_line(&r, a), t[i].want), t[i].line);
	}
	for (int v = VERB_HELO; v < VERBS; v++) {
		struct smtp_command c;

		CU_ASSERT(smtp_command_stages((enum smtp_verb)v) != 0);
		smtp_command_parse(view_str(smtp_command_name((enum smtp_verb)v)), false, a, &c);
		CU_ASSERT_EQUAL((int)c.verb, v);
	}
	CU_ASSERT_EQUAL(smtp_command_stages(VERB_MAIL), SMTP_STAGE_HELO);
	CU_ASSERT_EQUAL(smtp_command_stages(VERB_RCPT), SMTP_STAGE_MAIL | SMTP_STAGE_RCPT);
	CU_ASSERT(smtp_command_stages(VERB_BDAT) & SMTP_STAGE_BDAT);
	CU_ASSERT_FALSE(smtp_command_stages(VERB_DATA) & SMTP_STAGE_BDAT);
	CU_ASSERT(smtp_command_stages(VERB_QUIT) & SMTP_STAGE_START);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"verbs and their arguments", verbs},
	{"paths and parameters, there and back", envelopes},
	{"what parameters say", fields},
	{"BDAT and AUTH", chunks_and_auth},
	{"ceilings", lengths},
	{"nothing is injected", injections},
	{"what a server is sent", for_a_server},
	{"order and refusals", order_and_refusals},
};

int
main(void)
{
	return unit_main("mail/smtp/smtp_command", tests, sizeof(tests) / sizeof(*tests));
}
