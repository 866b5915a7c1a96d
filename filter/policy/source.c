/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Up to n bytes; what came before an end or error. False on error. */
static bool
read_all(int fd, char *p, size_t n, size_t *got)
{
	*got = 0;
	while (*got < n) {
		ssize_t r = read(fd, p + *got, n - *got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return false;
		if (r == 0)
			break;
		*got += (size_t)r;
	}
	return true;
}

/* What is wrong with the open file; NULL if nothing is. */
static const char *
refused(const char *path, const struct stat *st, size_t max, struct arena *a)
{
	if (S_ISDIR(st->st_mode))
		return "is a folder, not a file";
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (st->st_mode & S_IWOTH)
		return arena_printf(a,
			"world-writable: anyone could change the rules; run chmod o-w %s", path).p;
	if ((uint64_t)st->st_size > max)
		return arena_printf(a, "is larger than %zu bytes", max).p;
	return NULL;
}

/* One byte more than the file has is asked for: a file that grows meanwhile is not cut in silence. */
static const char *
contents(int fd, size_t size, struct arena *a, struct view *text_out)
{
	char *p = arena_alloc(a, size + 1);
	size_t got;

	if (!read_all(fd, p, size + 1, &got))
		return arena_printf(a, "cannot be read: %s", strerrordesc_np(errno)).p;
	if (got != size)
		return "changed while it was read";
	p[size] = '\0';
	*text_out = view_of(p, size);
	return NULL;
}

const char *
source_place(const struct source_tree *src, const char *path, struct arena *a)
{
	char *out;

	if (!src || !*src->root)
		return path;
	out = arena_alloc(a, SOURCE_PATH_MAX);
	return src->place(src->root, path, out) == 0 ? out : NULL;
}

enum source_end
source_read(const struct source_tree *src, const char *path, size_t max, struct arena *a,
	struct view *text_out, const char **why_out)
{
	const char *where = source_place(src, path, a), *why;
	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	int fd = where ? open(where, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
	struct stat st;

	if (fd < 0) {
		bool none = errno == ENOENT || errno == ENOTDIR;

		*why_out = none ? "no such file"
				: arena_printf(a, "cannot be opened: %s", strerrordesc_np(errno)).p;
		return none ? SOURCE_NONE : SOURCE_BAD;
	}
	if (fstat(fd, &st) != 0)
		why = "cannot be examined";
	else
		why = refused(path, &st, max, a);
	if (!why)
		why = contents(fd, (size_t)st.st_size, a, text_out);
	close(fd);
	if (!why && src && src->kept && src->keep(src->kept, path, *text_out) != 0)
		why = arena_printf(a, "cannot be kept: %s", strerrordesc_np(errno)).p;
	if (why)
		*why_out = why;
	return why ? SOURCE_BAD : SOURCE_OK;
}

/* Does what is between path and end finish with the name of a folder, not with ".."? */
static bool
is_named(const char *path, const char *end)
{
	struct view last = view_of(path, (size_t)(end - path));
	size_t slash = view_rfind(last, '/');

	if (slash < last.n)
		last = view_skip(last, slash + 1);
	return last.n && !view_eq_str(last, "..");
}

/* Takes "FOLDER/.." and "." out of a path, by name as the mirror of a configuration does it. */
static const char *
collapsed(char *path)
{
	char *o = path;

	for (const char *p = path; *p;) {
		size_t n = strcspn(p + (*p == '/'), "/") + (*p == '/');
		struct view part = view_of(p, n);
		char *before = memrchr(path, '/', (size_t)(o - path));

		p += n;
		if (view_eq_str(part, "/."))
			continue;
		if (view_eq_str(part, "/..") && is_named(path, o)) {
			o = before ? before : path;
			p += !before && *p == '/'; /* a relative path stays one */
			continue;
		}
		memmove(o, part.p, n);
		o += n;
	}
	*o = '\0';
	return path;
}

const char *
source_beside(struct view from, struct view name, struct arena *a)
{
	size_t slash = view_rfind(from, '/');
	bool as_it_is = slash == from.n || (name.n && name.p[0] == '/');

	return collapsed(arena_cstr(a, arena_printf(a, "%.*s%.*s", as_it_is ? 0 : (int)(slash + 1), from.p,
		VIEW_ARG(name))));
}
