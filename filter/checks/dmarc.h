/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc -- DMARC (RFC 9989): dmarc, dmarc.policy, dkim.aligned, from what SPF and DKIM found.
 */
#ifndef CHECKS_DMARC_H
#define CHECKS_DMARC_H

#include "engine/check.h"

extern const struct check dmarc_check;

#endif
