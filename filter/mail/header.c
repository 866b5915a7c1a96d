/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/header.h"

static bool
is_blank(struct view v, size_t at)
{
	return at < v.n && (v.p[at] == ' ' || v.p[at] == '\t');
}

/* RFC 5322 2.2.3: "Unfolding is accomplished by simply removing any CRLF that is immediately
 * followed by WSP." A bare CR or LF there is what some MTAs make of it. */
struct view
header_unfold(struct view value, struct arena *a)
{
	struct view v = value;
	char *out;
	size_t n = 0;

	if (!value.p)
		return value;
	out = arena_alloc(a, value.n + 1);
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (c == '\r' && i + 1 < v.n && v.p[i + 1] == '\n' && is_blank(v, i + 2))
			i++;
		else if (c == '\r' || c == '\n')
			n = is_blank(v, i + 1) ? n : (out[n] = ' ', n + 1);
		else
			out[n++] = c ? c : ' ';
	}
	return view_trim(view_of(out, n));
}

/* field-name = 1*ftext; ftext = %d33-57 / %d59-126 */
bool
header_name_ok(struct view name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 33 || name.p[i] > 126 || name.p[i] == ':')
			return false;
	return name.n > 0;
}
