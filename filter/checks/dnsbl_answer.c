/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_answer.h"

#include <stdio.h>

#include "policy/dnsbl_match.h"

const struct ip *
dnsbl_answer_error(const struct dnsbl *d, const struct dns_rr *rr, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (dnsbl_match_error(d, &rr[i].ip))
			return &rr[i].ip;
	return NULL;
}

bool
dnsbl_answer_refuses(const struct ip *error)
{
	return error->family == 4 && error->b[0] == 127;
}

bool
dnsbl_answer_has(const struct dnsbl *d, size_t code, const struct dns_rr *rr, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (dnsbl_match_has(d, code, &rr[i].ip))
			return true;
	return false;
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
