/* SPDX-License-Identifier: BSD-2-Clause
 *
 * connection -- where the session comes from: client.ip, direction, listener, tls, auth.user, time.
 *
 * Mail is outbound when it is authenticated, comes from own-nets but not from trusted-relays, or was
 * submitted on this host without a network; all else is inbound. That is known at connect for own-nets,
 * for all others at MAIL, when AUTH is over.
 */
#ifndef CHECKS_CONNECTION_H
#define CHECKS_CONNECTION_H

#include "engine/check.h"

extern const struct check connection_check;

#endif
