/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/edited_message.h"

#include "tests/lib/unit.h"
#include "util/buf.h"

static void
put(void *ctx, struct view piece)
{
	CU_ASSERT_NOT_EQUAL(piece.n, 0);
	buf_add(ctx, piece);
}

static void
run(const struct edits *e, struct view message, size_t piece, struct buf *out)
{
	struct arena *a = arena_new();
	struct edited_message m;
	bool last;

	edited_message_init(&m, VIEW("T: t\r\n"), e, a);
	do {
		struct view in = view_head(message, piece);

		message = view_skip(message, in.n);
		last = message.n == 0;
		edited_message_run(&m, in, last, put, out);
	} while (!last);
	arena_free(a);
}

static void
edits(void)
{
	static struct edit_header del[] = {{EDIT_DELETE, {"B", 1}, {NULL, 0}, 3}, {EDIT_DELETE, {"b", 1}, {NULL, 0}, 1},
		{EDIT_DELETE, {"A", 1}, {NULL, 0}, 2}};
	static struct edit_header add[] = {{EDIT_ADD, {"X", 1}, {"1", 1}, 0}, {EDIT_ADD, {"Y", 1}, {"2\n\tz", 4}, 0}};
	static const struct edits none = {NULL, 0, NULL, 0}, dels = {del, 3, NULL, 0}, adds = {add, 2, NULL, 0};
	static const struct {
		const char *name;
		const struct edits *e;
		const char *in, *want;
	} t[] = {
		{"none", NULL, "A: b\r\n\r\nx\r\n", "T: t\r\nA: b\r\n\r\nx\r\n"},
		{"none in a list", &none, "A: b\r\n\r\nx\r\n", "T: t\r\nA: b\r\n\r\nx\r\n"},
		{"added on top, the last first", &adds, "A: b\r\n\r\n", "Y: 2\n\tz\r\nX: 1\r\nT: t\r\nA: b\r\n\r\n"},
		{"left out by name and number", &dels, "B: 1\r\n f\r\nA: 1\r\nb : 2\r\nB: 3\r\nA: 2\r\nb: 4\r\n\r\nB: x\r\n",
			"T: t\r\nA: 1\r\nb : 2\r\nb: 4\r\n\r\nB: x\r\n"},
		{"numbered as received", &dels, "A: 1\r\n\r\nA: 2\r\n", "T: t\r\nA: 1\r\n\r\nA: 2\r\n"},
		{"the last field is left out", &dels, "B: 1\r\n\r\n", "T: t\r\n\r\n"},
		{"no empty line before the body", NULL, "A: 1\r\nhello\r\nB: 2\r\n", "T: t\r\nA: 1\r\n\r\nhello\r\nB: 2\r\n"},
		{"no header, no empty line", &dels, "hello\r\n", "T: t\r\n\r\nhello\r\n"},
		{"no header", NULL, "\r\nhello\r\n", "T: t\r\n\r\nhello\r\n"},
		{"nothing", NULL, "", "T: t\r\n"},
		{"no end of line", NULL, "A: 1\r\nhello", "T: t\r\nA: 1\r\n\r\nhello"},
		{"left out up to the end", &dels, "A: 1\r\nB: hello", "T: t\r\nA: 1\r\n"},
	};
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		for (size_t piece = 1; piece < 30; piece++) {
			buf_reset(&b);
			run(t[i].e, view_str(t[i].in), piece, &b);
			UNIT_CASE(view_eq_str(buf_view(&b), t[i].want), t[i].name);
		}
	buf_done(&b);
}

int
main(void)
{
	static const struct unit_test tests[] = {{"fields added and left out", edits}};

	return unit_main("front/edited_message", tests, sizeof(tests) / sizeof(*tests));
}
