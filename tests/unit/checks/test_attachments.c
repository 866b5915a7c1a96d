/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/attachments.h"

#include <stdlib.h>

#include "tests/lib/raw_message.h"
#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"

enum row { NAME, EXT, TYPE, DOUBLE_EXT, BROKEN, PART_HEADER };

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"

/* Hands the message to the check as the engine does; fake_done is the caller's. */
static struct check_call *
pass(const char *message)
{
	struct check_call *c = fake_new(&attachments_check, STAGE_BODY, NULL, 0);
	struct raw_message *m = arena_new_of(c->arena, struct raw_message);

	raw_message_read(view_str(message), c->arena, m);
	for (size_t i = 0; i < m->n; i++)
		attachments_check.header(c, &m->field[i]);
	for (struct view rest = m->body; rest.n; rest = view_skip(rest, 7))
		attachments_check.body(c, view_head(rest, 7));
	return c;
}

static const struct {
	const char *name, *message, *want[5];
} cases[] = {
	{"plain", "Subject: x\n\nhello\n", {"", "", "", "no", "no"}},
	{"html", "Content-Type: text/html\n\n<p>\n", {"", "", "", "no", "no"}},
	{"named", "Content-Type: image/gif; name=A.GIF\n\nx\n", {"A.GIF", "gif", "image/gif", "no", "no"}},
	{"without a name", "Content-Type: application/X\n\nx\n", {"", "", "application/x", "no", "no"}},
	{"text that says so", "Content-Disposition: attachment\n\nx\n", {"", "", "text/plain", "no", "no"}},
	{"a program", MIXED "--b\n\nsee there\n--b\nContent-Type: application/pdf; name=invoice.pdf\n"
		"Content-Disposition: attachment; filename=\"invoice.pdf.exe\"\n"
		"Content-Transfer-Encoding: base64\n\nTVqQAAMAAAAEAAAA\n--b--\n",
		{"invoice.pdf.exe, invoice.pdf", "exe, pdf", "application/pdf, application/x-dosexec", "yes", "no"}},
	{"in a message", MIXED "--b\nContent-Type: message/rfc822\n\nContent-Type: a/b; name=\"x.scr. \"\n\nx\n--b--\n",
		{"x.scr.", "scr", "message/rfc822, a/b", "no", "no"}},
	{"a program as text", "Content-Type: text/plain\n\nMZ\x90\n", {"", "", "application/x-dosexec", "no", "no"}},
	{"no name to read", "Content-Disposition: attachment; filename=\"...\"\n\nx\n",
		{"...", "", "text/plain", "no", "no"}},
	{"a control byte", "Content-Type: image/gif; name*=utf-8''a%0d%0ab.gi%01f\n\nx\n",
		{"a  b.gi f", "gif", "image/gif", "no", "no"}},
	{"a name that is still encoded", "Content-Type: image/gif; name=\"=?utf-8?x?a?=\"\n\nx\n",
		{"=?utf-8?x?a?=", "", "image/gif", "no", "yes"}},
	{"an encoded message", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQQ==\n",
		{"", "", "message/rfc822", "no", "yes"}},
	{"an encoded message of RFC 6532", "Content-Type: message/global\nContent-Transfer-Encoding: base64\n\nQQ==\n",
		{"", "", "message/global", "no", "no"}},
	{"broken", MIXED "--b\nContent-Type: a/b; name=x.js\n\nx\n", {"x.js", "js", "a/b", "no", "yes"}},
};

static void
values(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct check_call *c = pass(cases[i].message);

		fake_run(c);
		for (enum row r = NAME; r <= BROKEN; r++)
			UNIT_CASE(fake_is(c, r, cases[i].want[r]), cases[i].name);
		fake_done(c);
	}
}

static void
over_a_ceiling(void)
{
	struct check_call *c = pass(MIXED);

	for (size_t i = 0; i < 1100; i++)
		attachments_check.body(c, VIEW("--b\r\n\r\nx\r\n"));
	fake_run(c);
	for (enum row r = NAME; r < BROKEN; r++)
		CU_ASSERT(fake_is(c, r, "?too many parts"));
	CU_ASSERT(fake_is(c, BROKEN, "yes"));
	fake_done(c);
}

static void
too_many(void)
{
	struct check_call *c = pass(MIXED);

	for (size_t i = 0; i < 501; i++)
		attachments_check.body(c, VIEW("--b\r\nContent-Type: a/b; name=x.a\r\n"
			"Content-Disposition: attachment; filename=y.a\r\n\r\nx\r\n"));
	attachments_check.body(c, VIEW("--b--\r\n"));
	fake_run(c);
	CU_ASSERT(fake_is(c, NAME, "?too many"));
	CU_ASSERT(fake_is(c, EXT, "?too many"));
	CU_ASSERT(fake_is(c, BROKEN, "no"));
	fake_done(c);
}

static void
nul(void)
{
	struct check_call *c = pass(MIXED);

	attachments_check.body(c, VIEW("--b\r\nContent-Type: a/b\0; name=x.exe\r\n\r\nx\r\n--b--\r\n"));
	fake_run(c);
	CU_ASSERT(fake_is(c, EXT, "exe"));
	CU_ASSERT(fake_is(c, BROKEN, "yes"));
	fake_done(c);
}

static void
part_headers(void)
{
	static const struct view args[] = {VIEW("content-type"), VIEW("x-y"), VIEW("subject")};
	static const char *const want[] = {"multipart/mixed; boundary=b, a/b", "\xc3\xa4, two", ""};
	struct check_call *c = pass("Subject: x\n" MIXED "--b\nContent-Type: a/b\nX-Y: =?iso-8859-1?q?=E4?=\n\nx\n"
		"--b\nx-y:\n two\n\nx\n--b--\n");
	struct slot slot[3];
	size_t own[] = {0, 1, 2};

	memset(slot, 0, sizeof(slot));
	for (size_t i = 0; i < 3; i++)
		slot[i] = (struct slot){.def = &attachments_check.facts[PART_HEADER], .arg = args[i]};
	c->program.slots = slot;
	c->program.n_slots = c->n_own = 3;
	c->own = own;
	fake_run(c);
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_STRING_EQUAL(fake_text(c, slot[i].def, &c->slot[i]), want[i]);
	fake_done(c);
	c = pass(MIXED);
	for (size_t i = 0; i < 1100; i++)
		attachments_check.body(c, VIEW("--b\r\n\r\nx\r\n"));
	c->program.slots = slot;
	c->program.n_slots = c->n_own = 3;
	c->own = own;
	fake_run(c);
	CU_ASSERT_STRING_EQUAL(fake_text(c, slot[0].def, &c->slot[0]), "?too many parts");
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"files and types", values},
	{"over a ceiling all is unknown", over_a_ceiling},
	{"more items than a list may have", too_many},
	{"a NUL in a header", nul},
	{"part-header(\"X\")", part_headers},
};

int
main(void)
{
	return unit_main("checks/attachments", tests, sizeof(tests) / sizeof(*tests));
}
