/* SPDX-License-Identifier: BSD-2-Clause
 *
 * source -- reads a rule, list or settings file, and refuses one that a stranger could have written.
 *
 * A file must be regular and not world-writable. Nothing is waited for: a FIFO or device is refused
 * unread. The text is whole or not at all.
 */
#ifndef POLICY_SOURCE_H
#define POLICY_SOURCE_H

#include "util/arena.h"

enum source_end {
	SOURCE_OK,
	SOURCE_NONE, /* there is no such file */
	SOURCE_BAD   /* it is there, but cannot be used */
};

/* Reads all of path, at most max bytes. Text and reason live in a. *why_out says what is wrong, without
 * the name of the file: "no such file", "world-writable: anyone could change ..."; written unless
 * SOURCE_OK. */
enum source_end source_read(const char *path, size_t max, struct arena *a, struct view *text_out,
	const char **why_out);

/* name as seen from the folder of the file `from`: "/etc/x.rules", "lists/a" -> "/etc/lists/a". An
 * absolute name stays. Lives in a. */
const char *source_beside(struct view from, struct view name, struct arena *a);

#endif
