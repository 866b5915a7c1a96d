/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_front -- the proxy's front-end: one smtp listener, its event loops, its threads, its backends.
 *
 * From outside to inside: smtp_front has the loops, client_link one client and all that is its own,
 * smtp_session the client's dialogue (its parts: smtp_*), smtp_judge the engine's side of it, backend_link
 * the connections to backends, smtp_relay the dialogue with one (its parts: relay_*). Both dialogues are
 * machines without I/O; what one asks of the other is in relay_order. backend_probe finds out how backends
 * are and what they can do, and backends knows it.
 *
 * One worker process serves one listener. smtp_front_serve is its main thread; the functions behind it are
 * called from the worker's control thread.
 */
#ifndef FRONT_SMTP_FRONT_H
#define FRONT_SMTP_FRONT_H

#include "front/smtp/client_link.h"

struct smtp_front_options {
	struct smtp_options smtp;
	struct engine *engine;    /* kept */
	struct dns *dns;          /* kept: for names of backends */
	const char *name;         /* of the listener; kept */
	int listen_fd;            /* listening; kept */
	const struct view *chains; /* PEM of keys and certificates */
	size_t n_chains;
	struct view ca;           /* PEM: whom we believe about clients; absent = the system's */
	enum tls_version tls_min;
	bool implicit_tls, judges_connect, off;
	bool again; /* it served before: a backend found open now is left out, and does not end it */
	const struct backend_settings *backends;
	size_t n_backends;
	int64_t backend_ms;       /* see backend_loop */
	struct spool_options spool;
	struct admission_limits limits;
	unsigned loops, threads;  /* loops 0: one a processor */
	size_t queue;
	bool (*listed)(void *ctx, enum smtp_list list, const struct ip *ip);
	bool (*own_domain)(void *ctx, struct view domain);
	void *ctx;
};

struct smtp_front;

/* Makes all that is needed and asks the backends how they are; accepts nothing yet. NULL: why says what is
 * wrong. gives */
struct smtp_front *smtp_front_open(const struct smtp_front_options *o, struct buf *why);
/* Accepts clients, until smtp_front_drain or _end and the last of them has gone; then the process may end. */
void smtp_front_serve(struct smtp_front *f);

/* No more clients; those there may finish their message. */
void smtp_front_drain(struct smtp_front *f);
/* Says 421 to all that are there, soon. */
void smtp_front_end(struct smtp_front *f);
void smtp_front_set_off(struct smtp_front *f, bool off);
/* Lines for `postern status`. */
void smtp_front_status(struct smtp_front *f, struct buf *out);

#endif
