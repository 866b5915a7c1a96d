/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/mime_tree.h"

#include <gmime/gmime.h>
#include <pthread.h>

#include "mail/mime/charset.h"
#include "mail/mime/mime_skeleton.h"
#include "util/limits.h"

struct reader {
	struct arena *a;
	struct mime_tree *out;
	struct mime_part *part; /* room for `cap` */
	size_t cap;
};

static struct view
copy(struct reader *r, const char *s)
{
	return arena_copy(r->a, view_str(s));
}

/* ---- one part ---- */

static void
add_name(struct reader *r, struct mime_part *p, const char *name)
{
	struct view v = charset_utf8(VIEW("utf-8"), view_trim(copy(r, name)), r->a);

	r->out->broken |= view_search_nocase(v, VIEW("=?")) < v.n;
	if (v.n && (p->n_names == 0 || !view_eq(p->name[0], v)))
		p->name[p->n_names++] = v;
}

static void
read_fields(struct reader *r, struct mime_part *p, GMimeObject *o)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(o);
	int n = g_mime_header_list_get_count(list);
	struct header_field *f = arena_array(r->a, (size_t)n, sizeof(*f));

	for (int i = 0; i < n; i++) {
		GMimeHeader *h = g_mime_header_list_get_header_at(list, i);
		struct view name = copy(r, g_mime_header_get_name(h));

		f[i] = (struct header_field){view_skip(name, view_starts_nocase(name, MIME_FOREIGN)),
			copy(r, g_mime_header_get_raw_value(h))};
		p->n_fields++;
	}
	p->field = f;
}

static struct view
field(const struct mime_part *p, const char *name)
{
	for (size_t i = 0; i < p->n_fields; i++)
		if (view_is(p->field[i].name, name))
			return p->field[i].value;
	return (struct view){NULL, 0};
}

/* mechanism = "7bit" / "8bit" / "binary" / "quoted-printable" / "base64" / ietf-token / x-token, and a
 * multipart or a message has one of the first three (RFC 2046 5.2), but not those of RFC 6532. */
static bool
encoding_ok(const struct mime_part *p)
{
	static const char *const known[] = {
		"7bit", "8bit", "binary", "quoted-printable", "base64", "x-uuencode", "uuencode", "x-uue"};
	struct view v = view_trim(field(p, "Content-Transfer-Encoding"));
	bool whole = !p->leaf || (view_starts_nocase(p->type, "message/") &&
					 !view_starts_nocase(p->type, "message/global"));
	size_t n = whole ? 3 : sizeof(known) / sizeof(*known);

	v = view_trim(view_head(v, view_find(v, '(')));
	for (size_t i = 0; i < n; i++)
		if (view_is(v, known[i]))
			return true;
	return v.n == 0;
}

/* The content's first bytes, its transfer encoding undone. */
static void
read_head(struct mime_part *p, GMimePart *leaf)
{
	GMimeDataWrapper *w = g_mime_part_get_content(leaf);
	GMimeStream *decoded;
	GMimeFilter *filter;

	if (!w)
		return;
	g_mime_stream_reset(g_mime_data_wrapper_get_stream(w));
	decoded = g_mime_stream_filter_new(g_mime_data_wrapper_get_stream(w));
	filter = g_mime_filter_basic_new(g_mime_data_wrapper_get_encoding(w), FALSE);
	g_mime_stream_filter_add(GMIME_STREAM_FILTER(decoded), filter);
	while (p->n_head < MIME_HEAD) {
		ssize_t n = g_mime_stream_read(decoded, p->head + p->n_head, MIME_HEAD - p->n_head);

		if (n <= 0)
			break;
		p->n_head += (size_t)n;
		if (p->head[0] == MIME_FOREIGN[0]) /* a part that was not entered, but might have been */
			memmove(p->head, p->head + 1, --p->n_head);
	}
	g_object_unref(filter);
	g_object_unref(decoded);
}

static struct mime_part *
new_part(struct reader *r)
{
	if (r->out->n == MIME_PARTS_MAX) {
		r->out->why = "too many parts";
		return NULL;
	}
	if (r->out->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 8;
		struct mime_part *more = arena_array(r->a, cap, sizeof(*more));

		if (r->out->n)
			memcpy(more, r->part, r->out->n * sizeof(*more));
		r->part = more;
		r->cap = cap;
	}
	return &r->part[r->out->n++];
}

static void
read_part(struct reader *r, GMimeObject *o, unsigned depth)
{
	struct mime_part *p = new_part(r);
	GMimeContentType *type = g_mime_object_get_content_type(o);
	char *text;

	if (!p)
		return;
	text = g_mime_content_type_get_mime_type(type);
	p->type = arena_lower(r->a, view_str(text));
	g_free(text);
	if (p->type.n < 3) { /* GMime makes "/a" of "/a/b" */
		p->type = VIEW("application/octet-stream");
		r->out->broken = true;
	}
	p->leaf = !GMIME_IS_MULTIPART(o);
	p->depth = depth;
	read_fields(r, p, o);
	p->attachment = view_is(view_str(g_mime_object_get_disposition(o)), "attachment");
	add_name(r, p, g_mime_object_get_content_disposition_parameter(o, "filename"));
	add_name(r, p, g_mime_object_get_content_type_parameter(o, "name"));
	if (p->n_names == 0) /* some write it so, and some readers take it */
		add_name(r, p, g_mime_object_get_content_disposition_parameter(o, "name"));
	if (GMIME_IS_PART(o))
		read_head(p, GMIME_PART(o));
	r->out->broken |= !encoding_ok(p);
}

/* ---- all of them ---- */

/* Depth is at most MIME_DEPTH_MAX. */
static void
walk(struct reader *r, GMimeObject *o, unsigned depth)
{
	GMimeMessage *message;
	int n;

	if (!o || r->out->why)
		return;
	if (depth > MIME_DEPTH_MAX) {
		r->out->why = "parts are nested too deep";
		return;
	}
	read_part(r, o, depth);
	if (GMIME_IS_MESSAGE_PART(o)) {
		message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));
		walk(r, message ? g_mime_message_get_mime_part(message) : NULL, depth + 1);
	}
	if (!GMIME_IS_MULTIPART(o))
		return;
	if (view_str(g_mime_object_get_content_type_parameter(o, "boundary")).n > MIME_LINE_MAX - 4)
		r->out->why = "a boundary is too long";
	n = g_mime_multipart_get_count(GMIME_MULTIPART(o));
	r->out->broken |= n == 0;
	for (int i = 0; i < n; i++)
		walk(r, g_mime_multipart_get_part(GMIME_MULTIPART(o), i), depth + 1);
}

/* What GMime had to put up with. What only concerns the text of a field breaks nothing. */
static void
warn(gint64 offset, GMimeParserWarning code, const gchar *item, gpointer ctx)
{
	struct mime_tree *out = ctx;

	(void)offset;
	switch (code) {
	case GMIME_WARN_DUPLICATED_HEADER:
	case GMIME_CRIT_CONFLICTING_HEADER:
		out->broken |= view_starts_nocase(view_str(item), "Content-");
		break;
	case GMIME_WARN_INVALID_CONTENT_TYPE:
	case GMIME_WARN_MALFORMED_MULTIPART:
	case GMIME_WARN_TRUNCATED_MESSAGE:
	case GMIME_WARN_MALFORMED_MESSAGE:
	case GMIME_CRIT_INVALID_HEADER_NAME:
	case GMIME_CRIT_CONFLICTING_PARAMETER:
	case GMIME_CRIT_MULTIPART_WITHOUT_BOUNDARY:
	case GMIME_CRIT_NESTING_OVERFLOW:
	case GMIME_CRIT_PART_WITHOUT_HEADERS_OR_CONTENT:
		out->broken = true;
		break;
	default:
		break;
	}
}

static void
read_all(struct view v, struct arena *a, struct mime_tree *out)
{
	struct reader r = {.a = a, .out = out};
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(v.p ? v.p : "", v.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeParserOptions *options = g_mime_parser_options_new();
	GMimeMessage *m;

	g_mime_parser_options_set_warning_callback(options, warn, out);
	m = g_mime_parser_construct_message(parser, options);
	if (m)
		walk(&r, g_mime_message_get_mime_part(m), 0);
	else
		out->broken = true;
	out->broken |= out->why != NULL;
	out->part = r.part;
	if (m)
		g_object_unref(m);
	g_mime_parser_options_free(options);
	g_object_unref(parser);
	g_object_unref(stream);
}

/* GMime registers its types when they are first used, without a lock: here each is used once. */
static void
warm_up(void)
{
	static const char message[] =
		"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
		"Content-Type: text/plain; charset=koi8-r; name*=koi8-r''%D7\r\n"
		"Content-Disposition: attachment; filename=\"=?iso-8859-2?q?=E4?=\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--a\r\n"
		"Content-Type: message/rfc822\r\n\r\nFrom: a <a@b.example>\r\nSubject: a\r\n\r\na\r\n--a\r\n"
		"Content-Type: message/partial; number=1; total=1; id=a\r\n\r\na\r\n--a\r\n"
		"Content-Type: application/pkcs7-mime\r\n\r\na\r\n--a\r\n"
		"Content-Type: multipart/signed; boundary=b\r\n\r\n--b--\r\n--a\r\n"
		"Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b--\r\n--a--\r\n";
	struct arena *a = arena_new();
	struct mime_tree t = {0};

	g_mime_init();
	read_all(view_str(message), a, &t);
	arena_free(a);
}

void
mime_tree_read(struct view message, struct arena *a, struct mime_tree *out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	*out = (struct mime_tree){0};
	pthread_once(&once, warm_up);
	read_all(message, a, out);
}
