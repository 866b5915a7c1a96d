/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/header_list.h"

#include "util/limits.h"
#include "util/log.h"

void
header_list_add(struct session *s, const struct header_field *h)
{
	struct transaction *t = s->t;
	size_t bytes = h->name.n + h->value.n;

	if (t->n_headers >= HEADER_COUNT_MAX || bytes > HEADER_FIELD_MAX ||
		t->header_bytes + bytes > HEADER_BYTES_MAX) {
		t->flooded = true;
		if (t->n_dropped++ == 0)
			log_info("header-limit", "id=%s fields=%zu bytes=%zu", t->id, t->n_headers,
				t->header_bytes);
		return;
	}
	if (t->n_headers == t->cap_headers) {
		size_t cap = t->cap_headers ? t->cap_headers * 2 : 32;
		struct header_field *more = arena_array(s->message, cap, sizeof(*more));

		if (t->n_headers)
			memcpy(more, t->headers, t->n_headers * sizeof(*more));
		t->headers = more;
		t->cap_headers = cap;
	}
	t->headers[t->n_headers++] = (struct header_field){arena_copy(s->message, h->name),
		arena_copy(s->message, h->value)};
	t->header_bytes += bytes;
}
