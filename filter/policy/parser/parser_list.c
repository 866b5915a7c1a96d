/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser_list.h"

#include "policy/source.h"

/* item = ITEM | INT "-" INT | "(" ITEM "," ITEM ")" */
static struct ast_word *
item_word(struct reader *r)
{
	if (!reader_at(r, TOKEN_WORD) && !reader_at(r, TOKEN_STRING) && !reader_at(r, TOKEN_REGEX))
		reader_expected(r, "an item", NULL);
	return reader_keep(r);
}

static struct ast_item *
item(struct reader *r)
{
	struct ast_item *i = arena_new_of(r->arena, struct ast_item);

	if (!reader_take_punct(r, '(')) {
		i->word = *item_word(r);
		return i;
	}
	i->word = *item_word(r);
	reader_punct(r, ',', " between the two of a pair");
	i->second = item_word(r);
	reader_punct(r, ')', " to close the pair");
	return i;
}

/* set = "{" { item [ "," ] } "}" */
struct ast_set *
parser_list_set(struct reader *r)
{
	struct ast_set *s = arena_new_of(r->arena, struct ast_set);
	struct ast_item **last = &s->items;

	s->at = r->now.at;
	reader_punct(r, '{', "");
	while (!r->failed && !reader_at_punct(r, '}')) {
		*last = item(r);
		last = &(*last)->next;
		s->n++;
		reader_take_punct(r, ',');
	}
	reader_punct(r, '}', "");
	return s;
}

/* source = "file" STRING [ "optional" ] | set */
static struct ast_source *
source(struct reader *r)
{
	struct ast_source *s = arena_new_of(r->arena, struct ast_source);

	if (reader_at_punct(r, '{')) {
		s->set = parser_list_set(r);
		return s;
	}
	reader_keyword(r, "file", "file \"...\" or { ... }");
	s->file = reader_string(r, "a file name");
	s->path = source_beside(r->file, s->file->text, r->arena);
	s->optional = reader_take_word(r, "optional");
	return s;
}

static enum list_type
type(struct reader *r, const char *words)
{
	int t = reader_choice(r, "a list type", "unknown list type", words, NULL);

	return t < 0 ? LIST_WORDS : (enum list_type)t;
}

/* In the order of enum list_type. */
#define PLAIN_TYPES "nets domains addresses words phrases regexes countries numbers"

/* list = "list" NAME ltype { source }
 * ltype = "nets" | ... | "numbers" | "pairs" "of" ltype "," ltype */
void
parser_list(struct reader *r, struct ast_statement *s)
{
	struct ast_list *l = arena_new_of(r->arena, struct ast_list);
	struct ast_source **last = &l->sources;

	s->list = l;
	s->name = *reader_name(r, "a list name");
	l->type = type(r, PLAIN_TYPES " pairs");
	if (l->type == LIST_PAIRS) {
		reader_keyword(r, "of", "'of' after 'pairs'");
		l->first = type(r, PLAIN_TYPES);
		reader_punct(r, ',', " between the two types");
		l->second = type(r, PLAIN_TYPES);
	}
	while (reader_at_word(r, "file") || reader_at_punct(r, '{')) {
		*last = source(r);
		last = &(*last)->next;
	}
}

/* "list" NAME ( "add" | "remove" ) source */
void
parser_list_change(struct reader *r, struct ast_statement *s)
{
	struct ast_list *l = arena_new_of(r->arena, struct ast_list);

	s->list = l;
	s->name = *reader_name(r, "a list name");
	l->remove = reader_choice(r, "'add' or 'remove'", "a list cannot", "add remove", NULL) == 1;
	l->sources = source(r);
}
