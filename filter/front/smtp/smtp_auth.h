/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_auth -- AUTH (RFC 4954), passed through to the backend line by line, and ETRN (RFC 1985); inner to
 * front/smtp/smtp_session.
 *
 * Who the client is counts from the backend's 235 on. A password is in memory only while it is passed on.
 */
#ifndef FRONT_SMTP_AUTH_H
#define FRONT_SMTP_AUTH_H

#include "front/smtp/smtp_state.h"

bool smtp_auth_may_begin(struct smtp_session *s);
void smtp_auth_begin(struct smtp_session *s);
/* A line in SMTP_PHASE_AUTH. */
void smtp_auth_line(struct smtp_session *s, enum smtp_line_status status, struct view line);

bool smtp_auth_may_etrn(struct smtp_session *s);
void smtp_auth_etrn(struct smtp_session *s);

#endif
