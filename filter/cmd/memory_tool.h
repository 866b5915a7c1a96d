/* SPDX-License-Identifier: BSD-2-Clause
 *
 * memory_tool -- the command line of a tool that looks into the memory of the running daemon:
 * [-c FILE] [-n COUNT] VERB WORD...
 */
#ifndef CMD_MEMORY_TOOL_H
#define CMD_MEMORY_TOOL_H

#include "cmd/assembly.h"

enum { MEMORY_TOOL_VERBS = 3 };
enum { MEMORY_TOOL_NONE = 1 }; /* exit status: there is no such record */

struct memory_tool {
	const char *usage;
	const char *options; /* as getopt has them: "+c:" or "+c:n:" */
	bool bare;           /* it may go without a verb */
	struct {
		const char *name; /* NULL: no more */
		int min, max;     /* words after it */
	} verb[MEMORY_TOOL_VERBS];
	/* What it must read of the settings: assembly_read or assembly_settings. NULL: nothing */
	bool (*read)(struct assembly *a, const struct assembly_reading *what);
	/* a has a store, that of the daemon. words end with NULL. The exit status */
	int (*answer)(struct assembly *a, char **words, size_t count);
};

/* The exit status. */
int memory_tool_main(const struct memory_tool *t, int argc, char **argv);

#endif
