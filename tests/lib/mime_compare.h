/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mime_compare -- the parts of a message from its skeleton and from all of it: they must be the same.
 */
#ifndef TESTS_LIB_MIME_COMPARE_H
#define TESTS_LIB_MIME_COMPARE_H

#include "mail/mime/mime_tree.h"

/* Reads a message (LF becomes CRLF) whole, and as a skeleton made of chunks of at most `chunk` bytes.
 * Both live in a. *why_out: the skeleton's ceiling, or NULL. */
void mime_compare_read(struct view bytes, size_t chunk, struct arena *a, struct mime_tree *whole_out,
	struct mime_tree *thin_out, const char **why_out);
/* NULL if they are the same, else what is not. Lives in a. */
const char *mime_compare_differ(const struct mime_tree *x, const struct mime_tree *y, struct arena *a);

#endif
