/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/mime_compare.h"

#include <stdio.h>

#include "mail/mime/mime_skeleton.h"
#include "tests/lib/raw_message.h"

/* The message as the MTA hands it on: Content-* fields, an empty line, the body. */
static struct view
put_together(const struct raw_message *m, struct arena *a)
{
	size_t n = m->body.n + 100, at;
	char *p;

	for (size_t i = 0; i < m->n; i++)
		n += m->field[i].name.n + m->field[i].value.n + 3;
	p = arena_alloc(a, n);
	at = (size_t)snprintf(p, n, "MIME-Version: 1.0\r\n");
	for (size_t i = 0; i < m->n; i++) {
		if (!view_starts_nocase(m->field[i].name, "content-"))
			continue;
		memcpy(p + at, m->field[i].name.p, m->field[i].name.n);
		at += m->field[i].name.n;
		p[at++] = ':';
		memcpy(p + at, m->field[i].value.p, m->field[i].value.n);
		at += m->field[i].value.n;
		p[at++] = '\r';
		p[at++] = '\n';
	}
	p[at++] = '\r';
	p[at++] = '\n';
	memcpy(p + at, m->body.p ? m->body.p : "", m->body.n);
	return view_of(p, at + m->body.n);
}

void
mime_compare_read(struct view bytes, size_t chunk, struct arena *a, struct mime_tree *whole_out,
	struct mime_tree *thin_out, const char **why_out)
{
	struct raw_message *m = arena_new_of(a, struct raw_message);
	struct mime_skeleton *s = mime_skeleton_new(a);
	struct view rest;

	raw_message_read(bytes, a, m);
	mime_tree_read(put_together(m, a), a, whole_out);
	for (size_t i = 0; i < m->n; i++)
		mime_skeleton_header(s, &m->field[i]);
	for (rest = m->body; rest.n; rest = view_skip(rest, chunk))
		mime_skeleton_body(s, view_head(rest, chunk));
	mime_tree_read(mime_skeleton_end(s, why_out), a, thin_out);
}

static bool
same_names(const struct mime_part *p, const struct mime_part *q)
{
	for (size_t i = 0; i < p->n_names && i < q->n_names; i++)
		if (!view_eq(p->name[i], q->name[i]))
			return false;
	return p->n_names == q->n_names;
}

static bool
same_fields(const struct mime_part *p, const struct mime_part *q)
{
	for (size_t i = 0; i < p->n_fields && i < q->n_fields; i++)
		if (!view_eq(p->field[i].name, q->field[i].name) || !view_eq(p->field[i].value, q->field[i].value))
			return false;
	return p->n_fields == q->n_fields;
}

const char *
mime_compare_differ(const struct mime_tree *x, const struct mime_tree *y, struct arena *a)
{
	if (x->why && y->why) /* both gave up */
		return NULL;
	if (x->broken != y->broken)
		return x->broken ? "broken only as a whole" : "broken only as a skeleton";
	for (size_t i = 0; i < x->n && i < y->n; i++) {
		const struct mime_part *p = &x->part[i], *q = &y->part[i];

		if (!view_eq(p->type, q->type) || p->depth != q->depth || p->leaf != q->leaf ||
			p->attachment != q->attachment)
			return arena_printf(a, "part %zu: %.*s or %.*s", i, VIEW_ARG(p->type), VIEW_ARG(q->type)).p;
		if (!same_names(p, q) || !same_fields(p, q))
			return arena_printf(a, "part %zu: names or fields", i).p;
		if (p->n_head != q->n_head || memcmp(p->head, q->head, p->n_head) != 0)
			return arena_printf(a, "part %zu: first bytes", i).p;
	}
	return x->n == y->n ? NULL : arena_printf(a, "%zu parts or %zu", x->n, y->n).p;
}
