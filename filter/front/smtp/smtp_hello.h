/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_hello -- HELO, EHLO (RFC 5321 4.1.1.1) and STARTTLS (RFC 3207); inner to front/smtp/smtp_session.
 *
 * Offered is what all healthy backends and we can do; SIZE and LIMITS are ours whatever they say. AUTH is
 * offered within TLS only, STARTTLS outside of it.
 */
#ifndef FRONT_SMTP_HELLO_H
#define FRONT_SMTP_HELLO_H

#include "front/smtp/smtp_state.h"

void smtp_hello(struct smtp_session *s); /* HELO and EHLO */
bool smtp_hello_may_secure(struct smtp_session *s);
void smtp_hello_secure(struct smtp_session *s); /* STARTTLS */

#endif
