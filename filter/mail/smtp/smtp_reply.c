/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_reply.h"

#include "util/limits.h"

/* What goes into the text of a reply, line by line. */
struct lines {
	char *p;
	size_t n;
	size_t width; /* bytes a line may have */
	int left;     /* lines that may still be begun */
};

/* 1 to 3 digits without leading zeros; *rest goes behind them. */
static bool
number(struct view *rest)
{
	struct view v = *rest;
	size_t n = 0;

	while (n < v.n && n < 3 && view_is_digit(v.p[n]))
		n++;
	*rest = view_skip(v, n);
	return n > 0 && (n == 1 || v.p[0] != '0');
}

/* status-code = class "." subject "." detail
 * class       = "2" / "4" / "5"
 * subject     = 1*3digit
 * detail      = 1*3digit */
bool
smtp_reply_enhanced_ok(struct view v)
{
	if (v.n < 5 || (v.p[0] != '2' && v.p[0] != '4' && v.p[0] != '5') || v.p[1] != '.')
		return false;
	v = view_skip(v, 2);
	if (!number(&v) || v.n == 0 || v.p[0] != '.')
		return false;
	v = view_skip(v, 1);
	return number(&v) && v.n == 0;
}

/* line cleaned into p: control characters go (a tab is a blank), what is not ASCII becomes '?'. */
static struct view
clean(struct view line, char *p)
{
	size_t n = 0;

	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if (c == '\t')
			p[n++] = ' ';
		else if (c >= ' ')
			p[n++] = c > 126 ? '?' : (char)c;
	}
	return view_trim(view_of(p, n));
}

/* Where to break v so that no piece is over width: at a blank if its second half has one. */
static size_t
break_at(struct view v, size_t width)
{
	size_t blank;

	if (v.n <= width)
		return v.n;
	blank = view_rfind(view_head(v, width + 1), ' ');
	return blank <= width && blank >= width / 2 ? blank : width;
}

static void
add_line(struct lines *l, struct view line)
{
	while (line.n && l->left > 0) {
		size_t n = break_at(line, l->width);

		if (l->n)
			l->p[l->n++] = '\n';
		memcpy(l->p + l->n, line.p, n);
		l->n += n;
		l->left--;
		line = view_trim(view_skip(line, n));
	}
}

/* Every line leaves as "554-5.7.1 text" CRLF: the text has what that leaves of REPLY_LINE_MAX. */
static struct view
make_text(struct view text, size_t enhanced, struct arena *a)
{
	struct lines l = {.width = REPLY_LINE_MAX - 2 - 4 - enhanced - 1, .left = SMTP_REPLY_LINES};
	char *scratch = arena_alloc(a, text.n + 1);
	struct view line;

	l.p = arena_alloc(a, SMTP_REPLY_LINES * (l.width + 1));
	while (view_split(&text, '\n', &line))
		add_line(&l, clean(line, scratch));
	return view_of(l.p, l.n);
}

struct smtp_reply
smtp_reply_make(int code, int fallback, struct view enhanced, struct view text, struct arena *a)
{
	struct smtp_reply r = {.code = code, .enhanced = enhanced};
	bool permanent;

	if (r.code < 400 || r.code > 599)
		r.code = fallback;
	if (r.code < 400 || r.code > 599)
		r.code = 451; /* of two wrong answers the one that loses no mail */
	permanent = r.code >= 500;
	if (!smtp_reply_enhanced_ok(enhanced) || enhanced.p[0] != (permanent ? '5' : '4'))
		r.enhanced = permanent ? VIEW("5.7.1") : VIEW("4.7.1");
	r.text = make_text(text, r.enhanced.n, a);
	if (r.text.n == 0)
		r.text = permanent ? VIEW("refused by local policy") : VIEW("try again later");
	return r;
}

struct view
smtp_reply_line(const struct smtp_reply *r, struct arena *a)
{
	struct view v =
		arena_printf(a, "%d %.*s %.*s", r->code, VIEW_ARG(r->enhanced), VIEW_ARG(r->text));
	char *p = arena_cstr(a, v);

	for (size_t i = 0; i < v.n; i++)
		if (p[i] == '\n')
			p[i] = ' ';
	return view_of(p, v.n);
}

void
smtp_reply_write(const struct smtp_reply *r, struct buf *out)
{
	struct view rest = r->text.n ? r->text : VIEW(""), line;

	while (view_split(&rest, '\n', &line)) {
		buf_printf(out, "%d%c", r->code, rest.p ? '-' : ' ');
		if (r->enhanced.n)
			buf_printf(out, "%.*s ", VIEW_ARG(r->enhanced));
		buf_add(out, line);
		buf_str(out, "\r\n");
	}
}
