/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dial -- begins a connection and does not wait for it.
 */
#ifndef IO_DIAL_H
#define IO_DIAL_H

#include "io/listener.h"

/* A non-blocking, close-on-exec socket that connects; writable once it has or could not. Source, if
 * not NULL, is the address that the peer sees, though it need not be this host's (IP_TRANSPARENT, ip(7):
 * CAP_NET_RAW, and routes that bring the answers back). -1 with errno: EAFNOSUPPORT source is of
 * another family. */
int dial_start(const struct listener_address *to, const struct ip *source);
/* Of a socket that has become writable: 0, or the errno of why it could not connect. */
int dial_result(int fd);

#endif
