/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_packet -- reads a DNS message (RFC 1035 section 4) into an answer.
 *
 * CNAMEs are followed inside the message, at most DNS_CNAMES of them; the answer's TTL is the least
 * of all records used, for "no such" that of the SOA (RFC 2308 section 5; without one it is 0).
 * NXDOMAIN is data. Every other rcode, a truncated message, one that does not parse, that answers
 * another question, or whose chain is too long, is DNS_TEMPFAIL with a reason. Of a TXT record
 * longer than DNS_TXT_MAX the first DNS_TXT_MAX bytes are kept.
 */
#ifndef SVC_DNS_PACKET_H
#define SVC_DNS_PACKET_H

#include "svc/dns/dns_reply.h"

/* name: the question's, in the text form of dns_name. gives. */
struct dns_reply *dns_packet_parse(struct view packet, struct view name, enum dns_type type);

/* "SERVFAIL", "REFUSED" ...; "RCODE" for a number without a name. */
const char *dns_packet_rcode(int rcode);

#endif
