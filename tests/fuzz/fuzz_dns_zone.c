/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_dns_zone -- a zone text, and some questions to it.
 */
#include <stdlib.h>

#include "svc/dns/dns_packet.h"
#include "svc/dns_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
on_done(void *ctx, struct view packet, bool bogus, const char *why)
{
	struct dns_reply *r;

	if ((packet.p == NULL) != (why != NULL))
		abort();
	if (!packet.p)
		return;
	r = dns_packet_parse(packet, view_str(ctx), DNS_A);
	if (r->answer.status == DNS_TEMPFAIL && strcmp(r->answer.why, "malformed") == 0)
		abort(); /* the zone's own packets are well formed */
	dns_reply_drop(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char a[] = "a", ab[] = "x.a.b";
	struct dns_backend *b = dns_zone_new();
	char why[200] = "";
	void *handle;

	if (dns_zone_read(b, view_of(data, n), "zone", why, sizeof(why)) == 0) {
		b->ask(b, a, DNS_A, on_done, a, &handle);
		b->ask(b, ab, DNS_A, on_done, ab, &handle);
	} else if (!why[0]) {
		abort();
	}
	b->free(b);
	return 0;
}
