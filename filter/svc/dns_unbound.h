/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_unbound -- the back end on libunbound: a recursive, validating resolver in the process.
 *
 * Make it in the process that asks: one that was made before a fork never answers. Files are read
 * when it is made, never later. With servers given, they are forwarded to. Without, those of
 * resolv.conf are used if all are loopback or private addresses; else it resolves by itself from
 * the root, for DNS lists refuse the shared resolvers of the public.
 *
 * Answers are validated with the trust anchor of dns-root-data where that is installed. A forwarder
 * that drops DNSSEC records makes every signed name "bogus": ask for the NS of "." at start, and if
 * that is bogus make another back end with no_validation.
 *
 * When it forwards, the reverse zones of private addresses are left to the forwarder; else they and
 * test., invalid. and the like do not exist, as RFC 6303 and RFC 6761 have it.
 */
#ifndef SVC_DNS_UNBOUND_H
#define SVC_DNS_UNBOUND_H

#include "svc/dns/dns_backend.h"

struct dns_unbound_options {
	const char *const *servers; /* "192.0.2.1", "127.0.0.1@5353" */
	size_t server_count;
	const char *resolv_conf;  /* NULL = /etc/resolv.conf */
	const char *trust_anchor; /* NULL = /usr/share/dns/root.key, if it is readable */
	bool no_validation;
	/* Built-in zones that are to be resolved like any other: "test.", or "all". */
	const char *const *local_zones;
	size_t local_zone_count;
	bool allow_localhost; /* own recursion may ask servers at 127.0.0.1 */
};

/* gives; NULL with a reason in why, which has room for n bytes. */
struct dns_backend *dns_unbound_new(const struct dns_unbound_options *o, char *why, size_t n);

/* "own recursion", "resolv.conf 10.0.0.1" or "servers 192.0.2.1@5353"; lives as long as b. */
const char *dns_unbound_mode(const struct dns_backend *b);
bool dns_unbound_validates(const struct dns_backend *b);

#endif
