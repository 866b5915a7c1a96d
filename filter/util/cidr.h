/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cidr -- IP addresses and networks as values.
 *
 * An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) is always stored as IPv4. Text forms: dotted
 * quad, and RFC 5952 for IPv6.
 */
#ifndef UTIL_CIDR_H
#define UTIL_CIDR_H

#include "util/view.h"

enum { IP_TEXT_MAX = 48, IP_REVERSE_MAX = 80 };

struct ip {
	uint8_t family; /* 4, 6; 0 = none */
	uint8_t b[16];  /* network order; 4 or 16 of them count */
};

struct cidr {
	struct ip net; /* host bits are zero */
	uint8_t bits;  /* 0-32 or 0-128 */
};

/* Strict: no leading zeros, no zone index, nothing before or after. */
bool ip_parse(struct view text, struct ip *out);
void ip_format(const struct ip *ip, char out[static IP_TEXT_MAX]);
bool ip_eq(const struct ip *a, const struct ip *b);
/* "5.2.0.192" or nibbles "1.0.0. ... .2", for in-addr.arpa, ip6.arpa and DNS lists (RFC 5782 2.1, 2.4). */
void ip_reverse(const struct ip *ip, char out[static IP_REVERSE_MAX]);
bool ip_is_loopback(const struct ip *ip);
bool ip_is_private(const struct ip *ip); /* RFC 1918, RFC 4193, loopback and link-local too */

/* "192.0.2.0/24", or a bare address with all its bits. *host_bits_out tells that bits beyond the prefix
 * were set; they are cleared in *out. */
bool cidr_parse(struct view text, struct cidr *out, bool *host_bits_out);
bool cidr_has(const struct cidr *net, const struct ip *ip);
/* The first `bits` bits of a and b agree (same family). */
bool ip_prefix_eq(const struct ip *a, const struct ip *b, unsigned bits);

#endif
