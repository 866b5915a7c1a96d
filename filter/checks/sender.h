/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sender -- the envelope sender: mail.*.
 *
 * mail.resolves: the domain has an MX record or, without one, an address (RFC 5321 5.1); a null MX
 * (RFC 7505) says that it takes no mail, so it does not resolve and mail.null-mx holds. An address literal
 * needs no DNS and resolves. All that speaks of the domain is missing for the null sender.
 */
#ifndef CHECKS_SENDER_H
#define CHECKS_SENDER_H

#include "engine/check.h"

extern const struct check sender_check;

#endif
