/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_data.h"
#include "tests/lib/unit.h"

#include <stdlib.h>

enum { ROOM = 4096 };

struct result {
	char out[ROOM];
	size_t n;
	struct view rest;
	struct smtp_data d;
};

typedef void init_fn(struct smtp_data *d);

/* Feeds in, in pieces of at most `piece` bytes, with at most `room` bytes of output a call. */
static void
feed(init_fn *init, struct view in, size_t piece, size_t room, struct result *r)
{
	struct view left = in;

	r->n = 0;
	init(&r->d);
	while (left.n && !r->d.ended) {
		struct view now = view_head(left, piece), before = now;

		while (now.n && !r->d.ended)
			r->n += smtp_data_run(&r->d, &now, r->out + r->n, room);
		left = view_skip(left, before.n - now.n);
	}
	r->rest = left;
	if (init != smtp_data_init_read)
		r->n += smtp_data_finish(&r->d, r->out + r->n);
}

static void
expect(init_fn *init, const char *name, struct view in, struct view want, const char *rest)
{
	struct result *r = malloc(sizeof(*r));

	for (size_t piece = 1; piece <= in.n + 1; piece++)
		for (size_t room = SMTP_DATA_STEP; room < SMTP_DATA_STEP + 6; room++) {
			feed(init, in, piece, room, r);
			UNIT_CASE(view_eq(view_of(r->out, r->n), want), name);
			UNIT_CASE(r->d.bytes == want.n, name);
			UNIT_CASE(r->d.ended == (rest != NULL), name);
			UNIT_CASE(!rest || view_eq_str(r->rest, rest), name);
		}
	free(r);
}

/* What a client sends after 354; rest NULL: it has not ended. */
static const struct {
	const char *name;
	struct view in, want;
	const char *rest;
} reading[] = {
	{"plain", VIEW("a\r\n\r\nb\r\n.\r\n"), VIEW("a\r\n\r\nb\r\n"), ""},
	{"empty message", VIEW(".\r\n"), VIEW(""), ""},
	{"one empty line", VIEW("\r\n.\r\n"), VIEW("\r\n"), ""},
	{"what is behind the end stays", VIEW("a\r\n.\r\nQUIT\r\n"), VIEW("a\r\n"), "QUIT\r\n"},
	{"dots are unstuffed", VIEW("..\r\n..a\r\n...\r\n.\r\n"), VIEW(".\r\n.a\r\n..\r\n"), ""},
	{"a dot before text goes", VIEW(".a\r\n.\r\n"), VIEW("a\r\n"), ""},
	{"dots within lines stay", VIEW("a.\r\na..b\r\n.\r\n"), VIEW("a.\r\na..b\r\n"), ""},
	{"end wants a line end before it", VIEW("a.\r\n"), VIEW("a.\r\n"), NULL},
	{"no end yet", VIEW("a\r\n."), VIEW("a\r\n"), NULL},
	{"nor here", VIEW("a\r\n.\r"), VIEW("a\r\n"), NULL},
	{"LF . LF", VIEW("a\n.\nb\r\n.\r\n"), VIEW("a\r\n.\r\nb\r\n"), ""},
	{"LF . CRLF", VIEW("a\n.\r\nb\r\n.\r\n"), VIEW("a\r\n.\r\nb\r\n"), ""},
	{"CRLF . LF", VIEW("a\r\n.\nb\r\n.\r\n"), VIEW("a\r\n.\r\nb\r\n"), ""},
	{"LF . CR", VIEW("a\n.\rb\r\n.\r\n"), VIEW("a\r\n b\r\n"), ""},
	{"CR . CR", VIEW("a\r.\rb\r\n.\r\n"), VIEW("a . b\r\n"), ""},
	{"CR . LF", VIEW("a\r.\nb\r\n.\r\n"), VIEW("a .\r\nb\r\n"), ""},
	{"CR . CRLF", VIEW("a\r.\r\nb\r\n.\r\n"), VIEW("a .\r\nb\r\n"), ""},
	{"CRLF . CR CRLF", VIEW("a\r\n.\r\r\nb\r\n.\r\n"), VIEW("a\r\n \r\nb\r\n"), ""},
	{"CR CRLF . CR CRLF", VIEW("a\r\r\n.\r\r\nb\r\n.\r\n"), VIEW("a \r\n \r\nb\r\n"), ""},
	{"CRLF NUL . CRLF", VIEW("a\r\n\0.\r\nb\r\n.\r\n"), VIEW("a\r\n .\r\nb\r\n"), ""},
	{"CRLF . NUL CRLF", VIEW("a\r\n.\0\r\nb\r\n.\r\n"), VIEW("a\r\n \r\nb\r\n"), ""},
	{"a lone dot that was text, then the end", VIEW("a\n.\r\n.\r\nQ"), VIEW("a\r\n.\r\n"), "Q"},
	{"lines of LF only, stuffed", VIEW("a\n..b\n\r\n.\r\n"), VIEW("a\r\n.b\r\n\r\n"), ""},
	{"bare LF at the start", VIEW("\n.\r\n.\r\n"), VIEW("\r\n.\r\n"), ""},
	{"several CR", VIEW("\r\r\r\n.\r\n"), VIEW("  \r\n"), ""},
	{"8-bit", VIEW("\xc3\xbc\xff\r\n.\r\n"), VIEW("\xc3\xbc\xff\r\n"), ""},
};

static void
reads(void)
{
	for (size_t i = 0; i < sizeof(reading) / sizeof(*reading); i++)
		expect(smtp_data_init_read, reading[i].name, reading[i].in, reading[i].want, reading[i].rest);
}

static const struct {
	const char *name;
	struct view in, want;
} chunks[] = {
	{"dots mean nothing", VIEW("..a\r\n.\r\nb\r\n"), VIEW("..a\r\n.\r\nb\r\n")},
	{"line ends are made good", VIEW("a\nb\rc\0d\r\n"), VIEW("a\r\nb c d\r\n")},
	{"the last line gets its end", VIEW("a"), VIEW("a\r\n")},
	{"CR at the end", VIEW("a\r"), VIEW("a \r\n")},
	{"nothing stays nothing", VIEW(""), VIEW("")},
};

static void
chunked(void)
{
	for (size_t i = 0; i < sizeof(chunks) / sizeof(*chunks); i++) {
		expect(smtp_data_init_read_chunks, chunks[i].name, chunks[i].in, chunks[i].want, NULL);
		expect(smtp_data_init_write_chunks, chunks[i].name, chunks[i].in, chunks[i].want, NULL);
	}
}

static const struct {
	const char *name;
	struct view in, want;
} writing[] = {
	{"plain", VIEW("a\r\n\r\nb\r\n"), VIEW("a\r\n\r\nb\r\n.\r\n")},
	{"empty message", VIEW(""), VIEW(".\r\n")},
	{"dots", VIEW(".\r\n..a\r\n.b\r\na.\r\n"), VIEW("..\r\n...a\r\n..b\r\na.\r\n.\r\n")},
	{"dot without line end", VIEW("."), VIEW("..\r\n.\r\n")},
	{"no line end", VIEW("a"), VIEW("a\r\n.\r\n")},
	{"folded with LF", VIEW("A: b\n\tc\r\n"), VIEW("A: b\r\n\tc\r\n.\r\n")},
	{"LF . LF", VIEW("a\n.\n"), VIEW("a\r\n..\r\n.\r\n")},
	{"CR . CR", VIEW("a\r.\rb"), VIEW("a . b\r\n.\r\n")},
	{"CR . CRLF", VIEW("a\r.\r\nb"), VIEW("a .\r\nb\r\n.\r\n")},
	{"CRLF . CR CRLF", VIEW("a\r\n.\r\r\n"), VIEW("a\r\n.. \r\n.\r\n")},
	{"CRLF NUL . CRLF", VIEW("a\r\n\0.\r\n"), VIEW("a\r\n .\r\n.\r\n")},
	{"CR at the end", VIEW("a\r"), VIEW("a \r\n.\r\n")},
};

static void
writes(void)
{
	for (size_t i = 0; i < sizeof(writing) / sizeof(*writing); i++)
		expect(smtp_data_init_write, writing[i].name, writing[i].in, writing[i].want, NULL);
}

static void
what_was_seen(void)
{
	struct result *r = malloc(sizeof(*r));

	feed(smtp_data_init_read, VIEW("a\nbb\rb\0\r\n.ccccccc\r\n.\r\n"), 100, 100, r);
	CU_ASSERT_EQUAL(r->d.bare_lf, 1);
	CU_ASSERT_EQUAL(r->d.bare_cr, 1);
	CU_ASSERT_EQUAL(r->d.nul, 1);
	CU_ASSERT_EQUAL(r->d.longest, 7);
	CU_ASSERT_FALSE(r->d.high);
	feed(smtp_data_init_read, VIEW("a\r\n.\xff\r\n.\r\n"), 100, 100, r);
	CU_ASSERT(r->d.high);
	CU_ASSERT_EQUAL(r->d.bare_lf + r->d.bare_cr + r->d.nul, 0);
	feed(smtp_data_init_read, VIEW("aaaa\xff\r\n.\r\n"), 100, 100, r);
	CU_ASSERT(r->d.high);
	CU_ASSERT_EQUAL(r->d.longest, 5);
	free(r);
}

/* Every string of six of the bytes that matter, through writer and reader: the same as through the chunk
 * writer alone, one end, at the end; and nothing in between that anybody might take for one. */
static void
all_short_strings(void)
{
	static const char set[] = {'\r', '\n', '.', '\0', 'x'};
	struct result *stuffed = malloc(sizeof(*stuffed)), *back = malloc(sizeof(*back)), *plain = malloc(sizeof(*plain));
	size_t bad = 0, dots = 0;

	for (size_t k = 0; k < 5 * 5 * 5 * 5 * 5 * 5; k++) {
		char in[6];
		size_t v = k;

		for (size_t i = 0; i < sizeof(in); i++, v /= 5)
			in[i] = set[v % 5];
		feed(smtp_data_init_write, view_of(in, sizeof(in)), 6, 100, stuffed);
		feed(smtp_data_init_write_chunks, view_of(in, sizeof(in)), 6, 100, plain);
		feed(smtp_data_init_read, view_of(stuffed->out, stuffed->n), 100, 100, back);
		bad += !back->d.ended || back->rest.n != 0 || back->d.bare_lf + back->d.bare_cr + back->d.nul != 0;
		bad += !view_eq(view_of(back->out, back->n), view_of(plain->out, plain->n));
		for (size_t i = 0; i + 4 < stuffed->n; i++)
			dots += memcmp(stuffed->out + i, "\r\n.\r\n", 5) == 0 && i + 5 < stuffed->n;
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_EQUAL(dots, 0);
	free(stuffed);
	free(back);
	free(plain);
}

static const struct unit_test tests[] = {
	{"DATA ends at one sequence only", reads},
	{"chunks have no dots", chunked},
	{"what is written can end in one place only", writes},
	{"what was found is told", what_was_seen},
	{"all short strings", all_short_strings},
};

int
main(void)
{
	return unit_main("mail/smtp/smtp_data", tests, sizeof(tests) / sizeof(*tests));
}
