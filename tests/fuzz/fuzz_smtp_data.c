/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_data.h"
#include "util/buf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

typedef void init_fn(struct smtp_data *d);

static struct smtp_data
run(init_fn *init, struct view in, size_t piece, size_t room, struct buf *out, struct view *rest)
{
	struct smtp_data d;
	char o[300];

	init(&d);
	while (in.n && !d.ended) {
		struct view now = view_head(in, piece), before = now;

		while (now.n && !d.ended)
			buf_add(out, view_of(o, smtp_data_run(&d, &now, o, room)));
		in = view_skip(in, before.n - now.n);
	}
	if (init != smtp_data_init_read)
		buf_add(out, view_of(o, smtp_data_finish(&d, o)));
	*rest = in;
	return d;
}

/* Only whole lines, and in them no CR, LF or NUL. */
static bool
is_clean(struct view v, bool whole)
{
	for (size_t i = 0; i < v.n; i++)
		if (!v.p[i] || (v.p[i] == '\n' && (i == 0 || v.p[i - 1] != '\r')) ||
			(v.p[i] == '\r' && (i + 1 == v.n || v.p[i + 1] != '\n')))
			return false;
	return !whole || v.n == 0 || v.p[v.n - 1] == '\n';
}

/* Where CRLF.CRLF ends for the first time, the beginning counting as a line's end; 0: nowhere. */
static size_t
first_end(struct view v)
{
	if (v.n >= 3 && memcmp(v.p, ".\r\n", 3) == 0)
		return 3;
	for (size_t i = 0; i + 5 <= v.n; i++)
		if (memcmp(v.p + i, "\r\n.\r\n", 5) == 0)
			return i + 5;
	return 0;
}

/* The first two bytes cut the rest into pieces. The reader ends where it must and nowhere else; however the bytes
 * come, the same goes out; what the writer makes has one end, and the reader gives back what went in. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view in = view_of(data + 2, n - 2), rest, ignored;
	struct buf a, b, c, d;
	struct smtp_data r, s;
	size_t piece, room;

	if (n < 3)
		return 0;
	piece = data[0] + 1U;
	room = data[1] % 200 + SMTP_DATA_STEP;
	buf_init(&a, 8 * n + 100);
	buf_init(&b, 8 * n + 100);
	buf_init(&c, 8 * n + 100);
	buf_init(&d, 8 * n + 100);

	r = run(smtp_data_init_read, in, n, 300, &a, &rest);
	s = run(smtp_data_init_read, in, piece, room, &b, &ignored);
	if (r.ended != (first_end(in) > 0) || (r.ended && in.n - rest.n != first_end(in)))
		abort();
	if (!is_clean(buf_view(&a), r.ended) || !view_eq(buf_view(&a), buf_view(&b)) || r.bytes != a.n)
		abort();
	if (r.bare_cr != s.bare_cr || r.bare_lf != s.bare_lf || r.nul != s.nul || r.longest != s.longest || r.high != s.high)
		abort();

	run(smtp_data_init_write, in, piece, room, &c, &ignored);
	if (first_end(buf_view(&c)) != c.n || !is_clean(buf_view(&c), true))
		abort();
	buf_reset(&a);
	buf_reset(&b);
	run(smtp_data_init_read, buf_view(&c), n, 300, &a, &ignored);
	run(smtp_data_init_write_chunks, in, n, 300, &b, &ignored);
	run(smtp_data_init_read_chunks, in, piece, room, &d, &ignored);
	if (!view_eq(buf_view(&a), buf_view(&b)) || !view_eq(buf_view(&b), buf_view(&d)))
		abort();
	buf_done(&a);
	buf_done(&b);
	buf_done(&c);
	buf_done(&d);
	return 0;
}
