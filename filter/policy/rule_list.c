/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule_list.h"

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
add(struct rule_set *s, struct list *l, struct view item, struct view second,
	const struct place *at)
{
	struct list_note note;

	if (!list_add(l, item, second, &note) || note.warning)
		say(s, list_kind(l), *at, &note);
}

static void
take_out(struct rule_set *s, struct list *l, struct view item, struct view second,
	const struct place *at)
{
	if (!list_remove(l, item, second))
		diag_warn(s->diag, at, "unused", NULL, "'%.*s' is not in this list",
			VIEW_ARG(view_head(item, 80)));
}

typedef void item_fn(struct rule_set *s, struct list *l, struct view item, struct view second,
	const struct place *at);

/* ---- sets ---- */

static void
each_of_set(struct rule_set *s, struct list *l, const struct ast_set *set, item_fn *fn)
{
	for (const struct ast_item *i = set->items; i; i = i->next)
		fn(s, l, i->word.text, i->second ? i->second->text : absent, &i->word.at);
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
each_of_text(struct rule_set *s, struct list *l, struct view text, struct place at, item_fn *fn)
{
	struct view line, item, second = absent;

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = view_skip(text, 3);
	while (view_split(&text, '\n', &line)) {
		at.line++;
		at.source = view_trim(line).n ? line : VIEW("");
		item = view_trim(without_comment(list_kind(l), view_trim(line)));
		if (item.n == 0)
			continue;
		at.column = (uint32_t)(item.p - line.p) + 1;
		at.width = (uint32_t)item.n;
		if (list_kind(l) == LIST_PAIRS)
			second = second_word(&item);
		fn(s, l, item, second, &at);
	}
}

static void
each_of_file(struct rule_set *s, struct list *l, const struct ast_source *from, item_fn *fn)
{
	struct arena *a = arena_new();
	struct place at = {.file = view_str(from->path)};
	const char *why;
	struct view text;
	enum source_end end =
		source_read(s->options->source, from->path, LIST_FILE_MAX, a, &text, &why);

	if (end == SOURCE_OK)
		each_of_text(s, l, text, at, fn);
	else if (end == SOURCE_BAD || !from->optional)
		diag_error(s->diag, &from->file->at,
			end == SOURCE_NONE ? "create it, or write 'optional' behind it" : NULL,
			"list file %s: %s", from->path, why);
	arena_free(a);
}

static void
each_of_part(struct rule_set *s, struct list *l, const struct list_part *part, item_fn *fn)
{
	for (const struct ast_source *from = part->sources; from; from = from->next) {
		if (from->set)
			each_of_set(s, l, from->set, fn);
		else
			each_of_file(s, l, from, fn);
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
fill_preset(struct rule_set *s, struct list_def *l)
{
	struct place at = {
		.file = l->preset->file, .line = l->preset->line, .column = 1, .width = 1};

	for (size_t i = 0; i < l->preset->n; i++)
		add(s, l->list, l->preset->items[i], absent, &at);
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

	l->list = open_list(s, l->type, l->first, l->second);
	if (!pair_type_fits(s, l, l->first) || !pair_type_fits(s, l, l->second))
		return;
	if (l->preset)
		fill_preset(s, l);
	for (const struct list_part *p = l->parts; p; p = p->next)
		if (!p->remove)
			each_of_part(s, l->list, p, add);
	for (const struct list_part *p = l->parts; p; p = p->next)
		if (p->remove)
			each_of_part(s, l->list, p, take_out);
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

	each_of_set(s, l, set, add);
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
