/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/mime_tree.h"

#include <stdlib.h>

#include "mail/mime/mime_skeleton.h"
#include "util/json.h"
#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(const struct mime_tree *t)
{
	if (t->n > MIME_PARTS_MAX || (t->why && !t->broken))
		abort();
	for (size_t i = 0; i < t->n; i++) {
		const struct mime_part *p = &t->part[i];

		if (p->depth > MIME_DEPTH_MAX || p->n_names > MIME_NAMES || p->n_head > MIME_HEAD || p->type.n < 3)
			abort();
		for (size_t k = 0; k < p->n_names; k++)
			if (p->name[k].n == 0 || !json_utf8(p->name[k]))
				abort();
	}
}

/* Input: a Content-Type, a line end, the body; read as it is, and as its skeleton. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view in = view_of(data, n), type = view_head(in, view_find(in, '\n'));
	struct mime_skeleton *s = mime_skeleton_new(a);
	struct mime_tree t;
	const char *why;

	mime_tree_read(in, a, &t);
	check(&t);
	mime_skeleton_header(s, &(struct header_field){VIEW("Content-Type"), type});
	mime_skeleton_body(s, view_skip(in, type.n + 1));
	mime_tree_read(mime_skeleton_end(s, &why), a, &t);
	check(&t);
	arena_free(a);
	return 0;
}
