/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/message_mark.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Whatever a message is made of, a field that a mailbox puts on top of it changes nothing. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char field[] = "X-Mailbox: 1\n";
	struct arena *a = arena_new();
	struct view text = view_of(data, n), mark = message_mark(text, a);
	char *more = arena_alloc(a, sizeof(field) - 1 + n);

	memcpy(more, field, sizeof(field) - 1);
	if (n)
		memcpy(more + sizeof(field) - 1, data, n);
	/* A line that begins with a blank would belong to the field; "From " is no field, and left out on top. */
	if (n && data[0] != ' ' && data[0] != '\t' && !view_starts_nocase(text, "From ") &&
		!view_eq(mark, message_mark(view_of(more, sizeof(field) - 1 + n), a)))
		abort();
	arena_free(a);
	return 0;
}
