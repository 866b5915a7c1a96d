/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_dns_packet -- the first byte chooses the type, the rest is a reply to the question "a".
 */
#include <stdlib.h>

#include "svc/dns/dns_packet.h"
#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum dns_type types[] = {DNS_A, DNS_NS, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA};
	struct dns_reply *r;
	unsigned sum = 0;

	if (n == 0)
		return 0;
	r = dns_packet_parse(view_of(data + 1, n - 1), VIEW("a"), types[data[0] % 6]);
	if ((r->answer.why != NULL) != (r->answer.status == DNS_TEMPFAIL) ||
		(r->answer.n > 0) != (r->answer.status == DNS_FOUND) ||
		r->answer.n > DNS_ANSWER_RRS)
		abort();
	for (size_t i = 0; i < r->answer.n; i++) {
		const struct dns_rr *rr = &r->answer.rr[i];

		for (size_t j = 0; j < rr->name.n; j++) /* names are printable, whatever was sent */
			if (rr->name.p[j] <= ' ' || rr->name.p[j] > '~' ||
				view_lower(rr->name.p[j]) != rr->name.p[j])
				abort();
		for (size_t j = 0; j < rr->text.n; j++)
			sum += (unsigned char)rr->text.p[j];
	}
	dns_reply_drop(r);
	return sum == UINT32_MAX; /* so that every byte is read */
}
