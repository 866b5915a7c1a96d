/* SPDX-License-Identifier: BSD-2-Clause
 *
 * proxy_header -- the PROXY protocol, versions 1 and 2 (haproxy, doc/proxy-protocol.txt).
 *
 * To be read from listed peers only, before anything else, within a time limit. Strict: version 1 ends
 * in CRLF, addresses have no leading zeros, one blank between words. An IPv4-mapped IPv6 address counts
 * as IPv4. A CRC32C is verified. Over PROXY_HEADER_MAX bytes: BAD.
 */
#ifndef MAIL_PROXY_HEADER_H
#define MAIL_PROXY_HEADER_H

#include "util/buf.h"
#include "util/cidr.h"

enum proxy_header_status { PROXY_HEADER_MORE, PROXY_HEADER_OK, PROXY_HEADER_BAD };

struct proxy_header {
	int version;
	bool local; /* version 2 LOCAL: the peer's own connection, a health check for one */
	/* family 0: none told (LOCAL, UNKNOWN, UNSPEC, unix): the connection's own addresses count */
	struct ip source, destination;
	uint16_t source_port, destination_port;
	/* TLVs of version 2; absent = none. As received: unchecked. */
	struct view authority;             /* 0x02: the name the client asked for in TLS */
	struct view unique_id;             /* 0x05 */
	bool tls;                          /* 0x20: the client came over TLS, */
	bool tls_cert, tls_verified;       /* with a certificate, which the peer found good */
	struct view tls_version, tls_cipher, tls_name; /* 0x21, 0x23, 0x22 (common name) */
};

/* Reads the header at the front of input, which grows until the status is not MORE. OK: *used_out is
 * its length, views in *out point into input. */
enum proxy_header_status proxy_header_read(
	struct view input, size_t *used_out, struct proxy_header *out);
/* Input begins as one does, and as no SMTP client does. */
bool proxy_header_begins(struct view input);
/* Appends one. Addresses of different families, or none: UNKNOWN, or LOCAL if h->local, else UNSPEC.
 * TLVs are not written. */
void proxy_header_write_v1(const struct proxy_header *h, struct buf *out);
void proxy_header_write_v2(const struct proxy_header *h, struct buf *out);

#endif
