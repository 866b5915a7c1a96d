/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/reader.h"

#include <stdarg.h>

#include "policy/parser/literal.h"
#include "policy/suggest.h"

enum { MESSAGE_MAX = 600, SHOWN_MAX = 60 };

void
reader_init(struct reader *r, enum lexer_dialect dialect, struct view file, struct view text,
	struct arena *a, struct diag *d)
{
	*r = (struct reader){.arena = a, .diag = d, .file = file};
	lexer_init(&r->lexer, dialect, file, text, a, d);
	lexer_next(&r->lexer, &r->now);
}

static void
to_end(struct reader *r)
{
	while (r->now.kind != TOKEN_END)
		lexer_next(&r->lexer, &r->now);
}

bool
reader_begin(struct reader *r)
{
	r->failed = false;
	r->level = 0;
	r->clauses = r->clause = NULL;
	for (;;) {
		if (r->now.kind == TOKEN_END && r->now.last)
			return false;
		if (r->now.kind == TOKEN_END) {
			lexer_next(&r->lexer, &r->now);
			continue;
		}
		if (r->now.at.column == 1)
			return true;
		if (!r->now.broken)
			diag_error(r->diag, &r->now.at, "remove the blanks before it",
				"a statement starts in column 1");
		to_end(r);
	}
}

void
reader_skip(struct reader *r)
{
	if (r->now.kind != TOKEN_END)
		lexer_next(&r->lexer, &r->now);
}

/* ---- clauses ---- */

static const char *
position(const struct place *at)
{
	return at->source.p + at->column - 1;
}

struct view
reader_text(const struct reader *r, const struct place *from)
{
	const char *p = position(from);

	return view_trim(view_of(p, (size_t)(position(&r->now.at) - p)));
}

static void
end_clause(struct reader *r)
{
	if (r->clause)
		r->clause->text = reader_text(r, &r->clause->at);
}

void
reader_clause(struct reader *r)
{
	struct ast_clause *c = arena_new_of(r->arena, struct ast_clause);

	end_clause(r);
	c->at = r->now.at;
	if (r->clause)
		r->clause->next = c;
	else
		r->clauses = c;
	r->clause = c;
}

struct ast_clause *
reader_clauses(struct reader *r)
{
	end_clause(r);
	return r->clauses;
}

/* ---- errors ---- */

__attribute__((format(printf, 4, 0))) static void
fail(struct reader *r, const struct place *at, const char *hint, const char *fmt, va_list ap)
{
	char text[MESSAGE_MAX];

	if (!r->failed && !r->now.broken) {
		vsnprintf(text, sizeof(text), fmt, ap);
		diag_error(r->diag, at, hint, "%s", text);
	}
	r->failed = true;
	if (r->now.kind != TOKEN_END)
		r->lexer.broken = true; /* what is left of the statement is not judged */
	to_end(r);
}

void
reader_fail(struct reader *r, const char *hint, const char *fmt, ...)
{
	struct place at = r->now.at;
	va_list ap;

	va_start(ap, fmt);
	fail(r, &at, hint, fmt, ap);
	va_end(ap);
}

void
reader_fail_at(struct reader *r, const struct place *at, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(r, at, hint, fmt, ap);
	va_end(ap);
}

const char *
reader_shown(struct reader *r, const struct token *t)
{
	struct view v = t->text;

	if (t->kind == TOKEN_END)
		return "the end of the statement";
	if (v.n > SHOWN_MAX)
		return arena_printf(r->arena, "'%.*s...'", SHOWN_MAX, v.p).p;
	return arena_printf(r->arena, "'%.*s'", VIEW_ARG(v)).p;
}

void
reader_expected(struct reader *r, const char *what, const char *hint)
{
	if (!r->failed)
		reader_fail(r, hint, "expected %s, found %s", what, reader_shown(r, &r->now));
}

/* ---- what is next ---- */

bool
reader_at(const struct reader *r, enum token_kind kind)
{
	return r->now.kind == kind;
}

bool
reader_at_word(const struct reader *r, const char *word)
{
	return r->now.kind == TOKEN_WORD && view_eq_str(r->now.text, word);
}

bool
reader_at_punct(const struct reader *r, char c)
{
	return r->now.kind == TOKEN_PUNCT && r->now.text.p[0] == c;
}

bool
reader_take_word(struct reader *r, const char *word)
{
	bool here = reader_at_word(r, word);

	if (here)
		reader_skip(r);
	return here;
}

bool
reader_take_punct(struct reader *r, char c)
{
	bool here = reader_at_punct(r, c);

	if (here)
		reader_skip(r);
	return here;
}

int
reader_index(const struct reader *r, const char *words)
{
	struct view rest = view_str(words), one;

	if (r->now.kind != TOKEN_WORD)
		return -1;
	for (int i = 0; view_split(&rest, ' ', &one); i++)
		if (view_eq(one, r->now.text))
			return i;
	return -1;
}

/* ---- what must come ---- */

struct ast_word *
reader_keep(struct reader *r)
{
	struct ast_word *w = arena_new_of(r->arena, struct ast_word);

	w->kind = r->now.kind == TOKEN_STRING ? AST_STRING
		: r->now.kind == TOKEN_REGEX  ? AST_REGEX
					      : AST_WORD;
	w->text = r->now.text;
	w->at = r->now.at;
	reader_skip(r);
	return w;
}

struct ast_word *
reader_word(struct reader *r, const char *what)
{
	if (!reader_at(r, TOKEN_WORD))
		reader_expected(r, what, NULL);
	return reader_keep(r);
}

struct ast_word *
reader_name(struct reader *r, const char *what)
{
	if (!reader_at(r, TOKEN_WORD) || !literal_is_name(r->now.text))
		reader_expected(r, what,
			reader_at(r, TOKEN_WORD) ? "names are lower case, with digits and dashes"
						 : NULL);
	return reader_keep(r);
}

/* "lower_case" -> "write 'LOWER_CASE'" */
static const char *
capitals(struct reader *r)
{
	struct view word = view_head(r->now.text, SHOWN_MAX);
	char *p = arena_cstr(r->arena, word);

	for (size_t i = 0; i < word.n; i++) {
		bool small = p[i] >= 'a' && p[i] <= 'z';

		if (small)
			p[i] = (char)(p[i] - 32);
		else if (!view_is_digit(p[i]) && !view_is_alpha(p[i]))
			p[i] = '_';
	}
	return literal_is_symbol(view_of(p, word.n)) ? arena_printf(r->arena, "write '%s'", p).p
						     : NULL;
}

struct ast_word *
reader_symbol(struct reader *r)
{
	if (!reader_at(r, TOKEN_WORD))
		reader_expected(r, "the name of a rule", NULL);
	else if (r->now.text.n == 1 && view_is_alpha(r->now.text.p[0]))
		reader_fail(r, NULL, "the name of a rule has at least two characters, %s has one",
			reader_shown(r, &r->now));
	else if (!literal_is_symbol(r->now.text))
		reader_fail(r, capitals(r), "rule names are written in capitals, %s is not",
			reader_shown(r, &r->now));
	return reader_keep(r);
}

struct ast_word *
reader_string(struct reader *r, const char *what)
{
	if (!reader_at(r, TOKEN_STRING) && !r->failed)
		reader_fail(r, NULL, "expected %s in double quotes, found %s", what,
			reader_shown(r, &r->now));
	return reader_keep(r);
}

void
reader_keyword(struct reader *r, const char *word, const char *what)
{
	if (!reader_take_word(r, word))
		reader_expected(r, what, NULL);
}

void
reader_punct(struct reader *r, char c, const char *where)
{
	if (!reader_take_punct(r, c) && !r->failed)
		reader_fail(r, NULL, "expected '%c'%s, found %s", c, where,
			reader_shown(r, &r->now));
}

int32_t
reader_score(struct reader *r, struct place *at_out)
{
	int32_t hundredths = 0;

	if (at_out)
		*at_out = r->now.at;
	if (!reader_at(r, TOKEN_WORD) || !literal_score(r->now.text, &hundredths))
		reader_expected(r, "a score such as 2 or -1.5", NULL);
	reader_skip(r);
	return hundredths;
}

struct ast_word *
reader_number(struct reader *r, const char *what, uint64_t max, uint64_t *out)
{
	*out = 0;
	if (!reader_at(r, TOKEN_WORD) || !view_number(r->now.text, max, out))
		reader_expected(r, what, NULL);
	return reader_keep(r);
}

struct ast_word *
reader_duration(struct reader *r, const char *what, uint64_t *ms_out)
{
	*ms_out = 0;
	if (!reader_at(r, TOKEN_WORD) || !literal_duration(r->now.text, ms_out))
		reader_expected(r, what, "durations are 10s, 5m, 1h, 2d");
	return reader_keep(r);
}

struct ast_word *
reader_seconds(struct reader *r, const char *what, uint32_t *out)
{
	struct place at = r->now.at;
	uint64_t ms;
	struct ast_word *w = reader_duration(r, what, &ms);

	if (!r->failed && (ms == 0 || ms % 1000))
		reader_fail_at(r, &at, NULL, "this takes whole seconds, at least one");
	*out = (uint32_t)(ms / 1000);
	return w;
}

struct ast_word *
reader_list(struct reader *r, struct ast_word *(*one)(struct reader *))
{
	struct ast_word *first = one(r), *last = first;

	while (reader_take_punct(r, ',')) {
		last->next = one(r);
		last = last->next;
	}
	return first;
}

int
reader_choice(struct reader *r, const char *what, const char *unknown, const char *words,
	struct ast_word **word_out)
{
	int i = reader_index(r, words);
	const char *hint;
	struct ast_word *w;

	if (i < 0 && reader_at(r, TOKEN_WORD)) {
		hint = suggest_words(r->now.text, words, r->arena);
		if (!hint)
			hint = arena_printf(r->arena, "one of: %s", words).p;
		reader_fail(r, hint, "%s %s", unknown, reader_shown(r, &r->now));
	} else if (i < 0) {
		reader_expected(r, what, NULL);
	}
	w = reader_keep(r);
	if (word_out)
		*word_out = w;
	return i;
}
