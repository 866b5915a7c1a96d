/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/canonical.h"

bool
canonical_read(struct view c, enum canonical *header_out, enum canonical *body_out)
{
	struct view part[2] = {VIEW("simple"), VIEW("simple")}, piece;
	enum canonical kind[2];
	size_t n = 0;

	while (view_split(&c, '/', &piece)) {
		if (n == 2)
			return false;
		part[n++] = piece;
	}
	for (size_t i = 0; i < 2; i++) {
		if (!view_eq_str(part[i], "simple") && !view_eq_str(part[i], "relaxed"))
			return false;
		kind[i] = part[i].p[0] == 'r' ? CANONICAL_RELAXED : CANONICAL_SIMPLE;
	}
	*header_out = kind[0];
	*body_out = kind[1];
	return true;
}

/* ---- fields ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* As it is, every line end CRLF. */
static size_t
simple_value(struct view v, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\n' && (i == 0 || v.p[i - 1] != '\r'))
			out[n++] = '\r';
		out[n++] = v.p[i];
	}
	return n;
}

/* Unfolded; each run of white space is one SP, none at the ends. */
static size_t
relaxed_value(struct view v, char *out)
{
	size_t n = 0;
	bool blank = false;

	v = view_trim(v);
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (c == '\n' || (c == '\r' && i + 1 < v.n && v.p[i + 1] == '\n'))
			continue;
		if (is_blank(c)) {
			blank = true;
			continue;
		}
		if (blank)
			out[n++] = ' ';
		blank = false;
		out[n++] = c;
	}
	return n;
}

struct view
canonical_field(enum canonical k, const struct header_field *h, struct arena *a)
{
	char *out = arena_alloc(a, h->name.n + 1 + 2 * h->value.n);
	struct view name = h->name;
	size_t n = 0;

	if (k == CANONICAL_RELAXED)
		name = view_trim(name);
	for (; n < name.n; n++)
		out[n] = k == CANONICAL_RELAXED ? view_lower(name.p[n]) : name.p[n];
	out[n++] = ':';
	n += k == CANONICAL_RELAXED ? relaxed_value(h->value, out + n) : simple_value(h->value, out + n);
	return view_of(out, n);
}

/* tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]: what stands between "=" and ";" goes. */
struct view
canonical_unsigned(struct view value, struct arena *a)
{
	char *out = arena_alloc(a, value.n);
	size_t n = 0;

	for (size_t at = 0; at < value.n;) {
		struct view rest = view_skip(value, at), piece = view_head(rest, view_find(rest, ';'));
		size_t eq = view_find(piece, '='), whole = piece.n + (piece.n < rest.n);
		bool is_b = eq < piece.n && view_eq_str(view_trim(view_head(piece, eq)), "b");

		memcpy(out + n, piece.p, is_b ? eq + 1 : piece.n);
		n += is_b ? eq + 1 : piece.n;
		if (whole > piece.n)
			out[n++] = ';';
		at += whole;
	}
	return view_of(out, n);
}

/* ---- the body ---- */

void
canonical_body_init(struct canonical_body *b, enum canonical k, uint64_t limit,
	void (*sink)(void *ctx, struct view piece), void *ctx)
{
	*b = (struct canonical_body){.kind = k, .sink = sink, .ctx = ctx, .left = limit};
}

static void
put(struct canonical_body *b, struct view v)
{
	if (v.n > b->left)
		v.n = (size_t)b->left;
	b->left -= v.n;
	b->any = true;
	if (v.n)
		b->sink(b->ctx, v);
}

/* Empty lines that turned out not to be the last ones. */
static void
release(struct canonical_body *b)
{
	for (; b->lines && b->left; b->lines--)
		put(b, VIEW("\r\n"));
	b->lines = 0;
	if (b->blank)
		put(b, VIEW(" "));
	b->blank = false;
}

/* How much of v, which begins with no blank, stays as it is: in relaxed, words with one SP between them. */
static size_t
unchanged(enum canonical k, struct view v)
{
	size_t n = k == CANONICAL_RELAXED ? 0 : v.n;

	while (n < v.n && (!is_blank(v.p[n]) || (v.p[n] == ' ' && n + 1 < v.n && !is_blank(v.p[n + 1]))))
		n++;
	return n;
}

/* Bytes of a line, none of them CR; of relaxed, runs of white space become one SP. */
static void
line_bytes(struct canonical_body *b, struct view v)
{
	while (v.n) {
		size_t n;

		if (b->kind == CANONICAL_RELAXED && is_blank(v.p[0])) {
			b->blank = true;
			v = view_skip(v, 1);
			continue;
		}
		n = unchanged(b->kind, v);
		release(b);
		put(b, view_head(v, n));
		b->open = true;
		v = view_skip(v, n);
	}
}

static void
line_end(struct canonical_body *b)
{
	b->blank = false;
	if (b->open)
		put(b, VIEW("\r\n"));
	else
		b->lines++;
	b->open = false;
}

void
canonical_body_add(struct canonical_body *b, struct view chunk)
{
	while (chunk.n) {
		size_t n;

		if (b->cr && chunk.p[0] == '\n') {
			b->cr = false;
			line_end(b);
			chunk = view_skip(chunk, 1);
			continue;
		}
		if (b->cr)
			line_bytes(b, VIEW("\r"));
		n = view_find(chunk, '\r');
		line_bytes(b, view_head(chunk, n));
		b->cr = n < chunk.n;
		chunk = view_skip(chunk, n + 1);
	}
}

/* RFC 6376 section 3.4.3: an empty body is CRLF in simple; 3.4.4: nothing in relaxed. */
void
canonical_body_end(struct canonical_body *b)
{
	if (b->cr)
		line_bytes(b, VIEW("\r"));
	b->cr = false;
	if (b->open || (b->kind == CANONICAL_SIMPLE && !b->any))
		put(b, VIEW("\r\n"));
}
