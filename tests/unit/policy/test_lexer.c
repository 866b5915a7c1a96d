/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/lexer.h"

#include <stdio.h>
#include <time.h>

#include "tests/lib/unit.h"
#include "util/buf.h"

/* Every token as KIND:text, separated by blanks: w word, s string, r regex, o operator, p punctuation,
 * "|" the end of a statement, "." the end of the file; "!" behind what belongs to a faulty text. */
static void
tokens(enum lexer_dialect dialect, struct view text, struct buf *out, struct diag *d)
{
	static const char kinds[] = "wsrop";
	struct arena *a = arena_new();
	struct lexer l;
	struct token t;

	lexer_init(&l, dialect, VIEW("f"), text, a, d);
	do {
		lexer_next(&l, &t);
		if (out->n)
			buf_byte(out, ' ');
		if (t.kind == TOKEN_END)
			buf_byte(out, t.last ? '.' : '|');
		else
			buf_printf(out, "%c:%.*s", kinds[t.kind], VIEW_ARG(t.text));
		if (t.broken)
			buf_byte(out, '!');
	} while (t.kind != TOKEN_END || !t.last);
	arena_free(a);
}

#define S(lit) lit, sizeof(lit) - 1

struct row {
	const char *name, *text;
	size_t n;
	const char *want;
	const char *error; /* of the first; NULL: none */
};

static void
run(const struct row *rows, size_t n, enum lexer_dialect dialect)
{
	for (size_t i = 0; i < n; i++) {
		struct diag *d = diag_new();
		struct arena *a = arena_new();
		struct view first;
		struct buf got;

		buf_init(&got, 10000);
		tokens(dialect, view_of(rows[i].text, rows[i].n), &got, d);
		first = diag_first(d, a);
		UNIT_CASE(view_eq_str(buf_view(&got), rows[i].want), rows[i].name);
		if (!view_eq_str(buf_view(&got), rows[i].want))
			printf("  got  %.*s\n  want %s\n", VIEW_ARG(buf_view(&got)), rows[i].want);
		UNIT_CASE(view_eq_str(first, rows[i].error ? rows[i].error : ""), rows[i].name);
		if (!view_eq_str(first, rows[i].error ? rows[i].error : ""))
			printf("  got  %.*s\n", VIEW_ARG(first));
		buf_done(&got);
		arena_free(a);
		diag_free(d);
	}
}

static const struct row good[] = {
	{"nothing", S(""), ".", NULL},
	{"blank lines", S("\n \n\t\n# c\n"), ".", NULL},
	{"statement and continuation", S("rule A\n  when x\nrule B"),
		"w:rule w:A w:when w:x | w:rule w:B .", NULL},
	{"a comment does not continue", S("a\n# b\n  c # d\ne#f"), "w:a w:c | w:e#f .", NULL},
	{"cr lf", S("a b\r\n  c\r\nd\r\n"), "w:a w:b w:c | w:d .", NULL},
	{"byte order mark", S("\xef\xbb\xbfrule"), "w:rule .", NULL},
	{"brackets may close in column 1", S("a {\n  b\n}\nc (\n d\n) e"),
		"w:a p:{ w:b p:} | w:c p:( w:d p:) w:e .", NULL},
	{"strings", S("a \"b c\" \"\" \"\\\"\\\\\" \"#\""), "w:a s:b c s: s:\"\\ s:# .", NULL},
	{"regexes", S("x ~ /a\\/b[/\\]c]/ims /#/"), "w:x o:~ r:/a\\/b[/\\]c]/ims r:/#/ .", NULL},
	{"operators", S("a=b!=c<=d>=e<f>g~h!~i"),
		"w:a o:= w:b o:!= w:c o:<= w:d o:>= w:e o:< w:f o:> w:g o:~ w:h o:!~ w:i .", NULL},
	{"punctuation", S("a(b,c)d"), "w:a p:( w:b p:, w:c p:) w:d .", NULL},
	{"words", S("a.b-c 192.0.2.0/24 2001:db8::1 a@b -1.5 x&y|z"),
		"w:a.b-c w:192.0.2.0/24 w:2001:db8::1 w:a@b w:-1.5 w:x&y|z .", NULL},
	{"operators are words in sets", S("{a=b <x> !c ~ == && a(b)c}d=e"),
		"p:{ w:a=b w:<x> w:!c w:~ w:== w:&& w:a(b)c p:} w:d o:= w:e .", NULL},
	{"pairs in sets", S("{(a=b,\"c\") d}"), "p:{ p:( w:a=b p:, s:c p:) w:d p:} .", NULL},
	{"secrets in words", S("zone {secret:k-1}.a.{secret:b}.org {secret:c}{d}"),
		"w:zone w:{secret:k-1}.a.{secret:b}.org w:{secret:c} p:{ w:d p:} .", NULL},
	{"no secret", S("{secret:} {secret"), "p:{ w:secret: p:} p:{ w:secret .!",
		"f:1:11: '{' is never closed"},
	{"utf-8", S("\xc3\xa4 \"\xe2\x82\xac\xf0\x9f\x93\xa7\""),
		"w:\xc3\xa4 s:\xe2\x82\xac\xf0\x9f\x93\xa7 .", NULL},
	{"a closing bracket too many", S("a )\nb"), "w:a p:) | w:b .", NULL},
};

static const struct row bad[] = {
	{"==", S("a == b"), "w:a o:= w:b .", "f:1:3: '==' is not an operator here"},
	{"=~", S("a =~ b"), "w:a o:~ w:b .", "f:1:3: '=~' is not an operator here"},
	{"&&", S("a&&b"), "w:a w:and w:b .", "f:1:2: '&&' is not an operator here"},
	{"||", S("a || b"), "w:a w:or w:b .", "f:1:3: '||' is not an operator here"},
	{"!", S("!a"), "w:not w:a .", "f:1:1: '!' is not an operator here"},
	{"open string", S("a \"b\nc"), "w:a s:b! |! w:c .", "f:1:3: string is not closed on this line"},
	{"string ends in a backslash", S("a \"b\\"), "w:a s:b\\! .!",
		"f:1:3: string is not closed on this line"},
	{"escape", S("a \"b\\n\" c"), "w:a s:bn w:c .", "f:1:5: '\\n' has no meaning in a text"},
	{"open regex", S("a /b\nc"), "w:a r:/b! |! w:c .",
		"f:1:3: regular expression is not closed on this line"},
	{"class is open", S("a /[/"), "w:a r:/[/! .!",
		"f:1:3: regular expression is not closed on this line"},
	{"regex ends in a backslash", S("a /b\\"), "w:a r:/b\\! .!",
		"f:1:3: regular expression is not closed on this line"},
	{"open brace", S("a { b\nc d"), "w:a p:{ w:b |! w:c w:d .", "f:1:3: '{' is never closed"},
	{"open parenthesis in a brace", S("a { (b }\nc"), "w:a p:{ p:( w:b p:} | w:c .", NULL},
	{"open at the end", S("a ("), "w:a p:( .!", "f:1:3: '(' is never closed"},
	{"not utf-8", S("a\nb \xff c\nd"), "w:a | w:b! w:\xff! w:c! |! w:d .",
		"f:2:3: byte 0xff is not UTF-8"},
	{"overlong utf-8", S("\xc0\xaf"), "w:\xc0\xaf! .!", "f:1:1: byte 0xc0 is not UTF-8"},
	{"cut utf-8", S("a\xe2\x82"), "w:a\xe2\x82! .!", "f:1:2: byte 0xe2 is not UTF-8"},
	{"escape character", S("a \x1b[m"), "w:a! w:\x1b[m! .!", "f:1:3: control character 0x1b"},
	{"C1 control", S("a \xc2\x9b"), "w:a! w:\xc2\x9b! .!", "f:1:3: control character U+009B"},
	{"no C1 control", S("\xc2\xa0"), "w:\xc2\xa0 .", NULL},
	{"embedding", S("a\xe2\x80\xaa"), "w:a\xe2\x80\xaa! .!", "f:1:2: a mark that turns the direction of text, U+202A"},
	{"override", S("\xe2\x80\xae"), "w:\xe2\x80\xae! .!", "f:1:1: a mark that turns the direction of text, U+202E"},
	{"isolate", S("\xe2\x81\xa6"), "w:\xe2\x81\xa6! .!", "f:1:1: a mark that turns the direction of text, U+2066"},
	{"end of isolate", S("\xe2\x81\xa9"), "w:\xe2\x81\xa9! .!", "f:1:1: a mark that turns the direction of text, U+2069"},
	{"no mark", S("\xe2\x80\xaf"), "w:\xe2\x80\xaf .", NULL},
	{"bare cr", S("a\rb"), "w:a! w:b! .!", "f:1:2: control character 0x0d"},
	{"in a comment too", S("a # \xff"), "w:a! .!", "f:1:5: byte 0xff is not UTF-8"},
};

static void
accepts(void)
{
	run(good, sizeof(good) / sizeof(*good), LEXER_RULES);
}

static void
rejects(void)
{
	run(bad, sizeof(bad) / sizeof(*bad), LEXER_RULES);
}

static void
settings(void)
{
	static const struct row rows[] = {
		{"paths", S("a /run/x unix:/y { /z }"), "w:a w:/run/x w:unix:/y p:{ w:/z p:} .", NULL},
	};

	run(rows, 1, LEXER_SETTINGS);
}

static void
nul(void)
{
	static const struct row rows[] = {
		{"alone", S("\0"), "w:", "f:1:1: control character 0x00"},
		{"in a word", S("a b\0c d"), "w:a!", "f:1:4: control character 0x00"},
	};

	for (size_t i = 0; i < 2; i++) {
		struct diag *d = diag_new();
		struct arena *a = arena_new();
		struct buf got;

		buf_init(&got, 1000);
		tokens(LEXER_RULES, view_of(rows[i].text, rows[i].n), &got, d);
		UNIT_VIEW(view_head(buf_view(&got), strlen(rows[i].want)), rows[i].want);
		UNIT_VIEW(diag_first(d, a), rows[i].error);
		buf_done(&got);
		arena_free(a);
		diag_free(d);
	}
}

static void
places(void)
{
	static const struct {
		uint32_t line, column, width;
	} want[] = {{1, 1, 1}, {2, 3, 5}, {2, 8, 1}, {2, 9, 2}, {2, 11, 1}, {4, 1, 1}, {4, 2, 1}};
	struct diag *d = diag_new();
	struct arena *a = arena_new();
	struct lexer l;
	struct token t;

	/* the end of a statement stands behind its last token, not at the next statement */
	lexer_init(&l, LEXER_RULES, VIEW("f"), VIEW("a\r\n  \"b\\\"\"=cd\r\n# c\r\ne"), a, d);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		lexer_next(&l, &t);
		CU_ASSERT_EQUAL(t.at.line, want[i].line);
		CU_ASSERT_EQUAL(t.at.column, want[i].column);
		CU_ASSERT_EQUAL(t.at.width, want[i].width);
		if (t.at.line == 2)
			UNIT_VIEW(t.at.source, "  \"b\\\"\"=cd");
	}
	arena_free(a);
	diag_free(d);
}

static void
allow(void)
{
	static const char text[] = "# allow one, two\n"
				   "a # allow three\n"
				   "  b\n"
				   "#allow four\n";
	static const struct {
		uint32_t line;
		const char *code;
		bool allowed;
	} want[] = {{1, "one", true}, {2, "one", true}, {2, "two", true}, {2, "three", true},
		{3, "one", false}, {3, "three", false}, {4, "four", true}, {5, "four", true}};
	struct diag *d = diag_new();
	struct buf got;

	buf_init(&got, 1000);
	tokens(LEXER_RULES, VIEW(text), &got, d);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct place at = {.file = VIEW("f"), .line = want[i].line, .column = 1};
		size_t before = diag_warnings(d);

		diag_warn(d, &at, want[i].code, NULL, "w");
		UNIT_CASE((diag_warnings(d) == before) == want[i].allowed, want[i].code);
	}
	buf_done(&got);
	diag_free(d);
}

static void
deep(void)
{
	struct diag *d = diag_new();
	struct arena *a = arena_new();
	struct buf text, got;

	buf_init(&text, 1000000);
	buf_init(&got, 10000000);
	for (int i = 0; i < 100000; i++)
		buf_byte(&text, i % 2 ? '(' : '{');
	tokens(LEXER_RULES, buf_view(&text), &got, d);
	CU_ASSERT_EQUAL(diag_errors(d), 1);
	UNIT_VIEW(diag_first(d, a), "f:1:65: brackets are nested more than 64 deep");
	buf_done(&text);
	buf_done(&got);
	arena_free(a);
	diag_free(d);
}

/* A megabyte of any of these takes a moment; were it quadratic, minutes. */
static void
linear(void)
{
	static const char *const pieces[] = {"a", "{", "\"", "\"\\\"", "/[", "(a,", "\xc3\xa4", "# allow x\n",
		"a\n", "{secret:"};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct diag *d = diag_new();
		clock_t start = clock();
		struct buf text, got;

		buf_init(&text, 4000000);
		while (text.n < 1000000)
			buf_str(&text, pieces[i]);
		buf_init(&got, 100);
		tokens(LEXER_RULES, buf_view(&text), &got, d);
		UNIT_CASE(clock() - start < 5 * CLOCKS_PER_SEC, pieces[i]);
		buf_done(&text);
		buf_done(&got);
		diag_free(d);
	}
}

static const struct unit_test tests[] = {
	{"accepts", accepts},
	{"rejects with the place", rejects},
	{"lets words begin with / in settings", settings},
	{"refuses NUL", nul},
	{"knows the place of each token", places},
	{"hands comments of allowance on", allow},
	{"bounds the nesting of brackets", deep},
	{"takes linear time", linear},
};

int
main(void)
{
	return unit_main("policy/parser/lexer", tests, sizeof(tests) / sizeof(*tests));
}
