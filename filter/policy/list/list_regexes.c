/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/list/list_regexes.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/regex/regex_set.h"
#include "util/log.h"

enum { TOGETHER = 4096 };

struct list_regexes {
	struct regex **regex;
	struct regex_set **set; /* one for each TOGETHER expressions; NULL = too few to be worth it */
	size_t n, cap;
};

struct list_regexes *
list_regexes_new(void)
{
	struct list_regexes *l = calloc(1, sizeof(*l));

	if (!l)
		log_die("out of memory");
	return l;
}

void
list_regexes_free(struct list_regexes *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		regex_free(l->regex[i]);
	for (size_t i = 0; l->set && i < l->n; i += TOGETHER)
		regex_set_free(l->set[i / TOGETHER]);
	free(l->set);
	free(l->regex);
	free(l);
}

size_t
list_regexes_count(const struct list_regexes *l)
{
	return l->n;
}

size_t
list_regexes_bytes(const struct list_regexes *l)
{
	size_t n = sizeof(*l) + l->cap * sizeof(*l->regex);

	for (size_t i = 0; i < l->n; i++)
		n += regex_bytes(l->regex[i]);
	for (size_t i = 0; l->set && i < l->n; i += TOGETHER)
		n += sizeof(*l->set) + (l->set[i / TOGETHER] ? regex_set_bytes(l->set[i / TOGETHER]) : 0);
	return n;
}

bool
list_regexes_add(struct list_regexes *l, struct view item, struct list_note *note)
{
	struct regex_note why;
	struct regex *r = regex_new(item, &why);

	if (!r) {
		note->at = why.at;
		memcpy(note->text, why.text, sizeof(why.text));
		memcpy(note->hint, why.hint, sizeof(why.hint));
		return false;
	}
	if (regex_is_slow(item)) {
		note->warning = true;
		snprintf(note->text, sizeof(note->text),
			"nested repetition can be very slow on hostile input");
		snprintf(note->hint, sizeof(note->hint), "bound it, for example {1,40}");
	}
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 1;
		l->regex = reallocarray(l->regex, l->cap, sizeof(*l->regex));
		if (!l->regex)
			log_die("out of memory");
	}
	l->regex[l->n++] = r;
	return true;
}

bool
list_regexes_remove(struct list_regexes *l, struct view item)
{
	size_t before = l->n;

	for (size_t i = l->n; i-- > 0;) {
		if (!view_eq(regex_source(l->regex[i]), item))
			continue;
		regex_free(l->regex[i]);
		l->regex[i] = l->regex[--l->n];
	}
	return l->n < before;
}

void
list_regexes_seal(struct list_regexes *l)
{
	if (l->n < REGEX_SET_MIN)
		return;
	l->set = calloc((l->n + TOGETHER - 1) / TOGETHER, sizeof(*l->set));
	if (!l->set)
		log_die("out of memory");
	for (size_t i = 0; i < l->n; i += TOGETHER)
		l->set[i / TOGETHER] = regex_set_new((const struct regex *const *)l->regex + i,
			l->n - i < TOGETHER ? l->n - i : TOGETHER);
}

const struct regex *
list_regexes_only(const struct list_regexes *l)
{
	return l->n == 1 ? l->regex[0] : NULL;
}

uint64_t
list_regexes_overruns(const struct list_regexes *l, struct view *most_out)
{
	uint64_t sum = 0, most = 0;

	for (size_t i = 0; i < l->n; i++) {
		uint64_t n = regex_overruns(l->regex[i]);

		sum += n;
		if (n > most && most_out)
			*most_out = regex_source(l->regex[i]);
		most = n > most ? n : most;
	}
	return sum;
}

/* Those from `first` on that are possible. */
static enum list_answer
find_some(const struct list_regexes *l, size_t first, struct view text)
{
	const struct regex_set *set = l->set ? l->set[first / TOGETHER] : NULL;
	size_t n = l->n - first < TOGETHER ? l->n - first : TOGETHER;
	enum list_answer answer = LIST_NO;
	uint64_t bits[TOGETHER / 64] = {0};

	if (set)
		regex_set_possible(set, text, bits);
	for (size_t i = 0; i < n; i++) {
		if (set && !(bits[i / 64] >> i % 64 & 1))
			continue;
		switch (regex_find(l->regex[first + i], text)) {
		case REGEX_YES:
			return LIST_YES;
		case REGEX_LIMIT:
			answer = LIST_LIMIT;
			break;
		case REGEX_NO:
			break;
		}
	}
	return answer;
}

enum list_answer
list_regexes_find(const struct list_regexes *l, struct view text)
{
	enum list_answer answer = LIST_NO;

	for (size_t i = 0; i < l->n && answer != LIST_YES; i += TOGETHER) {
		enum list_answer some = find_some(l, i, text);

		answer = some == LIST_NO ? answer : some;
	}
	return answer;
}
