/* SPDX-License-Identifier: BSD-2-Clause
 *
 * greylist -- greylisting (RFC 6647): grey.state and grey.age.
 *
 * Known is, first, the mail of an organisation (client.organisation) of which mail passed here before and was
 * then accepted (check_newcomer), whatever its sender and recipient, and of those to whom our users wrote:
 * their address, unless SPF fails, and their verified organisation. A network is nobody who answers for its
 * hosts: what passes does not make it known as such, only another greylist that did so
 * (cmd/postgrey_import.h).
 *
 * For the rest there are records (checks/greylist_record.h) of sender and recipient with the organisation,
 * any host of which may complete the retry; with the network, when that is another, so that a retry passes
 * while the DNS does not tell whose the host is; and with GREYLIST_ANYWHERE, after whose greylist-cap mail
 * passes from wherever: a pool that nothing holds together would wait for ever. The first sight is one step
 * in the store, so of two workers only one sees "new".
 *
 * Mail of known senders takes one round trip, other mail two, the first that passes one more, and that which
 * makes its organisation known one at its end, or none of its own where a rate is counted. Without a store,
 * or when it fails, the facts are unknown, and mail passes. Mail without a client address (local submission)
 * has no such facts.
 */
#ifndef CHECKS_GREYLIST_H
#define CHECKS_GREYLIST_H

#include "engine/check.h"

extern const struct check greylist_check;

#endif
