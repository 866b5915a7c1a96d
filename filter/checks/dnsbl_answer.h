/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dnsbl_answer -- under which names a DNS list is asked, and what all addresses of its answer mean.
 *
 * One address is judged by policy/dnsbl_match.h; one error among several makes all of them one.
 */
#ifndef CHECKS_DNSBL_ANSWER_H
#define CHECKS_DNSBL_ANSWER_H

#include "policy/program.h"
#include "svc/dns.h"

/* The first address of rr that is an error for d; NULL if there is none. */
const struct ip *dnsbl_answer_error(const struct dnsbl *d, const struct dns_rr *rr, size_t n);

/* Is an error the operator's own code (127.0.0.0/8), and not what a parked domain or a resolver made up? */
bool dnsbl_answer_refuses(const struct ip *error);

/* Does one of the addresses carry d's code (index; SIZE_MAX = any of them, or any address if d has none)?
 * Errors must have been ruled out. */
bool dnsbl_answer_has(const struct dnsbl *d, size_t code, const struct dns_rr *rr, size_t n);

enum { DNSBL_NAME_MAX = 600 }; /* longer names are cut: the DNS refuses them anyway */

/* "REVERSED.zone" for an address (RFC 5782 2.1, 2.4), "NAME.zone" for a domain (2.5): value is the text of
 * either. False if it is neither: an address literal, a text with blanks ... */
bool dnsbl_answer_name(struct view value, struct view zone, char out[static DNSBL_NAME_MAX]);
/* The same for a test entry (section 5). An IPv4 one is asked in its IPv6 form, ::ffff:127.0.0.1, if the
 * values asked are of IPv6. */
bool dnsbl_answer_test(struct view entry, bool ipv6, struct view zone, char out[static DNSBL_NAME_MAX]);

#endif
