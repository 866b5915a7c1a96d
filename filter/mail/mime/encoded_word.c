/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/encoded_word.h"

#include "mail/mime/charset.h"
#include "mail/header.h"
#include "util/buf.h"
#include "util/limits.h"

struct word {
	struct view charset, text;
	bool base64;
	size_t length; /* of all of it */
};

struct decoder {
	struct arena *a;
	struct buf out;
	struct view charset; /* of the run; absent = there is none */
	char *run;           /* decoded bytes of adjacent words of one set, not converted yet */
	size_t n_run;
	bool no_end;         /* no "?=" follows: no more words */
};

/* encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?=" */
static bool
read_word(struct decoder *d, struct view v, struct word *out)
{
	struct word w = {0};
	struct view rest = view_skip(v, 2);
	size_t mark, end;

	if (v.n < 8 || v.p[0] != '=' || v.p[1] != '?' || d->no_end)
		return false;
	mark = view_find(view_head(rest, 2 * CHARSET_NAME_MAX), '?');
	w.charset = view_head(rest, mark);
	w.charset = view_head(w.charset, view_find(w.charset, '*'));
	rest = view_skip(rest, mark);
	if (rest.n < 5 || rest.p[0] != '?' || rest.p[2] != '?' || view_find(w.charset, ' ') < w.charset.n)
		return false;
	w.base64 = view_lower(rest.p[1]) == 'b';
	if (!w.base64 && view_lower(rest.p[1]) != 'q')
		return false;
	rest = view_skip(rest, 3);
	end = view_search_nocase(rest, VIEW("?="));
	d->no_end = end == rest.n;
	if (d->no_end)
		return false;
	w.text = view_head(rest, end);
	w.length = (size_t)(rest.p - v.p) + end + 2;
	*out = w;
	return true;
}

static int
hex(char c)
{
	if (view_is_digit(c))
		return c - '0';
	c = view_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Section 4.2: "_" is a blank, "=" hex hex is a byte. */
static void
add_q(struct decoder *d, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		int h = v.p[i] == '=' && i + 2 < v.n ? hex(v.p[i + 1]) : -1;
		int l = h >= 0 ? hex(v.p[i + 2]) : -1;

		if (l >= 0)
			i += 2;
		d->run[d->n_run++] = l >= 0 ? (char)(h << 4 | l) : v.p[i] == '_' ? ' ' : v.p[i];
	}
}

static int
sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (view_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What is no base64 is skipped, as section 6.8 of RFC 2045 wants; "=" ends a group. */
static void
add_b(struct decoder *d, struct view v)
{
	unsigned bits = 0, n = 0;

	for (size_t i = 0; i < v.n; i++) {
		int s = sextet(v.p[i]);

		if (v.p[i] == '=')
			n = 0;
		if (s < 0)
			continue;
		bits = bits << 6 | (unsigned)s;
		n += 6;
		if (n < 8)
			continue;
		n -= 8;
		d->run[d->n_run++] = (char)(bits >> n);
	}
}

static void
add_text(struct decoder *d, struct view charset, struct view text)
{
	buf_add(&d->out, charset_utf8(charset, text, d->a));
}

static void
end_run(struct decoder *d)
{
	if (d->charset.p)
		add_text(d, d->charset, view_of(d->run, d->n_run));
	d->charset = (struct view){NULL, 0};
	d->run += d->n_run;
	d->n_run = 0;
}

static void
add_word(struct decoder *d, const struct word *w)
{
	if (d->charset.p && !view_eq_nocase(d->charset, w->charset))
		end_run(d);
	d->charset = w->charset;
	if (w->base64)
		add_b(d, w->text);
	else
		add_q(d, w->text);
}

/* Text up to the next word; blanks alone between two words are none. */
static void
add_plain(struct decoder *d, struct view text, bool word_follows)
{
	if (word_follows && d->charset.p && view_trim(text).n == 0)
		return;
	end_run(d);
	add_text(d, (struct view){NULL, 0}, text);
}

static void
decode(struct decoder *d, struct view v)
{
	struct word w;
	size_t plain = 0;

	for (size_t i = 0; i < v.n;) {
		if (v.p[i] != '=' || !read_word(d, view_skip(v, i), &w)) {
			i++;
			continue;
		}
		add_plain(d, view_of(v.p + plain, i - plain), true);
		add_word(d, &w);
		plain = i += w.length;
	}
	add_plain(d, view_skip(v, plain), false);
}

struct view
encoded_word_decode(struct view value, struct arena *a)
{
	struct view v = header_unfold(value, a), out;
	struct decoder d = {.a = a};
	char *text;

	if (!v.p || view_search_nocase(v, VIEW("=?")) == v.n)
		return v.p ? view_trim(charset_utf8((struct view){NULL, 0}, v, a)) : v;
	d.run = arena_alloc(a, v.n + 1);
	buf_init(&d.out, HEADER_DECODED_MAX);
	decode(&d, v);
	out = arena_copy(a, buf_view(&d.out));
	buf_done(&d.out);
	text = (char *)out.p; /* our own copy */
	for (size_t i = 0; i < out.n; i++)
		if (text[i] == 0 || text[i] == '\r' || text[i] == '\n')
			text[i] = ' ';
	return view_trim(out);
}
