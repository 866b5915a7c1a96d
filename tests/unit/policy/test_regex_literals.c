/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/regex/regex_literals.h"

#include <stdlib.h>

#include "policy/regex/regex_set.h"
#include "tests/lib/unit.h"
#include "util/buf.h"

/* ---- what is read ---- */

static const struct {
	const char *source, *want; /* "" = none */
} cases[] = {
	{"/invoice/", "invoice"},
	{"/InVoice/i", "invoice"},
	{"/congratulations/", "congratu"},
	{"/buy_(cheap|CHEAP|order)_pills/", "cheap_pi order_pi"},
	{"/(abc|def)/", "abc def"},
	{"/abc|de/", ""},
	{"/abc|/", ""},
	{"/ab/", ""},
	{"/abc|d.*efgh/", "abc efgh"},
	{"/colou?rs/", "colours colors"},
	{"/colou*rs/", "colo"},
	{"/a+bcd/", "abcd"},
	{"/abc+d/", "abc"},
	{"/(?:abc)+d/", "abcd"},
	{"/(?:abc){2}d/", "abcd"},
	{"/(?:abc){0,}d/", ""},
	{"/(?:abc){0}d/", ""},
	{"/(?:abc){0,3}/", ""},
	{"/(?:abc){1,3}/", "abc"},
	{"/(?:abc)*d/", ""},
	{"/(?:abc)?/", ""},
	{"/(?:abc)??xyz/", "abcxyz xyz"},
	{"/abc{,3}/", ""},
	{"/ab[cd]e/", "abce abde"},
	{"/ab[^c]def/", "def"},
	{"/ab[c-e]fgh/", "fgh"},
	{"/ab[[:digit:]]fgh/", "fgh"},
	{"/ab[]c]d/", "ab]d abcd"},
	{"/ab[\\]c]d/", "ab]d abcd"},
	{"/ab[c-]d/", "abcd ab-d"},
	{"/ab\\.com/", "ab.com"},
	{"/ab\\dcom/", "com"},
	{"/ab\\x41com/", "com"},
	{"/ab\\x{41}com/", "com"},
	{"/ab\\p{Lu}\\pLcom/", "com"},
	{"/(abc)\\1def/", "abc"},
	{"/(abc)\\1*defg/", "defg"},
	{"/(?<n>x)abc\\k<n>\\k{n}\\k'n'\\g1\\g{-1}/", "xabc"},
	{"/\\babc\\b/", "abc"},
	{"/^abc$/m", "abc"},
	{"/abc(?=def)ghi/", "abcghi"},
	{"/(?!abc)x/", ""},
	{"/(?<=abc)xyz/", "xyz"},
	{"/(?<!abc)xyz/", "xyz"},
	{"/(?=abc)*xyz/", "xyz"},
	{"/(?i)kilo/", "kilo \xe2\x84\xaailo"},
	{"/(?i)a(?-i)kilo/", "akilo"},
	{"/(?i:k)ilo/", "kilo \xe2\x84\xaailo"},
	{"/(a(?i)b|kilo)/", ""},
	{"/(abcd(?i)|kilo)/", "abcd kilo \xe2\x84\xaailo"},
	{"/k\xc3\xa4se/", "k\xc3\xa4se"},
	{"/k\xc3\xa4sekuchen/i", "sekuc \xc5\xbf" "ekuc se\xe2\x84\xaa" "uc \xc5\xbf" "e\xe2\x84\xaa" "uc"},
	{"/[k]il/i", "kil \xe2\x84\xaail"},
	{"/a b c/x", "abc"},
	{"/a b c */x", ""},
	{"/abc # d*\n *efgh/x", ""},
	{"/(?x) a b c/", "abc"},
	{"/(?xx)[a b]cd/", ""},
	{"/abc(?#not this)*defg/", "defg"},
	{"/\\Qabc\\E*/", ""},
	{"/abc[\\Qd]\\E]/", ""},
	{"/(*ACCEPT)abc/", ""},
	{"/(*LF)abc/", ""},
	{"/(a)?(?(1)bcd|efg)/", ""},
	{"/(?R)?abc/", "abc"},
	{"/(?&n)abc(?<n>x)/", "abcx"},
	{"/(?P<n>abc)(?P>n)(?P=n)/", "abc"},
	{"/(?'n'abc)/", "abc"},
	{"/(?|abc|def)/", "abc def"},
	{"/(?>abc)/", "abc"},
	{"/(?C1)abc/", ""},
	{"/abc\\Kdef/", "abcdef"},
	{"/\\cAbcd/", "bcd"},
	{"/[\\c]]bcd/", "bcd"},
	{"/ab\\Rcde\\Nfg/", "cde"},
	{"/abc\\/def/", "abc/def"},
	{"/{abc}/", "{abc}"},
	{"//", ""},
};

static void
reads_literals(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view source = view_str(cases[i].source), want = view_str(cases[i].want), word;
		struct regex_note note;
		struct regex *r = regex_new(source, &note);
		struct regex_literals l;
		size_t n = 0;

		UNIT_CASE(r != NULL, cases[i].source);
		regex_free(r);
		regex_literals_read(source, &l);
		while (want.n && view_split(&want, ' ', &word)) {
			bool found = false;

			for (uint8_t k = 0; k < l.n; k++)
				found |= view_eq(view_of(l.literal[k].s, l.literal[k].n), word);
			UNIT_CASE(found, cases[i].source);
			n++;
		}
		UNIT_CASE(l.n == n, cases[i].source);
	}
}

/* ---- random expressions, each with a text that it matches ---- */

static unsigned
dice(unsigned n)
{
	return (unsigned)rand() % n;
}

struct made {
	struct buf pattern;
	bool caseless;
	int depth;
};

static void make(struct made *m, struct buf *text);

static void
make_letter(struct made *m, struct buf *text)
{
	static const char *const letters[] = {"a", "b", "k", "s", "K", "S", "x", "-", "\xc3\xa4", "1"};
	const char *c = letters[dice(10)];
	const char *said = c;

	buf_str(&m->pattern, c);
	if (m->caseless && dice(2))
		said = view_is(view_str(c), "k")   ? "\xe2\x84\xaa"
		       : view_is(view_str(c), "s") ? "\xc5\xbf"
		       : *c == 'a'                 ? "A"
		       : *c == '\xc3'              ? "\xc3\x84"
						   : c;
	buf_str(text, said);
}

static void
make_simple(struct made *m, struct buf *text)
{
	static const struct {
		const char *pattern, *text;
	} rows[] = {{".", "k"}, {"\\d", "7"}, {"[ab]", "b"}, {"[^a]", "x"}, {"[k-s]", "m"}, {"\\.", "."},
		{"[]a]", "]"}, {"[[:alpha:]x]", "q"}, {"\\x41", "A"}, {"\\x{6b}", "k"}, {"\\w", "s"}, {"\\b", ""},
		{"(?=a|)", ""}, {"(?!qqq)", ""}, {"(?#b)", ""}, {"\\p{L}", "s"}, {"\\pL", "b"}, {"[\\]k]", "]"},
		{"(?<!qqq)", ""}, {"\\K", ""}, {"[ak\\-]", "-"}, {"\\N{U+62}", "b"}, {"\\R", "\n"}};
	size_t i = dice(sizeof(rows) / sizeof(*rows));

	buf_str(&m->pattern, rows[i].pattern);
	buf_str(text, rows[i].text);
}

static void
make_group(struct made *m, struct buf *text)
{
	static const char *const opens[] = {"(", "(?:", "(?i:", "(?-i:", "(?|", "(?x:"};
	bool caseless = m->caseless;
	unsigned kind = dice(6), branches = 1 + dice(3), taken = dice(branches);

	buf_str(&m->pattern, opens[kind]);
	m->caseless = kind == 2 || (m->caseless && kind != 3);
	for (unsigned i = 0; i < branches; i++) {
		struct buf none;

		buf_init(&none, 100000);
		buf_str(&m->pattern, i ? "|" : "");
		if (dice(8) == 0) {
			m->caseless = !m->caseless;
			buf_str(&m->pattern, m->caseless ? "(?i)" : "(?-i)");
		}
		make(m, i == taken ? text : &none);
		buf_done(&none);
	}
	buf_str(&m->pattern, ")");
	m->caseless = caseless;
}

static void
make_quantifier(struct made *m, size_t from, struct buf *text)
{
	static const struct {
		const char *text;
		size_t low;
	} rows[] = {{"*", 0}, {"+", 1}, {"?", 0}, {"{0}", 0}, {"{2}", 2}, {"{0,}", 0}, {"{1,}", 1}, {"{0,2}", 0},
		{"{1,3}", 1}, {"*?", 0}, {"+?", 1}, {"??", 0}, {"{2,3}?", 2}, {"{1}", 1}};
	size_t i = dice(sizeof(rows) / sizeof(*rows)), times = rows[i].low, n = text->n - from;

	buf_str(&m->pattern, rows[i].text);
	if (times == 0) {
		text->n = from;
		return;
	}
	for (; times > 1; times--)
		for (size_t k = 0; k < n; k++)
			buf_byte(text, text->p[from + k]);
}

static void
make_piece(struct made *m, struct buf *text)
{
	size_t from = text->n, before = m->pattern.n;
	unsigned what = dice(10);

	if (what == 0 && m->depth < 4) {
		m->depth++;
		make_group(m, text);
		m->depth--;
	} else if (what == 1) {
		make_simple(m, text);
	} else {
		make_letter(m, text);
	}
	if (dice(6) == 0 && m->pattern.p[before] != '\\' && text->n > from)
		make_quantifier(m, from, text);
}

static void
make(struct made *m, struct buf *text)
{
	for (unsigned n = dice(7); n > 0; n--)
		make_piece(m, text);
}

static bool
is_possible(struct view source, struct view text, bool *has_words)
{
	struct regex_literals l;

	regex_literals_read(source, &l);
	*has_words = l.n > 0;
	for (uint8_t i = 0; i < l.n; i++)
		if (view_search_nocase(text, view_of(l.literal[i].s, l.literal[i].n)) < text.n)
			return true;
	return l.n == 0;
}

/* Whatever an expression matches has one of its words in it. */
static void
never_hides_a_match(void)
{
	size_t matched = 0, with_words = 0, spared = 0;

	srand(5);
	for (int round = 0; round < 60000; round++) {
		struct made m = {.caseless = dice(2)};
		struct buf text;
		struct regex_note note;
		struct regex *r;
		bool words, possible;

		buf_init(&m.pattern, 100000);
		buf_init(&text, 100000);
		buf_str(&m.pattern, "/");
		buf_str(&text, "..");
		make(&m, &text);
		buf_printf(&m.pattern, "/%s", m.caseless ? "i" : "");
		buf_str(&text, "..");
		r = regex_new(view_of(m.pattern.p, m.pattern.n), &note);
		if (r) {
			bool yes = regex_find(r, view_of(text.p, text.n)) == REGEX_YES;

			possible = is_possible(view_of(m.pattern.p, m.pattern.n), view_of(text.p, text.n), &words);
			UNIT_CASE(possible || !yes, m.pattern.p);
			matched += yes;
			with_words += yes && words;
			spared += !is_possible(view_of(m.pattern.p, m.pattern.n), VIEW("abc"), &words);
		}
		regex_free(r);
		buf_done(&m.pattern);
		buf_done(&text);
	}
	CU_ASSERT(matched > 40000);
	CU_ASSERT(with_words > 8000);
	CU_ASSERT(spared > 8000);
}

static const struct unit_test tests[] = {
	{"reads literals", reads_literals},
	{"never hides a match", never_hides_a_match},
};

int
main(void)
{
	return unit_main("policy/regex/regex_literals", tests, sizeof(tests) / sizeof(*tests));
}
