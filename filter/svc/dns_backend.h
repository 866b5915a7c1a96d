/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_backend -- what answers the questions that the cache could not.
 *
 * ask() starts a question and returns at once; done() may come from within ask() or later from another
 * thread, exactly once for every ask(). The deadline is the service's: after it, cancel() is called and
 * no done() may follow. parse fills a reply from a wire packet, shared by all back ends.
 */
#ifndef SVC_DNS_BACKEND_H
#define SVC_DNS_BACKEND_H

#include "svc/dns.h"

/* done: borrows the packet (a DNS message, RFC 1035 section 4), or packet.p == NULL with why set. */
typedef void dns_done(void *ctx, struct view packet, bool bogus, const char *why);

struct dns_backend {
	/* *handle_out identifies the question for cancel, until done was called. */
	void (*ask)(struct dns_backend *b, const char *name, enum dns_type type, dns_done *done, void *ctx,
		void **handle_out);
	/* After it returns, done is not called. False if done was called already or is being called. */
	bool (*cancel)(struct dns_backend *b, void *handle);
	void (*free)(struct dns_backend *b);
};

#endif
