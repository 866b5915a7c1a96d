/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/ehlo.h"
#include "mail/smtp/smtp_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What is written of an answer is an answer, and tells the same; and what two can do is no more than what either
 * can. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct ehlo e, again, both;
	struct smtp_answer r;
	struct buf b;
	size_t used;

	ehlo_parse(view_of(data, n), &e);
	if (!e.mail_max && !e.rcpt_max && !e.rcpt_domain_max)
		e.has &= ~(unsigned)EHLO_LIMITS;
	e.has &= ~(unsigned)EHLO_BINARYMIME;
	buf_init(&b, 4096);
	ehlo_write(&e, VIEW("mx.example"), &b);
	if (smtp_answer_read(buf_view(&b), a, &used, &r) != SMTP_ANSWER_OK || used != b.n)
		abort();
	ehlo_parse(r.text, &again);
	if (memcmp(&e, &again, sizeof(e)) != 0)
		abort();
	ehlo_parse(VIEW("x\nSIZE 1000\nPIPELINING\nDSN\nAUTH PLAIN\nLIMITS RCPTMAX=100"), &again);
	both = ehlo_both(&e, &again);
	if ((both.has & ~(e.has | EHLO_LIMITS)) || both.size > 1000 || (both.mechs & ~e.mechs) || both.rcpt_max > 100)
		abort();
	buf_done(&b);
	arena_free(a);
	return 0;
}
