/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/dnsbl_match.h"

static uint32_t
number(const struct ip *ip)
{
	return (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 | (uint32_t)ip->b[2] << 8 | ip->b[3];
}

static bool
matches(const struct dnsbl_match *m, const struct ip *ip)
{
	switch (m->kind) {
	case DNSBL_NET:
		return cidr_has(&m->net, ip);
	case DNSBL_RANGE:
		return number(ip) >= m->low && number(ip) <= m->high;
	case DNSBL_BIT:
		return (ip->b[3] & m->bit) != 0;
	}
	return false;
}

static bool
any(const struct dnsbl_match *m, size_t n, const struct ip *ip)
{
	for (size_t i = 0; i < n; i++)
		if (matches(&m[i], ip))
			return true;
	return false;
}

bool
dnsbl_match_error(const struct dnsbl *d, const struct ip *ip)
{
	uint32_t a = number(ip);

	if (ip->family != 4 || a >> 24 != 127)
		return true;
	return a == 0x7f000001 || a >> 8 == 0x7fffff || any(d->errors, d->n_errors, ip);
}

bool
dnsbl_match_has(const struct dnsbl *d, size_t code, const struct ip *ip)
{
	if (code != SIZE_MAX)
		return code < d->n_codes && any(d->codes[code].match, d->codes[code].n, ip);
	for (size_t i = 0; i < d->n_codes; i++)
		if (any(d->codes[i].match, d->codes[i].n, ip))
			return true;
	return d->n_codes == 0;
}
