/* SPDX-License-Identifier: BSD-2-Clause
 *
 * DATA and BDAT: what is taken, what becomes of it, and that a message ends in one place only.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/smtp_rows.h"

#define LEN(a) (sizeof(a) / sizeof(*(a)))
#define SMTP_ENVELOPE SMTP_EHLO SMTP_FROM SMTP_TO
#define CODES "220 250 250:2.1.0 250:2.0.0"
#define ASKED ASKED_EHLO ASKED_FROM ASKED_TO

static void
fates(void)
{
	static const struct smtp_row rows[] = {
		{"the backend's words", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT SMTP_FROM, CODES " 354 550:5.6.0 250:2.1.0",
			ASKED "data\nend\n> message\nover 550\n" ASKED_FROM, {{"> message", "550 5.6.0 bad content"}}},
		{"lost on the way", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT, CODES " 354 451:4.4.2",
			ASKED "data\nend\n> message\nover 451\n", {{"> message", "proxy 451 4.4.2 lost"}}},
		{"refused", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT SMTP_FROM, CODES " 354 550:5.7.1 250:2.1.0",
			ASKED "data\nend\n> reset\nover 550\n" ASKED_FROM, {{"end", "reject 550 5.7.1 spam"}}},
		{"put off", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT, CODES " 354 451:4.7.1", ASKED "data\nend\n> reset\nover 451\n",
			{{"end", "defer 451 4.7.1 later"}}},
		{"accepted", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT, CODES " 354 250:2.0.0", ASKED ASKED_TEXT, {{"end", "accept"}}},
		{"discarded", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT, CODES " 354 250:2.0.0", ASKED "data\nend\n> reset\nover 250\n",
			{{"end", "discard"}}},
		{"no place for quarantine", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT, CODES " 354 451:4.3.5",
			ASKED "data\nend\n> reset\nover 451\n", {{"end", "quarantine"}}},
		{"refused at DATA", SMTP_ENVELOPE "DATA\r\n\fRSET\r\n", CODES " 550:5.7.1 250:2.0.0",
			ASKED "data\n> reset\nover 0\n",
			{{"data", "reject 550 5.7.1 no"}}},
		{"no room", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT "NOOP\r\n", CODES " 354 452:4.3.1 250:2.0.0",
			ASKED "data\n> reset\nover 452\n", {{"absorb", "full"}}},
		{"cannot be stored", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT, CODES " 354 451:4.3.0",
			ASKED "data\n> reset\nover 451\n", {{"absorb", "failed"}}},
		{"the login's connection is lost", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT "NOOP\r\n",
			CODES " 354 451:4.4.2 421:4.3.0 closed",
			NULL, {{"> message", "over 451 4.4.2 lost"}}},
		{"the same, and QUIT", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT "QUIT\r\n", CODES " 354 451:4.4.2 221:2.0.0 closed",
			NULL, {{"> message", "over 451 4.4.2 lost"}}},
	};

	smtp_rows_play(rows, LEN(rows), NULL);
}

static void
quarantine(struct smtp_play *p)
{
	p->o.quarantine_address = VIEW("jail@example.org");
}

static void
quarantined(void)
{
	static const struct smtp_row rows[] = {
		{"redirected", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT, CODES " 354 250:2.0.0",
			ASKED "data\nend\n> message jail@example.org\nover 250\n", {{"end", "quarantine"}}},
		{"and refused there", SMTP_ENVELOPE SMTP_DATA SMTP_TEXT, CODES " 354 451:4.3.0",
			ASKED "data\nend\n> message jail@example.org\nover 451\n",
			{{"end", "quarantine"}, {"> message", "451 4.3.0 not now"}}},
	};

	smtp_rows_play(rows, LEN(rows), quarantine);
}

/* ---- bytes ---- */

static void
absorbed(const char *name, const char *client, size_t n, const char *want, const char *codes)
{
	for (int way = 0; way < 4; way++) {
		struct smtp_play p;

		smtp_play_init(&p);
		smtp_rows_one(&p, way, NULL, view_of(client, n));
		UNIT_CASE(view_eq_str(buf_view(&p.message), want), name);
		UNIT_CASE(view_ends_nocase(buf_view(&p.codes), view_str(codes)), name);
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
	}
}

#define TAKES(name, text, want, codes) \
	absorbed(name, SMTP_ENVELOPE text, sizeof(SMTP_ENVELOPE text) - 1, want, codes)

static void
bytes(void)
{
	TAKES("dots", SMTP_DATA "..\r\n.x\r\n...\r\n.\r\n", ".\r\nx\r\n..\r\n", "354 250:2.0.0");
	TAKES("nothing", SMTP_DATA ".\r\n", "", "354 250:2.0.0");
	TAKES("bare line ends become whole ones", SMTP_DATA "a\nb\r\n.\r\n", "a\r\nb\r\n", "354 250:2.0.0");
	TAKES("BDAT", "BDAT 5\r\na\r\nb\r\fBDAT 4 LAST\r\n\n.\r\n", "a\r\nb\r\n.\r\n", "250:2.0.0 250:2.0.0");
	TAKES("BDAT, all at once", "BDAT 3\r\na\r\nBDAT 3\r\nb\r\nBDAT 0 LAST\r\nNOOP\r\n", "a\r\nb\r\n",
		"250:2.0.0 250:2.0.0 250:2.0.0 250:2.0.0");
	TAKES("BDAT without a last line end", "BDAT 1 LAST\r\na", "a\r\n", "250:2.0.0");
	TAKES("BDAT of dots", "BDAT 7 LAST\r\n.\r\n..\r\n", ".\r\n..\r\n", "250:2.0.0");
	TAKES("an empty BDAT", "BDAT 0 LAST\r\n", "", "250:2.0.0");
}

static void
large(void)
{
	enum { N = 200 * 1024 };
	static const char head[] = SMTP_ENVELOPE SMTP_DATA;
	char *client = malloc(N + 1000), *p = client + sizeof(head) - 1;
	struct smtp_play play;

	memcpy(client, head, sizeof(head));
	for (size_t i = 0; i < N / 64; i++, p += 64) {
		memset(p, 'a' + (int)(i % 26), 62);
		memcpy(p + 62, "\r\n", 2);
	}
	memcpy(p, ".\r\n", 3);
	for (int late = 0; late < 2; late++) {
		smtp_play_init(&play);
		smtp_rows_one(&play, late, NULL, view_of(client, (size_t)(p + 3 - client)));
		CU_ASSERT_EQUAL(play.message.n, N);
		CU_ASSERT_TRUE(memcmp(play.message.p, p - N, N) == 0);
		UNIT_VIEW(view_str(play.broken), "");
		smtp_play_done(&play);
	}
	free(client);
}

/* ---- limits ---- */

static void
small(struct smtp_play *p)
{
	p->o.message_max = 10;
}

static void
strict(struct smtp_play *p)
{
	p->o.refuse_bare_newline = true;
}

static void
exempt(struct smtp_play *p)
{
	strict(p);
	p->listed = 1U << SMTP_LIST_BARE_NEWLINE;
}

static void
limits(void)
{
	static const struct smtp_row sizes[] = {
		{"as large as may be", SMTP_ENVELOPE SMTP_DATA "12345678\r\n.\r\n", CODES " 354 250:2.0.0", NULL, {{0}}},
		{"too large: read to its end", SMTP_ENVELOPE SMTP_DATA "123456789\r\nNOOP\r\n.\r\nNOOP\r\n",
			CODES " 354 552:5.3.4 250:2.0.0", ASKED "data\n> reset\nover 552\n", {{0}}},
		{"a chunk too large, and those behind it",
			SMTP_ENVELOPE "BDAT 12\r\nNOOP\r\nNOOP\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n",
			CODES " 552:5.3.4 552:5.3.4 250:2.0.0", ASKED "data\n> reset\nover 552\n", {{0}}},
		{"the last chunk too large", SMTP_ENVELOPE "BDAT 6\r\nNOOP\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n",
			CODES " 250:2.0.0 552:5.3.4 250:2.0.0", ASKED "data\n> reset\nover 552\n", {{0}}},
	};
	static const struct smtp_row bare[] = {
		{"a bare LF", SMTP_ENVELOPE SMTP_DATA "a\nb\r\n.\r\nNOOP\r\n", CODES " 354 550:5.5.2 250:2.0.0",
			ASKED "data\n> reset\nover 550\n", {{0}}},
		{"a bare CR", SMTP_ENVELOPE SMTP_DATA "a\rb\r\n.\r\n", CODES " 354 550:5.5.2", NULL, {{0}}},
		{"none", SMTP_ENVELOPE SMTP_DATA "a\r\nb\r\n.\r\n", CODES " 354 250:2.0.0", ASKED ASKED_TEXT, {{0}}},
	};
	static const struct smtp_row exempted[] = {
		{"a bare LF of an exempt network", SMTP_ENVELOPE SMTP_DATA "a\nb\r\n.\r\nNOOP\r\n",
			CODES " 354 250:2.0.0 250:2.0.0",
			ASKED "data\nend bare-newline\n> message\nover 250\n", {{0}}},
	};

	smtp_rows_play(sizes, LEN(sizes), small);
	smtp_rows_play(bare, LEN(bare), strict);
	smtp_rows_play(exempted, LEN(exempted), exempt);
}

static void
no_chunking(struct smtp_play *p)
{
	p->can.has &= ~(unsigned)EHLO_CHUNKING;
}

static void
chunks(void)
{
	static const struct smtp_row rows[] = {
		{"out of order: its bytes are no commands", SMTP_EHLO "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n",
			"220 250 503:5.5.1 250:2.0.0",
			ASKED_EHLO, {{0}}},
		{"without recipients", SMTP_EHLO SMTP_FROM "BDAT 6\r\nQUIT\r\nNOOP\r\n", "220 250 250:2.1.0 503:5.5.1 250:2.0.0",
			ASKED_EHLO ASKED_FROM, {{0}}},
		{"all recipients refused",
			SMTP_EHLO SMTP_FROM "RCPT TO:<x@elsewhere.example>\r\nBDAT 6\r\nQUIT\r\nBDAT 0 LAST\r\n",
			"220 250 250:2.1.0 554:5.7.1 554:5.5.1 554:5.5.1", ASKED_EHLO ASKED_FROM, {{0}}},
		{"a size that is none", SMTP_ENVELOPE "BDAT x\r\nQUIT\r\n", CODES " 501:5.5.4 closed", ASKED, {{0}}},
		{"DATA, MAIL, RCPT between chunks", SMTP_ENVELOPE "BDAT 3\r\na\r\nDATA\r\n"
			SMTP_FROM SMTP_TO "BDAT 3 LAST\r\nb\r\n",
			CODES " 250:2.0.0 503:5.5.1 503:5.5.1 503:5.5.1 250:2.0.0", ASKED ASKED_TEXT, {{0}}},
		{"RSET between chunks", SMTP_ENVELOPE "BDAT 3\r\na\r\nRSET\r\nBDAT 3 LAST\r\nb\r\n",
			CODES " 250:2.0.0 250:2.0.0 503:5.5.1",
			ASKED "data\n> reset\nover 0\n", {{0}}},
		{"refused at the first", SMTP_ENVELOPE "BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n" SMTP_FROM,
			CODES " 550:5.7.1 550:5.7.1 250:2.1.0", ASKED "data\n> reset\nover 550\n" ASKED_FROM,
			{{"data", "reject 550 5.7.1 no"}}},
		{"no room", SMTP_ENVELOPE "BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n",
			CODES " 452:4.3.1 452:4.3.1 250:2.0.0",
			NULL, {{"absorb", "full"}}},
		{"two messages", SMTP_ENVELOPE "BDAT 3 LAST\r\na\r\n" SMTP_FROM SMTP_TO "BDAT 3 LAST\r\nb\r\n",
			CODES " 250:2.0.0 250:2.1.0 250:2.0.0 250:2.0.0", ASKED ASKED_TEXT ASKED_FROM ASKED_TO ASKED_TEXT, {{0}}},
	};
	static const struct smtp_row without[] = {
		{"CHUNKING is not offered", SMTP_ENVELOPE "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n", CODES " 502:5.5.1 250:2.0.0", ASKED,
			{{0}}},
	};

	smtp_rows_play(rows, LEN(rows), NULL);
	smtp_rows_play(without, LEN(without), no_chunking);
}

/* A client that may not send groups of commands puts some behind a message: the message counts, they do not. */
static void
unsynchronised(void)
{
	struct smtp_play p;

	smtp_play_init(&p);
	smtp_rows_one(&p, 0, NULL,
		VIEW("HELO c.example\r\n\f" SMTP_FROM "\f" SMTP_TO "\f" SMTP_DATA SMTP_TEXT "MAIL FROM:<evil@b.example>\r\n"));
	UNIT_VIEW(buf_view(&p.codes), "220 250 250:2.1.0 250:2.0.0 354 250:2.0.0 554:5.5.0 closed");
	CU_ASSERT_EQUAL(p.messages, 1);
	CU_ASSERT_TRUE(view_search_nocase(buf_view(&p.asked), VIEW("evil")) == p.asked.n);
	CU_ASSERT_TRUE(view_ends_nocase(buf_view(&p.asked), VIEW("> message\nover 250\n")));
	smtp_play_done(&p);
}

static void
trace(void)
{
	static const struct { const char *client; bool tls; const char *with, *rcpt; } rows[] = {
		{SMTP_ENVELOPE SMTP_DATA SMTP_TEXT, false, "with ESMTP id 0123abcd", "for <u@example.org>"},
		{"HELO c.example\r\n" SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT, false, "with SMTP id 0123abcd",
			"for <u@example.org>"},
		{SMTP_EHLO "STARTTLS\r\n\f" SMTP_ENVELOPE SMTP_DATA SMTP_TEXT, true, "with ESMTPS id 0123abcd",
			"for <u@example.org>"},
		{SMTP_ENVELOPE "RCPT TO:<v@example.org>\r\n" SMTP_DATA SMTP_TEXT, false, "with ESMTP id 0123abcd", NULL},
		{SMTP_EHLO "MAIL FROM:<a@b.example> SMTPUTF8\r\n" SMTP_TO SMTP_DATA SMTP_TEXT, false,
			"with UTF8SMTP id 0123abcd", "for <u@example.org>"},
	};

	for (size_t i = 0; i < LEN(rows); i++) {
		struct smtp_play p;
		struct view t;

		smtp_play_init(&p);
		smtp_rows_one(&p, 0, NULL, view_str(rows[i].client));
		t = buf_view(&p.trace);
		CU_ASSERT_TRUE(view_starts_nocase(t, "Received: from c.example (client.example [192.0.2.1])"));
		CU_ASSERT_TRUE(view_ends_nocase(t, VIEW("\r\n")));
		UNIT_CASE(view_search_nocase(t, view_str(rows[i].with)) < t.n, rows[i].with);
		UNIT_CASE((view_search_nocase(t, VIEW("for <")) < t.n) == (rows[i].rcpt != NULL), rows[i].with);
		UNIT_CASE((view_search_nocase(t, VIEW("TLSv1.3")) < t.n) == rows[i].tls, rows[i].with);
		smtp_play_done(&p);
	}
}

/* ---- smuggling ---- */

static uint8_t
nibble(char c)
{
	return (uint8_t)(view_is_digit(c) ? c - '0' : view_lower(c) - 'a' + 10);
}

/* A message with the sequence in it, and what would be a second one behind. */
static void
smuggle(struct view hex, void (*set)(struct smtp_play *p))
{
	static const char before[] = SMTP_ENVELOPE SMTP_DATA "Subject: outer\r\n\r\ntext";
	static const char after[] = "mail FROM:<smuggled@b.example>\r\nrcpt TO:<u@example.org>\r\ndata\r\n"
				    "Subject: smuggled\r\n\r\ninner\r\n.\r\nQUIT\r\n";

	for (int way = 0; way < 4; way++) {
		struct smtp_play p;
		struct buf client;

		smtp_play_init(&p);
		buf_init(&client, 4096);
		buf_add(&client, VIEW(before));
		for (size_t i = 0; i + 1 < hex.n; i += 2)
			buf_byte(&client, (char)(nibble(hex.p[i]) << 4 | nibble(hex.p[i + 1])));
		buf_add(&client, VIEW(after));
		smtp_rows_one(&p, way, set, buf_view(&client));
		CU_ASSERT_EQUAL(p.messages, set ? 0 : 1);
		CU_ASSERT_TRUE(view_search_nocase(buf_view(&p.asked), VIEW("smuggled")) == p.asked.n);
		UNIT_VIEW(buf_view(&p.codes), set ? CODES " 354 550:5.5.2 221:2.0.0 closed"
						  : CODES " 354 250:2.0.0 221:2.0.0 closed");
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
		buf_done(&client);
	}
}

static bool
has_bare(struct view hex)
{
	return !view_eq_str(hex, "0d0a002e0d0a"); /* of all sequences this one alone has whole line ends */
}

static void
smuggling(void)
{
	const char *path = unit_suite_file("smtp-proxy-smuggling/smuggling-sequences.json");
	struct view text = path ? unit_read_file(path) : (struct view){NULL, 0}, rest = text;
	size_t n = 0;

	if (!text.p)
		return;
	for (size_t at; (at = view_search_nocase(rest, VIEW("\"hex\": \""))) < rest.n; n++) {
		struct view hex = view_skip(rest, at + 8);

		rest = view_skip(hex, view_find(hex, '"'));
		hex = view_head(hex, view_find(hex, '"'));
		smuggle(hex, NULL);
		if (has_bare(hex))
			smuggle(hex, strict);
	}
	CU_ASSERT_EQUAL(n, 16);
	free((void *)(uintptr_t)text.p);
}

static void
smuggling_without_suite(void)
{
	static const char *const rows[] = {"0a2e0a", "0a2e0d", "0d2e0a", "0d2e0d", "0a2e0d0a", "0d2e0d0a", "0d0a2e0a",
		"0d0a2e0d", "0d0a2e0d0d0a", "0d0d0a2e0d0d0a"};

	for (size_t i = 0; i < LEN(rows); i++)
		smuggle(view_str(rows[i]), NULL);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"what becomes of a message", fates},
		{"quarantine", quarantined},
		{"what is absorbed", bytes},
		{"a large one", large},
		{"limits", limits},
		{"chunks", chunks},
		{"commands behind a message without PIPELINING", unsynchronised},
		{"the Received field", trace},
		{"smuggling: the suite", smuggling},
		{"smuggling: known sequences", smuggling_without_suite},
	};

	return unit_main("front/smtp/smtp_message", tests, LEN(tests));
}
