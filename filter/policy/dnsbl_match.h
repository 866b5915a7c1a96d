/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dnsbl_match -- what one address that a DNS list answered means.
 *
 * RFC 5782 section 2.1: an answer lies in 127.0.0.0/8. For every list an error, never a listing, are:
 * 127.255.255.0/24 (the operators' "you may not ask"), 127.0.0.1, and anything outside 127.0.0.0/8 (a
 * parked domain, a resolver that sends searchers to a web page); a list may name more.
 */
#ifndef POLICY_DNSBL_MATCH_H
#define POLICY_DNSBL_MATCH_H

#include "policy/program.h"

bool dnsbl_match_error(const struct dnsbl *d, const struct ip *ip);
/* Does the address carry d's code (index; SIZE_MAX = any of them, or any address at all if d has none)?
 * An error must have been ruled out. */
bool dnsbl_match_has(const struct dnsbl *d, size_t code, const struct ip *ip);

#endif
