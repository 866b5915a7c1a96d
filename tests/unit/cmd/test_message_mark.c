/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/message_mark.h"

#include "tests/lib/unit.h"

#define FIELDS "From: joe@a.example\nTo: kim@b.example\nSubject: a  long\n subject\nDate: today\nMessage-ID: <1@a>\n"

static const char plain[] = FIELDS "\none\ntwo\n";

static const struct {
	const char *name, *text;
	bool same;
} rows[] = {
	{"itself", plain, true},
	{"as delivered",
		"Return-Path: <joe@a.example>\nDelivered-To: kim\nReceived: from x by y\n\twith LMTP; now\n" FIELDS
		"X-Spam-Status: No\nStatus: RO\n\none\ntwo\n", true},
	{"from an mbox", "From joe Sun Nov 22 00:00:00 2026\n" FIELDS "\none\ntwo\n", true},
	{"with CRLF",
		"From: joe@a.example\r\nTo: kim@b.example\r\nSubject: a  long\r\n subject\r\nDate: today\r\n"
		"Message-ID: <1@a>\r\n\r\none\r\ntwo\r\n", true},
	{"in another order, folded elsewhere",
		"Message-ID: <1@a>\nDate: today\nFrom: joe@a.example\nTo: kim@b.example\nSubject: a long subject\n"
		"\none\ntwo\n", true},
	{"no line end at its end", FIELDS "\none\ntwo", true},
	{"blank lines at its end", FIELDS "\none\ntwo\n\n\n", true},
	{"another body", FIELDS "\none\ntwo!\n", false},
	{"no body", FIELDS "\n", false},
	{"another id", "From: joe@a.example\nTo: kim@b.example\nSubject: a  long\n subject\nDate: today\n"
		"Message-ID: <2@a>\n\none\ntwo\n", false},
	{"a second author", "From: ann@a.example\n" FIELDS "\none\ntwo\n", false},
	{"empty", "", false},
};

static void
table(void)
{
	struct arena *a = arena_new();
	struct view want = message_mark(view_str(plain), a);

	CU_ASSERT_EQUAL(want.n, 32);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		UNIT_CASE(view_eq(message_mark(view_str(rows[i].text), a), want) == rows[i].same,
			rows[i].name);
	arena_free(a);
}

static const struct unit_test tests[] = {{"what makes a message the same", table}};

int
main(void)
{
	return unit_main("cmd/message_mark", tests, sizeof(tests) / sizeof(*tests));
}
