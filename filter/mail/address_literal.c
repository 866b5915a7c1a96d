/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address_literal.h"

/*
 * address-literal      = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
 * IPv4-address-literal = Snum 3("." Snum)
 * IPv6-address-literal = "IPv6:" IPv6-addr
 */
bool
address_literal(struct view text, struct ip *out)
{
	static const char tag[] = "IPv6:";
	struct view inner;
	struct ip ip;
	bool six;

	if (text.n < 2 || text.p[0] != '[' || text.p[text.n - 1] != ']')
		return false;
	inner = view_of(text.p + 1, text.n - 2);
	six = view_starts_nocase(inner, tag);
	if (six)
		inner = view_skip(inner, sizeof(tag) - 1);
	/* The tag says which spelling is meant: a colon without it, or none behind it, is neither. */
	if (six != (view_find(inner, ':') < inner.n) || !ip_parse(inner, &ip))
		return false;
	*out = ip;
	return true;
}
