/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_backend -- what answers the questions that the cache could not.
 *
 * ask() starts a question and returns at once; done() may come from within ask() or later from
 * another thread, once for every ask() that is neither cancelled nor cut off by free(). The
 * deadline is the service's: a question that is too old is cancelled. Replies are wire packets: one
 * parser (svc/dns/dns_packet.h) reads those of all back ends.
 */
#ifndef SVC_DNS_BACKEND_H
#define SVC_DNS_BACKEND_H

#include "svc/dns.h"

/* Borrows the packet (a DNS message, RFC 1035 section 4); or packet.p == NULL with why set. */
typedef void dns_done(void *ctx, struct view packet, bool bogus, const char *why);

struct dns_backend {
	/* name is in the text form of svc/dns/dns_name.h, the root is ".". *handle_out identifies the
	 * question for cancel; it is a number or the like, since cancel may come just after done
	 * did. */
	void (*ask)(struct dns_backend *b, const char *name, enum dns_type type, dns_done *done,
		void *ctx, void **handle_out);
	/* After it returns, done is not called. False if done was called already or is being
	 * called. */
	bool (*cancel)(struct dns_backend *b, void *handle);
	/* After it returns, done is not called, whatever was in flight. */
	void (*free)(struct dns_backend *b);
};

#endif
