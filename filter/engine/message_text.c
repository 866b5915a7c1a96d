/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/message_text.h"

/* The line at the front without its line end; *rest goes behind it. */
static struct view
line(struct view *rest)
{
	size_t n = view_find(*rest, '\n');
	struct view one = view_head(*rest, n);

	*rest = view_skip(*rest, n + 1);
	if (one.n && one.p[one.n - 1] == '\r')
		one.n--;
	return one;
}

/* One field with its continuation lines, up to the line end of the last. */
static struct view
field(struct view *rest)
{
	struct view start = *rest, last = line(rest);

	while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t'))
		last = line(rest);
	return view_of(start.p, (size_t)(last.p + last.n - start.p));
}

static struct view
with_crlf(struct view v, struct arena *a)
{
	size_t extra = 0, o = 0;
	char *out;

	for (size_t i = 0; i < v.n; i++)
		extra += v.p[i] == '\n' && (i == 0 || v.p[i - 1] != '\r');
	if (extra == 0)
		return v;
	out = arena_alloc(a, v.n + extra);
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\n' && (i == 0 || v.p[i - 1] != '\r'))
			out[o++] = '\r';
		out[o++] = v.p[i];
	}
	return view_of(out, o);
}

bool
message_text_field(struct view *rest, struct arena *a, struct header_field *out)
{
	struct view before = *rest, f, name;
	size_t colon;

	if (before.n == 0)
		return false;
	f = field(rest);
	colon = view_find(f, ':');
	name = view_trim(view_head(f, colon));
	if (f.n == 0)
		return false;
	if (colon == f.n || !header_name_ok(name)) {
		*rest = before; /* no field: the body begins here, as MTAs see it */
		return false;
	}
	*out = (struct header_field){name, with_crlf(view_skip(f, colon + 1), a)};
	return true;
}

struct view
message_text_start(struct view message)
{
	if (view_starts_nocase(message, "From "))
		line(&message);
	return message;
}

struct view
message_text_body(struct view rest, struct arena *a)
{
	return with_crlf(rest, a);
}

const struct verdict *
message_text_header(struct session *s, struct view message, struct arena *a, struct view *body_out)
{
	struct view rest = message_text_start(message);
	struct header_field f;

	while (message_text_field(&rest, a, &f))
		session_header(s, f.name, f.value);
	*body_out = message_text_body(rest, a);
	return session_eoh(s);
}
