/* SPDX-License-Identifier: BSD-2-Clause
 *
 * setup_files -- the texts that `postern setup` writes: the local rule file that includes lists, and keys.
 *
 * The rule file is made anew from what is enabled, and read back to know it. Its first line says whose it
 * is; a file without that line is somebody's own, and is left alone.
 */
#ifndef CMD_SETUP_FILES_H
#define CMD_SETUP_FILES_H

#include "cmd/list_catalog.h"

#define SETUP_FILES_MARK "# Written by 'postern setup': run it again instead of editing this file."

struct setup_list {
	struct list_entry about;
	bool was, on;  /* enabled before, and afterwards */
	bool keyed;    /* asked with its key */
};

/* Sets was and on of each list by what path includes; none of them if there is no such file. False: the
 * file cannot be read, or is not ours; *why_out says why. Lives in a. */
bool setup_files_read(const char *path, struct setup_list *lists, size_t n, struct arena *a,
	const char **why_out);
/* The rule file for the lists that are on. Lives in a. */
struct view setup_files_rules(const struct setup_list *lists, size_t n, struct arena *a);

/* Letters, digits and '-', as a DNS label has them: a key becomes a part of a name. */
bool setup_files_key_ok(struct view key);
/* The secrets with this one added, or in the place of an older one of that name. Lives in a. */
struct view setup_files_secrets(struct view secrets, struct view name, struct view key, struct arena *a);

#endif
