/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/edited_message.h"

struct sink {
	void (*put)(void *ctx, struct view piece);
	void *ctx;
};

static void
put(const struct sink *s, struct view piece)
{
	if (piece.n)
		s->put(s->ctx, piece);
}

static struct edited_name *
find(struct edited_message *m, struct view name)
{
	for (size_t i = 0; i < m->n_names; i++)
		if (view_eq_nocase(m->name[i].name, name))
			return &m->name[i];
	return NULL;
}

void
edited_message_init(
	struct edited_message *m, struct view trace, const struct edits *edits, struct arena *a)
{
	*m = (struct edited_message){.trace = trace, .edits = edits};
	header_stream_init(&m->header);
	if (!edits)
		return;
	m->name = arena_array(a, edits->n_headers, sizeof(*m->name));
	for (size_t i = 0; i < edits->n_headers; i++)
		if (edits->header[i].kind == EDIT_DELETE && !find(m, edits->header[i].name))
			m->name[m->n_names++].name = edits->header[i].name;
}

static void
top(struct edited_message *m, const struct sink *s)
{
	for (size_t i = m->edits ? m->edits->n_headers : 0; i-- > 0;) {
		const struct edit_header *h = &m->edits->header[i];

		if (h->kind != EDIT_ADD)
			continue;
		put(s, h->name);
		put(s, VIEW(": "));
		put(s, h->value);
		put(s, VIEW("\r\n"));
	}
	put(s, m->trace);
}

static bool
left_out(struct edited_message *m, struct view name)
{
	struct edited_name *n = find(m, name);

	if (!n)
		return false;
	n->seen++;
	for (size_t i = 0; i < m->edits->n_headers; i++) {
		const struct edit_header *h = &m->edits->header[i];

		if (h->kind == EDIT_DELETE && h->nth == n->seen && view_eq_nocase(h->name, name))
			return true;
	}
	return false;
}

static void
header(struct edited_message *m, struct view *bytes, const struct sink *s)
{
	struct view name, piece;
	enum header_stream_event e;

	while ((e = header_stream_next(&m->header, bytes, &name, &piece)) != HEADER_STREAM_MORE) {
		if (e == HEADER_STREAM_FIELD)
			m->skip = left_out(m, name);
		if (e == HEADER_STREAM_BODY)
			put(s, VIEW("\r\n"));
		if (e == HEADER_STREAM_END || e == HEADER_STREAM_BODY)
			m->state = EDITED_BODY;
		if (m->state == EDITED_BODY || !m->skip)
			put(s, piece);
		if (m->state == EDITED_BODY)
			return;
	}
}

void
edited_message_run(struct edited_message *m, struct view bytes, bool last,
	void (*to)(void *ctx, struct view piece), void *ctx)
{
	struct sink s = {to, ctx};
	struct view rest;

	if (m->state == EDITED_TOP) {
		top(m, &s);
		m->state = EDITED_HEADER;
	}
	if (m->state == EDITED_HEADER)
		header(m, &bytes, &s);
	if (m->state == EDITED_BODY)
		put(&s, bytes);
	rest = header_stream_rest(&m->header);
	if (last && m->state == EDITED_HEADER && rest.n) {
		put(&s, VIEW("\r\n"));
		put(&s, rest);
	}
}
