/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_params -- the parameters of MAIL and RCPT (RFC 5321 4.1.2 esmtp-param): the part of
 * mail/smtp/smtp_command that knows them. Its header is the manual.
 */
#ifndef MAIL_SMTP_PARAMS_H
#define MAIL_SMTP_PARAMS_H

#include "mail/smtp/smtp_command.h"

/* Reads the parameters of c->verb into c, its `params` and `needs` too. Lives in a. */
enum smtp_command_status smtp_params_read(struct view text, struct arena *a, struct smtp_command *c);
/* Of `params` as written above: the EHLO_* keywords that a server must have, and has not. */
unsigned smtp_params_lacking(enum smtp_verb verb, struct view text, unsigned has);
/* Appends those that a server with `has` knows, a blank before each. */
void smtp_params_write(enum smtp_verb verb, struct view text, unsigned has, struct buf *out);

#endif
