/* SPDX-License-Identifier: BSD-2-Clause
 *
 * client_link -- one client of an smtp listener: its connection, dialogue, engine session, message, and its
 * way to the backends, joined.
 *
 * All of it belongs to one loop. What may take long is done in the pool, one job at a time for each client;
 * meanwhile nothing of its input is taken.
 */
#ifndef FRONT_CLIENT_LINK_H
#define FRONT_CLIENT_LINK_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "front/relay/backend_link.h"
#include "front/smtp/smtp_session.h"
#include "io/admission.h"

enum { SMTP_CODE_CLASSES = 6 };

/* What all clients of a listener share. Kept. */
struct client_site {
	struct smtp_options smtp;
	struct engine *engine;
	struct view listener; /* its name */
	struct tls *tls;      /* NULL: no certificate */
	bool implicit_tls;
	/* A rule decides at connect, or something is to be found out before MAIL; else the engine hears of a
	 * client with its HELO, or its MAIL: idle clients cost it nothing. */
	bool judges_connect, judges_helo;
	struct spool_area *spools;
	struct admission *admission;
	struct pool *pool;
	bool (*listed)(void *ctx, enum smtp_list list, const struct ip *ip);
	bool (*own_domain)(void *ctx, struct view domain);
	void *ctx;
	atomic_bool off; /* pass all mail unjudged */
	atomic_uint_least64_t connections, open, refused, overloaded, relayed;
	atomic_uint_least64_t told[SMTP_CODE_CLASSES]; /* messages, by class of the reply to them */
};

/* Those of one loop. */
struct client_loop {
	struct client_site *site;
	struct backend_loop backend; /* its loop, pool, backends and hostname are set */
	struct stream_kind kind;     /* client_loop_init's */
	bool draining, ending;       /* new ones are told 421 */
	atomic_uint n;               /* of the links */
	void (*idle)(struct client_loop *l); /* the last client has gone; NULL = nobody asks */
	LIST_HEAD(client_list, client_link) links;
};

struct client_link;

void client_link_prepare(struct client_loop *l);
/* Takes fd, which was accepted. */
void client_link_accept(struct client_loop *l, int fd, const struct listener_address *peer);
/* Says 421 to all: at once if `now`, else to each when no message of its is under way. */
void client_link_end_all(struct client_loop *l, bool now);

#endif
