/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/client_network.h"

enum { V4_BYTES = 3, V6_BYTES = 8 }; /* of the address, that make its network */

struct view
client_network(const struct ip *ip, struct arena *a)
{
	struct ip net = *ip;
	size_t bytes = ip->family == 6 ? V6_BYTES : V4_BYTES;
	char text[IP_TEXT_MAX];

	memset(net.b + bytes, 0, sizeof(net.b) - bytes);
	ip_format(&net, text);
	return arena_printf(a, "%s/%zu", text, bytes * 8);
}

bool
client_network_is(struct view text)
{
	return view_find(text, '/') < text.n;
}
