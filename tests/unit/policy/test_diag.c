/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/diag.h"

#include <stdlib.h>

#include "tests/lib/unit.h"
#include "util/limits.h"

static struct place
at(const char *file, uint32_t line, uint32_t column, uint32_t width, const char *source)
{
	return (struct place){view_str(file), view_str(source), line, column, width};
}

/* Give back with free. */
__attribute__((noinline)) static char *
shown(const struct diag *d)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	diag_show(d, f);
	fclose(f);
	return text;
}

static void
expect_shown(const struct diag *d, const char *want)
{
	char *text = shown(d);

	UNIT_VIEW(view_str(text), want);
	free(text);
}

static void
form(void)
{
	struct diag *d = diag_new();
	struct place p = at("a.rules", 12, 8, 7, "change ZEN_PBL    score 6");

	diag_error(d, &p, "did you mean 'ZEN'?", "no rule %s to change", "ZEN_PBL");
	expect_shown(d, "a.rules:12:8: error: no rule ZEN_PBL to change\n"
			"   12 | change ZEN_PBL    score 6\n"
			"      |        ^~~~~~~\n"
			"      = did you mean 'ZEN'?\n");
	CU_ASSERT_EQUAL(diag_errors(d), 1);
	CU_ASSERT_EQUAL(diag_warnings(d), 0);
	diag_free(d);
}

static void
notes(void)
{
	struct diag *d = diag_new();
	struct arena *a = arena_new();
	struct place p = at("a.conf", 0, 0, 0, NULL);

	diag_note(d, &p, "as you like", "nothing is %d", 7);
	expect_shown(d, "a.conf: note: nothing is 7\n      = as you like\n");
	CU_ASSERT(diag_errors(d) == 0 && diag_warnings(d) == 0);
	UNIT_VIEW(diag_first(d, a), "");
	arena_free(a);
	diag_free(d);
}

static void
order(void)
{
	static const struct {
		const char *file;
		uint32_t line, column;
	} given[] = {{"b", 1, 1}, {"a", 2, 1}, {"a", 1, 9}, {"a", 1, 3}, {"a", 10, 1}, {"a", 1, 3}};
	struct diag *d = diag_new();

	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
		struct place p = at(given[i].file, given[i].line, given[i].column, 1, NULL);

		diag_error(d, &p, NULL, "%zu", i);
	}
	expect_shown(d, "a:1:3: error: 3\na:1:3: error: 5\na:1:9: error: 2\na:2:1: error: 1\n"
			"a:10:1: error: 4\nb:1:1: error: 0\n");
	diag_free(d);
}

static void
carets(void)
{
	static const struct {
		const char *name, *source;
		uint32_t column, width;
		const char *want;
	} cases[] = {
		{"tabs stay", "\ta\tbc", 4, 2, "\ta\tbc\n      | \t \t^~\n"},
		{"not beyond the line", "abc", 3, 50, "abc\n      |   ^\n"},
		{"behind the line", "abc", 4, 1, "abc\n      |    ^\n"},
		{"far behind the line", "abc", 4000000000, 9, "abc\n      |    ^\n"},
		{"width 0", "abc", 2, 0, "abc\n      |  ^\n"},
		{"one column a byte", "\xc3\xa4 b", 4, 1, "?? b\n      |    ^\n"},
		{"no escape sequences", "\x1b[31mx\x7f", 6, 2, "?[31mx?\n      |      ^~\n"},
		{"empty line", "", 1, 1, "\n      | ^\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct diag *d = diag_new();
		struct place p = at("f", 1, cases[i].column, cases[i].width, cases[i].source);
		char *text;
		const char *source;

		diag_error(d, &p, NULL, "x");
		text = shown(d);
		source = strstr(text, "    1 | ");
		UNIT_CASE(source && strcmp(source + 8, cases[i].want) == 0, cases[i].name);
		free(text);
		diag_free(d);
	}
}

/* A line of megabytes is shown through a window, with the caret where it belongs. */
static void
long_line(void)
{
	static char line[100001];
	struct diag *d = diag_new();
	struct place p;
	char *text;
	const char *source, *caret;

	memset(line, 'a', sizeof(line) - 1);
	line[50000] = 'B';
	p = at("f", 1, 50001, 1, line);
	diag_error(d, &p, NULL, "x");
	text = shown(d);
	source = strstr(text, "    1 | ");
	caret = strstr(text, "      | ");
	CU_ASSERT(strlen(text) < 1200);
	CU_ASSERT(source && caret && strncmp(source + 8, "...a", 4) == 0);
	CU_ASSERT(strchr(source + 8, 'B') - source == strchr(caret, '^') - caret);
	free(text);
	diag_free(d);
}

static void
messages_are_escaped(void)
{
	struct diag *d = diag_new();
	struct place p = at("a\nb", 0, 0, 0, NULL);

	diag_error(d, &p, "\x1b]0;", "no '%s'", "\r\xff");
	expect_shown(d, "a\\x0ab: error: no '\\x0d\\xff'\n      = \\x1b]0;\n");
	diag_free(d);
}

static void
allowed(void)
{
	struct diag *d = diag_new();
	struct place one = at("f", 1, 1, 1, NULL), two = at("f", 2, 1, 1, NULL);
	struct place other = at("g", 1, 1, 1, NULL);

	diag_warn(d, &one, "spoofable", NULL, "before the comment");
	diag_allow(d, one.file, 1, VIEW("spoofable"));
	diag_warn(d, &one, "spoofable", NULL, "after the comment");
	CU_ASSERT_EQUAL(diag_warnings(d), 0);
	diag_warn(d, &one, "slow-regex", NULL, "another code");
	diag_warn(d, &two, "spoofable", NULL, "another line");
	diag_warn(d, &other, "spoofable", NULL, "another file");
	diag_warn(d, &one, NULL, NULL, "no code");
	diag_error(d, &one, NULL, "an error");
	CU_ASSERT_EQUAL(diag_warnings(d), 4);
	expect_shown(d, "f:1:1: warning: another code [slow-regex]\nf:1:1: warning: no code\n"
			"f:1:1: error: an error\nf:2:1: warning: another line [spoofable]\n"
			"g:1:1: warning: another file [spoofable]\n");
	diag_free(d);
}

static void
ceiling(void)
{
	struct diag *d = diag_new();
	struct place p = at("f", 1, 1, 1, NULL);
	char *text;

	for (int i = 0; i < DIAG_MAX + 5; i++)
		diag_warn(d, &p, "w", NULL, "warning");
	for (int i = 0; i < DIAG_MAX + 7; i++)
		diag_error(d, &p, NULL, "error");
	CU_ASSERT_EQUAL(diag_errors(d), DIAG_MAX + 7);
	text = shown(d);
	CU_ASSERT(strstr(text, "error: error\n") != NULL); /* warnings crowd no error out */
	CU_ASSERT(strlen(text) > 16 && !strcmp(text + strlen(text) - 16, "... and 12 more\n"));
	free(text);
	diag_free(d);
}

static void
first_and_json(void)
{
	struct diag *d = diag_new();
	struct arena *a = arena_new();
	struct place one = at("f", 3, 4, 1, "abcdef"), two = at("f", 2, 1, 1, NULL);
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	UNIT_VIEW(diag_first(d, a), "");
	diag_error(d, &one, "h", "late");
	diag_warn(d, &two, "w", NULL, "a \"warning\"");
	UNIT_VIEW(diag_first(d, a), "f:3:4: late");
	diag_json(d, f);
	fclose(f);
	UNIT_VIEW(view_of(text, n),
		"[{\"file\":\"f\",\"line\":2,\"column\":1,\"end-column\":2,\"severity\":\"warning\",\"code\":\"w\","
		"\"message\":\"a \\\"warning\\\"\",\"hint\":null},"
		"{\"file\":\"f\",\"line\":3,\"column\":4,\"end-column\":5,\"severity\":\"error\",\"code\":null,"
		"\"message\":\"late\",\"hint\":\"h\"}]\n");
	free(text);
	arena_free(a);
	diag_free(d);
}

static const struct unit_test tests[] = {
	{"shows file, line, column, source, caret and hint", form},
	{"shows notes, which do not count", notes},
	{"sorts by file, line and column", order},
	{"puts the caret under the place", carets},
	{"shows a long line through a window", long_line},
	{"escapes what a terminal would obey", messages_are_escaped},
	{"drops what a comment allows", allowed},
	{"counts beyond its ceiling", ceiling},
	{"gives the first error, and JSON", first_and_json},
};

int
main(void)
{
	return unit_main("policy/diag", tests, sizeof(tests) / sizeof(*tests));
}
