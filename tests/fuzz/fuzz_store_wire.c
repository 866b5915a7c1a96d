/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "svc/store/store_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What was read as a request or reply is written as the same bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char back[STORE_WIRE_REPLY_MAX];
	struct view in = view_of(data, n);
	char out[STORE_WIRE_REQUEST_MAX];
	struct store_request r;
	struct store_result result;
	size_t used;

	if (store_wire_read_request(in, &r, &used) == STORE_WIRE_OK &&
		!view_eq(view_of(out, store_wire_write_request(&r, out)), view_head(in, used)))
		abort();
	if (store_wire_read_reply(in, &result, &used) == STORE_WIRE_OK &&
		!view_eq(view_of(back, store_wire_write_reply(&result, back)), view_head(in, used)))
		abort();
	return 0;
}
