/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backend_link -- one client's way to the backends on a loop: connections, TLS and time for
 * front/smtp/smtp_relay.
 *
 * Nothing is dialled before an order needs it. A message in a spool's file is read in the pool; the
 * loop never waits. All functions are for the loop's thread.
 */
#ifndef FRONT_BACKEND_LINK_H
#define FRONT_BACKEND_LINK_H

#include "front/backends.h"
#include "io/spool.h"
#include "io/stream.h"

/* What the links of one loop share. */
struct backend_loop {
	struct loop *loop;
	struct pool *pool;
	struct backends *backends;
	struct view hostname;
	/* No wait for a backend is longer than this, though RFC 5321 4.5.3.2 has longer ones; 0: as it
	 * has them. */
	int64_t wait_ms;
	struct stream_kind kind; /* backend_loop_init's */
};
/* In the owner's storage, all above it set; it must outlive its links. */
void backend_loop_init(struct backend_loop *l);

struct backend_link;

struct backend_link_options {
	const struct relay_client *client; /* kept; may change between orders */
	uint32_t only;                     /* of these backends; 0 = all */
	/* The order's, once; the link may be given the next, or be freed, from within. */
	void (*answer)(void *ctx, const struct relay_answer *a);
	/* After backend_link_free: nothing of it is read or called any more. Perhaps from within.
	 */
	void (*gone)(void *ctx);
	void *ctx;
};

struct backend_link *backend_link_new(
	const struct backend_loop *l, const struct backend_link_options *o); /* gives */
/* Message: of RELAY_MESSAGE, kept until its answer or `gone`; else NULL. */
void backend_link_order(struct backend_link *k, const struct relay_order *o, struct spool *message);
/* An open order is not answered. Then `gone`. */
void backend_link_free(struct backend_link *k);

/* What the connected backend has announced; NULL = none is connected. Valid until the next event.
 */
const struct ehlo *backend_link_capabilities(const struct backend_link *k);
/* Whom it talks to, or last did. */
unsigned backend_link_backend(const struct backend_link *k);
/* Why the last connection failed, in words that may be logged; "" = it did not. */
const char *backend_link_why(const struct backend_link *k);

#endif
