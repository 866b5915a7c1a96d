/* SPDX-License-Identifier: BSD-2-Clause
 *
 * client_host -- what a client's dialogue asks of its surroundings (struct smtp_host). Inner to
 * front/smtp/client_link.
 */
#ifndef FRONT_CLIENT_HOST_H
#define FRONT_CLIENT_HOST_H

#include "front/smtp/client_state.h"

void client_host_init(struct client_link *c);

#endif
