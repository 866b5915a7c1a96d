/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/xclient.h"
#include "util/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What several commands tell together. */
static void
merge(struct xclient *to, const struct xclient *from)
{
	for (int i = 0; i < XCLIENT_ATTRIBUTES; i++)
		if (from->given & 1U << i)
			to->value[i] = from->value[i];
	to->tempunavail = (to->tempunavail & ~from->given) | from->tempunavail;
	to->given |= from->given;
	if (from->given & 1U << XCLIENT_ADDR)
		to->addr = from->addr;
	if (from->given & 1U << XCLIENT_DESTADDR)
		to->destaddr = from->destaddr;
	if (from->given & 1U << XCLIENT_PORT)
		to->port = from->port;
	if (from->given & 1U << XCLIENT_DESTPORT)
		to->destport = from->destport;
}

/* What is read is written in lines of SMTP's length, and read back as the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct xclient x, one, all = {0};
	struct view rest, line;
	struct buf b;

	buf_init(&b, 8192);
	xclient_announced(view_of(data, n));
	if (xclient_read(view_of(data, n), a, &x)) {
		xclient_write(&x, XCLIENT_TAKEN, &b);
		for (rest = buf_view(&b); view_split(&rest, '\n', &line) && rest.p;) {
			if (line.n + 1 > SMTP_COMMAND_MAX || !view_starts_nocase(line, "XCLIENT ") || line.p[line.n - 1] != '\r')
				abort();
			if (!xclient_read(view_head(view_skip(line, 8), line.n - 9), a, &one))
				abort();
			merge(&all, &one);
		}
		if (all.given != x.given || all.tempunavail != x.tempunavail || !ip_eq(&all.addr, &x.addr) || all.port != x.port)
			abort();
		for (int i = 0; i < XCLIENT_ATTRIBUTES; i++) /* a long one may have become unavailable */
			if (all.value[i].p && i != XCLIENT_ADDR && i != XCLIENT_DESTADDR && i != XCLIENT_PORT &&
				i != XCLIENT_DESTPORT && !view_eq(all.value[i], x.value[i]))
				abort();
		xclient_write_forward(&x, ~0U, &b);
	}
	buf_done(&b);
	arena_free(a);
	return 0;
}
