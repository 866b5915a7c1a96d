/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/suite_mail.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/lib/unit.h"

static void
walk(char *folder, void (*each)(void *ctx, const char *path, struct view bytes), void *ctx)
{
	char *folders[] = {folder, NULL};
	FTS *tree = fts_open(folders, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *e;

	while (tree && (e = fts_read(tree))) {
		struct view bytes;

		if (e->fts_info != FTS_F || e->fts_statp->st_size == 0)
			continue;
		bytes = unit_read_file(e->fts_path);
		each(ctx, e->fts_path, bytes);
		free((void *)(uintptr_t)bytes.p);
	}
	if (tree)
		fts_close(tree);
}

static void
remove_tree(char *folder)
{
	char *folders[] = {folder, NULL};
	FTS *tree = fts_open(folders, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *e;

	while (tree && (e = fts_read(tree)))
		if (e->fts_info != FTS_D)
			remove(e->fts_path);
	if (tree)
		fts_close(tree);
}

bool
suite_mail_each(const char *name, void (*each)(void *ctx, const char *path, struct view bytes), void *ctx)
{
	const char *path = unit_suite_file(name);
	char folder[1100] = "/tmp/postern-suite.XXXXXX", command[1400];
	bool unpacked;
	FILE *f;

	if (!path)
		return false;
	if (!view_ends_nocase(view_str(name), VIEW(".tar.zst"))) {
		snprintf(folder, sizeof(folder), "%s", path);
		walk(folder, each, ctx);
		return true;
	}
	if (!mkdtemp(folder))
		abort();
	snprintf(command, sizeof(command), "tar --zstd -xf '%s' -C '%s'", path, folder);
	f = popen(command, "r");
	unpacked = f && pclose(f) == 0;
	if (unpacked)
		walk(folder, each, ctx);
	else
		printf("skip: %s cannot be unpacked (zstd?)\n", name);
	remove_tree(folder);
	return unpacked;
}
