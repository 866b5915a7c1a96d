/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/shipped.h"

#include <unistd.h>

static bool
has_retired(const struct source_tree *src, struct view file, const char *name, struct arena *a)
{
	const char *where = source_place(src, source_beside(file, view_str(name), a), a);

	return where && access(where, F_OK) == 0;
}

bool
shipped_file(const struct source_tree *src, struct view file, struct arena *a)
{
	static const char folder[] = RULES_DIR "/";

	return view_eq_str(view_head(file, sizeof(folder) - 1), folder) ||
	       has_retired(src, file, "retired.rules", a) || has_retired(src, file, "../retired.rules", a);
}
