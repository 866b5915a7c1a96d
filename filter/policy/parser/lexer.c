/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/lexer.h"

#include "util/json.h"

void
lexer_init(struct lexer *l, enum lexer_dialect dialect, struct view file, struct view text,
	struct arena *a, struct diag *d)
{
	*l = (struct lexer){.text = text, .file = file, .arena = a, .diag = d, .blank = true};
	l->regexes = dialect == LEXER_RULES;
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		l->text = view_skip(text, 3); /* a byte order mark is not part of the text */
	l->line = view_head(l->text, 0);
	l->end = (struct place){file, l->line, 1, 1, 1};
}

static struct place
place(const struct lexer *l, size_t from, size_t width)
{
	return (struct place){.file = l->file,
		.source = l->line,
		.line = l->number,
		.column = (uint32_t)from + 1,
		.width = (uint32_t)width};
}

/* ---- lines ---- */

/* Length of the UTF-8 sequence at the front of v, 0 if there is none. */
static size_t
sequence(struct view v)
{
	if ((unsigned char)v.p[0] < 0x80)
		return 1;
	for (size_t n = 2; n <= 4 && n <= v.n; n++)
		if (json_utf8(view_head(v, n)))
			return n;
	return 0;
}

/* C1 controls, and marks that turn the direction of text: they make a rule look like another one. */
static unsigned
forbidden(struct view c)
{
	const uint8_t *p = (const uint8_t *)c.p;
	unsigned code = c.n == 2 ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)
		: c.n == 3 ? (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu) : 0;
	bool control = code >= 0x80 && code < 0xa0;
	bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);

	return control || turns ? code : 0;
}

/* The first fault of a line is enough: what follows is mostly the same. */
static void
check_line(struct lexer *l)
{
	for (size_t i = 0, n; i < l->line.n; i += n) {
		char c = l->line.p[i];
		struct place at = place(l, i, 1);
		unsigned code;

		n = sequence(view_skip(l->line, i));
		code = n > 1 ? forbidden(view_of(l->line.p + i, n)) : 0;
		if (n == 1 && ((c >= ' ' && c != 0x7f) || c == '\t'))
			continue;
		if (n > 1 && !code)
			continue;
		l->line_bad = true;
		if (n == 0)
			diag_error(l->diag, &at, "save the file as UTF-8",
				"byte 0x%02x is not UTF-8", (unsigned char)c);
		else if (code)
			diag_error(l->diag, &at, NULL, "%s U+%04X", code < 0xa0 ? "control character"
				: "a mark that turns the direction of text,", code);
		else
			diag_error(l->diag, &at, NULL, "control character 0x%02x",
				(unsigned char)c);
		return;
	}
}

/* False at the end of the file. */
static bool
next_line(struct lexer *l)
{
	struct view rest = view_skip(l->text, l->next);

	if (rest.n == 0)
		return false;
	l->line = view_head(rest, view_find(rest, '\n'));
	l->next += l->line.n < rest.n ? l->line.n + 1 : rest.n;
	if (l->line.n && l->line.p[l->line.n - 1] == '\r')
		l->line.n--;
	l->at = 0;
	l->number++;
	l->line_bad = false;
	l->blank = true;
	check_line(l);
	return true;
}

/* "# allow code, code" */
static void
comment(struct lexer *l)
{
	struct view rest = view_trim(view_skip(l->line, l->at + 1)), word;

	if (rest.n < 6 || memcmp(rest.p, "allow ", 6) != 0)
		return;
	rest = view_skip(rest, 6);
	while (view_split(&rest, ' ', &word)) {
		if (word.n && word.p[word.n - 1] == ',')
			word.n--;
		if (word.n == 0)
			continue;
		diag_allow(l->diag, l->file, l->number, word);
		if (l->blank)
			diag_allow(l->diag, l->file, l->number + 1, word);
	}
}

/* Moves to the next byte of a token; false at the end of the file. */
static bool
skip_blank(struct lexer *l)
{
	for (;;) {
		while (l->at < l->line.n && view_is_space(l->line.p[l->at]))
			l->at++;
		if (l->at < l->line.n && l->line.p[l->at] != '#')
			return true;
		if (l->at < l->line.n)
			comment(l);
		if (!next_line(l))
			return false;
	}
}

/* ---- brackets ---- */

static void
bracket_open(struct lexer *l, char c, const struct place *at)
{
	if (l->depth == EXPR_DEPTH) {
		if (!l->broken)
			diag_error(l->diag, at, NULL, "brackets are nested more than %d deep",
				EXPR_DEPTH);
		l->broken = true;
		return;
	}
	l->open[l->depth++] = (struct bracket){c, *at};
	l->sets += c == '{';
}

/* A bracket that closes nothing is the parser's to report. One that closes an outer one closes all
 * between: there is one mistake, not two. */
static void
bracket_close(struct lexer *l, char c)
{
	char kind = c == ')' ? '(' : '{';
	size_t i = l->depth;

	while (i && l->open[i - 1].kind != kind)
		i--;
	if (i == 0)
		return;
	while (l->depth >= i)
		l->sets -= l->open[--l->depth].kind == '{';
}

static void
bracket_unclosed(struct lexer *l, bool at_end)
{
	const struct bracket *b = &l->open[l->depth - 1];
	char hint[120];

	snprintf(hint, sizeof(hint),
		"a new statement starts in column 1 at line %u; indent continuation lines",
		l->number);
	if (!l->broken)
		diag_error(l->diag, &b->at, at_end ? NULL : hint, "'%c' is never closed", b->kind);
	l->broken = true;
	l->depth = l->sets = 0;
}

/* ---- tokens ---- */

static void
end_statement(struct lexer *l, bool last, struct token *out)
{
	if (l->depth)
		bracket_unclosed(l, last);
	*out = (struct token){TOKEN_END, last, l->broken, VIEW(""), l->end};
	l->broken = false;
}

/* Ends the token that began at `from`. */
static void
token(struct lexer *l, enum token_kind kind, size_t from, struct view text, struct token *out)
{
	*out = (struct token){kind, false, l->broken, text, place(l, from, l->at - from)};
	l->end = place(l, l->at, 1);
	l->blank = false;
}

static void
escape(struct lexer *l, size_t at)
{
	char c = at + 1 < l->line.n ? l->line.p[at + 1] : '"';
	struct place here = place(l, at, 2);

	if (c != '"' && c != '\\')
		diag_error(l->diag, &here, "write \\\\ for a backslash, \\\" for a quote",
			"'\\%c' has no meaning in a text", c);
}

/* string = DQUOTE *( char | "\" DQUOTE | "\\" ) DQUOTE, on one line */
static void
string(struct lexer *l, struct token *out)
{
	size_t from = l->at, n = 0, i;
	size_t escapes = 0;
	char *copy;

	for (i = from + 1; i < l->line.n && l->line.p[i] != '"'; i++) {
		if (l->line.p[i] != '\\')
			continue;
		escape(l, i++);
		escapes++;
	}
	if (i >= l->line.n) {
		struct place at = place(l, from, 1);

		diag_error(l->diag, &at, NULL, "string is not closed on this line");
		l->broken = true;
		i = l->line.n;
	}
	l->at = i < l->line.n ? i + 1 : i;
	if (!escapes) {
		token(l, TOKEN_STRING, from, view_of(l->line.p + from + 1, i - from - 1), out);
		return;
	}
	copy = arena_alloc(l->arena, i - from);
	for (size_t k = from + 1; k < i; k++) {
		if (l->line.p[k] == '\\' && k + 1 < i)
			k++;
		copy[n++] = l->line.p[k];
	}
	token(l, TOKEN_STRING, from, view_of(copy, n), out);
}

/* regex = "/" *( char | "\" char | "[" class "]" ) "/" *ALPHA: in a class "/" needs no backslash */
static void
regex(struct lexer *l, struct token *out)
{
	size_t from = l->at, i;
	bool class = false;

	for (i = from + 1; i < l->line.n && (class || l->line.p[i] != '/'); i++) {
		if (l->line.p[i] == '\\')
			i++;
		else if (l->line.p[i] == '[')
			class = true;
		else if (l->line.p[i] == ']')
			class = false;
	}
	if (i >= l->line.n) {
		struct place at = place(l, from, 1);

		diag_error(l->diag, &at, "end it with / ; write \\/ for a slash inside",
			"regular expression is not closed on this line");
		l->broken = true;
		i = l->line.n;
	} else {
		i++;
	}
	while (i < l->line.n && view_is_alpha(l->line.p[i]))
		i++;
	l->at = i;
	token(l, TOKEN_REGEX, from, view_of(l->line.p + from, i - from), out);
}

/* The longest come first. `word` is what an operator of other languages is called here. */
static const struct {
	const char *text, *word;
} operators[] = {{"!=", NULL}, {"!~", NULL}, {"<=", NULL}, {">=", NULL}, {"=~", "~"}, {"==", "="},
	{"&&", "and"}, {"||", "or"}, {"=", NULL}, {"<", NULL}, {">", NULL}, {"~", NULL},
	{"!", "not"}};

static bool
operator(struct lexer *l, struct token *out)
{
	struct view rest = view_skip(l->line, l->at);
	size_t from = l->at;

	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		const char *text = operators[i].text, *word = operators[i].word;
		char hint[32];

		if (!view_eq_str(view_head(rest, strlen(text)), text))
			continue;
		l->at += strlen(text);
		token(l, word && view_is_alpha(word[0]) ? TOKEN_WORD : TOKEN_OP, from,
			view_str(word ? word : text), out);
		if (word) {
			snprintf(hint, sizeof(hint), "write '%s'", word);
			diag_error(l->diag, &out->at, hint, "'%s' is not an operator here", text);
		}
		return true;
	}
	return false;
}

/* "{secret:NAME}" within a word: its length, 0 if it is not there. */
static size_t
secret(struct view v)
{
	static const char opening[] = "{secret:";
	size_t n = sizeof(opening) - 1;

	if (v.n < n || memcmp(v.p, opening, n) != 0)
		return 0;
	while (n < v.n && (view_is_alpha(v.p[n]) || view_is_digit(v.p[n]) || v.p[n] == '-' ||
				  v.p[n] == '_'))
		n++;
	return n > sizeof(opening) - 1 && n < v.n && v.p[n] == '}' ? n + 1 : 0;
}

static bool
is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool
ends_word(const struct lexer *l, size_t i)
{
	char c = l->line.p[i], next = i + 1 < l->line.n ? l->line.p[i + 1] : '\0';
	bool in_pair = l->depth && l->open[l->depth - 1].kind == '(';

	if (view_is_space(c) || c == '{' || c == '}' || c == ',' || c == '"')
		return true;
	if (l->sets)
		return in_pair && (c == '(' || c == ')');
	return is_one_of(c, "()=<>~!") || (is_one_of(c, "&|") && next == c);
}

static void
word(struct lexer *l, struct token *out)
{
	size_t from = l->at, i = from;

	while (i < l->line.n) {
		size_t skip = l->sets ? 0 : secret(view_skip(l->line, i));

		if (!skip && i > from && ends_word(l, i))
			break;
		i += skip ? skip : 1;
	}
	l->at = i;
	token(l, TOKEN_WORD, from, view_of(l->line.p + from, i - from), out);
}

static void
punct(struct lexer *l, struct token *out)
{
	size_t from = l->at++;
	char c = l->line.p[from];

	token(l, TOKEN_PUNCT, from, view_of(l->line.p + from, 1), out);
	if (c == '(' || c == '{')
		bracket_open(l, c, &out->at);
	else if (c != ',')
		bracket_close(l, c);
	out->broken = l->broken;
}

void
lexer_next(struct lexer *l, struct token *out)
{
	bool more = skip_blank(l);
	char c = more ? l->line.p[l->at] : '\0';
	bool closing = l->depth && (c == ')' || c == '}');

	if (!more) {
		end_statement(l, true, out);
		return;
	}
	if (l->at == 0 && l->begun && !closing) {
		l->begun = false;
		end_statement(l, false, out);
		return;
	}
	l->begun = true;
	l->broken |= l->line_bad;
	if (c == '"')
		string(l, out);
	else if (c == '/' && l->regexes)
		regex(l, out);
	else if (is_one_of(c, "(){},") && (l->sets || !secret(view_skip(l->line, l->at))))
		punct(l, out);
	else if (l->sets || !operator(l, out))
		word(l, out);
}
