/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "svc/store_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A page that was read whole, and is no larger than one may be, is written as the same bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct store_page p;
	struct view in = view_of(data, n), cursor, out;
	struct store_page_record r;

	if (!store_page_cursor(&in, &cursor))
		return 0;
	store_page_init(&p);
	while (store_page_next(&in, &r))
		if (!store_page_add(&p, &r))
			return 0;
	out = store_page_end(&p, cursor);
	if (in.n == 0 && !view_eq(out, view_of(data, n)))
		abort();
	return 0;
}
