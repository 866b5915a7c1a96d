/* SPDX-License-Identifier: BSD-2-Clause
 *
 * helo -- what the client calls itself: helo.*.
 *
 * helo.name is in the one spelling of domains if it can be a domain, else what was sent in lower case, so
 * that rules can see it. helo.matches-ip holds also for a literal of the client's own address (RFC 5321
 * 4.1.4). helo.ours: hostname, own-names or an address of own-ips, with or without brackets, from a client
 * that is not in own-nets and has none of these addresses itself. A mismatch is evidence for a score, never
 * a lone reason to refuse (RFC 5321 4.1.4).
 */
#ifndef CHECKS_HELO_H
#define CHECKS_HELO_H

#include "engine/check.h"

extern const struct check helo_check;

#endif
