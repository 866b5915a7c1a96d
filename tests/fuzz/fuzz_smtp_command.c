/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/ehlo.h"
#include "mail/smtp/smtp_command.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_refusal(const struct smtp_command *c, enum smtp_command_status s)
{
	struct smtp_reply r = smtp_command_refusal(c, s);

	if (r.code < 500 || r.code > 599 || !smtp_reply_enhanced_ok(r.enhanced) || r.text.n == 0)
		abort();
}

/* One line, and one command in it: what is passed on is read back as the same. */
static void
check_envelope(const struct smtp_command *c, bool utf8, struct arena *a, struct buf *b)
{
	struct smtp_command again;
	struct view line;

	if (smtp_command_write(c->verb, c->mailbox, c->params, EHLO_COMMON, b) != 0 || b->over || b->n < 3)
		abort();
	line = view_head(buf_view(b), b->n - 2);
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 127)
			abort();
	if (smtp_command_parse(line, utf8, a, &again) != SMTP_COMMAND_OK || again.verb != c->verb)
		abort();
	if (!view_eq(again.mailbox, c->mailbox) || !view_eq(again.params, c->params) || again.needs != c->needs ||
		!view_eq(again.address.text, c->address.text) || again.size != c->size || again.notify != c->notify)
		abort();
	buf_reset(b);
	smtp_command_write(c->verb, c->mailbox, c->params, 0, b);
}

/* The first byte says whether the transaction has SMTPUTF8. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a;
	struct smtp_command c;
	enum smtp_command_status s;
	struct buf b;

	if (n < 1)
		return 0;
	a = arena_new();
	buf_init(&b, 8 * n + 100);
	s = smtp_command_parse(view_of(data + 1, n - 1), data[0] & 1, a, &c);
	if (s != SMTP_COMMAND_OK)
		check_refusal(&c, s);
	else if (c.verb == VERB_MAIL || c.verb == VERB_RCPT)
		check_envelope(&c, data[0] & 1, a, &b);
	else if (!smtp_command_name(c.verb) || !view_is(c.word, smtp_command_name(c.verb)))
		abort();
	buf_done(&b);
	arena_free(a);
	return 0;
}
