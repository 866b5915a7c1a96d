/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

bool
ip_parse(struct view text, struct ip *out)
{
	char s[IP_TEXT_MAX];
	struct ip ip = {0};

	if (text.n == 0 || text.n >= sizeof(s) || memchr(text.p, 0, text.n))
		return false;
	memcpy(s, text.p, text.n);
	s[text.n] = 0;
	if (inet_pton(AF_INET, s, ip.b) == 1) {
		ip.family = 4;
	} else if (inet_pton(AF_INET6, s, ip.b) == 1) {
		ip.family = 6;
		if (memcmp(ip.b, mapped, sizeof(mapped)) == 0) {
			ip.family = 4;
			memmove(ip.b, ip.b + 12, 4);
			memset(ip.b + 4, 0, 12);
		}
	} else {
		return false;
	}
	*out = ip;
	return true;
}

void
ip_format(const struct ip *ip, char out[static IP_TEXT_MAX])
{
	if (ip->family == 0 || !inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->b, out, IP_TEXT_MAX))
		memcpy(out, "none", 5);
}

bool
ip_eq(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

void
ip_reverse(const struct ip *ip, char out[static IP_REVERSE_MAX])
{
	static const char hex[] = "0123456789abcdef";
	char *o = out;

	if (ip->family != 6) {
		snprintf(out, IP_REVERSE_MAX, "%u.%u.%u.%u", ip->b[3], ip->b[2], ip->b[1], ip->b[0]);
		return;
	}
	for (int i = 15; i >= 0; i--) {
		*o++ = hex[ip->b[i] & 15];
		*o++ = '.';
		*o++ = hex[ip->b[i] >> 4];
		*o++ = '.';
	}
	o[-1] = 0;
}

bool
ip_prefix_eq(const struct ip *a, const struct ip *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (a->family != b->family || bits > (a->family == 4 ? 32u : 128u))
		return false;
	if (memcmp(a->b, b->b, whole) != 0)
		return false;
	return rest == 0 || (a->b[whole] >> (8 - rest)) == (b->b[whole] >> (8 - rest));
}

static bool
in(const struct ip *ip, const char *net)
{
	struct cidr c;
	bool host;

	return cidr_parse(view_str(net), &c, &host) && cidr_has(&c, ip);
}

bool
ip_is_loopback(const struct ip *ip)
{
	return in(ip, "127.0.0.0/8") || in(ip, "::1");
}

bool
ip_is_private(const struct ip *ip)
{
	static const char *const nets[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
		"169.254.0.0/16", "fc00::/7", "fe80::/10"};

	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++)
		if (in(ip, nets[i]))
			return true;
	return ip_is_loopback(ip);
}

/* Clears what lies beyond c->bits and tells whether anything did. */
static bool
clear_host_bits(struct cidr *c)
{
	bool any = false;

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = c->bits >= (i + 1) * 8 ? 8 : c->bits > i * 8 ? c->bits - i * 8 : 0;
		uint8_t mask = (uint8_t)(0xff00 >> keep);

		any |= (c->net.b[i] & (uint8_t)~mask) != 0;
		c->net.b[i] &= mask;
	}
	return any;
}

bool
cidr_parse(struct view text, struct cidr *out, bool *host_bits_out)
{
	struct cidr c;
	uint64_t bits;
	size_t slash = view_find(text, '/');
	bool is_mapped;

	if (!ip_parse(view_head(text, slash), &c.net))
		return false;
	is_mapped = c.net.family == 4 && view_find(view_head(text, slash), ':') < slash;
	bits = c.net.family == 4 ? 32 : 128;
	if (slash < text.n) {
		uint64_t shift = is_mapped ? 96 : 0;

		struct view length = view_skip(text, slash + 1);

		if (!view_number(length, bits + shift, &bits) || bits < shift)
			return false;
		if (length.n > 1 && length.p[0] == '0') /* RFC 7208 12, ip4-cidr-length */
			return false;
		bits -= shift;
	}
	c.bits = (uint8_t)bits;
	*host_bits_out = clear_host_bits(&c);
	*out = c;
	return true;
}

bool
cidr_has(const struct cidr *net, const struct ip *ip)
{
	return net->net.family == ip->family && ip_prefix_eq(&net->net, ip, net->bits);
}
