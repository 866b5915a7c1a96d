/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/header_stream.h"

#include "mail/header.h"

void
header_stream_init(struct header_stream *h)
{
	*h = (struct header_stream){0};
}

static struct view
held(const struct header_stream *h)
{
	return view_of(h->held, h->n);
}

/* The piece up to the end of a line, or all there is. */
static enum header_stream_event
value(struct header_stream *h, struct view *input, struct view *out)
{
	size_t n = view_find(*input, '\n');

	h->in_value = n == input->n;
	*out = view_head(*input, n + 1);
	*input = view_skip(*input, n + 1);
	return HEADER_STREAM_VALUE;
}

static enum header_stream_event
body(struct header_stream *h, struct view *out)
{
	*out = held(h);
	h->given = true;
	return HEADER_STREAM_BODY;
}

/* A byte of a line that has no colon yet. MORE: it may still be a field, or the empty line. */
static enum header_stream_event
begin(struct header_stream *h, char c, struct view *name_out, struct view *out)
{
	h->held[h->n++] = c;
	if (c == '\n') {
		if (h->n != 2 || h->held[0] != '\r')
			return body(h, out);
		*out = held(h);
		h->given = true;
		return HEADER_STREAM_END;
	}
	if (c == ':') {
		*name_out = view_trim(view_head(held(h), h->n - 1));
		/* A blank in front was no continuation: there is no field yet. */
		if (view_is_space(h->held[0]) || !header_name_ok(*name_out))
			return body(h, out);
		*out = held(h);
		h->in_field = h->in_value = h->given = true;
		return HEADER_STREAM_FIELD;
	}
	return h->n == sizeof(h->held) ? body(h, out) : HEADER_STREAM_MORE;
}

enum header_stream_event
header_stream_next(
	struct header_stream *h, struct view *input, struct view *name_out, struct view *out)
{
	enum header_stream_event e = HEADER_STREAM_MORE;

	if (h->given)
		h->n = 0;
	h->given = false;
	while (input->n && e == HEADER_STREAM_MORE) {
		char c = input->p[0];

		if (h->in_value || (h->n == 0 && h->in_field && (c == ' ' || c == '\t')))
			return value(h, input, out);
		*input = view_skip(*input, 1);
		e = begin(h, c, name_out, out);
	}
	return e;
}

struct view
header_stream_rest(const struct header_stream *h)
{
	return h->given ? view_of("", 0) : held(h);
}
