/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/mime_skeleton.h"

#include <stdlib.h>

#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct view
thin(struct view type, struct view body, size_t chunk, struct arena *a, const char **why)
{
	struct mime_skeleton *s = mime_skeleton_new(a);

	mime_skeleton_header(s, &(struct header_field){VIEW("Content-Type"), type});
	for (; body.n; body = view_skip(body, chunk))
		mime_skeleton_body(s, view_head(body, chunk));
	return mime_skeleton_end(s, why);
}

/* Input: a Content-Type, a line end, the body. The skeleton does not depend on the chunks, and is no larger
 * than the message by more than a line end for each of its lines. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view in = view_of(data, n), type = view_head(in, view_find(in, '\n'));
	struct view body = view_skip(in, type.n + 1), x, y;
	const char *why_x, *why_y;

	x = thin(type, body, 65536, a, &why_x);
	y = thin(type, body, 1 + n % 13, a, &why_y);
	if (why_x != why_y || !view_eq(x, y) || x.n > MIME_SKELETON_MAX || x.n > 3 * n + 100)
		abort();
	arena_free(a);
	return 0;
}
