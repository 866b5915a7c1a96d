/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_message -- DATA and BDAT (RFC 5321 4.1.1.4, RFC 3030), and what becomes of the message; inner to
 * front/smtp/smtp_session.
 *
 * What cannot be taken is read to its end all the same: where the message ends, commands begin. Every
 * message ends in one verdict and one reply. 250 is the backend's word, but for a discarded message.
 */
#ifndef FRONT_SMTP_MESSAGE_H
#define FRONT_SMTP_MESSAGE_H

#include "front/smtp/smtp_state.h"

bool smtp_message_may_data(struct smtp_session *s);
void smtp_message_data(struct smtp_session *s);
void smtp_message_bdat(struct smtp_session *s);
/* Bytes in SMTP_PHASE_DATA and SMTP_PHASE_CHUNK. */
void smtp_message_input(struct smtp_session *s, struct view *input);

#endif
