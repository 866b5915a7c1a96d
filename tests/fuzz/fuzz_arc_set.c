/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Header fields, a line each: whatever they are, a chain that is called whole is whole.
 */
#include <stdlib.h>

#include "mail/dkim/arc_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FIELDS = 200 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct header_field *h = arena_array(a, FIELDS, sizeof(*h));
	struct view rest = view_of(data, n), line;
	struct arc_chain c;
	size_t count = 0;

	while (count < FIELDS && view_split(&rest, '\n', &line)) {
		size_t colon = view_find(line, ':');

		h[count++] = (struct header_field){view_head(line, colon), view_skip(line, colon + 1)};
	}
	arc_set_read(h, count, a, &c);
	if ((c.status == ARC_CHAIN_BAD) != (c.why != NULL))
		abort();
	for (size_t i = 0; c.status == ARC_CHAIN_OK && i < c.n; i++) {
		const struct arc_set *s = &c.set[i];

		if (!s->results || !s->message || !s->seal || !s->seal_signature.b.n || !s->message_signature.d.n)
			abort();
		canonical_unsigned(s->seal->value, a);
		canonical_field(CANONICAL_RELAXED, s->message, a);
	}
	if (c.status == ARC_CHAIN_OK && (c.n == 0 || c.set[c.n - 1].bh.n != 32))
		abort();
	arena_free(a);
	return 0;
}
