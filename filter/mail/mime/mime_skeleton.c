/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/mime_skeleton.h"

#include "util/limits.h"

enum {
	MARK = 40,       /* bytes of a boundary that are compared */
	LOOK = 2 + MARK, /* bytes of a line that tell whether it may be one */
	MARKS = 64,
	FIRST = 8 * 1024
};

/* What the current line is part of. */
enum state {
	START,   /* nothing: the body has not begun */
	HEAD,    /* a part's header */
	NESTED,  /* where the header of an enclosed message is expected: its first line */
	CONTENT, /* the beginning of a content */
	REST     /* the rest of it */
};

struct mime_skeleton {
	struct arena *arena;
	char *p;
	size_t n, cap;
	const char *why; /* a ceiling was reached */
	enum state state;
	char look[LOOK]; /* the line's first bytes, until it is clear what it is */
	size_t n_look;
	bool looking;    /* the line has begun, and is not told yet */
	bool boundary;   /* it may be one */
	bool empty;      /* nothing but CR stands on it so far */
	size_t line;     /* bytes of it that were kept */
	size_t head;     /* where in p the current header begins */
	size_t left;     /* of the content to keep */
	bool digest;     /* a digest was seen: parts without type are messages */
	bool all;        /* every "--" counts */
	bool nul;
	struct {
		char p[MARK];
		size_t n;
	} mark[MARKS];
	size_t n_marks;
	size_t fields;                 /* of all headers */
	size_t boundaries, multiparts; /* lines that may be one; headers that declare one */
};

struct mime_skeleton *
mime_skeleton_new(struct arena *a)
{
	struct mime_skeleton *s = arena_new_of(a, struct mime_skeleton);

	s->arena = a;
	return s;
}

static void
give_up(struct mime_skeleton *s, const char *why)
{
	if (!s->why)
		s->why = why;
}

static void
add(struct mime_skeleton *s, struct view v)
{
	if (s->n + v.n > MIME_SKELETON_MAX)
		give_up(s, "the structure is too large");
	if (s->why || v.n == 0)
		return;
	if (s->n + v.n > s->cap) {
		size_t cap = s->cap ? s->cap : FIRST;
		char *p;

		while (cap < s->n + v.n)
			cap *= 2;
		p = arena_alloc(s->arena, cap);
		if (s->n)
			memcpy(p, s->p, s->n);
		s->p = p;
		s->cap = cap;
	}
	memcpy(s->p + s->n, v.p, v.n);
	s->n += v.n;
}

/* A header may hold no NUL: C strings would end there. */
static void
add_header(struct mime_skeleton *s, struct view v)
{
	size_t at = s->n;

	add(s, v);
	for (; at < s->n; at++) {
		if (s->p[at] != 0)
			continue;
		s->p[at] = ' ';
		s->nul = true;
	}
}

/* ---- what headers tell ---- */

static struct view
skip_blanks(struct view v)
{
	while (v.n && view_is_space(v.p[0]))
		v = view_skip(v, 1);
	return v;
}

static bool
is_known(const struct mime_skeleton *s, struct view mark)
{
	for (size_t i = 0; i < s->n_marks; i++)
		if (view_eq(view_of(s->mark[i].p, s->mark[i].n), mark))
			return true;
	return false;
}

/* Length of what stands in v as it will stand behind "--", however v is read. */
static size_t
literal(struct view v)
{
	size_t n = 0;

	while (n < v.n && n < MARK && v.p[n] > ' ' && v.p[n] < 127 && !strchr("\"\\();", v.p[n]))
		n++;
	return view_search_nocase(view_head(v, n), VIEW("=?")); /* n if it is not there */
}

/* v: what follows the word "boundary". Its value's first bytes become a mark. */
static void
learn_boundary(struct mime_skeleton *s, struct view v)
{
	v = skip_blanks(v);
	if (++s->multiparts > MIME_MULTIPARTS_MAX)
		give_up(s, "too many multiparts");
	if (v.n && (v.p[0] == '*' || v.p[0] == '('))
		s->all = true;
	if (v.n == 0 || v.p[0] != '=')
		return;
	v = skip_blanks(view_skip(v, 1));
	if (v.n && v.p[0] == '"')
		v = view_skip(v, 1);
	v = view_head(v, literal(v));
	if (is_known(s, v))
		return;
	s->all |= v.n == 0 || s->n_marks == MARKS;
	if (s->all)
		return;
	memcpy(s->mark[s->n_marks].p, v.p, v.n);
	s->mark[s->n_marks++].n = v.n;
}

/* v: a line of a header and what follows it. Does it begin a field that GMime may not know? The line that
 * mailboxes put before a message stays as it is. */
static bool
is_foreign(struct view v)
{
	size_t colon;

	if (strchr(" \t\r\n", v.p[0]) || view_starts_nocase(v, "Content-"))
		return false;
	colon = view_find(view_head(v, view_find(v, '\n')), ':');
	return !(view_starts_nocase(v, "From ") || view_starts_nocase(v, ">From ")) ||
	       header_name_ok(view_trim(view_head(v, colon)));
}

/* The i-th byte of p, the beginning of a header, begins a line. */
static bool
begins_line(const char *p, size_t i)
{
	return i == 0 || p[i - 1] == '\n';
}

/* Counts the fields and parameters of the header that begins at s->head, and gives its foreign fields their
 * mark. */
static void
mark_fields(struct mime_skeleton *s)
{
	size_t n = s->n - s->head, fields = 0, foreign = 0, params = 0, to;
	bool content = true;
	char *p;

	for (size_t i = 0; i < n; i++) {
		struct view v = view_of(s->p + s->head + i, n - i);

		if (begins_line(s->p + s->head, i) && !strchr(" \t\r\n", v.p[0])) {
			fields++;
			content = view_starts_nocase(v, "Content-");
			foreign += s->head > 0 && is_foreign(v);
		}
		params += content && v.p[0] == ';' && !view_starts_nocase(skip_blanks(view_skip(v, 1)), ";");
	}
	s->fields += fields;
	if (fields > MIME_HEADER_FIELDS_MAX || s->fields > MIME_FIELDS_MAX)
		give_up(s, "too many fields");
	if (params > MIME_PARAMS_MAX)
		give_up(s, "too many parameters");
	for (size_t i = 0; i < foreign; i++)
		add(s, VIEW(MIME_FOREIGN));
	if (s->why)
		return;
	p = s->p + s->head;
	to = n + foreign;
	for (size_t i = n; to > i; i--) { /* to - i marks are left to set */
		p[--to] = p[i - 1];
		if (begins_line(p, i - 1) && is_foreign(view_of(p + to, n + foreign - to)))
			p[--to] = MIME_FOREIGN[0];
	}
}

/* Reads the header that begins at s->head; true if what it heads may be a message. Parameters of RFC 2231
 * are counted, for they cost their square. */
static bool
read_header(struct mime_skeleton *s)
{
	struct view v = view_of(s->p + s->head, s->n - s->head);
	bool message = false;
	size_t params = 0;

	for (; v.n; v = view_skip(v, 1)) {
		struct view after;

		switch (view_lower(v.p[0])) {
		case 'b':
			if (view_starts_nocase(v, "boundary"))
				learn_boundary(s, view_skip(v, 8));
			break;
		case 'd':
			s->digest |= view_starts_nocase(v, "digest");
			break;
		case 'm':
			after = skip_blanks(view_skip(v, 7));
			message |= view_starts_nocase(v, "message") && after.n &&
				   (after.p[0] == '/' || after.p[0] == '(');
			break;
		case '*':
			params += v.n > 1 && (view_is_digit(v.p[1]) || v.p[1] == '=');
			break;
		}
	}
	if (params > MIME_LONG_PARAMS_MAX)
		give_up(s, "too many parameters");
	mark_fields(s);
	s->head = s->n;
	return message || s->digest;
}

static void
end_header(struct mime_skeleton *s)
{
	s->state = read_header(s) ? NESTED : CONTENT;
	s->left = MIME_CONTENT_KEPT;
}

/* field-name ":", or the line that mailboxes put before a message */
static bool
looks_like_field(struct view v)
{
	size_t colon = view_find(v, ':');

	return view_starts_nocase(v, "From ") || view_starts_nocase(v, ">From ") ||
	       (colon < v.n && header_name_ok(view_trim(view_head(v, colon))));
}

/* ---- lines ---- */

static bool
may_be_boundary(const struct mime_skeleton *s)
{
	if (s->n_look < 2 || s->look[0] != '-' || s->look[1] != '-')
		return false;
	for (size_t i = 0; i < s->n_marks; i++)
		if (s->n_look >= 2 + s->mark[i].n && memcmp(s->look + 2, s->mark[i].p, s->mark[i].n) == 0)
			return true;
	return s->all;
}

/* NESTED: is what was kept of the first line that of a header? */
static void
decide_nested(struct mime_skeleton *s)
{
	if (looks_like_field(view_of(s->p + s->head, s->n - s->head))) {
		s->state = HEAD;
		return;
	}
	s->state = CONTENT;
	s->left = s->left > s->n - s->head ? s->left - (s->n - s->head) : 0;
}

/* Some more bytes of the current line. */
static void
put(struct mime_skeleton *s, struct view v)
{
	for (size_t i = 0; s->empty && i < v.n; i++)
		s->empty = v.p[i] == '\r' || v.p[i] == '\n';
	if (s->boundary) {
		v = view_head(v, s->line < MIME_LINE_MAX ? MIME_LINE_MAX - s->line : 0);
		add_header(s, v);
		s->line += v.n;
	} else if (s->state == HEAD || s->state == NESTED) {
		add_header(s, v);
		if (s->n - s->head > MIME_HEADER_MAX)
			give_up(s, "the header of a part is too long");
		if (s->state == NESTED && s->n - s->head > MIME_LINE_MAX)
			decide_nested(s);
	} else if (s->state == CONTENT) {
		v = view_head(v, s->left);
		add(s, v);
		s->left -= v.n;
		if (s->left == 0)
			s->state = REST;
	}
}

/* The line's first bytes have told what it is. */
static void
end_look(struct mime_skeleton *s)
{
	s->looking = false;
	s->boundary = may_be_boundary(s);
	if (s->boundary) {
		if (++s->boundaries > 4 * MIME_PARTS_MAX)
			give_up(s, "too many parts");
		if (s->state == HEAD || s->state == NESTED)
			(void)read_header(s);
		if (s->n && s->p[s->n - 1] != '\n')
			add(s, VIEW("\r\n"));
	}
	put(s, view_of(s->look, s->n_look));
}

static void
end_line(struct mime_skeleton *s)
{
	if (s->looking)
		end_look(s);
	if (s->boundary) {
		add(s, s->n && s->p[s->n - 1] == '\r' ? VIEW("\n") : VIEW("\r\n"));
		s->state = HEAD;
		s->head = s->n;
	} else {
		put(s, VIEW("\n"));
		if ((s->state == HEAD || s->state == NESTED) && s->empty)
			end_header(s);
		else if (s->state == NESTED)
			decide_nested(s);
	}
	s->looking = s->empty = true;
	s->boundary = false;
	s->n_look = s->line = 0;
}

/* Bytes of one line, its end apart. */
static void
line_bytes(struct mime_skeleton *s, struct view v)
{
	while (s->looking && v.n) {
		s->look[s->n_look++] = v.p[0];
		v = view_skip(v, 1);
		if (s->n_look == LOOK || (s->n_look <= 2 && s->look[s->n_look - 1] != '-'))
			end_look(s);
	}
	put(s, v);
}

/* ---- in and out ---- */

static void
begin_body(struct mime_skeleton *s)
{
	if (s->state != START)
		return;
	add(s, VIEW("MIME-Version: 1.0\r\n\r\n"));
	end_header(s);
	s->looking = s->empty = true;
}

void
mime_skeleton_header(struct mime_skeleton *s, const struct header_field *h)
{
	size_t at;

	if (!view_starts_nocase(h->name, "Content-") || s->state != START)
		return;
	add_header(s, h->name);
	add_header(s, VIEW(":"));
	at = s->n;
	add_header(s, h->value);
	for (; at < s->n; at++) /* a line end that folds nothing would begin another field */
		if (s->p[at] == '\n' && (at + 1 == s->n || (s->p[at + 1] != ' ' && s->p[at + 1] != '\t')))
			s->p[at] = ' ';
	add(s, VIEW("\r\n"));
}

void
mime_skeleton_body(struct mime_skeleton *s, struct view chunk)
{
	begin_body(s);
	while (chunk.n && !s->why) {
		size_t n = view_find(chunk, '\n');

		line_bytes(s, view_head(chunk, n));
		if (n < chunk.n)
			end_line(s);
		chunk = view_skip(chunk, n + 1);
	}
}

struct view
mime_skeleton_end(struct mime_skeleton *s, const char **why_out)
{
	begin_body(s);
	if (s->looking && s->n_look)
		end_look(s);
	if (s->state == HEAD || s->state == NESTED)
		(void)read_header(s);
	*why_out = s->why;
	return s->why ? (struct view){NULL, 0} : view_of(s->p, s->n);
}

bool
mime_skeleton_nul(const struct mime_skeleton *s)
{
	return s->nul;
}
