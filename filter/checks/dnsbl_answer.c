/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_answer.h"

#include <stdio.h>

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
any_matches(const struct dnsbl_match *m, size_t n, const struct ip *ip)
{
	for (size_t i = 0; i < n; i++)
		if (matches(&m[i], ip))
			return true;
	return false;
}

static bool
is_error(const struct dnsbl *d, const struct ip *ip)
{
	uint32_t a = number(ip);

	if (ip->family != 4 || a >> 24 != 127)
		return true;
	return a == 0x7f000001 || a >> 8 == 0x7fffff || any_matches(d->errors, d->n_errors, ip);
}

const struct ip *
dnsbl_answer_error(const struct dnsbl *d, const struct dns_rr *rr, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_error(d, &rr[i].ip))
			return &rr[i].ip;
	return NULL;
}

static bool
has_code(const struct dnsbl_code *code, const struct dns_rr *rr, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (any_matches(code->match, code->n, &rr[i].ip))
			return true;
	return false;
}

bool
dnsbl_answer_has(const struct dnsbl *d, size_t code, const struct dns_rr *rr, size_t n)
{
	if (code != SIZE_MAX)
		return code < d->n_codes && has_code(&d->codes[code], rr, n);
	for (size_t i = 0; i < d->n_codes; i++)
		if (has_code(&d->codes[i], rr, n))
			return true;
	return d->n_codes == 0 && n > 0;
}

static void
join(const char *key, size_t n, struct view zone, char out[static DNSBL_NAME_MAX])
{
	snprintf(out, DNSBL_NAME_MAX, "%.*s.%.*s", (int)n, key, VIEW_ARG(zone));
}

bool
dnsbl_answer_name(struct view value, struct view zone, char out[static DNSBL_NAME_MAX])
{
	char reversed[IP_REVERSE_MAX];
	struct ip ip;

	if (ip_parse(value, &ip)) {
		ip_reverse(&ip, reversed);
		join(reversed, strlen(reversed), zone, out);
		return true;
	}
	if (!dns_name_ok(value))
		return false;
	for (size_t i = 0; i < value.n; i++) /* what cannot be a host's name is on no list */
		if (!view_is_alpha(value.p[i]) && !view_is_digit(value.p[i]) &&
			!memchr("-_.", value.p[i], 3))
			return false;
	if (value.p[value.n - 1] == '.')
		value.n--;
	join(value.p, value.n, zone, out);
	return true;
}

bool
dnsbl_answer_test(struct view entry, bool ipv6, struct view zone, char out[static DNSBL_NAME_MAX])
{
	char reversed[IP_REVERSE_MAX];
	struct ip ip, six = {.family = 6, .b = {[10] = 0xff, [11] = 0xff}};

	if (!ipv6 || !ip_parse(entry, &ip) || ip.family != 4)
		return dnsbl_answer_name(entry, zone, out);
	memcpy(six.b + 12, ip.b, 4);
	ip_reverse(&six, reversed);
	join(reversed, strlen(reversed), zone, out);
	return true;
}
