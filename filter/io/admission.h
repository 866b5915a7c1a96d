/* SPDX-License-Identifier: BSD-2-Clause
 *
 * admission -- who may have a session: ceilings for all, for one client and for one network.
 *
 * A client is an address, a network an IPv4 /24 or an IPv6 /64 (what one host is given). Constant time,
 * whoever comes. All functions may be called from any thread.
 */
#ifndef IO_ADMISSION_H
#define IO_ADMISSION_H

#include "util/cidr.h"

struct admission;

struct admission_limits {
	unsigned all, client, network; /* sessions at once; 0 = no limit */
};

enum admission_answer {
	ADMISSION_OK,
	ADMISSION_ALL,     /* all places are taken */
	ADMISSION_CLIENT,  /* too many of this client */
	ADMISSION_NETWORK  /* too many of its network */
};

/* In the session's storage; zeroed = outside. */
struct admission_pass {
	struct ip client; /* family 0: not identified */
	bool inside;
};

struct admission_counts {
	unsigned all, client, network; /* sessions, this one included */
};

struct admission *admission_new(const struct admission_limits *l); /* gives */
void admission_free(struct admission *a);                          /* NULL is legal */

/* Takes a place: OK or ALL. */
enum admission_answer admission_enter(struct admission *a, struct admission_pass *pass);
/* Says whose it is, or that it is another's (after a PROXY header or XCLIENT). Refused, it stays inside
 * without a client, until it leaves. Not limited: counted, and never refused. *counts_out is always
 * written. */
enum admission_answer admission_identify(struct admission *a, struct admission_pass *pass,
	const struct ip *client, bool limited, struct admission_counts *counts_out);
/* Gives the place back; harmless outside. */
void admission_leave(struct admission *a, struct admission_pass *pass);

unsigned admission_inside(struct admission *a);

/* Raises this process's soft limit of descriptors to the hard one and says how many sessions of `each`
 * descriptors fit when `others` are needed for the rest; at most `wanted`. */
unsigned admission_fit(unsigned wanted, unsigned each, unsigned others);

#endif
