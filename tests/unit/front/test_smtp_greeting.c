/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What comes before the first command: PROXY header, TLS at once, teaser and early talk, the greeting; XCLIENT.
 */
#include "tests/lib/smtp_rows.h"

#define LEN(a) (sizeof(a) / sizeof(*(a)))

static void
greets(void)
{
	static const struct smtp_row rows[] = {
		{"served", "", "220", "connect 192.0.2.1\n", {{0}}},
		{"refused for good", "EHLO c.example\r\nNOOP\r\nSTARTTLS\r\nQUIT\r\n",
			"554:5.7.1 503:5.5.1 503:5.5.1 503:5.5.1 221:2.0.0 closed", "connect 192.0.2.1\n",
			{{"connect", "reject 550 5.7.1 not you"}}},
		{"refused for now", "", "421:4.7.1 closed", "connect 192.0.2.1\n",
			{{"connect", "defer 451 4.7.1 not yet"}}},
		{"greylisted as a whole", "", "421:4.7.1 closed", "connect 192.0.2.1\n",
			{{"connect", "greylist 451 4.7.1 not yet"}}},
		{"accepted", "", "220", "connect 192.0.2.1\n", {{"connect", "accept"}}},
	};

	smtp_rows_play(rows, LEN(rows), NULL);
}

static void
held_back(void)
{
	static const struct smtp_play_answer script[] = {{"connect", "tarpit 7000"}, {NULL, NULL}};
	struct smtp_play p;

	smtp_play_init(&p);
	p.script = script;
	smtp_play_run(&p, VIEW(SMTP_EHLO));
	UNIT_VIEW(buf_view(&p.codes), "220 250");
	CU_ASSERT_EQUAL(p.longest_ms, 7000);
	smtp_play_done(&p);
}

static void
no_backend(struct smtp_play *p)
{
	p->healthy = false;
}

static void
names_us(void)
{
	static const struct smtp_row rows[] = {{"no backend is well", "", "421:4.3.2 closed", "", {{0}}}};
	struct smtp_play p;

	smtp_rows_play(rows, LEN(rows), no_backend);
	smtp_play_init(&p);
	smtp_play_run(&p, VIEW(""));
	UNIT_VIEW(buf_view(&p.out), "220 mx.example.org ESMTP Postern\r\n");
	smtp_play_done(&p);
}

static void
teaser(struct smtp_play *p)
{
	p->o.greet_wait_ms = 6000;
}

static void
teases(void)
{
	static const struct smtp_row rows[] = {
		{"a client that waits", SMTP_EHLO, "220 250", ASKED_EHLO, {{0}}},
	};
	struct smtp_play p;

	smtp_rows_play(rows, LEN(rows), teaser);
	smtp_play_init(&p);
	teaser(&p);
	p.s = smtp_session_new(&p.o, &p.h, &p.client, false);
	smtp_session_start(p.s);
	UNIT_VIEW(buf_view(&p.out), "220-mx.example.org ESMTP Postern\r\n");
	smtp_play_wait(&p, 5999);
	UNIT_VIEW(buf_view(&p.codes), "");
	smtp_play_wait(&p, 1);
	UNIT_VIEW(buf_view(&p.codes), "220");
	UNIT_VIEW(buf_view(&p.out), "220-mx.example.org ESMTP Postern\r\n220 mx.example.org ESMTP Postern\r\n");
	smtp_play_done(&p);
}

/* Starts and speaks while the second line of the greeting, or the verdict on the client, is awaited. */
static void
speak_early(struct smtp_play *p, const char *early, const char *later)
{
	p->s = smtp_session_new(&p->o, &p->h, &p->client, false);
	smtp_session_start(p->s);
	CU_ASSERT_EQUAL(smtp_session_input(p->s, view_str(early)), strlen(early));
	smtp_play_send(p, view_str(""));
	smtp_play_send(p, view_str(later));
	UNIT_VIEW(view_str(p->broken), "");
}

static void
early(void)
{
	static const struct { const char *early, *later, *codes; } rows[] = {
		{"EHLO c.example\r\n", "HELO c.example\r\n", "220 503:5.5.1 250"},
		{"EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nx\r\n.\r\n", "NOOP\r\n",
			"220 503:5.5.1 250:2.0.0"},
		{"EHLO c.exam", "ple\r\nHELO c.example\r\n", "220 503:5.5.1 250"},
		{"\r", "\nHELO c.example\r\n", "220 503:5.5.1 250"},
	};

	for (size_t i = 0; i < LEN(rows) * 2; i++) {
		struct smtp_play p;

		smtp_play_init(&p);
		if (i % 2)
			teaser(&p);
		else
			p.late = true;
		speak_early(&p, rows[i / 2].early, rows[i / 2].later);
		UNIT_VIEW(buf_view(&p.codes), rows[i / 2].codes);
		CU_ASSERT_TRUE(view_search_nocase(buf_view(&p.asked), VIEW("mail")) == p.asked.n);
		if (i % 2) /* without a teaser the engine was asked before */
			CU_ASSERT_TRUE(view_starts_nocase(buf_view(&p.asked), "connect 192.0.2.1 early\n"));
		smtp_play_done(&p);
	}
}

static struct smtp_event given;

static void
keep_event(void *ctx, const struct smtp_event *e)
{
	(void)ctx;
	given = *e;
}

/* What is asked does not change while another thread reads it; the next question has what came meanwhile. */
static void
early_while_judged(void)
{
	const struct smtp_judged pass = {.verdict = NULL};
	struct smtp_play p;

	smtp_play_init(&p);
	p.h.judge = keep_event;
	p.s = smtp_session_new(&p.o, &p.h, &p.client, false);
	smtp_session_start(p.s);
	smtp_session_input(p.s, VIEW("NOOP\r\n"));
	CU_ASSERT_EQUAL(given.kind, SMTP_EVENT_CONNECT);
	CU_ASSERT_FALSE(given.seen->early_talk);
	smtp_session_judged(p.s, &pass);
	smtp_session_input(p.s, VIEW("HELO c.example\r\n"));
	CU_ASSERT_EQUAL(given.kind, SMTP_EVENT_HELO);
	CU_ASSERT_TRUE(given.seen->early_talk);
	smtp_session_judged(p.s, &pass);
	smtp_play_done(&p);
}

static void
early_and_refused(void)
{
	static const struct smtp_play_answer script[] = {{"connect 192.0.2.1 early", "reject 550 5.7.1 too hasty"}, {NULL, NULL}};
	struct smtp_play p;

	smtp_play_init(&p);
	teaser(&p);
	p.script = script;
	speak_early(&p, "EHLO c.example\r\n", "QUIT\r\n");
	UNIT_VIEW(buf_view(&p.codes), "554:5.7.1 221:2.0.0 closed");
	smtp_play_done(&p);
}

/* ---- PROXY ---- */

static void
behind_proxy(struct smtp_play *p)
{
	p->listed = 1U << SMTP_LIST_PROXY;
}

static void
proxy_tls(struct smtp_play *p)
{
	behind_proxy(p);
	p->implicit_tls = true;
}

#define PROXY_V1 "PROXY TCP4 198.51.100.7 192.0.2.25 4711 25\r\n"

static void
proxy(void)
{
	static const struct smtp_row rows[] = {
		{"version 1", PROXY_V1 "\f" SMTP_EHLO, "220 250", "connect 198.51.100.7\nhelo c.example\n", {{0}}},
		{"version 1, IPv6", "PROXY TCP6 2001:db8::1 2001:db8::2 4711 25\r\n", "220", "connect 2001:db8::1\n", {{0}}},
		{"unknown: the connection's own", "PROXY UNKNOWN\r\n\f" SMTP_EHLO, "220 250", ASKED_EHLO, {{0}}},
		{"none, but required", "EHLO c.example\r\n", "closed", "", {{0}}},
		{"bad", "PROXY TCP4 1.2.3 4.5.6.7 1 2\r\n", "closed", "", {{0}}},
		{"nothing more", "PROXY TCP4 198.5", "", "", {{0}}},
	};
	static const struct smtp_row tls[] = {
		{"before TLS", PROXY_V1 "\f" SMTP_EHLO, "220 250", "tls at once\nconnect 198.51.100.7\nhelo c.example\n", {{0}}},
	};
	static const struct smtp_row unlisted[] = {
		{"not from others", PROXY_V1, "220 421:4.7.0 closed", "connect 192.0.2.1\n", {{0}}},
		{"nor later", SMTP_EHLO PROXY_V1, "220 250 500:5.5.1", ASKED_EHLO, {{0}}},
	};

	smtp_rows_play(rows, LEN(rows), behind_proxy);
	smtp_rows_play(tls, LEN(tls), proxy_tls);
	smtp_rows_play(unlisted, LEN(unlisted), NULL);
}

static void
proxy_v2(void)
{
	static const char header[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\xc0\0\2\x19\x12\x67\0\x19";
	struct smtp_play p;

	for (int way = 0; way < 4; way++) {
		smtp_play_init(&p);
		behind_proxy(&p);
		p.late = way & 1;
		p.bytewise = way & 2;
		smtp_play_start(&p);
		smtp_play_send(&p, view_of(header, sizeof(header) - 1));
		UNIT_VIEW(buf_view(&p.asked), "connect 198.51.100.7\n");
		CU_ASSERT_EQUAL(smtp_session_client(p.s)->port, 4711);
		smtp_play_done(&p);
	}
}

/* From a peer that is not listed: early, while the verdict or the second line of the greeting is awaited, and late. */
static void
proxy_stray(void)
{
	static const char v2[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\xc0\0\2\x19\x12\x67\0\x19";
	struct smtp_play p;

	for (int way = 0; way < 6; way++) {
		struct view header = way & 1 ? VIEW(PROXY_V1) : view_of(v2, sizeof(v2) - 1);

		smtp_play_init(&p);
		if (way / 2 == 1)
			teaser(&p);
		p.late = way / 2 == 0;
		p.s = smtp_session_new(&p.o, &p.h, &p.client, false);
		smtp_session_start(p.s);
		CU_ASSERT_EQUAL(smtp_session_input(p.s, header), header.n);
		smtp_play_send(&p, VIEW(SMTP_EHLO));
		UNIT_VIEW(buf_view(&p.codes), way / 2 < 2 ? "421:4.7.0 closed" : "220 421:4.7.0 closed");
		UNIT_VIEW(buf_view(&p.asked), way / 2 == 1 ? "" : "connect 192.0.2.1\n");
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
	}
}

/* TLS that ended at the proxy (version 2, TLV 0x20: TLSv1.3, a cipher, and the name in a certificate, which was
 * verified or not). */
static void
proxy_secured(void)
{
	char header[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x2c\xc6\x33\x64\x07\xc0\0\2\x19\x12\x67\0\x19"
			"\x20\0\x1d\x07\0\0\0\0" "\x21\0\x07TLSv1.3" "\x23\0\4ABCD" "\x22\0\4name";

	for (int way = 0; way < 4; way++) {
		bool implicit = way & 1, verified = way & 2;
		struct smtp_play p;

		header[35] = verified ? 0 : 1; /* the result of the verification */
		smtp_play_init(&p);
		behind_proxy(&p);
		p.implicit_tls = implicit;
		smtp_play_start(&p);
		smtp_play_send(&p, view_of(header, sizeof(header) - 1));
		UNIT_VIEW(buf_view(&p.asked), implicit ? "tls at once\nconnect 198.51.100.7\n" : "connect 198.51.100.7\n");
		CU_ASSERT_TRUE(smtp_session_client(p.s)->tls);
		UNIT_VIEW(smtp_session_client(p.s)->tls_version, "TLSv1.3");
		UNIT_VIEW(smtp_session_client(p.s)->tls_cipher, implicit ? "TLS_AES_256_GCM_SHA384" : "ABCD");
		CU_ASSERT_EQUAL(smtp_session_client(p.s)->tls_cert.n, implicit || !verified ? 0 : 4);
		smtp_play_done(&p);
	}
}

static void
proxy_in_time(void)
{
	struct smtp_play p;

	smtp_play_init(&p);
	behind_proxy(&p);
	smtp_play_run(&p, VIEW("PROXY TC"));
	smtp_play_wait(&p, 100000);
	smtp_play_send(&p, VIEW("P4")); /* more bytes are no more time */
	CU_ASSERT_FALSE(p.closed);
	smtp_play_wait(&p, 100000);
	UNIT_VIEW(buf_view(&p.codes), "closed");
	smtp_play_done(&p);
}

static size_t handshake_bytes;

static void
begin_handshake(void *ctx, bool implicit, size_t early)
{
	(void)ctx;
	CU_ASSERT_TRUE(implicit);
	handshake_bytes = early;
}

/* What came behind the header in the same piece is the handshake's. */
static void
proxy_then_tls(void)
{
	struct smtp_play p;

	smtp_play_init(&p);
	proxy_tls(&p);
	p.h.start_tls = begin_handshake;
	p.s = smtp_session_new(&p.o, &p.h, &p.client, true);
	smtp_session_start(p.s);
	CU_ASSERT_EQUAL(smtp_session_input(p.s, VIEW(PROXY_V1 "abc")), sizeof(PROXY_V1) - 1);
	CU_ASSERT_EQUAL(handshake_bytes, 3);
	smtp_play_done(&p);
}

static void
tls_at_once(struct smtp_play *p)
{
	p->implicit_tls = true;
}

static void
secured_first(void)
{
	static const struct smtp_row rows[] = {
		{"465", "\f" SMTP_EHLO "STARTTLS\r\n", "220 250 503:5.5.1", "tls at once\n" ASKED_EHLO, {{0}}},
	};
	struct smtp_play p;

	smtp_rows_play(rows, LEN(rows), tls_at_once);
	smtp_play_init(&p); /* a handshake that does not end */
	tls_at_once(&p);
	p.s = smtp_session_new(&p.o, &p.h, &p.client, true);
	p.late = true;
	smtp_session_start(p.s);
	p.now += 300000;
	smtp_session_timer(p.s);
	UNIT_VIEW(buf_view(&p.codes), "closed");
	CU_ASSERT_FALSE(smtp_session_busy(p.s));
	smtp_play_done(&p);
}

/* ---- XCLIENT ---- */

static void
neighbour(struct smtp_play *p)
{
	p->listed = 1U << SMTP_LIST_XCLIENT;
}

static void
xclient(void)
{
	static const struct smtp_row rows[] = {
		{"who it is",
			SMTP_EHLO "XCLIENT ADDR=198.51.100.7 NAME=c.example HELO=told.example\r\nEHLO neighbour.example\r\n"
			SMTP_FROM,
			"220 250 220 250 250:2.1.0",
			ASKED_EHLO "connect 198.51.100.7\nhelo told.example\n" ASKED_FROM, {{0}}},
		{"twice", SMTP_EHLO "XCLIENT ADDR=198.51.100.7\r\nXCLIENT ADDR=198.51.100.8\r\n",
			"220 250 220 220", ASKED_EHLO "connect 198.51.100.7\nconnect 198.51.100.8\n", {{0}}},
		{"IPv6, and a login", SMTP_EHLO "XCLIENT ADDR=IPV6:2001:db8::1 LOGIN=joe\r\n" SMTP_EHLO SMTP_FROM,
			"220 250 220 250 250:2.1.0",
			ASKED_EHLO "connect 2001:db8::1\nhelo c.example\nmail <a@b.example> user=joe\n", {{0}}},
		{"and HELO", SMTP_EHLO "XCLIENT ADDR=198.51.100.7\r\n" SMTP_FROM "HELO d.example\r\n\f" SMTP_FROM,
			"220 250 220 503:5.5.1 250 250:2.1.0",
			ASKED_EHLO "connect 198.51.100.7\nhelo d.example\nmail <a@b.example> junk=1\n", {{0}}},
		{"the next client has not logged in", SMTP_EHLO "XCLIENT ADDR=198.51.100.7 LOGIN=joe\r\n"
			"XCLIENT ADDR=198.51.100.8\r\n" SMTP_EHLO SMTP_FROM, "220 250 220 220 250 250:2.1.0",
			ASKED_EHLO "connect 198.51.100.7\nconnect 198.51.100.8\nhelo c.example\n" ASKED_FROM, {{0}}},
		{"a login in a command of its own", SMTP_EHLO "XCLIENT ADDR=198.51.100.7\r\nXCLIENT LOGIN=joe\r\n"
			"XCLIENT PORT=4711\r\n" SMTP_EHLO SMTP_FROM, "220 250 220 220 220 250 250:2.1.0",
			ASKED_EHLO "connect 198.51.100.7\nconnect 198.51.100.7\nconnect 198.51.100.7\nhelo c.example\n"
			"mail <a@b.example> user=joe\n", {{0}}},
		{"EHLO has to come again", SMTP_EHLO "XCLIENT ADDR=198.51.100.7\r\n" SMTP_FROM, "220 250 220 503:5.5.1",
			ASKED_EHLO "connect 198.51.100.7\n", {{0}}},
		{"what was offered before does not count", SMTP_EHLO "XCLIENT ADDR=198.51.100.7\r\nBDAT 3 LAST\r\nabc",
			"220 250 220 502:5.5.1", ASKED_EHLO "connect 198.51.100.7\n", {{0}}},
		{"bad attributes", SMTP_EHLO "XCLIENT ADDR=nonsense\r\nXCLIENT\r\nXCLIENT FOO=bar\r\n",
			"220 250 501:5.5.4 501:5.5.4 501:5.5.4", ASKED_EHLO, {{0}}},
		{"in a transaction", SMTP_EHLO SMTP_FROM "XCLIENT ADDR=198.51.100.7\r\n", "220 250 250:2.1.0 503:5.5.1",
			ASKED_EHLO ASKED_FROM, {{0}}},
		{"the told client is refused", SMTP_EHLO "XCLIENT ADDR=198.51.100.7\r\n" SMTP_EHLO "QUIT\r\n",
			"220 250 554:5.7.1 503:5.5.1 221:2.0.0 closed", ASKED_EHLO "connect 198.51.100.7\n",
			{{"connect 198", "reject 550 5.7.1 no"}}},
	};
	static const struct smtp_row unlisted[] = {
		{"not from others", SMTP_EHLO "XCLIENT ADDR=198.51.100.7\r\n" SMTP_FROM, "220 250 550:5.7.0 250:2.1.0",
			ASKED_EHLO ASKED_FROM, {{0}}},
	};

	smtp_rows_play(rows, LEN(rows), neighbour);
	smtp_rows_play(unlisted, LEN(unlisted), NULL);
}

/* The client that is told of said HELO, whatever its neighbour says to us; and what one client said is forgotten. */
static void
told_protocol(void)
{
	struct smtp_play p;

	smtp_play_init(&p);
	neighbour(&p);
	smtp_play_start(&p);
	smtp_play_send(&p, VIEW("EHLO c.example\r\n"));
	CU_ASSERT_TRUE(smtp_session_client(p.s)->esmtp);
	smtp_play_send(&p, VIEW("XCLIENT ADDR=198.51.100.7 PROTO=SMTP\r\n"));
	CU_ASSERT_PTR_NULL(smtp_session_client(p.s)->helo.p);
	smtp_play_send(&p, VIEW("EHLO neighbour.example\r\n"));
	CU_ASSERT_FALSE(smtp_session_client(p.s)->esmtp);
	smtp_play_done(&p);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"greets, or refuses", greets},
		{"a greeting in the tarpit", held_back},
		{"says its name, or that nobody is there", names_us},
		{"teases", teases},
		{"early talk is not used", early},
		{"early talk while it is judged", early_while_judged},
		{"early talk refused", early_and_refused},
		{"PROXY version 1", proxy},
		{"PROXY version 2", proxy_v2},
		{"PROXY from who is not listed", proxy_stray},
		{"TLS that ended at the proxy", proxy_secured},
		{"PROXY within its time", proxy_in_time},
		{"PROXY, then TLS", proxy_then_tls},
		{"TLS at once", secured_first},
		{"XCLIENT", xclient},
		{"XCLIENT PROTO", told_protocol},
	};

	return unit_main("front/smtp/smtp_greeting", tests, LEN(tests));
}
