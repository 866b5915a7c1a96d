/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A whole message with its key, through the library: the first line is the key record, the rest the
 * message. The first byte says how large the pieces of the body are.
 */
#include <stdlib.h>

#include "checks/dkim_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct view
take_line(struct view *rest)
{
	struct view line = view_head(*rest, view_find(*rest, '\n'));

	*rest = view_skip(*rest, line.n + 1);
	return line;
}

/* Fields up to an empty line; a line with a blank in front belongs to the field before. */
static void
feed_header(struct dkim_verify *v, struct view *rest)
{
	while (rest->n > 0) {
		struct view field = take_line(rest);
		size_t colon;

		if (field.n == 0)
			return;
		while (rest->n > 0 && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
			struct view more = take_line(rest);

			field.n = (size_t)(more.p + more.n - field.p);
		}
		colon = view_find(field, ':');
		if (colon < field.n)
			dkim_verify_header(v, &(struct header_field){view_head(field, colon),
						      view_skip(field, colon + 1)});
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view rest = view_of(data, n), key;
	struct dkim_verify *v = dkim_verify_new(a, 1700000000);
	size_t step = n ? data[0] + 1 : 1;

	key = take_line(&rest);
	feed_header(v, &rest);
	dkim_verify_eoh(v);
	for (; rest.n > 0; rest = view_skip(rest, step))
		dkim_verify_body(v, view_head(rest, step));
	for (size_t i = 0; i < dkim_verify_count(v); i++)
		if (dkim_verify_key_name(v, i).p)
			dkim_verify_key(v, i, DKIM_ANSWER_FOUND, &key, 1, NULL);
	dkim_verify_end(v);
	for (size_t i = 0; i < dkim_verify_count(v); i++) {
		struct dkim_verify_result r = dkim_verify_result(v, i);

		if ((r.verdict == DKIM_PASS) != !r.why ||
			(r.verdict == DKIM_PASS && r.signature->status != DKIM_SIGNATURE_OK))
			abort();
	}
	arena_free(a);
	return 0;
}
