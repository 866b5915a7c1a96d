/* SPDX-License-Identifier: BSD-2-Clause
 *
 * daemon -- `postern daemon`: reads postern.conf, opens the sockets, and becomes the supervisor.
 *
 * This is the only process that is root, and postern.conf is all that it reads as root. It never
 * goes into the background: that is systemd's business, or whoever started it.
 */
#ifndef CMD_DAEMON_H
#define CMD_DAEMON_H

int daemon_main(int argc, char **argv);

#endif
