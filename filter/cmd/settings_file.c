/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/settings_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/mirror.h"
#include "policy/source.h"
#include "util/limits.h"
#include "util/log.h"

static void
explain(const struct diag *d, struct buf *why)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		log_die("out of memory");
	diag_show(d, f);
	fclose(f);
	buf_add(why, view_head(view_of(text, n), why->max - why->n));
	free(text);
}

struct conf *
settings_file_read(const char *root, const char *path, struct buf *why)
{
	const struct source_tree src = {.root = root, .place = mirror_path};
	char hostname[256] = "localhost";
	struct arena *a = arena_new();
	struct diag *d = diag_new();
	struct conf *c = NULL;
	const char *reason;
	struct view text;

	if (gethostname(hostname, sizeof(hostname) - 1) != 0)
		snprintf(hostname, sizeof(hostname), "localhost");
	if (source_read(&src, path, CONF_FILE_MAX, a, &text, &reason) != SOURCE_OK)
		buf_printf(why, "%s: %s\n", path, reason);
	else if (!(c = conf_text(path, text, hostname, d)))
		explain(d, why);
	diag_free(d);
	arena_free(a);
	return c;
}
