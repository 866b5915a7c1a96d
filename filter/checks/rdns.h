/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rdns -- the client's name in the DNS: client.ptr, client.name, client.fcrdns, client.dynamic.
 *
 * The iprev method of RFC 8601 section 3: of the first PTR_NAMES PTR names, each is asked for the
 * client's address, all at once; client.name is the first that confirms it. No PTR record is "missing"
 * and iprev=permerror; a failure of the DNS that leaves the answer open is "unknown" and temperror. A
 * client without address (local submission) has no names: missing, and "no".
 */
#ifndef CHECKS_RDNS_H
#define CHECKS_RDNS_H

#include "engine/check.h"

extern const struct check rdns_check;

#endif
