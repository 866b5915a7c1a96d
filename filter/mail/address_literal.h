/* SPDX-License-Identifier: BSD-2-Clause
 *
 * address_literal -- "[192.0.2.1]" and "[IPv6:2001:db8::1]" (RFC 5321 4.1.3).
 */
#ifndef MAIL_ADDRESS_LITERAL_H
#define MAIL_ADDRESS_LITERAL_H

#include "util/cidr.h"

/* The address of an IPv4 or IPv6 literal. General-address-literals have no registered tag: false. */
bool address_literal(struct view text, struct ip *out);

#endif
