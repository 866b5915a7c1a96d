/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/list_regexes.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/regex.h"
#include "util/log.h"

struct list_regexes {
	struct regex **regex;
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

enum list_answer
list_regexes_find(const struct list_regexes *l, struct view text)
{
	enum list_answer answer = LIST_NO;

	for (size_t i = 0; i < l->n; i++) {
		switch (regex_find(l->regex[i], text)) {
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
