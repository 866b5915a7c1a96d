/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backend_probe -- asks every backend now and then how it is: looks up its name, connects, greets,
 * leaves.
 *
 * It comes as a stranger would: with an address of RFC 5737 (RFC 3849 for IPv6), told by XCLIENT,
 * XFORWARD or PROXY or worn on the connection, so that what the backend offers is what it offers to
 * strangers. One that is well is asked every BACKEND_PROBE_MS, one that is ill or suspected sooner.
 * Where strangers' mail goes (backends_guard) it is also offered a recipient of a domain that nobody
 * has, when that is in doubt: one that takes it would relay for strangers. RSET and QUIT follow. One
 * worker has one prober, on one of its loops. The first round begins with backend_probe_start.
 */
#ifndef FRONT_BACKEND_PROBE_H
#define FRONT_BACKEND_PROBE_H

#include "front/relay/backend_link.h"
#include "svc/dns.h"

struct backend_probe;

/* All kept. Dns may be NULL where no backend has a host name. `asked` is called when every backend
 * has been asked once, whatever came; NULL = nobody waits. gives. On the loop's thread, or before
 * it runs. */
struct backend_probe *backend_probe_start(
	const struct backend_loop *l, struct dns *dns, void (*asked)(void *ctx), void *ctx);
/* On the loop's thread. `gone` (NULL = none) when nothing of it is running any more, perhaps from
 * within. */
void backend_probe_stop(struct backend_probe *p, void (*gone)(void *ctx), void *ctx);

#endif
