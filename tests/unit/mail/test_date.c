/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/date.h"

#include "tests/lib/unit.h"

static const struct {
	const char *in;
	int64_t want; /* INT64_MIN: no date */
} cases[] = {
	{"Thu, 1 Jan 1970 00:00:00 +0000", 0},
	{" Fri, 21 Nov 1997 09:55:06 -0600", 880127706},
	{"Tue, 1 Jul 2003 10:52:37 +0200", 1057049557},
	{"Thu, 13 Feb 1969 23:32:54 -0330", -27723426},
	{"Thu,\r\n 13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)", -27723480},
	{"21 Nov 97 09:55:06 GMT", 880106106},
	{"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880127706},
	{"22 Nov 2026 02:09:21 UTC", 1795313361},
	{"22 Nov 26 02:09:21 Z", 1795313361},
	{"29 Feb 2024 00:00:00 +0000", 1709164800},
	{"29 Feb 2000 00:00:00 +0000", 951782400},
	{"31 Dec 1900 23:59:59 +0000", -2177452801},
	{"31 Dec 9999 23:59:60 +0000", 253402300800},
	{"1 JAN 1970 00:00 EST", 5 * 3600},
	{"1 jan 1970 0:00 pdt", 7 * 3600},
	{"1 Jan 1970 00:00 K", 0},
	{"1 Jan 100 00:00 +0000", 946684800},
	{"1 Jan 1970 00:00:00 +9959", -(99 * 3600 + 59 * 60)},
	{"Sat, 01 Jan 1970 00:00:00 +0000", 0},
	{"", INT64_MIN},
	{"1 Jan 1970 00:00:00", INT64_MIN},
	{"1 Jan 1970 +0000", INT64_MIN},
	{"Thu 1 Jan 1970 00:00:00 +0000", INT64_MIN},
	{"Foo, 1 Jan 1970 00:00:00 +0000", INT64_MIN},
	{"1 Jan 1970 00:00:00 +0000 x", INT64_MIN},
	{"1 Jan 1970 00:00:00 +0000 (", INT64_MIN},
	{"1 Jan 1970 00:00:00 +000", INT64_MIN},
	{"1 Jan 1970 00:00:00 +0060", INT64_MIN},
	{"1 Jan 1970 00:00:00 J", INT64_MIN},
	{"1 Jan 1970 00:00:00 MEZ", INT64_MIN},
	{"1 Jan 1970 24:00:00 +0000", INT64_MIN},
	{"1 Jan 1970 00:60:00 +0000", INT64_MIN},
	{"1 Jan 1970 00:00:61 +0000", INT64_MIN},
	{"1 Jan 1970 00:0:00 +0000", INT64_MIN},
	{"1 Jan 1970 00:00: +0000", INT64_MIN},
	{"0 Jan 1970 00:00:00 +0000", INT64_MIN},
	{"32 Jan 1970 00:00:00 +0000", INT64_MIN},
	{"29 Feb 1900 00:00:00 +0000", INT64_MIN},
	{"30 Feb 2024 00:00:00 +0000", INT64_MIN},
	{"31 Apr 2024 00:00:00 +0000", INT64_MIN},
	{"1 January 1970 00:00:00 +0000", INT64_MIN},
	{"1 1 1970 00:00:00 +0000", INT64_MIN},
	{"1 Jan 1899 00:00:00 +0000", INT64_MIN},
	{"1 Jan 10000 00:00:00 +0000", INT64_MIN},
	{"1 Jan 7 00:00:00 +0000", INT64_MIN},
	{"Jan 1 1970 00:00:00 +0000", INT64_MIN},
	{"1970-01-01T00:00:00Z", INT64_MIN},
};

static void
values(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t got = INT64_MIN;

		UNIT_CASE(date_parse(view_str(cases[i].in), &got) == (cases[i].want != INT64_MIN), cases[i].in);
		UNIT_CASE(got == cases[i].want, cases[i].in);
	}
}

static void
writes(void)
{
	static const struct {
		int64_t at;
		const char *want;
	} t[] = {
		{0, "Thu, 1 Jan 1970 00:00:00 +0000"},
		{1795313361, "Sun, 22 Nov 2026 02:09:21 +0000"},
		{1709164799, "Wed, 28 Feb 2024 23:59:59 +0000"},
		{253402300799, "Fri, 31 Dec 9999 23:59:59 +0000"},
	};
	struct buf b;

	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		int64_t back = -1;

		buf_reset(&b);
		date_write(t[i].at, &b);
		UNIT_VIEW(buf_view(&b), t[i].want);
		UNIT_CASE(date_parse(buf_view(&b), &back) && back == t[i].at, t[i].want);
	}
	buf_done(&b);
}

static const struct unit_test tests[] = {{"dates of RFC 5322", values}, {"dates written", writes}};

int
main(void)
{
	return unit_main("mail/date", tests, sizeof(tests) / sizeof(*tests));
}
