/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_data.h"

/* Where in a line the next byte stands. CR and dot are held until the next byte tells what they are. */
enum { START, TEXT, CR, DOT, DOT_CR };

static void
init(struct smtp_data *d, bool in, bool dots)
{
	*d = (struct smtp_data){.state = START, .dots = dots, .in = in, .after_crlf = true};
}

void
smtp_data_init_read(struct smtp_data *d)
{
	init(d, true, true);
}

void
smtp_data_init_read_chunks(struct smtp_data *d)
{
	init(d, true, false);
}

void
smtp_data_init_write(struct smtp_data *d)
{
	init(d, false, true);
}

void
smtp_data_init_write_chunks(struct smtp_data *d)
{
	init(d, false, false);
}

static char *
put(struct smtp_data *d, char *o, char c)
{
	d->line++;
	d->state = TEXT;
	*o++ = c;
	return o;
}

static char *
end_line(struct smtp_data *d, char *o, bool crlf)
{
	d->longest = d->line > d->longest ? d->line : d->longest;
	d->bare_lf += !crlf;
	d->line = 0;
	d->state = START;
	d->after_crlf = crlf;
	*o++ = '\r';
	*o++ = '\n';
	return o;
}

/* A CR that no LF follows. */
static char *
bare_cr(struct smtp_data *d, char *o)
{
	d->bare_cr++;
	return put(d, o, ' ');
}

/* A byte of a line, or its end; nothing is held. */
static char *
plain(struct smtp_data *d, char c, char *o)
{
	if (c == '\r') {
		d->state = CR;
		return o;
	}
	if (c == '\n')
		return end_line(d, o, false);
	if (c == '.' && d->state == START && d->dots) {
		if (d->in) {
			d->state = DOT;
			return o;
		}
		*o++ = '.';
	}
	if (c == '\0') {
		d->nul++;
		c = ' ';
	}
	d->high |= (unsigned char)c > 127;
	return put(d, o, c);
}

/* A byte behind a held dot. The dot goes if something stands behind it (RFC 5321 4.5.2). A lone one that is
 * not the end, since one of the two line ends is no CRLF, is text: it stays. */
static char *
behind_dot(struct smtp_data *d, char c, char *o)
{
	if (d->state == DOT && c == '\r') {
		d->state = DOT_CR;
		return o;
	}
	if (c == '\n' && d->state == DOT_CR && d->after_crlf) {
		d->ended = true;
		return o;
	}
	if (c == '\n') {
		bool crlf = d->state == DOT_CR;

		return end_line(d, put(d, o, '.'), crlf);
	}
	if (d->state == DOT_CR)
		o = bare_cr(d, o);
	d->state = TEXT;
	return plain(d, c, o);
}

static char *
step(struct smtp_data *d, char c, char *o)
{
	switch (d->state) {
	case CR:
		if (c == '\n')
			return end_line(d, o, true);
		return plain(d, c, bare_cr(d, o));
	case DOT:
	case DOT_CR:
		return behind_dot(d, c, o);
	default:
		return plain(d, c, o);
	}
}

/* How many bytes there are before the first c. */
static size_t
before(const char *p, size_t n, char c)
{
	const char *found = memchr(p, c, n);

	return found ? (size_t)(found - p) : n;
}

static bool
has_high(const char *p, size_t n)
{
	uint64_t all = 0, eight;

	for (; n >= sizeof(eight); n -= sizeof(eight), p += sizeof(eight)) {
		memcpy(&eight, p, sizeof(eight));
		all |= eight;
	}
	for (; n > 0; n--)
		all |= (unsigned char)*p++;
	return all & 0x8080808080808080u;
}

/* Copies what is text for sure; *at goes behind it. */
static char *
copy_text(struct smtp_data *d, struct view in, size_t *at, char *o, const char *limit)
{
	size_t n = in.n - *at, room = (size_t)(limit - o);
	const char *p = in.p + *at;

	n = before(p, n < room ? n : room, '\n');
	n = before(p, n, '\r');
	n = before(p, n, '\0');
	memcpy(o, p, n);
	d->high |= has_high(p, n);
	d->line += n;
	*at += n;
	return o + n;
}

size_t
smtp_data_run(struct smtp_data *d, struct view *input, char *out, size_t room)
{
	const char *limit = out + (room < SMTP_DATA_STEP ? 0 : room - SMTP_DATA_STEP + 1);
	char *o = out;
	size_t i = 0;

	while (i < input->n && o < limit && !d->ended) {
		if (d->state == TEXT)
			o = copy_text(d, *input, &i, o, limit);
		if (i < input->n && o < limit)
			o = step(d, input->p[i++], o);
	}
	*input = view_skip(*input, i);
	d->bytes += (size_t)(o - out);
	return (size_t)(o - out);
}

size_t
smtp_data_finish(struct smtp_data *d, char *out)
{
	char *o = out;

	if (d->state == CR)
		o = bare_cr(d, o);
	if (d->state == TEXT)
		o = end_line(d, o, true);
	if (d->dots && !d->in) {
		memcpy(o, ".\r\n", 3);
		o += 3;
	}
	d->bytes += (size_t)(o - out);
	return (size_t)(o - out);
}
