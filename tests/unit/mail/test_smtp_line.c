/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_line.h"
#include "tests/lib/unit.h"

enum { MAX = 8 };

static const struct {
	const char *name;
	struct view in;
	enum smtp_line_status want;
	const char *line; /* NULL: absent */
	const char *rest;
} t[] = {
	{"nothing yet", VIEW(""), SMTP_LINE_MORE, NULL, ""},
	{"unfinished", VIEW("NOOP"), SMTP_LINE_MORE, NULL, "NOOP"},
	{"only its CR", VIEW("NOOP\r"), SMTP_LINE_MORE, NULL, "NOOP\r"},
	{"whole", VIEW("NOOP\r\n"), SMTP_LINE_OK, "NOOP", ""},
	{"empty", VIEW("\r\n"), SMTP_LINE_OK, "", ""},
	{"the next stays", VIEW("NOOP\r\nQUIT\r\n"), SMTP_LINE_OK, "NOOP", "QUIT\r\n"},
	{"at its ceiling", VIEW("12345678\r\n"), SMTP_LINE_OK, "12345678", ""},
	{"over its ceiling", VIEW("123456789\r\nQ"), SMTP_LINE_LONG, NULL, "Q"},
	{"CR at its ceiling", VIEW("12345678\r"), SMTP_LINE_MORE, NULL, "12345678\r"},
	{"unfinished over it", VIEW("123456789"), SMTP_LINE_MORE, NULL, ""},
	{"bare LF", VIEW("NOOP\nQUIT\r\n"), SMTP_LINE_BARE_LF, "NOOP", "QUIT\r\n"},
	{"only LF", VIEW("\n"), SMTP_LINE_BARE_LF, "", ""},
	{"bare CR", VIEW("NO\rOP\r\n"), SMTP_LINE_BARE_CR, "NO\rOP", ""},
	{"two CR", VIEW("NOOP\r\r\n"), SMTP_LINE_BARE_CR, "NOOP\r", ""},
	{"both", VIEW("N\rOOP\n"), SMTP_LINE_BARE_LF, "N\rOOP", ""},
	{"8-bit is the command's business", VIEW("\xff\r\n"), SMTP_LINE_OK, "\xff", ""},
};

static void
lines(void)
{
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct smtp_line l = {false};
		struct view in = t[i].in, line = {NULL, 0};

		UNIT_CASE(smtp_line_next(&l, MAX, &in, &line) == t[i].want, t[i].name);
		UNIT_CASE(t[i].line ? view_eq_str(line, t[i].line) : !line.p, t[i].name);
		UNIT_CASE(view_eq_str(in, t[i].rest), t[i].name);
	}
}

static void
nul(void)
{
	struct smtp_line l = {false};
	struct view in = VIEW("NO\0OP\r\nx"), line;

	CU_ASSERT_EQUAL(smtp_line_next(&l, MAX, &in, &line), SMTP_LINE_NUL);
	CU_ASSERT(view_eq(line, VIEW("NO\0OP")));
	UNIT_VIEW(in, "x");
}

/* Whatever the pieces: what is kept has its ceiling, and a long line is said once. */
static void
long_line_in_pieces(void)
{
	static const char bytes[] = "0123456789012345678901234567890123456789\r\nNOOP\r\n";

	for (size_t piece = 1; piece < sizeof(bytes); piece++) {
		struct smtp_line l = {false};
		char kept[sizeof(bytes)];
		size_t n = 0, at = 0;
		int longs = 0, good = 0;

		while (at < sizeof(bytes) - 1) {
			size_t take = sizeof(bytes) - 1 - at < piece ? sizeof(bytes) - 1 - at : piece;
			struct view in, line = {NULL, 0};
			enum smtp_line_status s;

			memcpy(kept + n, bytes + at, take);
			at += take;
			in = view_of(kept, n + take);
			while ((s = smtp_line_next(&l, MAX, &in, &line)) != SMTP_LINE_MORE) {
				longs += s == SMTP_LINE_LONG;
				good += s == SMTP_LINE_OK && view_eq_str(line, "NOOP");
			}
			CU_ASSERT(in.n <= MAX + 1);
			memmove(kept, in.p, in.n);
			n = in.n;
		}
		CU_ASSERT_EQUAL(longs, 1);
		CU_ASSERT_EQUAL(good, 1);
	}
}

static const struct unit_test tests[] = {
	{"lines and their ends", lines},
	{"a NUL", nul},
	{"a long line is skipped, however it comes", long_line_in_pieces},
};

int
main(void)
{
	return unit_main("mail/smtp/smtp_line", tests, sizeof(tests) / sizeof(*tests));
}
