/* SPDX-License-Identifier: BSD-2-Clause
 *
 * triplet -- client network, sender and recipient as one key of the store.
 *
 * The network is the client's /24 or /64: pools of senders are one. All without case; the key is their
 * SHA-256, so it has one size and tells nothing of them.
 */
#ifndef CHECKS_TRIPLET_H
#define CHECKS_TRIPLET_H

#include "engine/check.h"

/* For the current recipient of a per_rcpt call. ip NULL: from wherever. Lives in check_arena(). */
struct view triplet_key(struct check_call *c, const struct ip *ip);

#endif
