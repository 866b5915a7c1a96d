/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_list.h"

#include "policy/source.h"
#include "util/limits.h"

static const struct view absent;

/* ---- items ---- */

static void
say(struct rule_set *s, enum list_type t, struct place at, const struct list_note *note)
{
	const char *hint = note->hint[0] ? note->hint : NULL;

	if (note->at) { /* the fault lies within the item: a regex */
		at.column += (uint32_t)note->at;
		at.width = 1;
	}
	if (note->warning)
		diag_warn(s->diag, &at, t == LIST_REGEXES ? "slow-regex" : "host-bits", hint, "%s",
			note->text);
	else
		diag_error(s->diag, &at, hint, "%s", note->text);
}

static void
add(struct rule_set *s, void *to, struct view item, struct view second, const struct place *at)
{
	struct list *l = to;
	struct list_note note;

	if (!list_add(l, item, second, &note) || note.warning)
		say(s, list_kind(l), *at, &note);
}

static void
take_out(struct rule_set *s, void *from, struct view item, struct view second, const struct place *at)
{
	if (!list_remove(from, item, second))
		diag_warn(s->diag, at, "unused", NULL, "'%.*s' is not in this list",
			VIEW_ARG(view_head(item, 80)));
}

typedef void item_fn(struct rule_set *s, void *to, struct view item, struct view second,
	const struct place *at);

/* Whoever wants the items of a list of this type. */
struct taker {
	item_fn *fn;
	void *to;
	enum list_type type;
};

/* ---- sets ---- */

static void
each_of_set(struct rule_set *s, const struct ast_set *set, const struct taker *t)
{
	for (const struct ast_item *i = set->items; i; i = i->next)
		t->fn(s, t->to, i->word.text, i->second ? i->second->text : absent, &i->word.at);
}

/* ---- files ---- */

static struct view
without_comment(enum list_type t, struct view line)
{
	bool whole = t == LIST_PHRASES || t == LIST_REGEXES;

	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '#' && (i == 0 || (!whole && view_is_space(line.p[i - 1]))))
			return view_head(line, i);
	}
	return line;
}

/* "a b" is two words; a third stays with the second and is refused there. */
static struct view
second_word(struct view *item)
{
	size_t i = 0;
	struct view second;

	while (i < item->n && !view_is_space(item->p[i]))
		i++;
	second = view_trim(view_skip(*item, i));
	*item = view_head(*item, i);
	return second.n ? second : absent;
}

static void
each_of_text(struct rule_set *s, struct view text, struct place at, const struct taker *t)
{
	struct view line, item, second = absent;

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = view_skip(text, 3);
	while (view_split(&text, '\n', &line)) {
		at.line++;
		at.source = view_trim(line).n ? line : VIEW("");
		item = view_trim(without_comment(t->type, view_trim(line)));
		if (item.n == 0)
			continue;
		at.column = (uint32_t)(item.p - line.p) + 1;
		at.width = (uint32_t)item.n;
		if (t->type == LIST_PAIRS)
			second = second_word(&item);
		t->fn(s, t->to, item, second, &at);
	}
}

static void
each_of_file(struct rule_set *s, const struct ast_source *from, const struct taker *t)
{
	struct arena *a = arena_new();
	struct place at = {.file = view_str(from->path)};
	const char *why;
	struct view text;
	enum source_end end =
		source_read(s->options->source, from->path, LIST_FILE_MAX, a, &text, &why);

	if (end == SOURCE_OK)
		each_of_text(s, text, at, t);
	else if (end == SOURCE_BAD || !from->optional)
		diag_error(s->diag, &from->file->at,
			end == SOURCE_NONE ? "create it, or write 'optional' behind it" : NULL,
			"list file %s: %s", from->path, why);
	arena_free(a);
}

static void
each_of_part(struct rule_set *s, const struct list_part *part, const struct taker *t)
{
	for (const struct ast_source *from = part->sources; from; from = from->next) {
		if (from->set)
			each_of_set(s, from->set, t);
		else
			each_of_file(s, from, t);
	}
}

/* ---- lists ---- */

static void
free_list(void *arg)
{
	list_free(arg);
}

static struct list *
open_list(struct rule_set *s, enum list_type t, enum list_type first, enum list_type second)
{
	struct list *l = list_new(t, first, second);
	struct rule_set_list *one = arena_new_of(s->arena, struct rule_set_list);

	*one = (struct rule_set_list){s->all_lists, l};
	s->all_lists = one;
	arena_on_reset(s->arena, free_list, l);
	return l;
}

static void
seal(struct rule_set *s, struct list *l, const struct place *at)
{
	struct list_note note;

	if (!list_seal(l, &note))
		say(s, list_kind(l), *at, &note);
}

static void
each_of_preset(struct rule_set *s, const struct program_list *preset, const struct taker *t)
{
	struct place at = {.file = preset->file, .line = preset->line, .column = 1, .width = 1};

	for (size_t i = 0; i < preset->n; i++)
		t->fn(s, t->to, preset->items[i], absent, &at);
}

/* All that is added; then what is removed. */
static void
each_added(struct rule_set *s, const struct list_def *l, const struct taker *t)
{
	if (l->preset)
		each_of_preset(s, l->preset, t);
	for (const struct list_part *p = l->parts; p; p = p->next)
		if (!p->remove)
			each_of_part(s, p, t);
}

static void
each_removed(struct rule_set *s, const struct list_def *l, const struct taker *t)
{
	for (const struct list_part *p = l->parts; p; p = p->next)
		if (p->remove)
			each_of_part(s, p, t);
}

static bool
pair_type_fits(struct rule_set *s, const struct list_def *l, enum list_type t)
{
	if (l->type != LIST_PAIRS || (t != LIST_PHRASES && t != LIST_REGEXES && t != LIST_PAIRS))
		return true;
	diag_error(s->diag, &l->st->name.at, NULL, "a pair cannot hold %s", list_type_name(t));
	return false;
}

static void
fill(struct rule_set *s, struct list_def *l)
{
	static const struct place nowhere;
	struct list *list = open_list(s, l->type, l->first, l->second);

	l->list = list;
	if (!pair_type_fits(s, l, l->first) || !pair_type_fits(s, l, l->second))
		return;
	each_added(s, l, &(struct taker){add, list, l->type});
	each_removed(s, l, &(struct taker){take_out, list, l->type});
	seal(s, l->list, l->st ? &l->st->name.at : &nowhere);
}

void
rule_list_fill(struct rule_set *s)
{
	for (size_t i = 0; i < s->lists.n; i++)
		fill(s, s->lists.row[i].item);
}

const struct list *
rule_list_of_set(struct rule_set *s, enum list_type t, const struct ast_set *set)
{
	struct list *l = open_list(s, t, t, t);

	each_of_set(s, set, &(struct taker){add, l, t});
	seal(s, l, &set->at);
	return l;
}

const struct list *
rule_list_of_word(struct rule_set *s, enum list_type t, const struct ast_word *w)
{
	struct list *l = open_list(s, t, t, t);

	add(s, l, w->text, absent, &w->at);
	seal(s, l, &w->at);
	return l;
}

/* ---- which item ---- */

struct search {
	const struct list_def *def;
	rule_list_holds *holds;
	void *ctx;
	struct arena *arena;
	struct rule_list_item *out;
	bool found;
};

static void
take_out_quietly(struct rule_set *s, void *from, struct view item, struct view second,
	const struct place *at)
{
	list_remove(from, item, second);
}

/* A list of this item alone, without what is removed from all. */
static void
look_at(struct rule_set *s, void *to, struct view item, struct view second, const struct place *at)
{
	struct search *q = to;
	struct list *one;
	struct list_note note;

	if (q->found)
		return;
	one = list_new(q->def->type, q->def->first, q->def->second);
	if (list_add(one, item, second, &note) && list_seal(one, &note) && q->holds(one, q->ctx)) {
		list_free(one);
		one = list_new(q->def->type, q->def->first, q->def->second);
		list_add(one, item, second, &note);
		each_removed(s, q->def, &(struct taker){take_out_quietly, one, q->def->type});
		q->found = list_seal(one, &note) && q->holds(one, q->ctx);
	}
	list_free(one);
	if (!q->found)
		return;
	*q->out = (struct rule_list_item){arena_copy(q->arena, item), arena_copy(q->arena, second), *at};
	q->out->at.file = arena_copy(q->arena, at->file);
	q->out->at.source = VIEW("");
}

bool
rule_list_which(struct rule_set *s, const struct list_def *l, rule_list_holds *holds, void *ctx,
	struct arena *a, struct rule_list_item *out)
{
	struct search q = {.def = l, .holds = holds, .ctx = ctx, .arena = a, .out = out};

	each_added(s, l, &(struct taker){look_at, &q, l->type});
	return q.found;
}
