/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/status/status_words.h"

/* Bytes of the text before its closing quote; text.n if there is none. */
static size_t
quoted(struct view text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '"' && (i + 1 == text.n || text.p[i + 1] == ' '))
			return i;
	return text.n;
}

bool
status_words_next(struct view *rest, struct view *key_out, struct view *value_out)
{
	struct view v = *rest;
	size_t equals, n;
	bool quote;

	while (v.n && *v.p == ' ')
		v = view_skip(v, 1);
	equals = view_find(v, '=');
	if (equals == 0 || equals == v.n || view_find(view_head(v, equals), ' ') < equals)
		return false;
	*key_out = view_head(v, equals);
	v = view_skip(v, equals + 1);
	quote = v.n && *v.p == '"';
	if (quote)
		v = view_skip(v, 1);
	n = quote ? quoted(v) : view_find(v, ' ');
	*value_out = view_head(v, n);
	*rest = view_skip(v, n + quote);
	return true;
}

struct view
status_words_get(struct view line, const char *key)
{
	struct view k, v;

	while (status_words_next(&line, &k, &v))
		if (view_eq_str(k, key))
			return v;
	return (struct view){NULL, 0};
}
