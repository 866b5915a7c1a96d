/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf -- RFC 7208 for the MAIL FROM and the HELO identity: spf, spf.domain, helo.spf.
 *
 * The null sender is judged as postmaster at the HELO name. A temporary error is "unknown", with
 * its reason. A client without IP address is "none": there is no one to authorise. Results go to
 * Authentication-Results (RFC 8601 2.7.2) with smtp.mailfrom or smtp.helo, temporary errors too,
 * each identity once.
 */
#ifndef CHECKS_SPF_H
#define CHECKS_SPF_H

#include "engine/check.h"

extern const struct check spf_check;

#endif
