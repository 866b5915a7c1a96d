/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_hijack.h"

bool
dns_hijack_probe(struct dns_hijack *h, int64_t now_ms)
{
	if (h->probed_ms && now_ms - h->probed_ms < DNS_HIJACK_MS)
		return false;
	h->probed_ms = now_ms;
	return true;
}

static bool
is_known(const struct dns_hijack *h, const struct ip *ip)
{
	for (unsigned i = 0; i < h->n && i < DNS_HIJACK_IPS; i++)
		if (ip->family == h->ip[i].family && memcmp(ip->b, h->ip[i].b, sizeof(ip->b)) == 0)
			return true;
	return false;
}

bool
dns_hijack_learn(struct dns_hijack *h, const struct dns_answer *a)
{
	bool news = false;

	if (a->status == DNS_NONE)
		h->n = 0;
	for (size_t i = 0; a->status == DNS_FOUND && i < a->n; i++) {
		if (a->rr[i].ip.family == 0 || is_known(h, &a->rr[i].ip))
			continue;
		h->ip[h->n++ % DNS_HIJACK_IPS] = a->rr[i].ip;
		if (h->n == 2 * DNS_HIJACK_IPS) /* the same place in the ring; it must not wrap to few */
			h->n = DNS_HIJACK_IPS;
		news = true;
	}
	return news;
}

bool
dns_hijack_is(const struct dns_hijack *h, const struct dns_answer *a)
{
	if (h->n == 0 || a->status != DNS_FOUND)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!is_known(h, &a->rr[i].ip))
			return false;
	return true;
}
