/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/regex/regex_set.h"

#include <stdlib.h>

#include "policy/regex/automaton.h"
#include "policy/regex/regex_literals.h"
#include "util/log.h"

struct regex_set {
	struct automaton *automaton;
	size_t words;
	uint64_t always[]; /* the expressions without words */
};

static void *
room(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		log_die("out of memory");
	return p;
}

struct regex_set *
regex_set_new(const struct regex *const *regex, size_t n)
{
	size_t words = (n + 63) / 64, n_literals = 0;
	struct regex_set *s = room(1, sizeof(*s) + words * sizeof(*s->always));
	struct regex_literals *read = room(n + 1, sizeof(*read));
	struct view *literal = room(n + 1, REGEX_LITERALS * sizeof(*literal));
	uint32_t *id = room(n + 1, REGEX_LITERALS * sizeof(*id));

	s->words = words;
	for (size_t i = 0; i < n; i++) {
		regex_literals_read(regex_source(regex[i]), &read[i]);
		if (read[i].n == 0)
			s->always[i / 64] |= 1ULL << i % 64;
		for (uint8_t k = 0; k < read[i].n; k++) {
			id[n_literals] = (uint32_t)i;
			literal[n_literals++] = view_of(read[i].literal[k].s, read[i].literal[k].n);
		}
	}
	s->automaton = automaton_new(literal, id, n_literals);
	free(read);
	free(literal);
	free(id);
	if (s->automaton)
		return s;
	regex_set_free(s);
	return NULL;
}

void
regex_set_free(struct regex_set *s)
{
	if (!s)
		return;
	automaton_free(s->automaton);
	free(s);
}

size_t
regex_set_words(const struct regex_set *s)
{
	return s->words;
}

void
regex_set_possible(const struct regex_set *s, struct view text, uint64_t *bits)
{
	for (size_t i = 0; i < s->words; i++)
		bits[i] |= s->always[i];
	automaton_mark(s->automaton, text, bits);
}

size_t
regex_set_bytes(const struct regex_set *s)
{
	return sizeof(*s) + s->words * sizeof(*s->always) + automaton_bytes(s->automaton);
}
