/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_header_stream -- whatever comes goes out again, the same however it is cut.
 */
#include "mail/header_stream.h"

#include <stdlib.h>

#include "mail/header.h"
#include "util/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* All bytes, and the names in another buffer. */
static void
run(struct view message, size_t piece, struct buf *out, struct buf *names)
{
	struct header_stream h;
	bool over = false;

	header_stream_init(&h);
	while (message.n) {
		struct view in = view_head(message, piece), name, v;
		enum header_stream_event e;

		message = view_skip(message, in.n);
		while (!over && (e = header_stream_next(&h, &in, &name, &v)) != HEADER_STREAM_MORE) {
			over = e == HEADER_STREAM_END || e == HEADER_STREAM_BODY;
			if (e == HEADER_STREAM_FIELD) {
				if (!header_name_ok(name))
					abort();
				buf_printf(names, "%.*s\n", VIEW_ARG(name));
			}
			if (e == HEADER_STREAM_END)
				buf_str(names, "end\n");
			buf_add(out, v);
		}
		buf_add(out, in);
	}
	if (!over)
		buf_add(out, header_stream_rest(&h));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf out[2], names[2];
	size_t piece = n ? data[0] % 50u + 1 : 1;

	for (int i = 0; i < 2; i++) {
		buf_init(&out[i], n + 1);
		buf_init(&names[i], 2 * n + 100);
		run(view_of(data, n), i ? piece : n + 1, &out[i], &names[i]);
		if (!view_eq(buf_view(&out[i]), view_of(n ? (const void *)data : "", n)))
			abort();
	}
	if (!view_eq(buf_view(&names[0]), buf_view(&names[1])))
		abort();
	for (int i = 0; i < 2; i++) {
		buf_done(&out[i]);
		buf_done(&names[i]);
	}
	return 0;
}
