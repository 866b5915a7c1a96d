/* SPDX-License-Identifier: BSD-2-Clause
 *
 * MAIL and RCPT: parameters, limits, verdicts, the backend's answers, the open-relay guard, and that nothing
 * that a client writes becomes a command of ours.
 */
#include <stdio.h>

#include "tests/lib/smtp_rows.h"

#define LEN(a) (sizeof(a) / sizeof(*(a)))

static void
senders(void)
{
	static const struct smtp_row rows[] = {
		{"the null sender", SMTP_EHLO "MAIL FROM:<>\r\n" SMTP_TO, "220 250 250:2.1.0 250:2.0.0",
			ASKED_EHLO "mail <>\nrcpt <u@example.org>\n> rcpt <>, <u@example.org>\n"
			"answered <u@example.org> yes taken\n", {{0}}},
		{"parameters go on", SMTP_EHLO "MAIL FROM:<a@b.example> SIZE=1000 BODY=8BITMIME RET=HDRS ENVID=x+2B\r\n"
			"RCPT TO:<u@example.org> NOTIFY=NEVER ORCPT=rfc822;u@example.org\r\n",
			"220 250 250:2.1.0 250:2.0.0",
			ASKED_EHLO ASKED_FROM "rcpt <u@example.org>\n"
			"> rcpt <a@b.example> SIZE=1000 BODY=8BITMIME RET=HDRS ENVID=x+2B, "
			"<u@example.org> NOTIFY=NEVER ORCPT=rfc822;u@example.org\nanswered <u@example.org> yes taken\n", {{0}}},
		{"a parameter that nobody knows", SMTP_EHLO "MAIL FROM:<a@b.example> FOO=1\r\n", "220 250 555:5.5.4", ASKED_EHLO,
			{{0}}},
		{"REQUIRETLS is not offered", SMTP_EHLO "MAIL FROM:<a@b.example> REQUIRETLS\r\n", "220 250 555:5.5.4",
			ASKED_EHLO, {{0}}},
		{"parameters after HELO", "HELO c.example\r\nMAIL FROM:<a@b.example> BODY=8BITMIME\r\n", "220 250 555:5.5.4",
			NULL, {{0}}},
		{"a bad value", SMTP_EHLO "MAIL FROM:<a@b.example> SIZE=x\r\n", "220 250 501:5.5.4", ASKED_EHLO, {{0}}},
		{"too large", SMTP_EHLO "MAIL FROM:<a@b.example> SIZE=52428801\r\nMAIL FROM:<a@b.example> SIZE=52428800\r\n",
			"220 250 552:5.3.4 250:2.1.0", NULL, {{0}}},
		{"UTF-8 with SMTPUTF8", SMTP_EHLO "MAIL FROM:<\xc3\xa4@b.example> SMTPUTF8\r\nRCPT TO:<\xc3\xb6@example.org>\r\n",
			"220 250 250:2.1.0 250:2.0.0", NULL, {{0}}},
		{"UTF-8 without", SMTP_EHLO "MAIL FROM:<\xc3\xa4@b.example>\r\n" SMTP_FROM "RCPT TO:<\xc3\xb6@example.org>\r\n",
			"220 250 553:5.6.7 250:2.1.0 553:5.6.7", NULL, {{0}}},
		{"refused", SMTP_EHLO SMTP_FROM SMTP_TO "MAIL FROM:<c@b.example>\r\n", "220 250 550:5.7.1 503:5.5.1 250:2.1.0",
			ASKED_EHLO ASKED_FROM "over 0\nmail <c@b.example>\n", {{"mail <a", "reject 550 5.7.1 no"}}},
		{"put off", SMTP_EHLO SMTP_FROM, "220 250 451:4.7.1", ASKED_EHLO ASKED_FROM "over 0\n", {{"mail",
			"defer 451 4.7.1 later"}}},
	};

	smtp_rows_play(rows, LEN(rows), NULL);
}

static void
recipients(void)
{
	static const struct smtp_row rows[] = {
		{"refused by the engine costs the backend nothing", SMTP_EHLO SMTP_FROM SMTP_TO "DATA\r\n",
			"220 250 250:2.1.0 550:5.7.1 554:5.5.1",
			ASKED_EHLO ASKED_FROM "rcpt <u@example.org>\n", {{"rcpt <u", "reject 550 5.7.1 no"}}},
		{"greylisted", SMTP_EHLO SMTP_FROM SMTP_TO, "220 250 250:2.1.0 451:4.7.1",
			ASKED_EHLO ASKED_FROM "rcpt <u@example.org>\n", {{"rcpt <u", "greylist 451 4.7.1 later"}}},
		{"unknown to the backend", SMTP_EHLO SMTP_FROM SMTP_TO "DATA\r\n", "220 250 250:2.1.0 550:5.1.1 554:5.5.1",
			ASKED_EHLO ASKED_FROM "rcpt <u@example.org>\n> rcpt <a@b.example>, <u@example.org>\n"
			"answered <u@example.org> no lost\n", {{"> rcpt", "550 5.1.1 no such user"}}},
		{"put off by the backend", SMTP_EHLO SMTP_FROM SMTP_TO, "220 250 250:2.1.0 450:4.2.0",
			ASKED_EHLO ASKED_FROM "rcpt <u@example.org>\n> rcpt <a@b.example>, <u@example.org>\n"
			"answered <u@example.org> unknown lost\n", {{"> rcpt", "450 4.2.0 later"}}},
		{"the sender was refused there: nothing is known of the recipient", SMTP_EHLO SMTP_FROM SMTP_TO,
			"220 250 250:2.1.0 550:5.1.8",
			ASKED_EHLO ASKED_FROM "rcpt <u@example.org>\n> rcpt <a@b.example>, <u@example.org>\n"
			"answered <u@example.org> unknown lost\n", {{"> rcpt", "sender 550 5.1.8 bad sender"}}},
		{"another backend's", SMTP_EHLO SMTP_FROM SMTP_TO "RCPT TO:<v@example.org>\r\n",
			"220 250 250:2.1.0 250:2.0.0 452:4.5.3",
			NULL, {{"> rcpt <a@b.example>, <v", "proxy 452 4.5.3 in another transaction"}}},
		{"no 421 of a backend ends our session", SMTP_EHLO SMTP_FROM SMTP_TO "NOOP\r\n",
			"220 250 250:2.1.0 451:4.3.2 250:2.0.0",
			NULL, {{"> rcpt", "421 4.3.2 going down"}}},
		{"one of two", SMTP_EHLO SMTP_FROM SMTP_TO "RCPT TO:<v@example.org>\r\n" SMTP_DATA SMTP_TEXT,
			"220 250 250:2.1.0 250:2.0.0 550:5.1.1 354 250:2.0.0", NULL, {{"> rcpt <a@b.example>, <v",
				"550 5.1.1 no such user"}}},
		{"an answer of several lines", SMTP_EHLO SMTP_FROM SMTP_TO, "220 250 250:2.1.0 550:5.1.1", NULL,
			{{"> rcpt", "550 5.1.1 no such user\nhere"}}},
		{"an answer that makes no sense", SMTP_EHLO SMTP_FROM SMTP_TO, "220 250 250:2.1.0 451:4.3.0", NULL,
			{{"> rcpt", "354 go on"}}},
		{"an answer without enhanced code", SMTP_EHLO SMTP_FROM SMTP_TO, "220 250 250:2.1.0 250", NULL, {{"> rcpt",
			"250 fine"}}},
	};

	smtp_rows_play(rows, LEN(rows), NULL);
}

static void
few(struct smtp_play *p)
{
	p->o.recipients_max = 2;
}

static void
too_many(void)
{
	static const struct smtp_row rows[] = {
		{"two are enough", SMTP_EHLO SMTP_FROM SMTP_TO "RCPT TO:<x@example.org>\r\n" "RCPT TO:<v@example.org>\r\n"
			"RCPT TO:<w@example.org>\r\n" SMTP_DATA SMTP_TEXT,
			"220 250 250:2.1.0 250:2.0.0 550:5.1.1 250:2.0.0 452:4.5.3 354 250:2.0.0", NULL,
			{{"> rcpt <a@b.example>, <x", "550 5.1.1 no such user"}}},
	};

	static const struct smtp_row refused[] = {
		{"nor may more be tried", SMTP_EHLO SMTP_FROM SMTP_TO SMTP_TO SMTP_TO SMTP_TO,
			"220 250 250:2.1.0 451:4.7.1 451:4.7.1 452:4.5.3 452:4.5.3", NULL, {{"rcpt",
				"greylist 451 4.7.1 later"}}},
	};

	smtp_rows_play(rows, LEN(rows), few);
	smtp_rows_play(refused, LEN(refused), few);
}

static void
small(struct smtp_play *p)
{
	p->can.size = 1000;
}

static void
smaller(void)
{
	static const struct smtp_row rows[] = {
		{"a backend takes less than we", SMTP_EHLO "MAIL FROM:<a@b.example> SIZE=1001\r\n"
			"MAIL FROM:<a@b.example> SIZE=1000\r\n", "220 250 552:5.3.4 250:2.1.0", NULL, {{0}}},
	};

	smtp_rows_play(rows, LEN(rows), small);
}

static void
tarpit(void)
{
	static const struct smtp_play_answer script[] = {{"rcpt", "tarpit 7000"}, {NULL, NULL}};

	for (int way = 0; way < 4; way++) {
		struct smtp_play p;

		smtp_play_init(&p);
		p.script = script;
		smtp_rows_one(&p, way, NULL, VIEW(SMTP_EHLO SMTP_FROM SMTP_TO SMTP_DATA SMTP_TEXT));
		UNIT_VIEW(buf_view(&p.codes), "220 250 250:2.1.0 250:2.0.0 354 250:2.0.0");
		CU_ASSERT_EQUAL(p.longest_ms, 7000);
		UNIT_VIEW(view_str(p.broken), "");
		smtp_play_done(&p);
	}
}

/* ---- the open-relay guard ---- */

static const struct { const char *rcpt; bool ours; } guarded[] = {
	{"<u@example.org>", true},
	{"<U@EXAMPLE.ORG>", true},
	{"<postmaster>", true},
	{"<Postmaster@example.org>", true},
	{"<u@[192.0.2.25]>", true},
	{"<u@elsewhere.example>", false},
	{"<u@sub.example.org>", false},
	{"<u@example.org.elsewhere.example>", false},
	{"<u@[192.0.2.99]>", false},
	{"<u@[IPv6:2001:db8::1]>", false},
	{"<u%elsewhere.example@example.org>", false},
	{"<u%example.org@example.org>", true},
	{"<elsewhere.example!u@example.org>", false},
	{"<a!b!u@example.org>", false},
	{"<\"u@elsewhere.example\"@example.org>", false},
	{"<\"u%elsewhere.example\"@example.org>", false},
	{"<\"@elsewhere.example:u\"@example.org>", false},
	{"<\"elsewhere.example!u\"@example.org>", false},
	{"<@elsewhere.example:u@example.org>", true}, /* the route is dropped (RFC 5321 appendix C) */
	{"<@example.org:u@elsewhere.example>", false},
	{"<@example.org,@example.org:u@elsewhere.example>", false},
	{"<u%elsewhere.example>", false},
	{"<elsewhere.example!u>", false},
	{"<\"u@elsewhere.example\">", false},
	{"<u%@example.org>", false},
	{"<!u@example.org>", false},
};

static struct view
one_recipient(const char *rcpt, char *to, size_t n)
{
	snprintf(to, n, SMTP_EHLO SMTP_FROM "RCPT TO:%s\r\n", rcpt);
	return view_str(to);
}

static void
guard(void)
{
	for (size_t i = 0; i < LEN(guarded); i++) {
		struct smtp_play p;
		char client[300];

		smtp_play_init(&p);
		smtp_rows_one(&p, 0, NULL, one_recipient(guarded[i].rcpt, client, sizeof(client)));
		UNIT_CASE(view_ends_nocase(buf_view(&p.codes), guarded[i].ours ? VIEW("250:2.0.0") : VIEW("554:5.7.1")),
			guarded[i].rcpt);
		UNIT_CASE((view_search_nocase(buf_view(&p.asked), VIEW("rcpt")) < p.asked.n) == guarded[i].ours, guarded[i].rcpt);
		smtp_play_done(&p);
	}
}

static void
own_net(struct smtp_play *p)
{
	p->listed = 1U << SMTP_LIST_OWN_NETS;
}

static void
neighbour(struct smtp_play *p)
{
	p->listed = 1U << SMTP_LIST_XCLIENT;
}

static void
no_guard(void)
{
	static const struct smtp_row ours[] = {
		{"own networks may send anywhere", SMTP_EHLO SMTP_FROM "RCPT TO:<x@elsewhere.example>\r\n",
			"220 250 250:2.1.0 250:2.0.0", NULL, {{0}}},
	};
	static const struct smtp_row known[] = {
		{"and who is logged in", SMTP_EHLO "XCLIENT LOGIN=joe\r\n"
			SMTP_EHLO SMTP_FROM "RCPT TO:<x@elsewhere.example>\r\n",
			"220 250 220 250 250:2.1.0 250:2.0.0", NULL, {{0}}},
	};

	smtp_rows_play(ours, LEN(ours), own_net);
	smtp_rows_play(known, LEN(known), neighbour);
}

/* ---- injection ---- */

/* Every place in which a client may write something, with a line end, a NUL or a blank in it. The play watches
 * that none of them is passed on; what is refused and what is taken differs. */
static void
injection(void)
{
	static const char *const places[] = {"EHLO %\r\n", "HELO %\r\n", "MAIL FROM:<%@b.example>\r\n",
		"MAIL FROM:<a@%>\r\n", "MAIL FROM:<\"%\"@b.example>\r\n", "MAIL FROM:<a@b.example> ENVID=%\r\n",
		"MAIL FROM:<a@b.example> AUTH=%\r\n", "MAIL FROM:<a@b.example> SIZE=1%\r\n",
		"MAIL FROM:<a@b.example> RET=%\r\n", "MAIL FROM:<a@b.example> BODY=%\r\n", "RCPT TO:<%@example.org>\r\n",
		"RCPT TO:<u@%>\r\n", "RCPT TO:<\"%\"@example.org>\r\n", "RCPT TO:<u@example.org> ORCPT=rfc822;%\r\n",
		"RCPT TO:<u@example.org> NOTIFY=%\r\n", "ETRN %\r\n", "VRFY %\r\n", "BDAT 3% LAST\r\n", "AUTH PLAIN %\r\n",
		"XCLIENT HELO=%\r\n", "XCLIENT NAME=%\r\n", "XCLIENT LOGIN=%\r\n"};
	static const char *const evil[] = {"x\rRCPT TO:<evil@example.org>", "x\nRCPT TO:<evil@example.org>",
		"x\r\nRCPT TO:<evil@example.org>", "x+0D+0ARCPT", "x\\\r\nQUIT", "x\x01y", "x\ty", "x y", "x\x7fy", "\xc3\xa4",
			"\xff"};

	for (size_t i = 0; i < LEN(places) * LEN(evil) * 2; i++) {
		struct smtp_play p;
		struct view after = view_str(places[i / 2 / LEN(evil)]), before;
		char line[300], client[1000];

		view_split(&after, '%', &before);
		snprintf(line, sizeof(line), "%.*s%s%.*s", VIEW_ARG(before), evil[i / 2 % LEN(evil)], VIEW_ARG(after));
		snprintf(client, sizeof(client), SMTP_EHLO "%s" SMTP_FROM "%s" SMTP_TO "%s", line, line, line);
		smtp_play_init(&p);
		p.listed = 1U << SMTP_LIST_XCLIENT;
		smtp_rows_one(&p, i % 2, NULL, view_str(client));
		UNIT_CASE(p.broken[0] == 0, p.broken);
		UNIT_CASE(view_search_nocase(buf_view(&p.asked), VIEW("QUIT")) == p.asked.n, line);
		smtp_play_done(&p);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"MAIL", senders},
		{"RCPT", recipients},
		{"too many recipients", too_many},
		{"too large for a backend", smaller},
		{"a reply is held back", tarpit},
		{"the open-relay guard", guard},
		{"who may relay", no_guard},
		{"nothing of the client becomes a command", injection},
	};

	return unit_main("front/smtp/smtp_envelope", tests, LEN(tests));
}
