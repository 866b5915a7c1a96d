/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/view.h"

bool
view_eq(struct view a, struct view b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
view_eq_nocase(struct view a, struct view b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (view_lower(a.p[i]) != view_lower(b.p[i]))
			return false;
	return true;
}

bool
view_eq_str(struct view a, const char *s)
{
	return view_eq(a, view_str(s));
}

bool
view_is(struct view a, const char *s)
{
	return view_eq_nocase(a, view_str(s));
}

bool
view_starts_nocase(struct view v, const char *prefix)
{
	size_t n = strlen(prefix);

	return v.n >= n && view_eq_nocase(view_head(v, n), view_of(prefix, n));
}

bool
view_ends_nocase(struct view v, struct view suffix)
{
	return v.n >= suffix.n && view_eq_nocase(view_skip(v, v.n - suffix.n), suffix);
}

int
view_cmp(struct view a, struct view b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n ? memcmp(a.p, b.p, n) : 0;

	if (r)
		return r;
	return a.n < b.n ? -1 : a.n > b.n;
}

size_t
view_find(struct view v, char c)
{
	const char *hit = v.n ? memchr(v.p, c, v.n) : NULL;

	return hit ? (size_t)(hit - v.p) : v.n;
}

size_t
view_rfind(struct view v, char c)
{
	const char *hit = v.n ? memrchr(v.p, c, v.n) : NULL;

	return hit ? (size_t)(hit - v.p) : v.n;
}

size_t
view_search_nocase(struct view v, struct view needle)
{
	for (size_t i = 0; i + needle.n <= v.n; i++)
		if (view_eq_nocase(view_of(v.p + i, needle.n), needle))
			return i;
	return v.n;
}

struct view
view_trim(struct view v)
{
	while (v.n && view_is_space(v.p[0]))
		v = view_skip(v, 1);
	while (v.n && view_is_space(v.p[v.n - 1]))
		v.n--;
	return v;
}

bool
view_split(struct view *rest, char sep, struct view *out)
{
	size_t at;

	if (!rest->p)
		return false;
	at = view_find(*rest, sep);
	*out = view_head(*rest, at);
	*rest = at < rest->n ? view_skip(*rest, at + 1) : (struct view){NULL, 0};
	return true;
}

bool
view_number(struct view v, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (v.n == 0 || v.n > 19)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (!view_is_digit(v.p[i]))
			return false;
		n = n * 10 + (uint64_t)(v.p[i] - '0');
	}
	if (n > max)
		return false;
	*out = n;
	return true;
}
