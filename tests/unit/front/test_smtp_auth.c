/* SPDX-License-Identifier: BSD-2-Clause
 *
 * AUTH passed through, what it opens, and ETRN.
 */
#include <stdlib.h>

#include "tests/lib/log_capture.h"
#include "tests/lib/smtp_rows.h"
#include "util/limits.h"
#include "util/log.h"

#define LEN(a) (sizeof(a) / sizeof(*(a)))
#define SECURED SMTP_EHLO "STARTTLS\r\n\f" SMTP_EHLO
#define CODES "220 250 220:2.0.0 250"
#define ASKED ASKED_EHLO "tls\nhelo c.example\n"
#define MAILED "mail <a@b.example> user=user cipher=TLS_AES_256_GCM_SHA384\n"
#define PLAIN "AHVzZXIAc2VjcmV0" /* \0user\0secret */

static void
submission(struct smtp_play *p)
{
	p->o.submission = true;
}

static void
plain_only(struct smtp_play *p)
{
	p->o.submission = true;
	p->can.mechs = SASL_PLAIN;
}

static void
exchanges(void)
{
	static const struct smtp_row rows[] = {
		{"PLAIN at once", SECURED "AUTH PLAIN " PLAIN "\r\n\f" SMTP_FROM "RCPT TO:<x@elsewhere.example>\r\n",
			CODES " 235:2.7.0 250:2.1.0 250:2.0.0",
			ASKED "> auth AUTH PLAIN " PLAIN "\n" MAILED "rcpt <x@elsewhere.example>\n"
			"> rcpt <a@b.example>, <x@elsewhere.example>\nanswered <x@elsewhere.example> yes taken\n", {{0}}},
		{"PLAIN asked for", SECURED "auth plain\r\n\f" PLAIN "\r\n\f" SMTP_FROM, CODES " 334 235:2.7.0 250:2.1.0",
			ASKED "> auth AUTH PLAIN\n> line " PLAIN "\n" MAILED, {{0}}},
		{"LOGIN", SECURED "AUTH LOGIN\r\n\fdXNlcg==\r\n\fc2VjcmV0\r\n\f" SMTP_FROM, CODES " 334 334 235:2.7.0 250:2.1.0",
			ASKED "> auth AUTH LOGIN\n> line dXNlcg==\n> line c2VjcmV0\n" MAILED,
			{{"> line dXNl", "334 UGFzc3dvcmQ6"}}},
		{"refused", SECURED "AUTH PLAIN " PLAIN "\r\n\f" SMTP_FROM, CODES " 535:5.7.8 530:5.7.0",
			ASKED "> auth AUTH PLAIN " PLAIN "\n", {{"> auth", "535 5.7.8 no"}}},
		{"cancelled", SECURED "AUTH LOGIN\r\n\f*\r\n\fNOOP\r\n", CODES " 334 501:5.7.0 250:2.0.0",
			ASKED "> auth AUTH LOGIN\n> line *\n", {{0}}},
		{"not base64: the backend is told", SECURED "AUTH LOGIN\r\n\fsecret!\r\n\fNOOP\r\n",
			CODES " 334 501:5.5.2 250:2.0.0",
			ASKED "> auth AUTH LOGIN\n> line *\n", {{0}}},
		{"a first response that is not base64", SECURED "AUTH PLAIN se!cret\r\n\fNOOP\r\n", CODES " 501:5.5.2 250:2.0.0",
			ASKED, {{0}}},
		{"a bare LF in it", SECURED "AUTH LOGIN\r\n\fdXNlcg==\nQUIT\r\n", CODES " 334 521:5.5.2 closed",
			ASKED "> auth AUTH LOGIN\n", {{0}}},
		{"twice", SECURED "AUTH PLAIN " PLAIN "\r\n\fAUTH PLAIN " PLAIN "\r\n", CODES " 235:2.7.0 503:5.5.1",
			ASKED "> auth AUTH PLAIN " PLAIN "\n", {{0}}},
		{"in a transaction", SECURED "AUTH PLAIN " PLAIN "\r\n\f" SMTP_FROM "\fAUTH PLAIN " PLAIN "\r\n",
			CODES " 235:2.7.0 250:2.1.0 503:5.5.1", NULL, {{0}}},
		{"mechanisms that cannot be passed through",
			SECURED "AUTH EXTERNAL =\r\nAUTH SCRAM-SHA-1-PLUS\r\nAUTH GSSAPI\r\nAUTH\r\n",
			CODES " 504:5.5.4 504:5.5.4 504:5.5.4 501:5.5.4", ASKED, {{0}}},
		{"before TLS", SMTP_EHLO "AUTH PLAIN " PLAIN "\r\n" SMTP_FROM, "220 250 538:5.7.11 530:5.7.0", ASKED_EHLO, {{0}}},
		{"MAIL without AUTH", SECURED SMTP_FROM, CODES " 530:5.7.0", ASKED, {{0}}},
		{"no backend: no failure of the client", SECURED "AUTH PLAIN " PLAIN "\r\n\fNOOP\r\n",
			CODES " 454:4.7.0 250:2.0.0",
			NULL, {{"> auth", "proxy 454 4.7.0 later"}}},
		{"the connection is lost", SECURED "AUTH LOGIN\r\n\fdXNlcg==\r\n\fNOOP\r\n",
			CODES " 334 454:4.7.0 421:4.3.0 closed",
			NULL, {{"> line", "over 454 4.7.0 lost"}}},
	};
	static const struct smtp_row few[] = {
		{"mechanisms that the backend has not", SECURED "AUTH LOGIN\r\nAUTH CRAM-MD5\r\nAUTH PLAIN " PLAIN "\r\n",
			CODES " 504:5.5.4 504:5.5.4 235:2.7.0", ASKED "> auth AUTH PLAIN " PLAIN "\n", {{0}}},
	};
	static const struct smtp_row mx[] = {
		{"not offered on port 25", SMTP_EHLO "STARTTLS\r\n\f" SMTP_EHLO "AUTH PLAIN " PLAIN "\r\n" SMTP_FROM,
			CODES " 502:5.5.1 250:2.1.0", ASKED "mail <a@b.example> cipher=TLS_AES_256_GCM_SHA384\n", {{0}}},
	};

	smtp_rows_play(rows, LEN(rows), submission);
	smtp_rows_play(few, LEN(few), plain_only);
	smtp_rows_play(mx, LEN(mx), NULL);
}

static void
failures(void)
{
	static const struct smtp_play_answer script[] = {{"> auth", "535 5.7.8 no"}, {NULL, NULL}};

	for (int late = 0; late < 2; late++) {
		struct smtp_play p;

		smtp_play_init(&p);
		p.script = script;
		smtp_rows_one(&p, late, submission, VIEW(SECURED));
		for (int i = 0; i < SMTP_AUTH_FAILURES; i++) {
			CU_ASSERT_FALSE(p.closed);
			smtp_play_send(&p, VIEW("AUTH PLAIN " PLAIN "\r\n"));
			CU_ASSERT_EQUAL(p.longest_ms, (size_t)(i + 1) * 1000); /* slower each time */
		}
		CU_ASSERT_TRUE(view_ends_nocase(buf_view(&p.codes), VIEW(" 535:5.7.8 421:4.7.0 closed")));
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
	}
}

/* Who came in, and who did not: in the log, without what was proven by. */
static void
logged(void)
{
	static const struct smtp_play_answer script[] = {{"> auth", "535 5.7.8 no"}, {NULL, NULL}};
	static const struct {
		const struct smtp_play_answer *script;
		const char *line;
	} rows[] = {
		{script, "event=login-failed client=192.0.2.1 helo=c.example user=user mechanism=PLAIN code=535 "
			"enhanced=5.7.8 text=no\n"},
		{NULL, "event=login client=192.0.2.1 helo=c.example user=user mechanism=PLAIN code=235 enhanced=2.7.0 "
			"text=welcome\n"},
	};

	for (size_t i = 0; i < LEN(rows); i++) {
		struct smtp_play p;
		struct view log;

		smtp_play_init(&p);
		p.script = rows[i].script;
		log_open(LOG_TO_STDERR, "test", LOG_LEVEL_INFO, false);
		log_capture_begin();
		smtp_rows_one(&p, 0, submission, VIEW(SECURED "AUTH PLAIN " PLAIN "\r\n"));
		log = log_capture_end();
		CU_ASSERT_TRUE(view_ends_nocase(log, view_str(rows[i].line)));
		CU_ASSERT_EQUAL(view_search_nocase(log, VIEW("secret")), log.n);
		smtp_play_done(&p);
	}
}

static void
nothing(struct smtp_play *p)
{
	submission(p);
	p->can.mechs = 0;
}

/* A backend that was not told to offer AUTH: whoever runs it hears of it. */
static void
no_mechanism(void)
{
	static void (*const with[])(struct smtp_play *p) = {submission, nothing};

	for (size_t i = 0; i < LEN(with); i++) {
		struct smtp_play p;
		struct view log;

		smtp_play_init(&p);
		log_open(LOG_TO_STDERR, "test", LOG_LEVEL_INFO, false);
		log_capture_begin();
		smtp_rows_one(&p, 0, with[i], VIEW(SECURED));
		log = log_capture_end();
		CU_ASSERT_EQUAL(view_search_nocase(log, VIEW("event=no-login")) < log.n, i == 1);
		smtp_play_done(&p);
	}
}

/* A backend that asks without end. */
static void
endless(void)
{
	static const struct smtp_play_answer script[] = {{"> line *", "501 5.7.0 cancelled"}, {"> line", "334 "}, {NULL, NULL}};
	struct smtp_play p;

	smtp_play_init(&p);
	p.script = script;
	smtp_rows_one(&p, 0, submission, VIEW(SECURED "AUTH LOGIN\r\n"));
	for (int i = 0; i < 50; i++)
		smtp_play_send(&p, VIEW("YQ==\r\n"));
	CU_ASSERT_TRUE(view_search_nocase(buf_view(&p.codes), VIEW("334 501:5.5.2 ")) < p.codes.n);
	UNIT_VIEW(view_str(p.broken), "");
	smtp_play_done(&p);
}

static void
long_lines(void)
{
	static const struct { size_t n; const char *codes; } rows[] = {{12288, CODES " 334 235:2.7.0"}, {12292,
		CODES " 334 500:5.5.6"}};
	char *line = malloc(20000);

	for (size_t i = 0; i < LEN(rows) * 4; i++) {
		struct smtp_play p;

		memset(line, 'A', 20000);
		memcpy(line + rows[i / 4].n, "\r\n", 2);
		smtp_play_init(&p);
		smtp_rows_one(&p, i % 4, submission, VIEW(SECURED "AUTH XOAUTH2\r\n"));
		smtp_play_send(&p, view_of(line, rows[i / 4].n + 2));
		UNIT_VIEW(buf_view(&p.codes), rows[i / 4].codes);
		smtp_play_done(&p);
	}
	for (size_t i = 0; i < 2; i++) { /* a first response may be as long as that */
		struct smtp_play p;

		memset(line, 'A', 20000);
		memcpy(line, "AUTH XOAUTH2 ", 13);
		memcpy(line + 13 + 12272, "\r\n", 2);
		smtp_play_init(&p);
		smtp_rows_one(&p, (int)i * 3, submission, VIEW(SECURED));
		smtp_play_send(&p, view_of(line, 13 + 12272 + 2));
		UNIT_VIEW(buf_view(&p.codes), CODES " 235:2.7.0");
		smtp_play_done(&p);
	}
	free(line);
}

static void
no_etrn(struct smtp_play *p)
{
	p->can.has &= ~(unsigned)EHLO_ETRN;
}

static void
etrn(void)
{
	static const struct smtp_row rows[] = {
		{"passed on", SMTP_EHLO "ETRN example.org\r\n\fETRN @other.example\r\n", "220 250 250:2.0.0 459",
			ASKED_EHLO "> etrn example.org\n> etrn @other.example\n", {{"> etrn @", "459 not allowed"}}},
		{"syntax", SMTP_EHLO "ETRN\r\n", "220 250 501:5.5.4", ASKED_EHLO, {{0}}},
		{"after HELO", "HELO c.example\r\n\fETRN example.org\r\n", "220 250 502:5.5.1", ASKED_EHLO, {{0}}},
	};
	static const struct smtp_row without[] = {
		{"the backend has it not", SMTP_EHLO "ETRN example.org\r\n", "220 250 502:5.5.1", ASKED_EHLO, {{0}}},
	};

	smtp_rows_play(rows, LEN(rows), NULL);
	smtp_rows_play(without, LEN(without), no_etrn);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"exchanges", exchanges},
		{"failures are slowed, then too many", failures},
		{"logins are logged", logged},
		{"nothing to log in with", no_mechanism},
		{"an exchange without end", endless},
		{"long lines", long_lines},
		{"ETRN", etrn},
	};

	return unit_main("front/smtp/smtp_auth", tests, LEN(tests));
}
