/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_body -- the message of smtp_relay's transaction on its way to the backend: BDAT where it
 * has CHUNKING (RFC 3030), else DATA.
 *
 * Up to the last byte nothing is final: the final "." or BDAT LAST is sent only when all before it
 * was taken, and from then on the message is the backend's (RELAY_FINAL) until it says otherwise.
 */
#ifndef FRONT_RELAY_BODY_H
#define FRONT_RELAY_BODY_H

#include "front/relay/relay_state.h"

/* From the start. The result of DONE or DROPPED is in r->result. */
enum relay_step relay_body_begin(struct smtp_relay *r);
enum relay_step relay_body_reply(struct smtp_relay *r, const struct smtp_answer *a);
enum relay_step relay_body_pulled(struct smtp_relay *r, struct view bytes, bool last);
/* It could be the backend's already. */
bool relay_body_is_final(const struct smtp_relay *r);
void relay_body_end(struct smtp_relay *r); /* frees; harmless when there is none */

#endif
