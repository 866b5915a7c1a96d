/* SPDX-License-Identifier: BSD-2-Clause
 *
 * demo_sink -- the mail server behind `postern demo`: takes the mail of the domains that are its own, tells
 * of it, and forgets it.
 *
 * It speaks with our own proxy on loopback; a thread a connection.
 */
#ifndef CMD_DEMO_SINK_H
#define CMD_DEMO_SINK_H

#include "policy/list.h"

/* A message that it has answered with 250. Lives until `taken` returns. */
struct demo_sink_mail {
	struct view client, from; /* client: as XCLIENT told */
	size_t recipients;
	uint64_t bytes;
};

struct demo_sink {
	const struct list *own_domains; /* others are refused, and so is their user "nobody" */
	/* From any thread; the 250 is sent when it returns. */
	void (*taken)(void *ctx, const struct demo_sink_mail *m);
	void *ctx;
};

/* Serves listen_fd, which blocks, until the process ends. Keeps s. False: no thread. */
bool demo_sink_start(const struct demo_sink *s, int listen_fd);

#endif
