/* SPDX-License-Identifier: BSD-2-Clause
 *
 * greylist -- greylisting (RFC 6647): grey.state and grey.age.
 *
 * One record (checks/greylist_record.h) for the client's network (/24, /64: pools of senders), sender and
 * recipient, both without case, kept under their SHA-256. The first sight is one step in the store, so of
 * two workers only one sees "new". Without a store, or when it fails, the facts are unknown, and mail
 * passes. Mail without a client address (local submission) has no such facts.
 */
#ifndef CHECKS_GREYLIST_H
#define CHECKS_GREYLIST_H

#include "engine/check.h"

extern const struct check greylist_check;

#endif
