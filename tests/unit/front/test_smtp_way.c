/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Session and relay together, before a backend that takes every line end for one: whatever a client sends, the
 * backend gets the messages and commands that we understood, and no others.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/smtp_way.h"
#include "tests/lib/unit.h"

#define LEN(a) (sizeof(a) / sizeof(*(a)))
#define ENVELOPE "EHLO c.example\r\n\fMAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\n"

static bool
says(const struct smtp_way *w, const char *code)
{
	return view_search_nocase(buf_view(&w->said), view_str(code)) < w->said.n;
}

static void
arrives(void)
{
	static const char *const clients[] = {
		ENVELOPE "DATA\r\n\fSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n",
		ENVELOPE "BDAT 19\r\nSubject: x\r\n\r\n.dot\rBDAT 1 LAST\r\n\nQUIT\r\n",
	};

	for (size_t i = 0; i < LEN(clients) * 2; i++) {
		struct smtp_way w;

		smtp_way_init(&w);
		w.chunking = i % 2 || i / 2 == 1;
		smtp_way_run(&w, view_str(clients[i / 2]));
		CU_ASSERT_EQUAL(w.messages, 1);
		CU_ASSERT_TRUE(view_starts_nocase(buf_view(&w.message), "Received: from c.example"));
		CU_ASSERT_TRUE(view_ends_nocase(buf_view(&w.message), VIEW("\r\nSubject: x\r\n\r\n.dot\r\n")));
		UNIT_VIEW(buf_view(&w.held), "Subject: x\r\n\r\n.dot\r\n");
		CU_ASSERT_FALSE(w.differs);
		CU_ASSERT_TRUE(says(&w, "250 2.0.0 stored\r\n221 "));
		smtp_way_done(&w);
	}
}

/* ---- smuggling, out of DATA and out of BDAT ---- */

static uint8_t
nibble(char c)
{
	return (uint8_t)(view_is_digit(c) ? c - '0' : view_lower(c) - 'a' + 10);
}

static void
smuggle(struct view hex, bool chunked, bool chunking)
{
	static const char inner[] = "mail FROM:<smuggled@b.example>\r\nrcpt TO:<u@example.org>\r\ndata\r\nSubject: smuggled\r\n"
				    "\r\ninner\r\n";
	struct buf text, client;
	struct smtp_way w;

	buf_init(&text, 4096);
	buf_init(&client, 4096);
	buf_str(&text, "Subject: outer\r\n\r\ntext");
	for (size_t i = 0; i + 1 < hex.n; i += 2)
		buf_byte(&text, (char)(nibble(hex.p[i]) << 4 | nibble(hex.p[i + 1])));
	buf_str(&text, inner);
	buf_str(&client, chunked ? ENVELOPE : ENVELOPE "DATA\r\n\f");
	if (chunked)
		buf_printf(&client, "BDAT %zu LAST\r\n", text.n);
	buf_add(&client, buf_view(&text));
	buf_str(&client, chunked ? "QUIT\r\n" : ".\r\nQUIT\r\n");
	smtp_way_init(&w);
	w.chunking = chunking;
	smtp_way_run(&w, buf_view(&client));
	CU_ASSERT_EQUAL(w.messages, 1);
	CU_ASSERT_TRUE(view_search_nocase(buf_view(&w.commands), VIEW("smuggled")) == w.commands.n);
	CU_ASSERT_TRUE(view_search_nocase(buf_view(&w.message), VIEW("inner\r\n")) < w.message.n);
	CU_ASSERT_TRUE(w.closed);
	smtp_way_done(&w);
	buf_done(&client);
	buf_done(&text);
}

static void
every_way(struct view hex)
{
	smuggle(hex, false, false);
	smuggle(hex, false, true);
	smuggle(hex, true, true);
}

static void
suite(void)
{
	const char *path = unit_suite_file("smtp-proxy-smuggling/smuggling-sequences.json");
	struct view text = path ? unit_read_file(path) : (struct view){NULL, 0}, rest = text;
	size_t n = 0;

	if (!text.p)
		return;
	for (size_t at; (at = view_search_nocase(rest, VIEW("\"hex\": \""))) < rest.n; n++) {
		rest = view_skip(rest, at + 8);
		every_way(view_head(rest, view_find(rest, '"')));
	}
	CU_ASSERT_EQUAL(n, 16);
	free((void *)(uintptr_t)text.p);
}

static void
sequences(void)
{
	static const char *const rows[] = {"0a2e0a", "0a2e0d", "0d2e0a", "0d2e0d", "0a2e0d0a", "0d2e0d0a", "0d0a2e0a",
		"0d0a2e0d", "0d0a2e0d0d0a", "0d0d0a2e0d0d0a", "0d0a002e0d0a", "0a0a2e0a0a", "0d0d2e0d0d"};

	for (size_t i = 0; i < LEN(rows); i++)
		every_way(view_str(rows[i]));
}

/* ---- injection ---- */

/* The backend saw only verbs that we send, and no recipient but ours. */
static void
expect_clean(const struct smtp_way *w, const char *name)
{
	static const char *const ours[] = {"EHLO mx.example.org", "EHLO ", "XFORWARD ", "XCLIENT ", "MAIL FROM:<", "RCPT TO:<",
		"DATA", "BDAT ", "RSET", "QUIT", "AUTH PLAIN ", "ETRN "};
	struct view rest = buf_view(&w->commands), line;

	while (view_split(&rest, '\n', &line)) {
		bool known = line.n == 0;

		for (size_t i = 0; i < LEN(ours); i++)
			known |= view_starts_nocase(line, ours[i]);
		UNIT_CASE(known, name);
		UNIT_CASE(!view_starts_nocase(line, "RCPT TO:<evil"), name);
	}
	UNIT_CASE(w->messages <= 1, name);
}

static void
injection(void)
{
	static const char *const places[] = {"EHLO %\r\n", "HELO %\r\n", "MAIL FROM:<%@b.example>\r\n",
		"MAIL FROM:<a@%>\r\n", "MAIL FROM:<\"%\"@b.example>\r\n", "MAIL FROM:<a@b.example> ENVID=%\r\n",
		"MAIL FROM:<a@b.example> AUTH=%\r\n", "MAIL FROM:<a@b.example> SIZE=1%\r\n",
			"MAIL FROM:<%@b.example> SMTPUTF8\r\n",
		"MAIL FROM:<a@b.example> RET=%\r\n", "RCPT TO:<%@example.org>\r\n", "RCPT TO:<\"%\"@example.org>\r\n",
		"RCPT TO:<u@example.org> ORCPT=rfc822;%\r\n", "RCPT TO:<u@example.org> NOTIFY=%\r\n", "ETRN %\r\n", "VRFY %\r\n",
		"AUTH PLAIN %\r\n", "XCLIENT HELO=%\r\n", "XCLIENT NAME=%\r\n", "XCLIENT LOGIN=%\r\n"};
	static const char *const evil[] = {"x\rRCPT TO:<evil@example.org>", "x\nRCPT TO:<evil@example.org>",
		"x\\\rRCPT TO:<evil>",
		"x\\\nRCPT TO:<evil>", "x+0D+0ARCPT+20TO:<evil@example.org>", "x> RCPT TO:<evil@example.org",
			"x\x0bRCPT TO:<evil>",
		"\xe2\x80\xa8RCPT TO:<evil>", "\xc2\x85RCPT TO:<evil>", "AHgNClJDUFQgVE86PGV2aWw+"};
	static const enum relay_identity identities[] = {RELAY_IDENTITY_NONE, RELAY_IDENTITY_XFORWARD, RELAY_IDENTITY_XCLIENT};
	size_t messages = 0, told = 0;

	for (size_t i = 0; i < LEN(places) * LEN(evil) * LEN(identities); i++) {
		struct view after = view_str(places[i / LEN(identities) / LEN(evil)]), before;
		const char *with = evil[i / LEN(identities) % LEN(evil)];
		char line[300], client[1200];
		struct smtp_way w;

		view_split(&after, '%', &before);
		snprintf(line, sizeof(line), "%.*s%s%.*s", VIEW_ARG(before), with, VIEW_ARG(after));
		snprintf(client, sizeof(client), "EHLO c.example\r\nSTARTTLS\r\n\fEHLO c.example\r\n%s\fEHLO c.example\r\n\f"
			"MAIL FROM:<a@b.example> SMTPUTF8\r\n%s" "RCPT TO:<u@example.org>\r\n%s" "DATA\r\n\fx\r\n.\r\n", line,
				line, line);
		smtp_way_init(&w);
		w.listed = 1U << SMTP_LIST_XCLIENT;
		w.terms.identity = identities[i % LEN(identities)];
		smtp_way_run(&w, view_str(client));
		expect_clean(&w, line);
		messages += w.messages;
		told += view_search_nocase(buf_view(&w.commands), VIEW("HELO=")) < w.commands.n;
		smtp_way_done(&w);
	}
	CU_ASSERT_TRUE(messages > 300); /* it was not all refused */
	CU_ASSERT_TRUE(told > 200);
}

/* ---- a backend that fails ---- */

/* At the nth answer: what the backend has, and of how much the client was told. */
static void
failures(void)
{
	enum { GREETING, SENDER, RCPT, DATA, END };
	static const struct {
		size_t at;
		enum smtp_way_mood mood;
		size_t messages, acknowledged;
	} rows[] = {
		{END, WAY_FINE, 1, 1}, {END, WAY_LATER, 0, 0}, {END, WAY_NEVER, 0, 0}, {END, WAY_DOWN, 0, 0},
		{END, WAY_GARBAGE, 1, 0}, {END, WAY_LOST, 1, 0}, {END, WAY_SILENT, 1, 0},
		/* Lost before the message's end was sent: once more, which the client does not notice. */
		{DATA, WAY_LOST, 1, 1}, {DATA, WAY_DOWN, 1, 1}, {DATA, WAY_NEVER, 0, 0}, {RCPT, WAY_NEVER, 0, 0},
		{SENDER, WAY_NEVER, 0, 0}, {GREETING, WAY_NEVER, 0, 0},
	};

	for (size_t i = 0; i < LEN(rows); i++) {
		uint8_t moods[64] = {0};
		struct smtp_way w;
		char what[40];

		moods[rows[i].at] = (uint8_t)rows[i].mood;
		smtp_way_init(&w);
		w.moods = moods;
		w.n_moods = sizeof(moods);
		smtp_way_run(&w, VIEW("EHLO c.example\r\n\fMAIL FROM:<a@b.example>\r\n\fRCPT TO:<u@example.org>\r\n\f"
			"DATA\r\n\fSubject: x\r\n\r\nbody\r\n.\r\n\fQUIT\r\n"));
		snprintf(what, sizeof(what), "answer %zu, mood %d: %zu %zu", rows[i].at, (int)rows[i].mood, w.messages,
			w.acknowledged);
		UNIT_CASE(w.messages == rows[i].messages && w.acknowledged == rows[i].acknowledged, what);
		UNIT_CASE(w.closed, what);
		UNIT_CASE(!w.differs, what);
		smtp_way_done(&w);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"a message arrives", arrives},
		{"smuggling: the suite", suite},
		{"smuggling: known sequences", sequences},
		{"injection through every parameter", injection},
		{"a backend that fails", failures},
	};

	return unit_main("front/smtp_way", tests, LEN(tests));
}
