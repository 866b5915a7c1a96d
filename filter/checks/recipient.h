/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recipient -- the recipient of the moment: rcpt.to, rcpt.domain, rcpt.local.
 *
 * "postmaster" may come without a domain (RFC 5321 4.1.1.3): rcpt.domain is then missing.
 */
#ifndef CHECKS_RECIPIENT_H
#define CHECKS_RECIPIENT_H

#include "engine/check.h"

extern const struct check recipient_check;

#endif
