/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_relay_body -- the message: DATA and BDAT, dots, edits, recipients dropped, quarantine, early ends.
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

#define GREETED "dial 0\nconnected\nS 220 hi\nC EHLO proxy.test\n"
#define MAIL "C MAIL FROM:<ann@a.test>\n"
#define RCPT(x) "C RCPT TO:<" x "@b.test>\n"
#define OK "S 250 2.1.0 ok\n"
#define TAKEN "S 250 2.1.5 ok\n= 250 2.1.5 ok\n"
#define ONE "? rcpt b@b.test\n" GREETED "S 250 b\n" MAIL OK RCPT("b") TAKEN
#define TWO ONE "? rcpt c@b.test\n" RCPT("c") TAKEN
#define ASKED "? message\nC DATA\nS 354 go\n"
#define QUEUED "S 250 2.0.0 queued\n= 250 2.0.0 queued\n"
#define CHUNKING(more) "? rcpt b@b.test\n" GREETED "S 250-b|250-CHUNKING|250 " more "\n" MAIL OK RCPT("b") TAKEN
#define LOST "= 451 4.4.2 connection to the mail server was lost, try again later (proxy)\n"
#define GARBAGE "trouble 0 garbage\nhang up\n= 451 4.3.0 mail server gave no sound answer, try again later (proxy)\n"

static void
data(void)
{
	static const struct relay_script t[] = {
		{.name = "dots are stuffed, wherever the pieces end", .message = ".\r\n..\r\na.\r\n.b", .piece = 1,
			.text = ONE ASKED "C Received: by us\nC \nC ..\nC ...\nC a.\nC ..b\nC .\n" QUEUED},
		{.name = "only CRLF.CRLF ends it", .message = "A: b\r\n\r\nx\n.\r\ny\r.\nz\n",
			.text = ONE ASKED "C Received: by us\nC A: b\nC \nC x\nC ..\nC y .\nC z\nC .\n" QUEUED},
		{.name = "an empty message", .message = "", .text = ONE ASKED "C Received: by us\nC .\n" QUEUED},
		{.name = "it cannot be read", .stalled = true, .text = ONE "? message\nC DATA\nS 354 go\nunreadable\nhang up\n"
						   "= 451 4.3.0 local error, try again later (proxy)\n"},
	};

	PLAY(t);
}

static void
chunks(void)
{
	static const struct relay_script t[] = {
		{.name = "one chunk", .text = CHUNKING("SIZE") "? message\nC BDAT 37 LAST\nC Received: by us\nC Subject: x\n"
			"C \nC body\n" QUEUED},
		{.name = "dots are left alone", .message = ".\r\n",
			.text = CHUNKING("SIZE") "? message\nC BDAT 22 LAST\nC Received: by us\nC \nC .\n" QUEUED},
		{.name = "one after the other", .message = "A: b\r\n\r\nx\r\n", .piece = 8,
			.text = CHUNKING("SIZE") "? message\nC BDAT 25\nC Received: by us\nC A: b\nC \nS 250 ok\n"
				"C BDAT 3 LAST\nC x\n" QUEUED},
		{.name = "one answer too many is none to the last, though it might be sent ahead",
			.message = "A: b\r\n\r\nx\r\n", .piece = 8,
			.text = "? rcpt b@b.test\n" GREETED "S 250-b|250-CHUNKING|250 PIPELINING\n" MAIL
				RCPT("b") "S 250 ok|250 ok\n= 250 ok\n"
				"? message\nC BDAT 25\nC Received: by us\nC A: b\nC \nS 250 ok|250 ok\n" GARBAGE},
		{.name = "a chunk is refused", .message = "A: b\r\n\r\nx\r\n", .piece = 8,
			.text = CHUNKING("SIZE") "? message\nC BDAT 25\nC Received: by us\nC A: b\nC \nS 552 5.2.2 full\n"
				"hang up\n"
				"= 552 5.2.2 full\n"},
		{.name = "lost between chunks: from the start", .message = "A: b\r\n\r\nx\r\n", .piece = 8,
			.text = CHUNKING("SIZE") "? message\nC BDAT 25\nC Received: by us\nC A: b\nC \nlost\n"
				"trouble 0 lost\nhang up\n"
				GREETED "S 250 b\n" MAIL OK RCPT("b") OK "C DATA\nS 354 go\nC Received: by us\nC A: b\nC \n"
					"C x\nC .\n"
				QUEUED},
		{.name = "lost after the last", .text = CHUNKING("SIZE")
			"? message\nC BDAT 37 LAST\nC Received: by us\nC Subject: x\nC \nC body\nlost\ntrouble 0 lost\n"
			"hang up\n" LOST},
	};

	PLAY(t);
}

static void
edits(void)
{
	static struct edit_header h[] = {{EDIT_DELETE, {"X-Spam-Flag", 11}, {NULL, 0}, 2},
		{EDIT_DELETE, {"x-spam-flag", 11}, {NULL, 0}, 1}, {EDIT_ADD, {"X-One", 5}, {"1\n\tfolded", 9}, 0},
		{EDIT_ADD, {"X-Two", 5}, {"2", 1}, 0}};
	static const struct view drop[] = {{"<b@b.test>", 10}, {"d@b.test", 8}}, all[] = {{"b@b.test", 8}, {"c@b.test", 8}};
	static const struct edits fields = {h, 4, NULL, 0}, less = {NULL, 0, drop, 2}, none = {NULL, 0, all, 2};
	static const struct relay_script t[] = {
		{.name = "fields", .edits = &fields, .piece = 7,
			.message = "X-Spam-Flag: YES\r\n really\r\nA: b\r\nX-SPAM-FLAG : no\r\nX-Spam-Flag: third\r\n\r\n"
				"X-Spam-Flag: body\r\n",
			.text = ONE ASKED "C X-Two: 2\nC X-One: 1\nC \\09folded\nC Received: by us\nC A: b\n"
				"C X-Spam-Flag: third\n"
				"C \nC X-Spam-Flag: body\nC .\n" QUEUED},
		{.name = "recipients: the transaction begins anew", .edits = &less,
			.text = TWO "? message\nC RSET\nS 250 ok\n" MAIL OK RCPT("c") OK "C DATA\nS 354 go\n"
				"C Received: by us\nC Subject: x\nC \nC body\nC .\n" QUEUED},
		{.name = "recipients: anew on a new connection", .edits = &less,
			.text = TWO "lost\nhang up\n? message\n" GREETED "S 250 b\n" MAIL OK RCPT("c") OK "C DATA\nS 354 go\n"
				"C Received: by us\nC Subject: x\nC \nC body\nC .\n" QUEUED},
		{.name = "all recipients", .edits = &none, .text = TWO "? message\n= 554 5.5.1 no valid recipients (proxy)\n"},
	};

	PLAY(t);
}

static void
quarantine(void)
{
	static const struct relay_script t[] = {
		{.name = "to one address", .text = TWO "? quarantine q@b.test\nC RSET\nS 250 ok\n" MAIL OK RCPT("q") OK
			"C DATA\nS 354 go\nC Received: by us\nC Subject: x\nC \nC body\nC .\n" QUEUED},
		{.name = "no notice of it",
			.text = "? rcpt b@b.test\n" GREETED "S 250-b|250 DSN\n" MAIL OK RCPT("b") TAKEN
				"? quarantine q@b.test\nC RSET\nS 250 ok\n" MAIL OK "C RCPT TO:<q@b.test> NOTIFY=NEVER\n" OK
				"C DATA\nS 354 go\nC Received: by us\nC Subject: x\nC \nC body\nC .\n" QUEUED},
		{.name = "of a domain that another backend serves", .backends = 2,
			.text = ONE "? quarantine q@c.test\nC QUIT\nleave\ndial 1\nconnected\nS 220 hi\nC EHLO proxy.test\n"
				"S 250 b\n" MAIL OK "C RCPT TO:<q@c.test>\n" OK
				"C DATA\nS 354 go\nC Received: by us\nC Subject: x\nC \nC body\nC .\n" QUEUED},
		{.name = "of a domain that none serves: where the message would go",
			.text = ONE "? quarantine q@c.test\nC RSET\nS 250 ok\n" MAIL OK "C RCPT TO:<q@c.test>\n" OK
				"C DATA\nS 354 go\nC Received: by us\nC Subject: x\nC \nC body\nC .\n" QUEUED},
		{.name = "refused there", .text = ONE "? quarantine q@b.test\nC RSET\nS 250 ok\n" MAIL OK RCPT("q")
			"S 550 no such user\ntrouble 0 unusable\n"
			"= 451 4.3.5 message cannot be put aside, try again later (proxy)\n"},
	};

	PLAY(t);
}

/* An answer within DATA ends it: there is no other way out. */
static void
early(void)
{
	static const struct relay_script t[] = {
		{.name = "a refusal", .stalled = true, .text = ONE ASKED "S 552 5.3.4 too big\nhang up\n= 552 5.3.4 too big\n"},
		{.name = "put off", .stalled = true, .text = ONE ASKED "S 452 4.3.1 full\nhang up\n= 452 4.3.1 full\n"},
		{.name = "accepted before it was sent", .stalled = true, .text = ONE ASKED "S 250 ok\n" GARBAGE},
		{.name = "354 again", .stalled = true, .text = ONE ASKED "S 354 go\n" GARBAGE},
		{.name = "421: from the start, elsewhere", .stalled = true,
			.text = ONE ASKED "S 421 4.3.2 bye\ntrouble 0 lost\nhang up\n" GREETED "S 250 b\n" MAIL OK RCPT("b") OK
				"C DATA\nS 354 go\n"},
		{.name = "the spool, or the backend, stands still", .stalled = true,
			.text = ONE ASKED "silence\ntrouble 0 silent\nhang up\n" LOST},
		{.name = "a chunk accepted that was not sent", .stalled = true,
			.text = CHUNKING("SIZE") "? message\nS 250 ok\n" GARBAGE},
		{.name = "a refusal before the first chunk", .stalled = true,
			.text = CHUNKING("SIZE") "? message\nS 452 4.3.1 full\nhang up\n= 452 4.3.1 full\n"},
	};

	PLAY(t);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"DATA", data},
		{"BDAT", chunks},
		{"edits", edits},
		{"quarantine", quarantine},
		{"early ends", early},
	};

	return unit_main("front/relay/relay_body", tests, sizeof(tests) / sizeof(*tests));
}
