/* SPDX-License-Identifier: BSD-2-Clause
 *
 * client_work -- what is done for a client in the pool: the engine's events, the bytes of its message, and
 * its end. Inner to front/smtp/client_link.
 */
#ifndef FRONT_CLIENT_WORK_H
#define FRONT_CLIENT_WORK_H

#include "front/smtp/client_state.h"

void client_work_init(struct client_link *c);
/* The job begins; its answer goes to the dialogue. Always: it is never refused, for want of room. */
bool client_work_start(struct client_link *c, enum client_task task, bool always);
/* The same, if it is light (front/smtp/smtp_judge), here and now. */
void client_work_now(struct client_link *c, enum client_task task);
/* Perhaps the engine can go on. */
void client_work_wake(struct client_link *c);

/* Ends what is left of the client and frees it, now or later; nothing of it is under way. */
void client_work_bury(struct client_link *c);
void client_work_relay_gone(void *ctx);
void client_work_end(struct client_link *c); /* of one that is `dead` */

#endif
