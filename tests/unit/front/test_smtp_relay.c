/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_smtp_relay -- transactions with a backend: envelopes, losses, and what no server should say.
 */
#include <stdio.h>

#include "tests/lib/relay_script.h"
#include "tests/lib/unit.h"


#define PLAY(t) play((t), sizeof(t) / sizeof(*(t)))

static void
play(const struct relay_script *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		relay_script_play(&t[i]);
}

#define GREETED "dial 0\nconnected\nS 220 hi\nC EHLO proxy.test\n"
#define PLAIN GREETED "S 250 b.test\n"
#define PIPELINING GREETED "S 250-b.test|250 PIPELINING\n"
#define MAIL "C MAIL FROM:<ann@a.test>\n"
#define RCPT(x) "C RCPT TO:<" x "@b.test>\n"
#define OK "S 250 2.1.0 ok\n"
#define TAKEN(x) "S 250 2.1.5 " x "\n= 250 2.1.5 " x "\n"
#define ONE "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") TAKEN("b")
#define CONTENT "C Received: by us\nC Subject: x\nC \nC body\nC .\n"
#define SENT "C DATA\nS 354 go\n" CONTENT
#define PASSED SENT "S 250 2.0.0 queued\n= 250 2.0.0 queued\n"
#define LOST "= 451 4.4.2 connection to the mail server was lost, try again later (proxy)\n"
#define AWAY "= 451 4.4.1 mail server cannot be reached, try again later (proxy)\n"
#define GARBAGE "= 451 4.3.0 mail server gave no sound answer, try again later (proxy)\n"
#define CHANGED "= 451 4.3.0 a recipient is not accepted any more, try again later (proxy)\n"
#define BROKEN "trouble 0 garbage\nhang up\n" GARBAGE
#define REDIALLED "trouble 0 lost\nhang up\n" PLAIN MAIL OK RCPT("b")

static void
messages(void)
{
	static const struct relay_script t[] = {
		{.name = "one message, then the end",
			.text = ONE "? message\n" PASSED "freed\nC QUIT\nleave\n"},
		{.name = "two messages over one connection",
			.text = ONE "? message\n" PASSED "? rcpt c@b.test\n" MAIL OK RCPT("c") TAKEN("c") "? message\n" PASSED},
		{.name = "recipients one by one, the envelope in one piece",
			.text = "? rcpt b@b.test\n" PIPELINING MAIL RCPT("b") "S 250 ok|250 ok\n= 250 ok\n"
				"? rcpt c@b.test\n" RCPT("c") "S 550 5.1.1 no such user\n= 550 5.1.1 no such user\n"
				"? rcpt d@b.test\n" RCPT("d") "S 451 later\n= 451 4.0.0 later\n"
				"? rcpt e@b.test\n" RCPT("e") "S 251 2.1.5 elsewhere\n= 251 2.1.5 elsewhere\n"
				"? message\n" SENT "S 552-5.2.2 too|552 5.2.2 full\n= 552 5.2.2 too|full\n"},
		{.name = "after a refused message the backend is reset",
			.text = ONE "? message\n" SENT "S 554 5.7.1 spam\n= 554 5.7.1 spam\n"
				"? rcpt c@b.test\nC RSET\nS 250 ok\n" MAIL OK RCPT("c") TAKEN("c")},
		{.name = "reset is answered at once and the next order waits for it",
			.text = ONE "? reset\nC RSET\n= 250 2.0.0 ok (proxy)\n? rcpt c@b.test\nS 250 ok\n" MAIL OK
				RCPT("c") TAKEN("c")},
		{.name = "neither reset nor the end dials",
			.text = "? reset\n= 250 2.0.0 ok (proxy)\nfreed\n"},
		{.name = "the end while the answer to RSET is on its way",
			.text = ONE "? reset\nC RSET\n= 250 2.0.0 ok (proxy)\nfreed\nC QUIT\nleave\n"},
		{.name = "the sender is refused: so is every recipient, at once",
			.text = "? rcpt b@b.test\n" PIPELINING MAIL RCPT("b") "S 550 5.7.1 no|503 5.5.1 no\n"
				"= 550 5.7.1 no (sender)\n? rcpt c@b.test\n= 550 5.7.1 no (sender)\n? reset\nC RSET\n"
				"= 250 2.0.0 ok (proxy)\n"},
		{.name = "the sender is refused, one by one",
			.text = "? rcpt b@b.test\n" PLAIN MAIL "S 452 4.3.1 full\n= 452 4.3.1 full (sender)\n"},
		{.name = "no recipient, no message",
			.text = "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") "S 550 no\n= 550 5.0.0 no\n"
				"? message\n= 554 5.5.1 no valid recipients (proxy)\n"},
		{.name = "DATA refused",
			.text = ONE "? message\nC DATA\nS 451 4.3.0 disk\n= 451 4.3.0 disk\n"},
		{.name = "a multi-line answer with controls, 8-bit and a code of another class",
			.text = "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") "S 550-4.1.1 a\tb|550-\x01\xff|550 c\n"
				"= 550 5.0.0 4.1.1 a b|?|c\n"},
	};

	PLAY(t);
}

static void
parameters(void)
{
	static const struct relay_script t[] = {
		{.name = "what it has",
			.from_params = "SIZE=100 BODY=8BITMIME RET=HDRS ENVID=x",
			.text = "? rcpt b@b.test NOTIFY=NEVER ORCPT=rfc822;b@b.test\n" GREETED
				"S 250-b|250-SIZE 1000|250-8BITMIME|250 DSN\n"
				"C MAIL FROM:<ann@a.test> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=x\n" OK
				"C RCPT TO:<b@b.test> NOTIFY=NEVER ORCPT=rfc822;b@b.test\n" TAKEN("b")},
		{.name = "SIZE and AUTH are left out, and AUTH is a claim",
			.from_params = "SIZE=100 AUTH=ann",
			.text = "? rcpt b@b.test\n" GREETED "S 250-b|250 AUTH PLAIN\n" MAIL OK RCPT("b") TAKEN("b")},
		{.name = "8BITMIME is lacking",
			.from_params = "BODY=8BITMIME",
			.text = "? rcpt b@b.test\n" PLAIN
				"= 451 4.3.0 mail server lacks an extension in use, try again later (proxy)\n"},
		{.name = "DSN is lacking at a recipient, others are taken",
			.text = ONE "? rcpt c@b.test NOTIFY=SUCCESS\n"
				    "= 451 4.3.0 mail server lacks an extension in use, try again later "
				    "(proxy)\n? message\n" PASSED},
		{.name = "DSN is lacking at the first recipient, with pipelining",
			.text = "? rcpt b@b.test NOTIFY=SUCCESS\n" PIPELINING MAIL OK
				"= 451 4.3.0 mail server lacks an extension in use, try again later (proxy)\n"
				"? rcpt c@b.test\n" RCPT("c") TAKEN("c")},
		{.name = "SMTPUTF8 is lacking",
			.from_params = "SMTPUTF8",
			.text = "? rcpt b@b.test\n" PLAIN "= 550 5.6.7 internationalized mail is not supported here (proxy)\n"},
		{.name = "REQUIRETLS without TLS",
			.from_params = "REQUIRETLS",
			.text = "? rcpt b@b.test\n" GREETED "S 250-b|250 REQUIRETLS\n"
				"= 550 5.7.30 REQUIRETLS cannot be kept from here on (proxy)\n"},
		{.name = "REQUIRETLS over verified TLS",
			.from_params = "REQUIRETLS",
			.terms = {.tls = RELAY_TLS_VERIFIED},
			.text = "? rcpt b@b.test\n" GREETED "S 250-b|250 STARTTLS\nC STARTTLS\nS 220 go\ntls\nsecured\n"
				"C EHLO proxy.test\nS 250-b|250 REQUIRETLS\nC MAIL FROM:<ann@a.test> REQUIRETLS\n" OK RCPT("b")
					TAKEN("b")},
	};

	PLAY(t);
}

static void
losses(void)
{
	static const struct relay_script t[] = {
		{.name = "not reached", .text = "? rcpt b@b.test\ndial 0\nlost\ntrouble 0 lost\nhang up\n" AWAY
						"? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") TAKEN("b")},
		{.name = "not connected in time",
			.text = "? rcpt b@b.test\ndial 0\nsilence\ntrouble 0 silent\nhang up\n" AWAY},
		{.name = "no greeting in time",
			.text = "? rcpt b@b.test\ndial 0\nconnected\nsilence\ntrouble 0 silent\nhang up\n" AWAY},
		{.name = "lost at RCPT: dialled again, told again",
			.text = "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") "lost\n" REDIALLED TAKEN("b") "? message\n" PASSED},
		{.name = "421 at MAIL is a loss",
			.text = "? rcpt b@b.test\n" PLAIN MAIL "S 421 4.3.2 shutting down\n" REDIALLED TAKEN("b")},
		{.name = "lost twice",
			.text = "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") "lost\n" REDIALLED "lost\ntrouble 0 lost\n"
				"hang up\n" LOST},
		{.name = "lost between recipients, where nobody waits",
			.text = ONE "lost\nhang up\n? rcpt c@b.test\n" PLAIN MAIL OK RCPT("b") OK RCPT("c") TAKEN("c")},
		{.name = "lost while the message came: the envelope is repeated",
			.text = ONE "lost\nhang up\n? message\n" PLAIN MAIL OK RCPT("b") OK PASSED},
		{.name = "silent goodbye: 421 where nothing was asked",
			.text = ONE "S 421 4.4.2 idle\nhang up\n? message\n" PLAIN MAIL OK RCPT("b") OK PASSED},
		{.name = "lost at DATA", .text = ONE "? message\nC DATA\nlost\n" REDIALLED OK PASSED},
		{.name = "421 instead of 354", .text = ONE "? message\nC DATA\nS 421 bye\n" REDIALLED OK PASSED},
		{.name = "lost after the final dot: never repeated",
			.text = ONE "? message\n" SENT "lost\ntrouble 0 lost\nhang up\n" LOST
				    "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") TAKEN("b")},
		{.name = "silence after the final dot", .text = ONE "? message\n" SENT "silence\ntrouble 0 silent\n"
			"hang up\n" LOST},
		{.name = "421 as the final answer is the backend's refusal",
			.text = ONE "? message\n" SENT "S 421 4.3.2 going down\nhang up\n= 451 4.3.2 going down\n"},
		{.name = "silence at RCPT is not tried again",
			.text = "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") "silence\ntrouble 0 silent\nhang up\n" LOST},
		{.name = "told again, a recipient is refused: nobody is lost",
			.text = ONE "? rcpt c@b.test\n" RCPT("c") TAKEN("c") "lost\nhang up\n"
				"? message\n" PLAIN MAIL OK RCPT("b")
				OK RCPT("c") "S 550 gone\ntrouble 0 unusable\n" CHANGED
				"? rcpt b@b.test\nC RSET\nS 250 ok\n" MAIL OK RCPT("b") TAKEN("b")},
		{.name = "told again, the sender is refused",
			.text = ONE "lost\nhang up\n? rcpt c@b.test\n" PLAIN MAIL "S 550 no\n" CHANGED
				    "? rcpt d@b.test\n" CHANGED "? message\n" CHANGED},
		{.name = "told again to a backend that lacks an extension",
			.from_params = "BODY=8BITMIME",
			.text = "? rcpt b@b.test\n" GREETED "S 250-b|250 8BITMIME\nC MAIL FROM:<ann@a.test> BODY=8BITMIME\n" OK
				RCPT("b") TAKEN("b") "lost\nhang up\n? message\n" PLAIN "trouble 0 unusable\n" CHANGED},
		{.name = "RSET is answered by the end", .text = ONE "? reset\nC RSET\n= 250 2.0.0 ok (proxy)\nlost\nhang up\n"
							      "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") TAKEN("b")},
		{.name = "RSET is answered by the end while an order waits",
			.text = ONE "? reset\nC RSET\n= 250 2.0.0 ok (proxy)\n? rcpt b@b.test\nlost\nhang up\n" PLAIN MAIL OK
				RCPT("b") TAKEN("b")},
	};

	PLAY(t);
}

static void
garbage(void)
{
	static const struct relay_script t[] = {
		{.name = "no SMTP at all", .text = "? rcpt b@b.test\ndial 0\nconnected\nS SSH-2.0-x\ntrouble 0 garbage\n"
			"hang up\n" AWAY},
		{.name = "a greeting of 354", .text = "? rcpt b@b.test\ndial 0\nconnected\nS 354 go\ntrouble 0 garbage\n"
			"hang up\n" AWAY},
		{.name = "greeting and more",
			.text = "? rcpt b@b.test\ndial 0\nconnected\nS 220 hi|250 ok\ntrouble 0 garbage\nhang up\n" AWAY},
		{.name = "354 for a recipient", .text = "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") "S 354 go\n" BROKEN},
		{.name = "354 for a sender", .text = "? rcpt b@b.test\n" PLAIN MAIL "S 354 go\n" BROKEN},
		{.name = "codes that do not agree", .text = "? rcpt b@b.test\n" PLAIN MAIL "S 250-ok|550 no\n" BROKEN},
		{.name = "250 for DATA: the message has not been seen", .text = ONE "? message\nC DATA\nS 250 ok\n" BROKEN},
		{.name = "two answers for one recipient: the second is not the next one's",
			.text = ONE "? rcpt c@b.test\n" RCPT("c") "S 250 ok|250 ok\n" BROKEN
				    "? rcpt d@b.test\n" PLAIN MAIL OK RCPT("b") OK RCPT("d") "S 550 no\n= 550 5.0.0 no\n"},
		{.name = "an answer where none was asked: the message is not taken for accepted",
			.text = ONE "S 250 ok\ntrouble 0 garbage\nhang up\n? message\n" PLAIN MAIL OK RCPT("b") OK PASSED},
		{.name = "354 and the final answer in one", .text = ONE "? message\nC DATA\nS 354 go|250 ok\n" BROKEN},
		{.name = "a second answer to the message: the first counts, the connection does not",
			.text = ONE "? message\n" SENT "S 250 2.0.0 queued|250 ok\nhang up\n= 250 2.0.0 queued\n"
				    "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") TAKEN("b")},
		{.name = "a goodbye behind the answer to the message",
			.text = ONE "? message\n" SENT "S 250 2.0.0 queued|421 bye\nhang up\n= 250 2.0.0 queued\n"},
		{.name = "a goodbye behind the answer to a recipient is a loss",
			.text = "? rcpt b@b.test\n" PLAIN MAIL OK RCPT("b") "S 250 ok|421 bye\n" REDIALLED TAKEN("b")},
		{.name = "a refusal and a goodbye: the refusal counts",
			.text = ONE "? rcpt c@b.test\n" RCPT("c") "S 550 5.1.1 no|421 too many\nhang up\n= 550 5.1.1 no\n"
				    "? rcpt d@b.test\n" PLAIN MAIL OK RCPT("b") OK RCPT("d") TAKEN("d")},
		{.name = "the sender is refused with a goodbye",
			.text = "? rcpt b@b.test\n" PLAIN MAIL "S 550 no|421 bye\nhang up\n= 550 5.0.0 no (sender)\n"
				"? rcpt c@b.test\n= 550 5.0.0 no (sender)\n"},
		{.name = "DATA is refused with a goodbye",
			.text = ONE "? message\nC DATA\nS 452 full|421 bye\nhang up\n= 452 4.0.0 full\n"},
		{.name = "told again, refused with a goodbye",
			.text = ONE "lost\nhang up\n? message\n" PLAIN MAIL OK RCPT("b") "S 550 no|421 bye\nhang up\n" CHANGED},
		{.name = "3xx as the final answer", .text = ONE "? message\n" SENT "S 354 go\n" BROKEN},
		{.name = "garbage as the final answer", .text = ONE "? message\n" SENT "S ok\n" BROKEN},
		{.name = "RSET refused", .text = ONE "? reset\nC RSET\n= 250 2.0.0 ok (proxy)\nS 500 what\n"
			"trouble 0 garbage\nhang up\n"},
		{.name = "NUL in an answer", .text = "? rcpt b@b.test\n" PLAIN MAIL "S 2\n" BROKEN},
	};

	PLAY(t);
}

/* What is too long to be written down. */
static void
floods(void)
{
	static char line[40000], lines[80000];
	struct relay_script t[2] = {{.name = "an endless line", .text = line}, {.name = "an endless answer", .text = lines}};
	size_t n = (size_t)snprintf(line, sizeof(line), "? rcpt b@b.test\ndial 0\nconnected\nS 220 ");

	memset(line + n, 'x', 33000);
	snprintf(line + n + 33000, sizeof(line) - n - 33000, "`\ntrouble 0 garbage\nhang up\n" AWAY);
	n = (size_t)snprintf(lines, sizeof(lines), "? rcpt b@b.test\n" GREETED "S ");
	while (n < 60000)
		n += (size_t)snprintf(lines + n, sizeof(lines) - n, "250-X%zu|", n);
	snprintf(lines + n, sizeof(lines) - n, "`\ntrouble 0 garbage\nhang up\n" AWAY);
	PLAY(t);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"messages", messages},
		{"parameters", parameters},
		{"losses", losses},
		{"garbage", garbage},
		{"endless answers", floods},
	};

	return unit_main("front/smtp/smtp_relay", tests, sizeof(tests) / sizeof(*tests));
}
