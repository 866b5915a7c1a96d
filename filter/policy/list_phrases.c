/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/list_phrases.h"

#include <stdlib.h>

#include "util/limits.h"
#include "util/log.h"

struct list_phrases {
	uint8_t class[256]; /* class 0: bytes that no phrase has */
	size_t classes;
	uint32_t *next; /* [state * classes + class]; state 0 is the start */
	bool *found;    /* a phrase ends in this state, or in one of its suffixes */
	uint32_t states;
	size_t cells_cap;
};

static void
assign_classes(struct list_phrases *l, const struct view *phrase, size_t n)
{
	l->classes = 1;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < phrase[i].n; k++) {
			uint8_t c = (uint8_t)view_lower(phrase[i].p[k]);

			if (l->class[c] == 0)
				l->class[c] = (uint8_t)l->classes++;
		}
	}
	for (int c = 'A'; c <= 'Z'; c++)
		l->class[c] = l->class[c + 32];
}

/* False at the ceiling. */
static bool
state_new(struct list_phrases *l)
{
	size_t need = (l->states + 1) * l->classes;

	if (need > PHRASES_CELLS_MAX)
		return false;
	if (need > l->cells_cap) {
		l->cells_cap = need * 2;
		l->next = reallocarray(l->next, l->cells_cap, sizeof(*l->next));
		l->found = reallocarray(l->found, l->cells_cap / l->classes + 1, sizeof(*l->found));
		if (!l->next || !l->found)
			log_die("out of memory");
	}
	memset(l->next + l->states * l->classes, 0, l->classes * sizeof(*l->next));
	l->found[l->states++] = false;
	return true;
}

static bool
add_phrase(struct list_phrases *l, struct view phrase)
{
	uint32_t at = 0;

	for (size_t k = 0; k < phrase.n; k++) {
		size_t cell = at * l->classes + l->class[(uint8_t)phrase.p[k]];

		if (l->next[cell] == 0) {
			if (!state_new(l))
				return false;
			l->next[cell] = l->states - 1;
		}
		at = l->next[cell];
	}
	l->found[at] |= phrase.n > 0;
	return true;
}

/* Turns the trie into an automaton: breadth first, each state's gaps take the row of its longest
 * proper suffix (Aho and Corasick 1975), so that no failure links are left for the search. */
static void
link_suffixes(struct list_phrases *l)
{
	uint32_t *queue = calloc(l->states, sizeof(*queue)),
		 *suffix = calloc(l->states, sizeof(*suffix));
	size_t head = 0, tail = 0;

	if (!queue || !suffix)
		log_die("out of memory");
	queue[tail++] = 0;
	while (head < tail) {
		uint32_t at = queue[head++], *row = l->next + at * l->classes;
		const uint32_t *back = l->next + suffix[at] * l->classes;

		for (size_t c = 0; c < l->classes; c++) {
			if (row[c] == 0) {
				row[c] = at ? back[c] : 0;
				continue;
			}
			suffix[row[c]] = at ? back[c] : 0;
			l->found[row[c]] |= l->found[suffix[row[c]]];
			queue[tail++] = row[c];
		}
	}
	free(queue);
	free(suffix);
}

struct list_phrases *
list_phrases_new(const struct view *phrase, size_t n)
{
	struct list_phrases *l = calloc(1, sizeof(*l));
	bool ok;

	if (!l)
		log_die("out of memory");
	assign_classes(l, phrase, n);
	ok = state_new(l);
	for (size_t i = 0; i < n && ok; i++)
		ok = add_phrase(l, phrase[i]);
	if (!ok) {
		list_phrases_free(l);
		return NULL;
	}
	link_suffixes(l);
	return l;
}

void
list_phrases_free(struct list_phrases *l)
{
	if (!l)
		return;
	free(l->next);
	free(l->found);
	free(l);
}

bool
list_phrases_find(const struct list_phrases *l, struct view text)
{
	uint32_t at = 0;

	for (size_t i = 0; i < text.n; i++) {
		at = l->next[at * l->classes + l->class[(uint8_t)text.p[i]]];
		if (l->found[at])
			return true;
	}
	return false;
}
