/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/raw_message.h"

static struct view
with_crlf(struct view bytes, struct arena *a)
{
	char *p = arena_alloc(a, bytes.n * 2 + 1);
	size_t n = 0;

	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == '\n' && (i == 0 || bytes.p[i - 1] != '\r'))
			p[n++] = '\r';
		p[n++] = bytes.p[i];
	}
	return view_of(p, n);
}

/* The bytes of a line up to its CRLF; *next_out is behind it. */
static size_t
line_end(struct view v, size_t at, size_t *next_out)
{
	while (at < v.n && !(v.p[at] == '\r' && at + 1 < v.n && v.p[at + 1] == '\n'))
		at++;
	*next_out = at + 2 <= v.n ? at + 2 : v.n;
	return at;
}

void
raw_message_read(struct view bytes, struct arena *a, struct raw_message *out)
{
	struct view m = with_crlf(bytes, a);
	size_t at = 0, next, end;

	out->n = 0;
	while (at < m.n) {
		size_t colon;

		end = line_end(m, at, &next);
		if (end == at)
			break;
		while (next < m.n && (m.p[next] == ' ' || m.p[next] == '\t'))
			end = line_end(m, next, &next);
		colon = view_find(view_of(m.p + at, end - at), ':');
		if (colon < end - at && out->n < RAW_MESSAGE_FIELDS) {
			out->field[out->n].name = view_of(m.p + at, colon);
			out->field[out->n++].value =
				view_of(m.p + at + colon + 1, end - at - colon - 1);
		}
		at = next;
	}
	out->body = at < m.n ? view_skip(m, at + 2) : view_of(m.p + m.n, 0);
}
