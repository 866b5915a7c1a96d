/* SPDX-License-Identifier: BSD-2-Clause
 *
 * upstream -- what a mail server in front of us found: upstream.spf, upstream.dkim, upstream.dmarc.
 *
 * Its Authentication-Results are believed if two things hold (RFC 8601 section 7.1): the host that connects
 * is a trusted relay or of our own networks, and the field bears an id of trusted-authserv-ids. The
 * topmost such field counts alone, and of each method its first result: what stands below may have come with
 * the message. Whatever else, and words that RFC 8601 does not have, is missing; temperror is unknown.
 */
#ifndef CHECKS_UPSTREAM_H
#define CHECKS_UPSTREAM_H

#include "engine/check.h"

extern const struct check upstream_check;

#endif
