/* SPDX-License-Identifier: BSD-2-Clause
 *
 * milter_socket -- makes libmilter serve a listening socket that somebody else opened, and stop cleanly.
 *
 * smfi_opensocket knows only addresses. It is given a throwaway one of the same family, and the real
 * listener is laid over its descriptor (dup2). To drain, a pipe that never says anything is laid over
 * it: nothing more is accepted, sessions go on, new connections wait in the backlog for the next worker.
 */
#ifndef FRONT_MILTER_SOCKET_H
#define FRONT_MILTER_SOCKET_H

#include <stddef.h>

/* After smfi_register, before smfi_main. *fd_out: libmilter's listening descriptor. 0, or -1 with errno. */
int milter_socket_adopt(int listen_fd, const char *work_dir, int *fd_out);
/* Lays silence over the descriptor. 0, or -1 with errno. */
int milter_socket_silence(int fd);
/* Connections that were accepted on the listener and are open, seen in this process's descriptors: also
 * those that have not said a word yet. listen_fd is the original listener. */
size_t milter_socket_open(int listen_fd);

#endif
