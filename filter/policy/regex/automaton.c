/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/regex/automaton.h"

#include <stdlib.h>

#include "util/limits.h"
#include "util/log.h"

/* States are numbered breadth first: the children of one follow each other, those of state s are
 * child[s] up to child[s + 1], and the states with rows are simply the first ones. State 0 is the start. */
struct automaton {
	uint8_t class[256];   /* class 0: bytes that no word has */
	uint32_t classes, states, dense, n_ids;
	uint32_t *row;        /* of states below `dense`: [state * classes + class], the next state */
	uint32_t *child;
	uint32_t *suffix;     /* the state of its longest proper suffix */
	uint32_t *ends;       /* words that end here: 1 + their place in id; 0 = none */
	uint8_t *label;       /* the class that leads here */
	bool *hot;            /* a word ends here or in one of its suffixes */
	uint32_t *id;         /* by sorted word; LAST marks the last of equal ones */
};

enum { LAST = 1u << 31 };

/* What is needed only to build: the sorted words, and which of them go through a state. */
struct builder {
	struct automaton *a;
	struct word {
		struct view text;
		uint32_t id;
	} *word;
	char *lower;
	size_t n;
	uint32_t *low, *high;
};

static void *
room(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		log_die("out of memory (%zu states)", n);
	return p;
}

static int
word_cmp(const void *x, const void *y)
{
	const struct word *a = x, *b = y;
	int c = view_cmp(a->text, b->text);

	return c ? c : a->id < b->id ? -1 : a->id > b->id;
}

/* The words in lower case, sorted, without the empty ones. */
static void
take_words(struct builder *b, const struct view *word, const uint32_t *id, size_t n)
{
	size_t bytes = 0;
	char *to;

	for (size_t i = 0; i < n; i++)
		bytes += word[i].n;
	to = b->lower = room(bytes, 1);
	b->word = room(n, sizeof(*b->word));
	for (size_t i = 0; i < n; i++) {
		if (word[i].n == 0)
			continue;
		b->word[b->n++] = (struct word){view_of(to, word[i].n), id ? id[i] : (uint32_t)i};
		for (size_t k = 0; k < word[i].n; k++)
			*to++ = view_lower(word[i].p[k]);
	}
	qsort(b->word, b->n, sizeof(*b->word), word_cmp);
}

static void
assign_classes(struct builder *b)
{
	struct automaton *a = b->a;

	a->classes = 1;
	for (size_t i = 0; i < b->n; i++) {
		for (size_t k = 0; k < b->word[i].text.n; k++) {
			uint8_t c = (uint8_t)b->word[i].text.p[k];

			if (a->class[c] == 0)
				a->class[c] = (uint8_t)a->classes++;
		}
	}
	for (int c = 'A'; c <= 'Z'; c++)
		a->class[c] = a->class[c + 32];
}

/* Each word adds what it does not share with the one before it. */
static size_t
count_states(const struct builder *b)
{
	struct view before = {NULL, 0};
	size_t states = 1;

	for (size_t i = 0; i < b->n; i++) {
		struct view w = b->word[i].text;
		size_t same = 0;

		while (same < w.n && same < before.n && w.p[same] == before.p[same])
			same++;
		states += w.n - same;
		before = w;
	}
	return states;
}

static uint32_t
step(const struct automaton *a, uint32_t at, uint8_t class)
{
	for (;; at = a->suffix[at]) {
		if (at < a->dense)
			return a->row[at * a->classes + class];
		for (uint32_t k = a->child[at]; k < a->child[at + 1]; k++)
			if (a->label[k] == class)
				return k;
	}
}

/* The words low to high go through state `at`, which is `depth` bytes from the start: the shortest of them
 * may end here, the others go on to its children. */
static void
open_state(struct builder *b, uint32_t at, size_t depth)
{
	struct automaton *a = b->a;
	uint32_t i = b->low[at];

	if (b->word[i].text.n == depth)
		a->ends[at] = i + 1;
	while (i < b->high[at] && b->word[i].text.n == depth)
		i++;
	if (a->ends[at])
		b->word[i - 1].id |= LAST;
	while (i < b->high[at]) {
		char c = b->word[i].text.p[depth];
		uint32_t made = a->states++;

		a->label[made] = a->class[(uint8_t)c];
		b->low[made] = i;
		while (i < b->high[at] && b->word[i].text.p[depth] == c)
			i++;
		b->high[made] = i;
	}
	a->child[at + 1] = a->states;
}

/* Suffixes are nearer to the start, so they are complete already. */
static void
link_state(struct automaton *a, uint32_t at)
{
	uint32_t suffix = a->suffix[at];

	a->hot[at] = a->ends[at] || a->hot[suffix];
	for (uint32_t k = a->child[at]; k < a->child[at + 1]; k++)
		a->suffix[k] = at ? step(a, suffix, a->label[k]) : 0;
	if (at >= a->dense)
		return;
	if (at)
		memcpy(a->row + at * a->classes, a->row + suffix * a->classes,
			a->classes * sizeof(*a->row));
	for (uint32_t k = a->child[at]; k < a->child[at + 1]; k++)
		a->row[at * a->classes + a->label[k]] = k;
}

static void
build(struct builder *b, uint32_t states)
{
	struct automaton *a = b->a;
	uint32_t level = 1; /* the first state that is deeper */
	size_t depth = 0;

	a->dense = AUTOMATON_CELLS / a->classes < states ? AUTOMATON_CELLS / a->classes : states;
	a->row = room((size_t)a->dense * a->classes, sizeof(*a->row));
	a->child = room(states + 1, sizeof(*a->child));
	a->suffix = room(states, sizeof(*a->suffix));
	a->ends = room(states, sizeof(*a->ends));
	a->label = room(states, sizeof(*a->label));
	a->hot = room(states, sizeof(*a->hot));
	b->low = room(states, sizeof(*b->low));
	b->high = room(states, sizeof(*b->high));
	a->states = a->child[0] = 1;
	a->child[1] = 1;
	b->high[0] = (uint32_t)b->n;
	for (uint32_t at = 0; at < a->states && b->n; at++) {
		if (at == level) {
			level = a->states;
			depth++;
		}
		open_state(b, at, depth);
		link_state(a, at);
	}
	a->n_ids = (uint32_t)b->n;
	a->id = room(b->n, sizeof(*a->id));
	for (size_t i = 0; i < b->n; i++)
		a->id[i] = b->word[i].id;
}

struct automaton *
automaton_new(const struct view *word, const uint32_t *id, size_t n)
{
	struct builder b = {.a = room(1, sizeof(*b.a))};
	size_t states;

	take_words(&b, word, id, n);
	assign_classes(&b);
	states = count_states(&b);
	if (states <= AUTOMATON_STATES_MAX) {
		build(&b, (uint32_t)states);
	} else {
		automaton_free(b.a);
		b.a = NULL;
	}
	free(b.word);
	free(b.lower);
	free(b.low);
	free(b.high);
	return b.a;
}

void
automaton_free(struct automaton *a)
{
	if (!a)
		return;
	free(a->row);
	free(a->child);
	free(a->suffix);
	free(a->ends);
	free(a->label);
	free(a->hot);
	free(a->id);
	free(a);
}

bool
automaton_find(const struct automaton *a, struct view text)
{
	uint32_t at = 0;

	for (size_t i = 0; i < text.n; i++) {
		at = step(a, at, a->class[(uint8_t)text.p[i]]);
		if (a->hot[at])
			return true;
	}
	return false;
}

static void
mark_state(const struct automaton *a, uint32_t at, uint64_t *bits)
{
	uint32_t id;

	for (; a->hot[at]; at = a->suffix[at]) {
		for (uint32_t k = a->ends[at]; k; k = id & LAST ? 0 : k + 1) {
			id = a->id[k - 1];
			bits[(id & ~(uint32_t)LAST) / 64] |= 1ULL << id % 64;
		}
	}
}

void
automaton_mark(const struct automaton *a, struct view text, uint64_t *bits)
{
	uint32_t at = 0;

	for (size_t i = 0; i < text.n; i++) {
		at = step(a, at, a->class[(uint8_t)text.p[i]]);
		if (a->hot[at])
			mark_state(a, at, bits);
	}
}

size_t
automaton_bytes(const struct automaton *a)
{
	size_t state = sizeof(*a->child) + sizeof(*a->suffix) + sizeof(*a->ends) + sizeof(*a->label) +
		       sizeof(*a->hot);

	return sizeof(*a) + a->states * state + ((size_t)a->dense * a->classes + a->n_ids) * sizeof(uint32_t);
}
