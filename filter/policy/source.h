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

enum { SOURCE_PATH_MAX = 4096 };

/* Where files are read from, and where a copy of each is kept: what a checker reads from the live files
 * is what workers read later (io/mirror.h). NULL stands for the live files and no copies. */
struct source_tree {
	const char *root; /* in front of every path; "" = the live files */
	int (*place)(const char *root, const char *path, char out[static SOURCE_PATH_MAX]);
	const char *kept; /* the root of the copies; NULL = none */
	int (*keep)(const char *kept, const char *path, struct view bytes);
};

/* Where path is found; NULL with errno if it cannot be. Lives in a. */
const char *source_place(const struct source_tree *src, const char *path, struct arena *a);

/* Reads all of path, at most max bytes. Text and reason live in a. *why_out says what is wrong, without
 * the name of the file: "no such file", "world-writable: anyone could change ..."; written unless
 * SOURCE_OK. */
enum source_end source_read(const struct source_tree *src, const char *path, size_t max,
	struct arena *a, struct view *text_out, const char **why_out);

/* name as seen from the folder of the file `from`: "/etc/x.rules", "lists/a" -> "/etc/lists/a". An
 * absolute name stays. Lives in a. */
const char *source_beside(struct view from, struct view name, struct arena *a);

#endif
