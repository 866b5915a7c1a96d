/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dkim -- DKIM signatures (RFC 6376): dkim, dkim.domain, dkim.temperror; the work is in
 * dkim_verify.
 */
#ifndef CHECKS_DKIM_H
#define CHECKS_DKIM_H

#include "engine/check.h"

extern const struct check dkim_check;

#endif
