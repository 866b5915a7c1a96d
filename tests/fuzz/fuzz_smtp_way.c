/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/smtp_way.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
die(const struct smtp_way *w, const char *why)
{
	fprintf(stderr, "%s\n%.*s\n%.*s\n", why, VIEW_ARG(buf_view(&w->commands)), VIEW_ARG(buf_view(&w->said)));
	abort();
}

/* Only verbs that we send. */
static void
expect_ours(const struct smtp_way *w)
{
	static const char *const ours[] = {"PROXY ", "EHLO ", "XFORWARD ", "XCLIENT ", "MAIL FROM:<", "RCPT TO:<", "DATA",
		"BDAT ", "RSET",
		"QUIT", "AUTH ", "ETRN ", "NOOP"};
	struct view rest = buf_view(&w->commands), line;

	while (view_split(&rest, '\n', &line)) {
		bool known = line.n == 0;

		for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
			known |= view_starts_nocase(line, ours[i]);
		if (!known)
			die(w, "the backend got a command that is none of ours");
	}
}

/* The first byte chooses the backend and what the client may do; form feeds part what it sends at once. In front of
 * that, behind a byte of 1, may stand up to 31 moods of the backend, their number first. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct smtp_way w;
	size_t at;

	if (n == 0)
		return 0;
	smtp_way_init(&w);
	w.chunking = data[0] & 1;
	w.o.refuse_bare_newline = data[0] & 2;
	w.terms.identity = (enum relay_identity)(data[0] >> 2 & 3);
	w.listed = data[0] >> 4;
	at = 1;
	if (n > 2 && data[1] == 1 && n - 3 >= data[2] % 32U) {
		w.n_moods = data[2] % 32U;
		w.moods = data + 3;
		at = 3 + w.n_moods;
	}
	smtp_way_run(&w, view_of(data + at, n - at));
	if (w.messages > w.handed)
		die(&w, "the backend took more messages than we handed over");
	if (w.acknowledged > w.messages)
		die(&w, "the client was told of more messages than the backend took");
	if (w.differs)
		die(&w, "the backend took another message than we held");
	expect_ours(&w);
	smtp_way_done(&w);
	return 0;
}
