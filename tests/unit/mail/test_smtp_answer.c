/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_answer.h"
#include "tests/lib/unit.h"
#include "util/buf.h"
#include "util/limits.h"

static const struct {
	const char *name, *in;
	int code;
	const char *enhanced, *text; /* NULL: absent */
	const char *rest;
} good[] = {
	{"one line", "250 2.1.0 Ok\r\n", 250, "2.1.0", "Ok", ""},
	{"no enhanced code", "250 Ok\r\n", 250, NULL, "Ok", ""},
	{"only the code", "250\r\n", 250, NULL, "", ""},
	{"code and blank", "250 \r\n", 250, NULL, "", ""},
	{"only an enhanced code", "250 2.0.0\r\n", 250, "2.0.0", "", ""},
	{"LF", "250 Ok\n", 250, NULL, "Ok", ""},
	{"several lines", "250-a\r\n250-b c\r\n250 d\r\n", 250, NULL, "a\nb c\nd", ""},
	{"last line bare", "250-a\r\n250\r\n", 250, NULL, "a\n", ""},
	{"enhanced on each", "550-5.1.1 a\r\n550 5.1.1 b\r\n", 550, "5.1.1", "a\nb", ""},
	{"enhanced on one only", "550-5.1.1 a\r\n550 b\r\n", 550, NULL, "5.1.1 a\nb", ""},
	{"enhanced on the second only", "550-a\r\n550 5.1.1 b\r\n", 550, NULL, "a\n5.1.1 b", ""},
	{"two enhanced codes", "550-5.1.1 a\r\n550 5.1.2 b\r\n", 550, NULL, "5.1.1 a\n5.1.2 b", ""},
	{"empty line among enhanced ones", "550-5.1.1 a\r\n550-\r\n550 5.1.1 b\r\n", 550, "5.1.1", "a\n\nb", ""},
	{"enhanced of another class", "550 4.1.1 a\r\n", 550, NULL, "4.1.1 a", ""},
	{"not quite an enhanced code", "250 2.1.0: a\r\n", 250, NULL, "2.1.0: a", ""},
	{"a challenge", "334 VXNlcm5hbWU6\r\n", 334, NULL, "VXNlcm5hbWU6", ""},
	{"second digit beyond the RFC", "571 no\r\n", 571, NULL, "no", ""},
	{"what follows stays", "250 a\r\n354 b\r\n", 250, NULL, "a", "354 b\r\n"},
	{"8-bit and CR are raw", "250 \xc3\xbc\r!\r\n", 250, NULL, "\xc3\xbc\r!", ""},
};

static void
answers(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct view in = view_str(good[i].in);
		struct smtp_answer r = {0};
		size_t used = 0;

		UNIT_CASE(smtp_answer_read(in, a, &used, &r) == SMTP_ANSWER_OK, good[i].name);
		UNIT_CASE(r.code == good[i].code, good[i].name);
		UNIT_CASE(good[i].enhanced ? view_eq_str(r.enhanced, good[i].enhanced) : !r.enhanced.p, good[i].name);
		UNIT_CASE(view_eq_str(r.text, good[i].text), good[i].name);
		UNIT_CASE(view_eq_str(view_skip(in, used), good[i].rest), good[i].name);
		for (size_t n = 0; n < used; n++)
			UNIT_CASE(smtp_answer_read(view_head(in, n), a, &used, &r) == SMTP_ANSWER_MORE, good[i].name);
	}
	arena_free(a);
}

static void
garbage(void)
{
	static const char *const bad[] = {"\r\n", "\n", "hello\r\n", "2", "25\r\n", "2x0 a\r\n", "150 a\r\n", "650 a\r\n",
		"050 a\r\n", "250x\r\n", "2500 a\r\n", "250-a\r\n251 b\r\n", "250-a\r\nb\r\n", "250-a\r\n\r\n", " 250 a\r\n",
		"\x16\x03\x01", "250\ta\r\n", "-25 a\r\n"};
	struct arena *a = arena_new();
	struct smtp_answer r;
	size_t used;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		enum smtp_answer_status want = strlen(bad[i]) == 1 && bad[i][0] == '2' ? SMTP_ANSWER_MORE : SMTP_ANSWER_BAD;

		UNIT_CASE(smtp_answer_read(view_str(bad[i]), a, &used, &r) == want, bad[i]);
	}
	CU_ASSERT_EQUAL(smtp_answer_read(VIEW("250 a\0b\r\n"), a, &used, &r), SMTP_ANSWER_BAD);
	CU_ASSERT_EQUAL(smtp_answer_read(VIEW("h"), a, &used, &r), SMTP_ANSWER_BAD);
	arena_free(a);
}

static void
ceilings(void)
{
	static const struct {
		const char *name;
		int lines, width; /* bytes of each with its CRLF */
		bool ok;
	} t[] = {
		{"longest line", 1, SMTP_ANSWER_LINE_MAX + 1, true},
		{"longer line", 1, SMTP_ANSWER_LINE_MAX + 2, false},
		{"most lines", SMTP_ANSWER_LINES, 10, true},
		{"more lines", SMTP_ANSWER_LINES + 1, 10, false},
		{"longest answer", 32, 1024, true},
		{"longer answer", 33, 1024, false},
	};
	struct arena *a = arena_new();
	struct buf b;

	buf_init(&b, 2 * SMTP_ANSWER_MAX);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct smtp_answer r;
		size_t used;

		buf_reset(&b);
		for (int l = 0; l < t[i].lines; l++)
			buf_printf(&b, "250%c%0*d\r\n", l + 1 < t[i].lines ? '-' : ' ', t[i].width - 6, 0);
		UNIT_CASE((smtp_answer_read(buf_view(&b), a, &used, &r) == SMTP_ANSWER_OK) == t[i].ok, t[i].name);
		if (!t[i].ok) /* it is bad before it ends */
			UNIT_CASE(smtp_answer_read(view_head(buf_view(&b), b.n - 1), a, &used, &r) == SMTP_ANSWER_BAD,
				t[i].name);
	}
	buf_done(&b);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"answers, whole and growing", answers},
	{"what is none", garbage},
	{"ceilings", ceilings},
};

int
main(void)
{
	return unit_main("mail/smtp/smtp_answer", tests, sizeof(tests) / sizeof(*tests));
}
