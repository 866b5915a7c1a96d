/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_reply.h"
#include "tests/lib/unit.h"
#include "util/limits.h"

static void
enhanced(void)
{
	static const char *const good[] = {"2.0.0", "4.7.1", "5.1.10", "5.999.999", "5.7.0"};
	static const char *const bad[] = {"", "5", "5.7", "5.7.", "5..1", "3.7.1", "0.0.0",
		"5.07.1", "5.7.01", "5.1000.1", "5.7.1000", "5.7.1 ", " 5.7.1", "5.7.1.1", "5-7-1",
		"55.7.1", "5.a.1", "5.7.a", "5.7.1\r\n"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		UNIT_CASE(smtp_reply_enhanced_ok(view_str(good[i])), good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		UNIT_CASE(!smtp_reply_enhanced_ok(view_str(bad[i])), bad[i]);
	CU_ASSERT_FALSE(smtp_reply_enhanced_ok((struct view){NULL, 0}));
	CU_ASSERT_FALSE(smtp_reply_enhanced_ok(VIEW("5.7\0001")));
}

static void
codes(void)
{
	static const struct {
		const char *name;
		int code, fallback;
		const char *enhanced, *want;
	} t[] = {
		{"as given", 554, 451, "5.7.1", "554 5.7.1 x"},
		{"temporary", 451, 550, "4.3.0", "451 4.3.0 x"},
		{"zero takes the fallback", 0, 450, "4.7.1", "450 4.7.1 x"},
		{"success is none", 250, 550, "2.0.0", "550 5.7.1 x"},
		{"too big", 600, 550, "5.1.1", "550 5.1.1 x"},
		{"negative", -1, 550, "5.1.1", "550 5.1.1 x"},
		{"both wrong is temporary", 0, 0, "5.1.1", "451 4.7.1 x"},
		{"class disagrees", 451, 451, "5.7.1", "451 4.7.1 x"},
		{"other class disagrees", 550, 451, "4.7.1", "550 5.7.1 x"},
		{"no enhanced code", 421, 451, NULL, "421 4.7.1 x"},
		{"bad enhanced code", 550, 451, "5.7.1\r\n250", "550 5.7.1 x"},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct smtp_reply r = smtp_reply_make(
			t[i].code, t[i].fallback, view_str(t[i].enhanced), VIEW("x"), a);

		UNIT_CASE(view_eq_str(smtp_reply_line(&r, a), t[i].want), t[i].name);
	}
	arena_free(a);
}

static void
texts(void)
{
	static const struct {
		const char *name;
		struct view in;
		const char *want;
	} t[] = {
		{"plain", VIEW("go away"), "go away"},
		{"two lines", VIEW("a\nb"), "a\nb"},
		{"CRLF is one line end", VIEW("a\r\nb"), "a\nb"},
		{"bare CR goes", VIEW("a\rb"), "ab"},
		{"NUL goes", VIEW("a\0b"), "ab"},
		{"escape sequence", VIEW("a\x1b[2Jb"), "a[2Jb"},
		{"tab is a blank", VIEW("a\tb"), "a b"},
		{"DEL and 8-bit", VIEW("\x7f\xc3\xbc\xff"), "????"},
		{"blanks at the ends", VIEW("  a  \n b "), "a\nb"},
		{"empty lines", VIEW("\n\na\n\r\n\nb\n"), "a\nb"},
		{"nothing left", VIEW("\r\n\0 "), "refused by local policy"},
		{"empty", VIEW(""), "refused by local policy"},
		{"per cent signs", VIEW("%s%n"), "%s%n"},
		{"too many lines", VIEW("1\n2\n3\n4\n5\n6\n7\n8\n9"), "1\n2\n3\n4\n5\n6\n7\n8"},
	};
	struct arena *a = arena_new();
	struct smtp_reply r;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		r = smtp_reply_make(550, 550, VIEW("5.7.1"), t[i].in, a);
		UNIT_CASE(view_eq_str(r.text, t[i].want), t[i].name);
	}
	r = smtp_reply_make(450, 450, VIEW("4.7.1"), (struct view){NULL, 0}, a);
	UNIT_VIEW(r.text, "try again later");
	r = smtp_reply_make(550, 550, VIEW("5.7.1"), VIEW("a\nb"), a);
	UNIT_VIEW(smtp_reply_line(&r, a), "550 5.7.1 a b");
	arena_free(a);
}

/* No line of the reply as it is sent is over REPLY_LINE_MAX, and what fits is all there. */
static void
long_lines(void)
{
	static char text[64 * 1024];
	static const struct {
		const char *name, *enhanced;
		size_t n, word, lines; /* blank after each `word` bytes; 0: none */
	} t[] = {
		{"exactly one line", "5.7.1", 500, 0, 1},
		{"one byte more", "5.7.1", 501, 0, 2},
		{"longest enhanced code", "5.999.999", 496, 0, 1},
		{"longest enhanced code and one byte", "5.999.999", 497, 0, 2},
		{"broken at blanks", "5.7.1", 1500, 30, 4},
		{"blank too early", "5.7.1", 700, 0, 2},
		{"cut", "5.7.1", sizeof(text), 50, SMTP_REPLY_LINES},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct smtp_reply r;
		struct view rest, line;
		size_t lines = 0;

		for (size_t j = 0; j < t[i].n; j++)
			text[j] = t[i].word && j % (t[i].word + 1) == t[i].word ? ' ' : 'x';
		r = smtp_reply_make(550, 550, view_str(t[i].enhanced), view_of(text, t[i].n), a);
		for (rest = r.text; view_split(&rest, '\n', &line); lines++) {
			UNIT_CASE(4 + r.enhanced.n + 1 + line.n + 2 <= REPLY_LINE_MAX, t[i].name);
			UNIT_CASE(line.n > 0, t[i].name);
			UNIT_CASE(!t[i].word || line.n % (t[i].word + 1) == t[i].word || !rest.p,
				t[i].name);
		}
		UNIT_CASE(lines == t[i].lines, t[i].name);
	}
	arena_free(a);
}

static void
as_it_is_sent(void)
{
	static const struct {
		struct smtp_reply r;
		const char *want;
	} t[] = {
		{{250, VIEW("2.0.0"), VIEW("ok")}, "250 2.0.0 ok\r\n"},
		{{354, {NULL, 0}, VIEW("go on")}, "354 go on\r\n"},
		{{550, VIEW("5.7.1"), VIEW("a\nb\nc")}, "550-5.7.1 a\r\n550-5.7.1 b\r\n550 5.7.1 c\r\n"},
		{{250, {NULL, 0}, {NULL, 0}}, "250 \r\n"},
		{{334, VIEW(""), VIEW("")}, "334 \r\n"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct buf b;

		buf_init(&b, 1000);
		smtp_reply_write(&t[i].r, &b);
		UNIT_VIEW(buf_view(&b), t[i].want);
		buf_done(&b);
	}
}

static const struct unit_test tests[] = {
	{"enhanced codes", enhanced},
	{"the code rules the class", codes},
	{"texts cannot break a line", texts},
	{"lines have a limit", long_lines},
	{"as it is sent", as_it_is_sent},
};

int
main(void)
{
	return unit_main("mail/smtp/smtp_reply", tests, sizeof(tests) / sizeof(*tests));
}
