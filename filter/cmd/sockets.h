/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sockets -- the listeners of postern.conf, open over reloads.
 *
 * A reload that names an address again keeps its socket, so no connection in its backlog is lost;
 * what a refused reload opened, or an accepted one no longer names, is closed.
 */
#ifndef CMD_SOCKETS_H
#define CMD_SOCKETS_H

#include "io/privileges.h"
#include "policy/conf.h"
#include "util/buf.h"

struct sockets;

/* Takes over what systemd handed to this process. user: who owns sockets that name no owner.
 * gives. */
struct sockets *sockets_new(const struct privileges *user);
void sockets_free(struct sockets *s); /* closes all and removes their names; NULL is legal */

/* The descriptor that listens for l, opened if need be (ms: see listener_open_within). -1: why says
 * the remedy. */
int sockets_get(struct sockets *s, const struct conf_listener *l, int ms, struct buf *why);
/* accepted: keeps what was asked for since the last settle, else what was kept before. */
void sockets_settle(struct sockets *s, bool accepted);

#endif
