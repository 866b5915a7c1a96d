/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/replace.h"
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

static struct conf *
parse(const char *path, struct view text, struct buf *why)
{
	char hostname[256] = "localhost";
	struct diag *d = diag_new();
	struct conf *c;

	if (gethostname(hostname, sizeof(hostname) - 1) != 0)
		snprintf(hostname, sizeof(hostname), "localhost");
	c = conf_text(path, text, hostname, d);
	if (!c)
		explain(d, why);
	diag_free(d);
	return c;
}

struct conf *
settings_file_read(const char *path, struct buf *text_out, struct buf *why)
{
	struct arena *a = arena_new();
	struct conf *c = NULL;
	const char *reason;
	struct view text;

	if (source_read(NULL, path, CONF_FILE_MAX, a, &text, &reason) == SOURCE_OK)
		c = parse(path, text, why);
	else
		buf_printf(why, "%s: %s\n", path, reason);
	if (c && text_out)
		buf_add(text_out, text);
	arena_free(a);
	return c;
}

int
settings_file_keep(const char *kept, struct view text)
{
	return replace_file(kept, text, &(struct replace_owner){(uid_t)-1, (gid_t)-1, 0600});
}

/* Ours alone: nobody else can have written it, and it does not make us wait. */
static bool
is_own(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 && st.st_nlink == 1;
}

struct conf *
settings_file_read_kept(const char *kept, const char *path, struct buf *why)
{
	int fd = open(kept, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct conf *c = NULL;
	char *text = calloc(1, CONF_FILE_MAX);
	ssize_t n;

	if (!text)
		log_die("out of memory");
	n = fd >= 0 && is_own(fd) ? read(fd, text, CONF_FILE_MAX) : -1;
	if (n >= 0)
		c = parse(path, view_of(text, (size_t)n), why);
	else
		buf_printf(why, "there is no last good configuration to fall back to (%s)\n", kept);
	free(text);
	if (fd >= 0)
		close(fd);
	return c;
}
