/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_relay_exchange -- AUTH and ETRN passed on, and who was known when the connection is lost.
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

#define GREETED(more) "dial 0\nconnected\nS 220 hi\nC EHLO proxy.test\nS 250-b|250 " more "\n"
#define AUTH "? auth AUTH PLAIN AGFubgBwdw==\n" GREETED("AUTH PLAIN LOGIN") "C AUTH PLAIN AGFubgBwdw==\n"
#define IN AUTH "S 235 2.7.0 welcome\n= 235 2.7.0 welcome\n"
#define FAILED "= 454 4.7.0 temporary authentication failure (proxy)\n"
#define OVER "= 451 4.4.2 connection to the mail server was lost, try again later (proxy) (over)\n"
#define MAIL "C MAIL FROM:<ann@a.test>\n"
#define RCPT "C RCPT TO:<b@b.test>\n"
#define OK "S 250 2.1.0 ok\n"
#define TAKEN "S 250 2.1.5 ok\n= 250 2.1.5 ok\n"

static void
auth(void)
{
	static const struct relay_script t[] = {
		{.name = "at once", .text = IN "? rcpt b@b.test\n" MAIL OK RCPT TAKEN},
		{.name = "in steps",
			.text = "? auth AUTH LOGIN\n" GREETED("AUTH LOGIN") "C AUTH LOGIN\nS 334 VXNlcm5hbWU6\n"
				"= 334 VXNlcm5hbWU6\n"
				"? line YW5u\nC YW5u\nS 334 \n= 334 \n? line \nC \nS 535 5.7.8 no\n= 535 5.7.8 no\n"
				"? line YW5u\n" FAILED},
		{.name = "given up", .text = "? auth AUTH LOGIN\n" GREETED("AUTH LOGIN") "C AUTH LOGIN\nS 334 x\n= 334 x\n"
					     "? line *\nC *\nS 501 5.7.0 cancelled\n= 501 5.7.0 cancelled\n"},
		{.name = "not offered", .text = "? auth AUTH LOGIN\n" GREETED("SIZE") FAILED},
		{.name = "no exchange is open", .text = "? line YW5u\n" FAILED},
		{.name = "lost in between", .text = "? auth AUTH LOGIN\n" GREETED("AUTH LOGIN") "C AUTH LOGIN\nS 334 x\n"
			"= 334 x\n"
						    "lost\nhang up\n? line YW5u\n" FAILED},
		{.name = "lost while it is answered", .text = AUTH "lost\ntrouble 0 lost\nhang up\n" FAILED},
		{.name = "no answer", .text = AUTH "silence\ntrouble 0 silent\nhang up\n" FAILED},
		{.name = "250 is no 235", .text = AUTH "S 250 ok\ntrouble 0 garbage\nhang up\n" FAILED},
		{.name = "354 is no 334", .text = AUTH "S 354 ok\ntrouble 0 garbage\nhang up\n" FAILED},
		{.name = "a challenge of two lines", .text = AUTH "S 334-a|334 b\ntrouble 0 garbage\nhang up\n" FAILED},
		{.name = "a challenge with controls", .text = AUTH "S 334 a\x01\ntrouble 0 garbage\nhang up\n" FAILED},
		{.name = "435 behind 235: not taken for the next answer",
			.text = AUTH "S 235 ok|250 ok\ntrouble 0 garbage\nhang up\n" FAILED},
		{.name = "535 and a goodbye", .text = AUTH "S 535 5.7.8 no|421 bye\nhang up\n= 535 5.7.8 no\n"},
		{.name = "235 and a goodbye is a loss", .text = AUTH "S 235 ok|421 bye\ntrouble 0 lost\nhang up\n" FAILED},
		{.name = "not reached", .text = "? auth AUTH LOGIN\ndial 0\nlost\ntrouble 0 lost\nhang up\n" FAILED},
	};

	PLAY(t);
}

#define XGREETED(more) \
	"dial 0\nconnected\nS 220 hi\nC EHLO proxy.test\nS 250-b|250 XCLIENT ADDR LOGIN\n" \
	"C XCLIENT ADDR=192.0.2.1 LOGIN=" more "\nS 220 hi\nC EHLO c1.test\nS 250-b|250 AUTH PLAIN\n"
#define XIN \
	"? auth AUTH PLAIN AGFubgBwdw==\n" XGREETED("[UNAVAILABLE]") "C AUTH PLAIN AGFubgBwdw==\n" \
	"S 235 ok\n= 235 ok\n"

static void
who_is_known(void)
{
	static const struct relay_script t[] = {
		{.name = "lost: nobody knows who it is", .login = true, .text = IN "lost\nhang up\n? rcpt b@b.test\n" OVER
									   "? auth AUTH PLAIN x\n"
			"= 454 4.7.0 temporary authentication failure (proxy) (over)\n"},
		{.name = "lost in the transaction", .login = true,
			.text = IN "? rcpt b@b.test\n" MAIL OK RCPT "lost\ntrouble 0 lost\nhang up\n" OVER},
		{.name = "told by XCLIENT", .login = true, .terms = {.identity = RELAY_IDENTITY_XCLIENT},
			.text = XIN "lost\nhang up\n? rcpt b@b.test\n" XGREETED("ann") MAIL OK RCPT TAKEN},
		{.name = "XCLIENT, but the name is not known", .terms = {.identity = RELAY_IDENTITY_XCLIENT},
			.text = XIN "lost\nhang up\n? rcpt b@b.test\n" OVER},
		{.name = "all domains go to the backend that knows who it is", .login = true, .backends = 2,
			.text = IN "? rcpt c@c.test\n" MAIL OK "C RCPT TO:<c@c.test>\n" TAKEN},
		{.name = "AUTH= of who is logged in is passed on", .login = true, .from_params = "AUTH=ann",
			.text = IN "? rcpt b@b.test\nC MAIL FROM:<ann@a.test> AUTH=ann\n" OK RCPT TAKEN},
	};

	PLAY(t);
}

static void
etrn(void)
{
	static const struct relay_script t[] = {
		{.name = "passed on", .text = "? etrn b.test\n" GREETED("ETRN") "C ETRN b.test\nS 253 ok\n= 253 ok\n"},
		{.name = "not offered",
			.text = "? etrn b.test\n" GREETED("SIZE")
				"= 451 4.3.0 mail server lacks an extension in use, try again later (proxy)\n"},
		{.name = "lost", .text = "? etrn b.test\n" GREETED("ETRN") "C ETRN b.test\nlost\ntrouble 0 lost\nhang up\n"
			"= 451 4.4.2 connection to the mail server was lost, try again later (proxy)\n"},
		{.name = "334", .text = "? etrn b.test\n" GREETED("ETRN") "C ETRN b.test\nS 334 x\ntrouble 0 garbage\nhang up\n"
			"= 451 4.3.0 mail server gave no sound answer, try again later (proxy)\n"},
		{.name = "a control character", .text = "? etrn b\x01\n" GREETED("ETRN")
			"= 451 4.3.0 mail server lacks an extension in use, try again later (proxy)\n"},
	};

	PLAY(t);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"AUTH", auth},
		{"who is known", who_is_known},
		{"ETRN", etrn},
	};

	return unit_main("front/relay/relay_exchange", tests, sizeof(tests) / sizeof(*tests));
}
