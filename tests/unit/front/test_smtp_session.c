/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whole dialogues: the order of commands (RFC 5321 4.1.4, RFC 2920), lines, what is no SMTP, limits, time.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/log_capture.h"
#include "tests/lib/smtp_rows.h"
#include "util/log.h"
#include "util/limits.h"

#define LEN(a) (sizeof(a) / sizeof(*(a)))

static void
order(void)
{
	static const struct smtp_row rows[] = {
		{"a message", SMTP_EHLO SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT "QUIT\r\n",
			"220 250 250:2.1.0 250:2.0.0 354 250:2.0.0 221:2.0.0 closed",
			ASKED_EHLO ASKED_FROM ASKED_TO ASKED_TEXT, {{0}}},
		{"two, and a group of commands behind the first", SMTP_EHLO SMTP_FROM SMTP_TO SMTP_DATA
			SMTP_TEXT SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT "QUIT\r\n",
			"220 250 250:2.1.0 250:2.0.0 354 250:2.0.0 250:2.1.0 250:2.0.0 354 250:2.0.0 221:2.0.0 closed",
			ASKED_EHLO ASKED_FROM ASKED_TO ASKED_TEXT ASKED_FROM ASKED_TO ASKED_TEXT, {{0}}},
		{"MAIL before HELO", SMTP_FROM, "220 503:5.5.1", "connect 192.0.2.1\n", {{0}}},
		{"RCPT and DATA before HELO", SMTP_TO "DATA\r\n", "220 503:5.5.1 503:5.5.1", NULL, {{0}}},
		{"RCPT before MAIL", SMTP_EHLO SMTP_TO, "220 250 503:5.5.1", ASKED_EHLO, {{0}}},
		{"DATA before MAIL", SMTP_EHLO "DATA\r\n", "220 250 503:5.5.1", ASKED_EHLO, {{0}}},
		{"DATA before RCPT", SMTP_EHLO SMTP_FROM "DATA\r\n", "220 250 250:2.1.0 503:5.5.1",
			ASKED_EHLO ASKED_FROM, {{0}}},
		{"DATA when each RCPT was refused", SMTP_EHLO SMTP_FROM "RCPT TO:<x@elsewhere.example>\r\nDATA\r\n",
			"220 250 250:2.1.0 554:5.7.1 554:5.5.1", ASKED_EHLO ASKED_FROM, {{0}}},
		{"MAIL twice", SMTP_EHLO SMTP_FROM SMTP_FROM, "220 250 250:2.1.0 503:5.5.1",
			ASKED_EHLO ASKED_FROM, {{0}}},
		{"RSET, then anew", SMTP_EHLO SMTP_FROM "RSET\r\n" SMTP_TO SMTP_FROM SMTP_TO,
			"220 250 250:2.1.0 250:2.0.0 503:5.5.1 250:2.1.0 250:2.0.0",
			ASKED_EHLO ASKED_FROM "over 0\nmail <a@b.example> junk=1\n" ASKED_TO, {{0}}},
		{"what is out of order is junk", SMTP_EHLO "DATA\r\nXYZZY\r\n" SMTP_FROM SMTP_FROM "RSET\r\n" SMTP_FROM,
			"220 250 503:5.5.1 500:5.5.1 250:2.1.0 503:5.5.1 250:2.0.0 250:2.1.0",
			ASKED_EHLO "mail <a@b.example> junk=2\nover 0\nmail <a@b.example> junk=3\n", {{0}}},
		{"but not what is pipelined behind a refused MAIL", SMTP_EHLO "MAIL FROM:<bad@b.example>\r\n" SMTP_TO
			"DATA\r\n\f" SMTP_FROM, "220 250 550:5.7.1 503:5.5.1 503:5.5.1 250:2.1.0",
			ASKED_EHLO "mail <bad@b.example>\nover 0\n" ASKED_FROM, {{"mail <bad", "reject 550 5.7.1 no"}}},
		{"RSET after RCPT resets the backend", SMTP_EHLO SMTP_FROM SMTP_TO "RSET\r\nRSET\r\n",
			"220 250 250:2.1.0 250:2.0.0 250:2.0.0 250:2.0.0",
			ASKED_EHLO ASKED_FROM ASKED_TO "> reset\nover 0\n", {{0}}},
		{"EHLO in a transaction is a RSET", SMTP_EHLO SMTP_FROM SMTP_TO "EHLO d.example\r\n" "DATA\r\n",
			"220 250 250:2.1.0 250:2.0.0 250 503:5.5.1",
			ASKED_EHLO ASKED_FROM ASKED_TO "> reset\nover 0\nhelo d.example\n", {{0}}},
		{"at any time", "NOOP\r\nVRFY u\r\nHELP\r\nRSET\r\nEXPN list\r\nHELO c.example\r\nNOOP x\r\n",
			"220 250:2.0.0 252:2.0.0 214:2.0.0 250:2.0.0 502:5.5.1 250 250:2.0.0",
			"connect 192.0.2.1\nhelo c.example\n", {{0}}},
		{"within a transaction", SMTP_EHLO SMTP_FROM "NOOP\r\nVRFY u\r\n" SMTP_TO "NOOP\r\n",
			"220 250 250:2.1.0 250:2.0.0 252:2.0.0 250:2.0.0 250:2.0.0", NULL, {{0}}},
		{"STARTTLS in a transaction", SMTP_EHLO SMTP_FROM "STARTTLS\r\n", "220 250 250:2.1.0 503:5.5.1",
			NULL, {{0}}},
		{"never done", SMTP_EHLO "SEND FROM:<a@b>\r\nSOML FROM:<a@b>\r\nSAML FROM:<a@b>\r\nTURN\r\n",
			"220 250 502:5.5.1 502:5.5.1 502:5.5.1 502:5.5.1", ASKED_EHLO, {{0}}},
		{"unknown", SMTP_EHLO "XYZZY\r\n\r\nMAIL\r\nRCPTTO:<a@b>\r\n", "220 250 500:5.5.1 500:5.5.1 501:5.5.4 500:5.5.1",
			ASKED_EHLO, {{0}}},
		{"syntax", SMTP_EHLO "MAIL FROM:<a@b\r\nEHLO\r\nHELO\r\nRSET x\r\n" SMTP_FROM "RCPT TO:<>\r\nDATA\r\n",
			"220 250 501:5.1.7 501:5.5.4 501:5.5.4 501:5.5.4 250:2.1.0 501:5.1.3 503:5.5.1", NULL, {{0}}},
		{"QUIT in a transaction", SMTP_EHLO SMTP_FROM SMTP_TO "QUIT\r\nNOOP\r\n",
			"220 250 250:2.1.0 250:2.0.0 221:2.0.0 closed", ASKED_EHLO ASKED_FROM ASKED_TO, {{0}}},
		{"HELO refused", "EHLO bad\r\n" SMTP_FROM "EHLO c.example\r\n" SMTP_FROM,
			"220 550:5.7.1 503:5.5.1 250 250:2.1.0", NULL, {{"helo bad", "reject 550 5.7.1 no"}}},
		{"a second HELO refused", SMTP_EHLO "EHLO bad\r\n" SMTP_FROM, "220 250 550:5.7.1 503:5.5.1", NULL,
			{{"helo bad", "reject 550 5.7.1 no"}}},
	};

	smtp_rows_play(rows, LEN(rows), NULL);
}

static void
lines(void)
{
	static const struct smtp_row rows[] = {
		{"a bare LF", SMTP_EHLO SMTP_FROM "RCPT TO:<u@example.org>\nDATA\r\n",
			"220 250 250:2.1.0 521:5.5.2 closed", ASKED_EHLO ASKED_FROM, {{0}}},
		{"a bare LF first of all", "EHLO c.example\nMAIL FROM:<a@b>\n", "220 521:5.5.2 closed",
			"connect 192.0.2.1\n", {{0}}},
		{"a bare CR", SMTP_EHLO "MAIL FROM:<a@b.example>\rRCPT TO:<u@example.org>\r\n",
			"220 250 521:5.5.2 closed", ASKED_EHLO, {{0}}},
		{"two CRs before LF", SMTP_EHLO "NOOP\r\r\n", "220 250 521:5.5.2 closed", ASKED_EHLO, {{0}}},
		{"HTTP", "POST / HTTP/1.1\r\nHost: x\r\n\r\n", "220 421:4.7.0 closed", "connect 192.0.2.1\n", {{0}}},
		{"a PROXY header that nobody expects", "PROXY TCP4 192.0.2.9 192.0.2.25 4000 25\r\nEHLO a\r\n",
			"220 421:4.7.0 closed", "connect 192.0.2.1\n", {{0}}},
		{"HTTP after EHLO", SMTP_EHLO "GET / HTTP/1.0\r\n", "220 250 421:4.7.0 closed", ASKED_EHLO, {{0}}},
		{"CONNECT", "CONNECT a:25 HTTP/1.0\r\n", "220 421:4.7.0 closed", NULL, {{0}}},
		{"a TLS record", "\x16\x03\x01\x01\r\n", "220 421:4.7.0 closed", NULL, {{0}}},
		{"a header field", SMTP_EHLO "Subject: x\r\n", "220 250 421:4.7.0 closed", ASKED_EHLO, {{0}}},
	};
	struct smtp_play p;

	smtp_rows_play(rows, LEN(rows), NULL);
	for (int way = 0; way < 4; way++) {
		smtp_play_init(&p);
		smtp_rows_one(&p, way, NULL, view_of("NOOP a\0b\r\nNOOP\r\n", 16));
		UNIT_VIEW(buf_view(&p.codes), "220 500:5.5.2 250:2.0.0");
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
	}
}

/* NOOP and a word of n bytes. */
static struct view
long_line(size_t n)
{
	static char line[20000];

	memset(line, 'x', sizeof(line));
	memcpy(line, "NOOP ", 5);
	memcpy(line + n, "\r\nNOOP\r\n", 8);
	return view_of(line, n + 8);
}

static void
long_lines(void)
{
	static const struct { size_t n; const char *codes; } rows[] = {{2047, "220 250:2.0.0 250:2.0.0"},
		{2048, "220 250:2.0.0 250:2.0.0"}, {2049, "220 500:5.5.6 250:2.0.0"}, {19000, "220 500:5.5.6 250:2.0.0"}};

	for (size_t i = 0; i < LEN(rows) * 4; i++) {
		struct smtp_play p;

		smtp_play_init(&p);
		smtp_rows_one(&p, i % 4, NULL, long_line(rows[i / 4].n));
		UNIT_VIEW(buf_view(&p.codes), rows[i / 4].codes);
		CU_ASSERT_TRUE(p.in.cap <= 32 * 1024);
		smtp_play_done(&p);
	}
}

/* Of n times the same line. Give back with free. */
static char *
many(const char *before, const char *line, size_t n)
{
	size_t m = strlen(before), k = strlen(line);
	char *p = malloc(m + n * k + 1);

	memcpy(p, before, m);
	for (size_t i = 0; i < n; i++)
		memcpy(p + m + i * k, line, k);
	p[m + n * k] = 0;
	return p;
}

static bool
ends(const struct smtp_play *p, const char *with)
{
	return view_ends_nocase(buf_view(&p->codes), view_str(with));
}

static void
errors(void)
{
	for (int way = 0; way < 4; way++) {
		char *client = many("EHLO c.example\r\n", "FOO\r\n", 30);
		struct smtp_play p;

		smtp_play_init(&p);
		smtp_rows_one(&p, way, NULL, view_str(client));
		CU_ASSERT_TRUE(ends(&p, "500:5.5.1 421:4.7.0 closed"));
		CU_ASSERT_EQUAL(p.codes.n, strlen("220 250") + 19 * strlen(" 500:5.5.1") + strlen(" 421:4.7.0 closed"));
		CU_ASSERT_EQUAL(p.longest_ms, 1000); /* the later ones waited */
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
		free(client);
	}
}

static void
errors_are_forgiven(void)
{
	char *bad = many("", "FOO\r\n", 15), client[1000];
	struct smtp_play p;

	snprintf(client, sizeof(client), SMTP_EHLO "%s" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT "%sNOOP\r\n", bad, bad);
	smtp_play_init(&p);
	smtp_rows_one(&p, 0, NULL, view_str(client));
	CU_ASSERT_TRUE(ends(&p, "500:5.5.1 250:2.0.0"));
	smtp_play_done(&p);
	free(bad);
}

/* Some of them cost the backend something. */
static void
idle_commands(void)
{
	static const struct smtp_play_answer script[] = {{"> auth", "454 4.7.0 later"}, {NULL, NULL}};
	static const char *const rows[][2] = {{"NOOP\r\n", "250:2.0.0 421:4.7.0 closed"},
		{"ETRN example.org\r\n\f", "250:2.0.0 421:4.7.0 closed"},
		{"AUTH PLAIN AHVzZXIAc2VjcmV0\r\n\f", "454:4.7.0 421:4.7.0 closed"}};

	for (size_t i = 0; i < LEN(rows); i++) {
		char *client = many(SMTP_EHLO "STARTTLS\r\n\f" SMTP_EHLO, rows[i][0], 200);
		struct smtp_play p;

		smtp_play_init(&p);
		p.o.auth = true;
		p.script = script;
		smtp_rows_one(&p, 0, NULL, view_str(client));
		CU_ASSERT_TRUE(ends(&p, rows[i][1]));
		CU_ASSERT_EQUAL(p.codes.n, strlen("220 250 220:2.0.0 250") + strlen(" 421:4.7.0 closed") +
			(SMTP_IDLE_COMMANDS - 2 + 19) * strlen(" 250:2.0.0"));
		smtp_play_done(&p);
		free(client);
	}
}

static void
pipelining(void)
{
	static const struct { const char *name, *client; bool seen; } rows[] = {
		{"groups as RFC 2920 wants them",
			SMTP_EHLO SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, false},
		{"behind EHLO", "EHLO c.example\r\n" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, true},
		{"behind HELO", "HELO c.example\r\n\f" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, true},
		{"none with HELO", "HELO c.example\r\n\f" SMTP_FROM "\f" SMTP_TO "\f" SMTP_DATA SMTP_TEXT, false},
		{"behind DATA", SMTP_EHLO SMTP_FROM SMTP_TO "DATA\r\n" SMTP_TEXT "\f" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT,
			true},
		{"behind NOOP", SMTP_EHLO "NOOP\r\n" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, true},
		{"behind another EHLO", SMTP_EHLO "EHLO c.example\r\n" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, true},
		{"behind another HELO", SMTP_EHLO "HELO c.example\r\n" SMTP_FROM "\f" SMTP_TO "\f" SMTP_DATA SMTP_TEXT, true},
		{"behind VRFY", SMTP_EHLO "VRFY joe\r\n" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, true},
		{"behind EXPN", SMTP_EHLO "EXPN all\r\n" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, true},
		{"behind AUTH", SMTP_EHLO "AUTH PLAIN\r\n" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, true},
		{"behind ETRN", SMTP_EHLO "ETRN example.org\r\n" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, true},
		{"behind RSET and HELP", SMTP_EHLO "RSET\r\nHELP\r\n" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, false},
	};

	for (size_t i = 0; i < LEN(rows) * 2; i++) {
		struct smtp_play p;

		smtp_play_init(&p);
		smtp_rows_one(&p, i % 2, NULL, view_str(rows[i / 2].client));
		UNIT_CASE((view_search_nocase(buf_view(&p.asked), VIEW("pipelining")) < p.asked.n) == rows[i / 2].seen,
			rows[i / 2].name);
		smtp_play_done(&p);
	}
}

/* What comes while the answer to EHLO is still being found is too early as well. */
static void
pipelining_meanwhile(void)
{
	struct smtp_play p;

	smtp_play_init(&p);
	smtp_play_start(&p);
	p.late = true;
	buf_str(&p.in, "EHLO c.example\r\n");
	buf_take(&p.in, smtp_session_input(p.s, buf_view(&p.in)));
	smtp_play_send(&p, VIEW(SMTP_FROM));
	smtp_play_send(&p, VIEW(SMTP_TO "DATA\r\n"));
	CU_ASSERT_TRUE(view_search_nocase(buf_view(&p.asked), VIEW("data pipelining")) < p.asked.n);
	smtp_play_done(&p);
}

static void
messages(void)
{
	struct smtp_play p;

	smtp_play_init(&p);
	p.o.messages_max = 2;
	smtp_rows_one(&p, 0, NULL,
		VIEW(SMTP_EHLO SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT SMTP_FROM SMTP_TO));
	CU_ASSERT_TRUE(ends(&p, "354 250:2.0.0 421:4.7.0 closed"));
	CU_ASSERT_EQUAL(p.messages, 2);
	smtp_play_done(&p);
}

static void
time_is_over(void)
{
	static const struct { const char *name, *client; int64_t ms; const char *codes; } rows[] = {
		{"nothing for a while", SMTP_EHLO, 299000, "220 250"},
		{"nothing for too long", SMTP_EHLO, 300000, "220 250 421:4.4.2 closed"},
		{"half a line is nothing", SMTP_EHLO "NOO", 300000, "220 250 421:4.4.2 closed"},
		{"a message has less time", SMTP_EHLO SMTP_FROM SMTP_TO SMTP_DATA "Subj", 180000,
			"220 250 250:2.1.0 250:2.0.0 354 421:4.4.2 closed"},
	};

	for (size_t i = 0; i < LEN(rows) * 4; i++) {
		struct smtp_play p;

		smtp_play_init(&p);
		smtp_rows_one(&p, i % 4, NULL, view_str(rows[i / 4].client));
		smtp_play_wait(&p, rows[i / 4].ms);
		UNIT_VIEW(buf_view(&p.codes), rows[i / 4].codes);
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
	}
}

static void
session_time(void)
{
	struct smtp_play p;

	smtp_play_init(&p);
	smtp_play_start(&p);
	for (int i = 0; i < 100 && !p.closed; i++) {
		smtp_play_wait(&p, 290000);
		smtp_play_send(&p, VIEW("NOOP\r\n"));
	}
	CU_ASSERT_TRUE(ends(&p, "250:2.0.0 421:4.4.2 closed"));
	CU_ASSERT_EQUAL(p.codes.n, strlen("220") + 24 * strlen(" 250:2.0.0") + strlen(" 421:4.4.2 closed"));
	smtp_play_done(&p);
}

static void
drains(void)
{
	struct smtp_play p;

	for (int now = 0; now < 2; now++) {
		smtp_play_init(&p);
		smtp_rows_one(&p, 0, NULL, VIEW(SMTP_EHLO SMTP_FROM SMTP_TO SMTP_DATA "Subj"));
		smtp_session_end(p.s, now);
		CU_ASSERT_EQUAL(p.closed, now);
		smtp_play_send(&p, VIEW("ect: x\r\n\r\n.\r\n"));
		CU_ASSERT_TRUE(p.closed);
		CU_ASSERT_EQUAL(p.messages, now ? 0 : 1);
		CU_ASSERT_TRUE(ends(&p, now ? "354 421:4.3.2 closed" : "354 250:2.0.0 421:4.3.2 closed"));
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
	}
	smtp_play_init(&p);
	smtp_rows_one(&p, 0, NULL, VIEW(SMTP_EHLO));
	smtp_session_end(p.s, false);
	UNIT_VIEW(buf_view(&p.codes), "220 250 421:4.3.2 closed");
	smtp_play_done(&p);
}

/* The client goes while something is asked: the answer is taken, and nothing follows. */
static void
gone(void)
{
	static const char client[] = SMTP_EHLO SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT;

	for (size_t n = 0; n < sizeof(client); n++) {
		struct smtp_play p;

		smtp_play_init(&p);
		smtp_play_start(&p);
		p.late = true;
		for (size_t i = 0; i < n; i++) {
			if (client[i] == '\f')
				continue;
			buf_byte(&p.in, client[i]);
			buf_take(&p.in, smtp_session_input(p.s, buf_view(&p.in)));
			if (i + 1 < n)
				smtp_play_send(&p, VIEW(""));
		}
		smtp_session_gone(p.s, VIEW("it hung up"));
		buf_reset(&p.asked);
		p.closed = true;
		smtp_play_send(&p, VIEW("NOOP\r\n"));
		UNIT_VIEW(buf_view(&p.asked), "");
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
	}
}

/* ---- memory ---- */

static struct smtp_session *served;

static void
pass(void *ctx, const struct smtp_event *e)
{
	struct smtp_judged j = {.verdict = NULL};

	(void)ctx, (void)e;
	smtp_session_judged(served, &j);
}

static void
hear_nothing(void *ctx, struct view bytes)
{
	(void)ctx, (void)bytes;
}

static void
no_timer(void *ctx, int64_t at)
{
	(void)ctx, (void)at;
}

/* A session that waits for its next command costs its struct and a name: under 2 KB with what malloc adds. */
static void
small_when_idle(void)
{
	enum { N = 200 };
	struct smtp_session *all[N];
	struct smtp_host h;
	struct smtp_play p;
	size_t before, after;

	smtp_play_init(&p);
	h = p.h;
	h.judge = pass;
	h.send = hear_nothing;
	h.timer = no_timer;
	before = mallinfo2().uordblks;
	for (size_t i = 0; i < N; i++) {
		all[i] = served = smtp_session_new(&p.o, &h, &p.client, false);
		smtp_session_start(served);
		CU_ASSERT_EQUAL(smtp_session_input(served, VIEW("EHLO client.example\r\nRSET\r\n")), 27);
	}
	after = mallinfo2().uordblks;
	CU_ASSERT_TRUE(after - before < N * 2048);
	for (size_t i = 0; i < N; i++)
		smtp_session_free(all[i]);
	smtp_play_done(&p);
}

/* Why we end a session, and what we or the backend refuse beside a decision, is logged once, and so is a
 * client that goes in the middle; an ordinary end is not. */
static void
logged(void)
{
	static const struct smtp_play_answer unknown[] = {{"> rcpt", "550 5.1.1 no such user"}, {NULL, NULL}};
	static const struct {
		const char *client, *want;
		const struct smtp_play_answer *script;
	} rows[] = {
		{SMTP_EHLO SMTP_FROM, "", NULL},
		{SMTP_EHLO SMTP_FROM SMTP_TO "RSET\r\n", "", NULL},
		{SMTP_EHLO SMTP_FROM SMTP_TO, "event=client-lost client=192.0.2.1 helo=c.example from=a@b.example "
			"why=\"it hung up\"\n", NULL},
		{SMTP_EHLO SMTP_FROM SMTP_TO SMTP_DATA "a\r\n", "event=client-lost client=192.0.2.1 helo=c.example "
			"from=a@b.example why=\"it hung up\"\n", NULL},
		{SMTP_EHLO SMTP_FROM SMTP_TO "QUIT\r\n", "event=recipient-refused client=192.0.2.1 helo=c.example "
			"from=a@b.example to=u@example.org code=550 enhanced=5.1.1 text=\"no such user\" by=backend\n",
			unknown},
		{SMTP_EHLO SMTP_FROM SMTP_TO "NOPE\r\nQUIT\r\n", "", NULL},
		{SMTP_EHLO "GET / HTTP/1.1\r\n", "event=refused client=192.0.2.1 helo=c.example code=421 enhanced=4.7.0 "
			"text=\"this is a mail server, and that is not SMTP\"\n", NULL},
		{SMTP_EHLO SMTP_FROM SMTP_TO "NOOP\n", "event=refused client=192.0.2.1 helo=c.example from=a@b.example code=521 "
			"enhanced=5.5.2 text=\"a line ends in CR and LF, and neither stands alone\"\n", NULL},
		{SMTP_EHLO SMTP_FROM SMTP_TO SMTP_DATA "a\nb\r\n\fc\nd\r\n\f.\r\n", "event=refused client=192.0.2.1 "
			"helo=c.example from=a@b.example code=550 enhanced=5.5.2 "
			"text=\"a line of the message ends in a bare CR or LF\"\n", NULL},
	};

	for (size_t i = 0; i < LEN(rows); i++) {
		struct smtp_play p;
		struct view log;

		smtp_play_init(&p);
		p.o.refuse_bare_newline = true;
		p.script = rows[i].script;
		log_open(LOG_TO_STDERR, "test", LOG_LEVEL_INFO, false);
		log_capture_begin();
		smtp_play_run(&p, view_str(rows[i].client));
		smtp_session_gone(p.s, VIEW("it hung up"));
		log = log_capture_end();
		UNIT_VIEW(view_skip(log, view_search_nocase(log, VIEW("event="))), rows[i].want);
		smtp_play_done(&p);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"commands in order and out of it", order},
		{"lines, and what is no SMTP", lines},
		{"long lines", long_lines},
		{"a client that errs is slowed, then left", errors},
		{"a message wipes errors out", errors_are_forgiven},
		{"commands that move no mail", idle_commands},
		{"pipelining where it is not allowed", pipelining},
		{"pipelining while a reply is awaited", pipelining_meanwhile},
		{"messages of one session", messages},
		{"idle time", time_is_over},
		{"session time", session_time},
		{"drains after the message, ends at once", drains},
		{"the client goes at any byte", gone},
		{"small when idle", small_when_idle},
		{"what is logged", logged},
	};

	return unit_main("front/smtp/smtp_session", tests, LEN(tests));
}
