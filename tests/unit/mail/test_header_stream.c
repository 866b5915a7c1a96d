/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/header_stream.h"

#include "tests/lib/unit.h"
#include "util/buf.h"

/* "name{raw}value" for each field, "E" or "B" for its end, then the body. */
static void
read_all(struct view message, size_t piece, struct buf *out)
{
	struct header_stream h;
	bool over = false;

	header_stream_init(&h);
	while (message.n && !over) {
		struct view in = view_head(message, piece), name, v;
		enum header_stream_event e;

		message = view_skip(message, in.n);
		while (!over && (e = header_stream_next(&h, &in, &name, &v)) != HEADER_STREAM_MORE) {
			over = e == HEADER_STREAM_END || e == HEADER_STREAM_BODY;
			if (e == HEADER_STREAM_FIELD)
				buf_printf(out, "[%.*s]{", VIEW_ARG(name));
			else if (over)
				buf_str(out, e == HEADER_STREAM_END ? "E" : "B");
			buf_add(out, v);
			if (e == HEADER_STREAM_FIELD)
				buf_str(out, "}");
		}
		if (over) {
			buf_add(out, in);
			buf_add(out, message);
		}
	}
	if (!over) {
		buf_str(out, "|");
		buf_add(out, header_stream_rest(&h));
	}
}

static void
cases(void)
{
	static const struct {
		const char *name, *in, *want;
	} t[] = {
		{"two fields and a body", "A: b\r\nC:d\r\n\r\nx\r\n", "[A]{A:} b\r\n[C]{C:}d\r\nE\r\nx\r\n"},
		{"folding", "A: b\r\n c\r\n\td\r\n\r\n", "[A]{A:} b\r\n c\r\n\td\r\nE\r\n"},
		{"a line of blanks is folding", "A: b\r\n \r\nC: d\r\n\r\n", "[A]{A:} b\r\n \r\n[C]{C:} d\r\nE\r\n"},
		{"blanks before the colon", "A \t: b\r\n\r\n", "[A]{A \t:} b\r\nE\r\n"},
		{"no colon: the body begins", "A: b\r\nhello\r\n\r\n", "[A]{A:} b\r\nBhello\r\n\r\n"},
		{"a name with a blank", "A b: c\r\n\r\n", "BA b: c\r\n\r\n"},
		{"a name with 8-bit", "\xc3\xa4: c\r\n\r\n", "B\xc3\xa4: c\r\n\r\n"},
		{"no name", ": c\r\n\r\n", "B: c\r\n\r\n"},
		{"a blank first", " A: c\r\n\r\n", "B A: c\r\n\r\n"},
		{"mbox", "From a@b.test Mon\r\nA: c\r\n", "BFrom a@b.test Mon\r\nA: c\r\n"},
		{"no header", "\r\nA: b\r\n", "E\r\nA: b\r\n"},
		{"nothing", "", "|"},
		{"header only", "A: b\r\n", "[A]{A:} b\r\n|"},
		{"ends in a name", "A: b\r\nSub", "[A]{A:} b\r\n|Sub"},
		{"ends in a value", "A: b", "[A]{A:} b|"},
		{"ends in a CR", "A: b\r\n\r", "[A]{A:} b\r\n|\r"},
		{"an empty value", "A:\r\n\r\n", "[A]{A:}\r\nE\r\n"},
	};
	struct buf b;

	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		for (size_t piece = 1; piece < 20; piece++) {
			buf_reset(&b);
			read_all(view_str(t[i].in), piece, &b);
			UNIT_CASE(view_eq_str(buf_view(&b), t[i].want), t[i].name);
		}
	buf_done(&b);
}

/* One byte decides, and nothing is lost on either side. */
static void
longest_name(void)
{
	for (size_t n = HEADER_NAME_MAX; n <= HEADER_NAME_MAX + 1; n++) {
		struct buf in, out;

		buf_init(&in, 4096);
		buf_init(&out, 4096);
		for (size_t i = 0; i < n; i++)
			buf_byte(&in, 'x');
		buf_str(&in, ": b\r\n");
		read_all(buf_view(&in), 100, &out);
		CU_ASSERT_EQUAL(out.p[0], n <= HEADER_NAME_MAX ? '[' : 'B');
		CU_ASSERT_EQUAL(out.n, n <= HEADER_NAME_MAX ? 2 * n + 10 : 1 + in.n);
		buf_done(&in);
		buf_done(&out);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {{"fields, however they are cut", cases}, {"the longest name", longest_name}};

	return unit_main("mail/header_stream", tests, sizeof(tests) / sizeof(*tests));
}
