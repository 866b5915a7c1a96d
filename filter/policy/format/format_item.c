/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/format/format_item.h"

bool
format_item_is(const struct format_item *i, const char *word)
{
	return !i->comment && view_eq_str(i->text, word);
}

unsigned
format_item_columns(struct view v)
{
	unsigned n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += ((unsigned char)v.p[i] & 0xc0) != 0x80;
	return n;
}

/* ---- tokens and comments ---- */

static struct format_item *
add(struct format_file *f)
{
	if (f->n == f->room) {
		size_t room = f->room ? f->room * 2 : 256;
		struct format_item *more = arena_array(f->arena, room, sizeof(*more));

		if (f->n)
			memcpy(more, f->item, f->n * sizeof(*more));
		f->item = more;
		f->room = room;
	}
	return &f->item[f->n++];
}

/* What stands between two tokens: blanks, line ends and comments. Returns the line ends behind the last
 * comment. */
static unsigned
gap(struct format_file *f, struct view text)
{
	const char *end = text.p + text.n;
	struct view line;
	unsigned newlines = 0;

	while (view_split(&text, '\n', &line)) {
		struct view rest = view_trim(line);

		if (rest.n) {
			struct format_item *i = add(f);

			i->comment = true;
			i->text = rest;
			i->newlines = newlines;
			i->column = (uint32_t)(rest.p - line.p) + 1;
			newlines = 0;
		}
		newlines += line.p + line.n < end;
	}
	return newlines;
}

struct brackets {
	char open[EXPR_DEPTH];
	unsigned depth, sets;
};

static void
put_brackets(struct format_item *i, struct brackets *b)
{
	char c = i->kind == TOKEN_PUNCT ? i->text.p[0] : ',';

	i->depth = b->depth;
	i->inside = b->depth ? b->open[b->depth - 1] : '\0';
	i->in_set = b->sets > 0;
	if ((c == '(' || c == '{') && b->depth < EXPR_DEPTH) {
		b->open[b->depth++] = c;
		b->sets += c == '{';
	} else if ((c == ')' || c == '}') && b->depth) {
		b->sets -= b->open[--b->depth] == '{';
	}
}

static void
read_items(struct format_file *f, struct view text)
{
	struct diag *unsaid = diag_new();
	struct brackets open = {.depth = 0};
	const char *end = text.p;
	struct lexer l;
	struct token t;

	lexer_init(&l, LEXER_RULES, VIEW(""), text, f->arena, unsaid);
	end += text.n - l.text.n; /* a byte order mark */
	do {
		const char *p;
		unsigned newlines;
		struct format_item *i;

		lexer_next(&l, &t);
		if (t.kind == TOKEN_END)
			continue;
		p = t.at.source.p + t.at.column - 1;
		newlines = gap(f, view_of(end, (size_t)(p - end)));
		i = add(f);
		i->text = view_of(p, t.at.width);
		i->kind = t.kind;
		i->line = t.at.line;
		i->column = t.at.column;
		i->newlines = newlines;
		put_brackets(i, &open);
		end = p + t.at.width;
	} while (t.kind != TOKEN_END || !t.last);
	gap(f, view_of(end, (size_t)(text.p + text.n - end)));
	diag_free(unsaid);
}

/* ---- statements ---- */

static bool
stands_at(const struct format_item *i, const struct place *at)
{
	return !i->comment && i->line == at->line && i->column == at->column;
}

static bool
is_allow(const struct format_item *i)
{
	return i->comment &&
	       view_starts_nocase(view_trim(view_skip(i->text, 1)), "allow ");
}

/* `from` is its first item, and the next statement's is not before `end`. */
static void
measure(const struct format_file *f, struct format_statement *s, size_t end)
{
	size_t i;

	s->to = s->from + 1;
	for (i = s->from; i < end; i++)
		if (!f->item[i].comment)
			s->to = i + 1;
	for (i = s->from; i < s->to; i++)
		s->keep |= f->item[i].comment;
	s->keep |= s->from > 0 && is_allow(&f->item[s->from - 1]) && f->item[s->from].newlines == 1;
	s->keep |= s->to < f->n && is_allow(&f->item[s->to]) && f->item[s->to].newlines == 0;
}

static void
read_statements(struct format_file *f, const struct ast *tree)
{
	size_t at = 0, n = 0;

	f->statement = arena_array(f->arena, tree->n, sizeof(*f->statement));
	for (const struct ast_statement *st = tree->first; st; st = st->next) {
		const struct ast_clause *c = st->clauses;

		while (at < f->n && !stands_at(&f->item[at], &st->at))
			at++;
		if (at == f->n)
			break;
		f->item[at].first = true;
		f->statement[n++] = (struct format_statement){.from = at, .kind = st->kind,
			.change = st->change};
		for (size_t i = at; c && i < f->n; i++) {
			f->item[i].clause = stands_at(&f->item[i], &c->at);
			if (f->item[i].clause)
				c = c->next;
		}
	}
	f->n_statements = n;
	for (size_t i = 0; i < n; i++)
		measure(f, &f->statement[i], i + 1 < n ? f->statement[i + 1].from : f->n);
}

void
format_item_read(struct format_file *f, struct view text, const struct ast *tree, struct arena *a)
{
	*f = (struct format_file){.arena = a};
	read_items(f, text);
	if (tree)
		read_statements(f, tree);
}
