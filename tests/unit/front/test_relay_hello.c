/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_relay_hello -- from dialling to the first MAIL: TLS, who the client is, and which backend.
 */
#include "tests/lib/relay_script.h"
#include "tests/lib/unit.h"

#define PLAY(t) play((t), sizeof(t) / sizeof(*(t)))

static void
play(const struct relay_script *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		relay_script_play(&t[i]);
}

#define FIRST(n) "dial " n "\nconnected\nS 220 hi\nC EHLO proxy.test\n"
#define GREETED "? hello\n" FIRST("0")
#define READY "= 250 2.0.0 ok (proxy)\n"
#define AWAY "= 451 4.4.1 mail server cannot be reached, try again later (proxy)\n"
#define FAILS(what) "trouble 0 " what "\nhang up\n" AWAY
#define TLS "S 250-b|250 STARTTLS\nC STARTTLS\n"
#define MAIL "C MAIL FROM:<ann@a.test>\n"
#define RCPT(x) "C RCPT TO:<" x ">\n"
#define OK "S 250 2.1.0 ok\n"
#define TAKEN "S 250 2.1.5 ok\n= 250 2.1.5 ok\n"
#define ELSEWHERE "= 452 4.5.3 another server's recipient: send it a message of its own (proxy)\n"

static void
greetings(void)
{
	static const struct relay_script t[] = {
		{.name = "EHLO", .text = GREETED "S 250-b|250 SIZE\n" READY},
		{.name = "HELO where EHLO is unknown", .text = GREETED "S 502 what\nC HELO proxy.test\nS 250 b\n" READY},
		{.name = "neither", .text = GREETED "S 502 what\nC HELO proxy.test\nS 502 what\n" FAILS("refused")},
		{.name = "EHLO put off", .text = GREETED "S 451 later\n" FAILS("refused")},
		{.name = "554 in greeting", .text = "? hello\ndial 0\nconnected\nS 554 no mail\n" FAILS("refused")},
		{.name = "421 in greeting", .text = "? hello\ndial 0\nconnected\nS 421 busy\n" FAILS("lost")},
		{.name = "silence after EHLO", .text = GREETED "silence\n" FAILS("silent")},
		{.name = "a second order uses the connection", .text = GREETED "S 250 b\n" READY "? hello\n" READY},
	};

	PLAY(t);
}

static void
tls(void)
{
	static const struct relay_script t[] = {
		{.name = "offered, not wanted", .text = GREETED "S 250-b|250 STARTTLS\n" READY},
		{.name = "taken, and EHLO again", .terms = {.tls = RELAY_TLS_OPPORTUNISTIC},
			.text = GREETED TLS "S 220 go\ntls\nunverified\nC EHLO proxy.test\nS 250 b\n" READY},
		{.name = "what was offered before it does not count", .terms = {.tls = RELAY_TLS_OPPORTUNISTIC},
			.text = "? rcpt b@b.test NOTIFY=NEVER\n" FIRST("0") "S 250-b|250-DSN|250 STARTTLS\nC STARTTLS\n"
				"S 220 go\ntls\nunverified\nC EHLO proxy.test\nS 502 what\nC HELO proxy.test\nS 250 b\n" MAIL OK
				"= 451 4.3.0 mail server lacks an extension in use, try again later (proxy)\n"},
		{.name = "what comes before the handshake is dropped", .terms = {.tls = RELAY_TLS_REQUIRED},
			.text = GREETED TLS "S 220 go|250-evil|250 XCLIENT\ntls\nunverified\nC EHLO proxy.test\n"
				"S 250 b\n" READY},
		{.name = "opportunistic: not offered", .terms = {.tls = RELAY_TLS_OPPORTUNISTIC},
			.text = GREETED "S 250 b\n" READY},
		{.name = "opportunistic: refused", .terms = {.tls = RELAY_TLS_OPPORTUNISTIC},
			.text = GREETED TLS "S 454 not now\n" READY},
		{.name = "opportunistic: the handshake fails: once more without", .terms = {.tls = RELAY_TLS_OPPORTUNISTIC},
			.text = GREETED TLS "S 220 go\ntls\nlost\ntrouble 0 tls\nhang up\n" FIRST("0")
				"S 250-b|250 STARTTLS\n" READY},
		{.name = "required: not offered", .terms = {.tls = RELAY_TLS_REQUIRED},
			.text = GREETED "S 250 b\n" FAILS("tls")},
		{.name = "required: HELO only", .terms = {.tls = RELAY_TLS_REQUIRED},
			.text = GREETED "S 502 b\nC HELO proxy.test\nS 250 b\n" FAILS("tls")},
		{.name = "required: refused", .terms = {.tls = RELAY_TLS_REQUIRED},
			.text = GREETED TLS "S 454 no\n" FAILS("tls")},
		{.name = "required: the handshake fails", .terms = {.tls = RELAY_TLS_REQUIRED},
			.text = GREETED TLS "S 220 go\ntls\nlost\n" FAILS("tls")},
		{.name = "required: the handshake hangs", .terms = {.tls = RELAY_TLS_REQUIRED},
			.text = GREETED TLS "S 220 go\ntls\nsilence\n" FAILS("tls")},
		{.name = "verified: it is not", .terms = {.tls = RELAY_TLS_VERIFIED},
			.text = GREETED TLS "S 220 go\ntls\nunverified\n" FAILS("tls")},
		{.name = "verified", .terms = {.tls = RELAY_TLS_VERIFIED},
			.text = GREETED TLS "S 220 go\ntls\nsecured\nC EHLO proxy.test\nS 250 b\n" READY},
	};

	PLAY(t);
}

#define XCLIENT "S 250-b|250 XCLIENT NAME REVERSE_NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT\n"

static void
identity(void)
{
	static const struct relay_script t[] = {
		{.name = "XCLIENT, then EHLO with the client's name", .terms = {.identity = RELAY_IDENTITY_XCLIENT},
			.text = GREETED XCLIENT
				"C XCLIENT NAME=mail.c1.test REVERSE_NAME=mail.c1.test ADDR=192.0.2.1 PORT=4000 "
				"PROTO=ESMTP HELO=c1.test LOGIN=[UNAVAILABLE] DESTADDR=198.51.100.2 DESTPORT=25\n"
				"S 220 hi\nC EHLO c1.test\nS 250 b\n" READY},
		{.name = "XCLIENT of a client that said nothing", .stranger = true, .terms = {.identity = RELAY_IDENTITY_XCLIENT},
			.text = GREETED "S 250-b|250 XCLIENT NAME REVERSE_NAME ADDR HELO\n"
				"C XCLIENT NAME=[UNAVAILABLE] REVERSE_NAME=[UNAVAILABLE] ADDR=192.0.2.1 HELO=[UNAVAILABLE]\n"
				"S 220 hi\nC EHLO proxy.test\nS 250 b\n" READY},
		{.name = "XCLIENT of a client whose name could not be looked up", .stranger = true, .unsure = true,
			.terms = {.identity = RELAY_IDENTITY_XCLIENT},
			.text = GREETED "S 250-b|250 XCLIENT NAME REVERSE_NAME ADDR\n"
				"C XCLIENT NAME=[TEMPUNAVAIL] REVERSE_NAME=[TEMPUNAVAIL] ADDR=192.0.2.1\n"
				"S 220 hi\nC EHLO proxy.test\nS 250 b\n" READY},
		{.name = "the client's name is refused, ours is not", .terms = {.identity = RELAY_IDENTITY_XCLIENT},
			.text = GREETED "S 250-b|250 XCLIENT ADDR\nC XCLIENT ADDR=192.0.2.1\nS 220 hi\nC EHLO c1.test\n"
				"S 550 bad name\nC EHLO proxy.test\nS 250 b\n" READY},
		{.name = "XCLIENT after TLS", .terms = {RELAY_TLS_REQUIRED, RELAY_IDENTITY_XCLIENT},
			.text = GREETED "S 250-b|250-XCLIENT ADDR|250 STARTTLS\nC STARTTLS\nS 220 go\ntls\nunverified\n"
				"C EHLO proxy.test\nS 250-b|250 XCLIENT ADDR\nC XCLIENT ADDR=192.0.2.1\nS 220 hi\n"
				"C EHLO c1.test\nS 250 b\n" READY},
		{.name = "XCLIENT is not offered: nobody is passed off as us", .terms = {.identity = RELAY_IDENTITY_XCLIENT},
			.text = GREETED "S 250 b\n" FAILS("identity")},
		{.name = "XCLIENT without ADDR", .terms = {.identity = RELAY_IDENTITY_XCLIENT},
			.text = GREETED "S 250-b|250 XCLIENT NAME HELO\n" FAILS("identity")},
		{.name = "XCLIENT is refused", .terms = {.identity = RELAY_IDENTITY_XCLIENT},
			.text = GREETED "S 250-b|250 XCLIENT ADDR\nC XCLIENT ADDR=192.0.2.1\n"
				"S 550 5.7.0 not you\n" FAILS("identity")},
	};

	PLAY(t);
}

static void
other_identity(void)
{
	static const struct relay_script t[] = {
		{.name = "PROXY v1, before all", .terms = {.identity = RELAY_IDENTITY_PROXY_V1},
			.text = "? hello\ndial 0\nconnected\nC PROXY TCP4 192.0.2.1 198.51.100.2 4000 25\nS 220 hi\n"
				"C EHLO c1.test\nS 250 b\n" READY},
		{.name = "PROXY v2", .terms = {.identity = RELAY_IDENTITY_PROXY_V2},
			.text = "? hello\ndial 0\nconnected\nC \nC \nC \\00\nC QUIT\n"
				"C !\\11\\00\\0c\\c0\\00\\02\\01\\c63d\\02\\0f\\a0\\00\\19\nS 220 hi\nC EHLO c1.test\nS 250 b\n"
				READY},
		{.name = "the client's own address: its name too", .terms = {.identity = RELAY_IDENTITY_TRANSPARENT},
			.text = "? hello\ndial 0\nconnected\nS 220 hi\nC EHLO c1.test\nS 250 b\n" READY},
		{.name = "XFORWARD before each MAIL: it holds for one message",
			.terms = {.identity = RELAY_IDENTITY_XFORWARD},
			.text = "? rcpt b@b.test\n" FIRST("0") "S 250-b|250 XFORWARD NAME ADDR PROTO HELO\n"
				"C XFORWARD NAME=mail.c1.test ADDR=192.0.2.1 PROTO=ESMTP HELO=c1.test\nS 250 ok\n" MAIL OK
				RCPT("b@b.test") TAKEN "? reset\nC RSET\n= 250 2.0.0 ok (proxy)\nS 250 ok\n? rcpt c@b.test\n"
				"C XFORWARD NAME=mail.c1.test ADDR=192.0.2.1 PROTO=ESMTP HELO=c1.test\nS 250 ok\n" MAIL OK
				RCPT("c@b.test") TAKEN},
		{.name = "XFORWARD is a courtesy: refused or not offered, mail passes",
			.terms = {.identity = RELAY_IDENTITY_XFORWARD},
			.text = "? rcpt b@b.test\n" FIRST("0") "S 250-b|250 XFORWARD ADDR\nC XFORWARD ADDR=192.0.2.1\n"
				"S 550 no\n" MAIL OK RCPT("b@b.test") TAKEN "lost\nhang up\n? rcpt c@b.test\n" FIRST("0")
				"S 250 b\n" MAIL OK RCPT("b@b.test") OK RCPT("c@b.test") TAKEN},
	};

	PLAY(t);
}

/* Backend 1 alone serves c.test; both serve all else. */
static void
several(void)
{
	static const struct relay_script t[] = {
		{.name = "the next when one is away", .backends = 2,
			.text = "? hello\ndial 0\nlost\ntrouble 0 lost\nhang up\n" FIRST("1") "S 250 b\n" READY},
		{.name = "the next when one refuses", .backends = 2,
			.text = "? hello\ndial 0\nconnected\nS 554 no\ntrouble 0 refused\n"
				"hang up\n" FIRST("1") "S 250 b\n" READY},
		{.name = "at most three", .backends = 5,
			.text = "? hello\ndial 0\nlost\ntrouble 0 lost\nhang up\ndial 1\nlost\ntrouble 1 lost\nhang up\n"
				"dial 2\nlost\ntrouble 2 lost\nhang up\n" AWAY},
		{.name = "lost in the middle: the next one hears the envelope", .backends = 2,
			.text = "? rcpt b@b.test\n" FIRST("0") "S 250 b\n" MAIL OK RCPT("b@b.test") "lost\ntrouble 0 lost\n"
				"hang up\n"
				"dial 0\nlost\ntrouble 0 lost\n"
				"hang up\n" FIRST("1") "S 250 b\n" MAIL OK RCPT("b@b.test") TAKEN},
		{.name = "by domain", .backends = 2,
			.text = "? rcpt c@c.test\n" FIRST("1") "S 250 b\n" MAIL OK RCPT("c@c.test") TAKEN "? rcpt b@b.test\n"
				RCPT("b@b.test") TAKEN},
		{.name = "a recipient of another backend", .backends = 2,
			.text = "? rcpt b@b.test\n" FIRST("0") "S 250 b\n" MAIL OK RCPT("b@b.test") TAKEN
				"? rcpt c@c.test\n" ELSEWHERE},
		{.name = "the first was refused: the transaction moves", .backends = 2,
			.text = "? rcpt b@b.test\n" FIRST("0") "S 250 b\n" MAIL OK RCPT("b@b.test") "S 550 no\n= 550 5.0.0 no\n"
				"? rcpt c@c.test\nC QUIT\nleave\n" FIRST("1") "S 250 b\n" MAIL OK RCPT("c@c.test") TAKEN},
		{.name = "the next message goes elsewhere", .backends = 2,
			.text = "? rcpt b@b.test\n" FIRST("0") "S 250 b\n" MAIL OK RCPT("b@b.test") TAKEN
				"? reset\nC RSET\n= 250 2.0.0 ok (proxy)\nS 250 ok\n? rcpt c@c.test\nC QUIT\nleave\n" FIRST("1")
				"S 250 b\n" MAIL OK RCPT("c@c.test") TAKEN},
		{.name = "nobody serves it",
			.text = "? rcpt c@c.test\n"
				"= 451 4.3.5 no mail server is set up for this domain, try again later (proxy)\n"},
		{.name = "lost, what serves all recipients is dialled", .backends = 2,
			.text = "? rcpt c@c.test\n" FIRST("1") "S 250 b\n" MAIL OK RCPT("c@c.test") TAKEN "lost\nhang up\n"
				"? rcpt b@b.test\n" FIRST("1") "S 250 b\n" MAIL OK RCPT("c@c.test") OK RCPT("b@b.test") TAKEN},
		{.name = "MAILMAX",
			.text = "? rcpt b@b.test\n" FIRST("0") "S 250-b|250 LIMITS MAILMAX=1 RCPTMAX=1\n" MAIL OK RCPT("b@b.test")
				TAKEN "? rcpt c@b.test\n= 452 4.5.3 too many recipients (proxy)\n? message\nC DATA\nS 354 go\n"
				"C Received: by us\nC Subject: x\nC \nC body\nC .\nS 250 ok\n= 250 ok\n"
				"? rcpt c@b.test\nC QUIT\nleave\n" FIRST("0") "S 250 b\n" MAIL OK RCPT("c@b.test") TAKEN},
	};

	PLAY(t);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"greetings", greetings},
		{"TLS", tls},
		{"who the client is: XCLIENT", identity},
		{"who the client is: otherwise", other_identity},
		{"several backends", several},
	};

	return unit_main("front/relay/relay_hello", tests, sizeof(tests) / sizeof(*tests));
}
