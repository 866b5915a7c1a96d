/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/triplet.h"

#include <openssl/sha.h>

enum { V4_BYTES = 3, V6_BYTES = 8 }; /* of the address, that make its network */

struct view
triplet_key(struct check_call *c, const struct ip *ip)
{
	const struct check_envelope *e = check_envelope(c);
	struct arena *a = check_arena(c);
	struct view from = e->null_sender ? VIEW("") : e->has_from ? e->from.text : e->from_raw, all;
	unsigned char *hash = arena_alloc(a, SHA256_DIGEST_LENGTH);
	char text[IP_TEXT_MAX] = "anywhere";

	if (ip) {
		struct ip net = *ip;
		size_t bytes = ip->family == 6 ? V6_BYTES : V4_BYTES;

		memset(net.b + bytes, 0, sizeof(net.b) - bytes);
		ip_format(&net, text);
	}
	all = arena_printf(a, "%s\n%.*s\n%.*s", text, VIEW_ARG(from), VIEW_ARG(e->rcpt[e->current].text));
	all = arena_lower(a, all);
	SHA256((const unsigned char *)all.p, all.n, hash);
	return view_of(hash, SHA256_DIGEST_LENGTH);
}
