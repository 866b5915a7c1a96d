/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_verbs -- one command of the client: the table of verbs, each with the stages in which it is in order
 * (mail/smtp/smtp_command.h), what has to be checked, and how it goes on; inner to front/smtp/smtp_session.
 *
 * What is wrong is told in this order: 500 or 502 for the verb, 503 for the stage, 501 for the syntax, then
 * what the verb's own check says. Behind a BDAT whose size cannot be read the session ends.
 */
#ifndef FRONT_SMTP_VERBS_H
#define FRONT_SMTP_VERBS_H

#include "front/smtp/smtp_state.h"

/* A line without its CRLF. */
void smtp_verbs_run(struct smtp_session *s, struct view line);

#endif
