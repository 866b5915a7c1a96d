/* SPDX-License-Identifier: BSD-2-Clause
 *
 * client_network -- the /24 or /64 of an address, as text: neighbours are likely of one owner.
 */
#ifndef ENGINE_CLIENT_NETWORK_H
#define ENGINE_CLIENT_NETWORK_H

#include "util/arena.h"
#include "util/cidr.h"

/* "192.0.2.0/24", "2001:db8:0:1::/64". Lives in a. */
struct view client_network(const struct ip *ip, struct arena *a);
/* Is it such a text? No domain is. */
bool client_network_is(struct view text);

#endif
