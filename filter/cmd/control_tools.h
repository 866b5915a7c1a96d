/* SPDX-License-Identifier: BSD-2-Clause
 *
 * control_tools -- `postern status`, `reload`, `off`, `on` and `watch`: questions to the running daemon.
 *
 * All take -c FILE, from which they know where the daemon's control socket is.
 */
#ifndef CMD_CONTROL_TOOLS_H
#define CMD_CONTROL_TOOLS_H

int control_status_main(int argc, char **argv);
int control_reload_main(int argc, char **argv);
int control_off_main(int argc, char **argv);
int control_on_main(int argc, char **argv);
int control_watch_main(int argc, char **argv);

#endif
