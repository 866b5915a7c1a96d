/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/proxy_header.h"
#include "util/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_again(const struct proxy_header *h, struct view written)
{
	struct proxy_header again;
	size_t used;

	if (proxy_header_read(written, &used, &again) != PROXY_HEADER_OK || used != written.n)
		abort();
	if (h->source.family && h->source.family == h->destination.family &&
		(!ip_eq(&again.source, &h->source) || !ip_eq(&again.destination, &h->destination) ||
			again.source_port != h->source_port || again.destination_port != h->destination_port))
		abort();
}

/* However a header comes it is the same: MORE until it is OK or BAD; and what is written of it is read the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum proxy_header_status whole, s = PROXY_HEADER_MORE;
	struct proxy_header h = {0}, part;
	size_t used = 0, part_used = 0;
	struct buf b;

	whole = proxy_header_read(view_of(data, n), &used, &h);
	for (size_t i = n > 600 ? n - 600 : 0; i <= n && s == PROXY_HEADER_MORE; i++)
		s = proxy_header_read(view_of(data, i), &part_used, &part);
	if (s != whole && n <= 600)
		abort();
	if (whole != PROXY_HEADER_OK)
		return 0;
	if (!proxy_header_begins(view_of(data, n)))
		abort();
	if (used > n || used > PROXY_HEADER_MAX || (n <= 600 && part_used != used))
		abort();
	buf_init(&b, 1000);
	proxy_header_write_v1(&h, &b);
	check_again(&h, buf_view(&b));
	buf_reset(&b);
	proxy_header_write_v2(&h, &b);
	check_again(&h, buf_view(&b));
	buf_done(&b);
	return 0;
}
