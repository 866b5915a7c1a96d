/* SPDX-License-Identifier: BSD-2-Clause
 *
 * control_tools -- `postern reload`, `off`, `on` and `watch`: questions to the running daemon.
 *
 * All take -c FILE, from which they know where the daemon's control socket is.
 */
#ifndef CMD_CONTROL_TOOLS_H
#define CMD_CONTROL_TOOLS_H

#include "io/control_call.h"

int control_reload_main(int argc, char **argv);
int control_off_main(int argc, char **argv);
int control_on_main(int argc, char **argv);
int control_watch_main(int argc, char **argv);

/* Says on stderr why the daemon at this socket did not answer (errno as control_call left it); the exit
 * status. */
int control_tools_explain(enum control_call_result r, const char *socket);

#endif
