/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/limits.h"

/* Appends "/part" to out, or takes the last part away for "..". */
static bool
append(char *out, size_t *n, size_t floor, struct view part)
{
	if (part.n == 0 || view_eq_str(part, "."))
		return true;
	if (view_eq_str(part, "..")) {
		while (*n > floor && out[--*n] != '/')
			;
		out[*n] = 0;
		return true;
	}
	if (*n + 1 + part.n >= MIRROR_PATH_MAX)
		return false;
	out[(*n)++] = '/';
	memcpy(out + *n, part.p, part.n);
	*n += part.n;
	out[*n] = 0;
	return true;
}

int
mirror_path(const char *root, const char *path, char out[static MIRROR_PATH_MAX])
{
	struct view rest = view_str(path), part;
	size_t n = strlen(root), floor = n;

	errno = EINVAL;
	if (path[0] != '/')
		return -1;
	errno = ENAMETOOLONG;
	if (n + rest.n >= MIRROR_PATH_MAX)
		return -1;
	memcpy(out, root, n + 1);
	if (n == 0) {
		memcpy(out, path, rest.n + 1);
		return 0;
	}
	while (view_split(&rest, '/', &part))
		if (!append(out, &n, floor, part))
			return -1;
	return 0;
}

/* Makes the folders of path from byte `from` on, all but its last part. */
static int
make_parents(char *path, size_t from)
{
	for (char *slash = strchr(path + from + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = 0;
		r = mkdir(path, 0700);
		*slash = '/';
		if (r != 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

static int
write_all(int fd, struct view bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes = view_skip(bytes, (size_t)n);
	}
	return 0;
}

int
mirror_put(const char *root, const char *path, struct view bytes)
{
	char to[MIRROR_PATH_MAX];
	int fd, r, e;

	if (mirror_path(root, path, to) != 0 || make_parents(to, strlen(root)) != 0)
		return -1;
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	r = write_all(fd, bytes);
	e = errno;
	if (close(fd) != 0 && r == 0)
		return -1;
	errno = e;
	return r;
}

static int
copy_bytes(int in, int out)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(in, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || write_all(out, view_of(chunk, (size_t)n)) != 0)
			return -1;
	}
	return 0;
}

static int
copy_file(int from_dir, int to_dir, const char *name)
{
	int in = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), out = -1, r = -1, e;

	if (in >= 0)
		out = openat(
			to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out >= 0)
		r = copy_bytes(in, out);
	e = errno;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	errno = e;
	return r;
}

/* What is left of the limits while a tree is walked. */
struct walk {
	int depth;
	size_t files;
};

static int copy_tree(int from, int to, struct walk *w);

static int
open_folder(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
copy_folder(int from, int to, const char *name, struct walk *w)
{
	if (mkdirat(to, name, 0700) != 0)
		return -1;
	return copy_tree(open_folder(from, name), open_folder(to, name), w);
}

static int
copy_entry(int from, int to, const char *name, struct walk *w)
{
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	errno = EFBIG;
	if (w->files == 0)
		return -1;
	w->files--;
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name);
	return S_ISDIR(st.st_mode) ? copy_folder(from, to, name, w) : 0;
}

/* A stream over the folder that leaves fd open. */
static DIR *
list_of(int fd)
{
	int own = fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);

	if (!d && own >= 0)
		close(own);
	return d;
}

/* 0 at the end of the folder; errno of readdir otherwise tells an error from it. */
static int
copy_entries(DIR *d, int from, int to, struct walk *w)
{
	const struct dirent *e;

	while (errno = 0, (e = readdir(d)))
		if (copy_entry(from, to, e->d_name, w) != 0)
			return -1;
	return errno ? -1 : 0;
}

/* Takes both folders; one that is -1 could not be opened. */
static int
copy_tree(int from, int to, struct walk *w)
{
	DIR *d = NULL;
	int r = -1, e = errno;

	if (from < 0 || to < 0)
		goto out;
	e = ELOOP;
	if (w->depth == 0)
		goto out;
	w->depth--;
	d = list_of(from);
	r = d ? copy_entries(d, from, to, w) : -1;
	e = errno;
	w->depth++;
out:
	if (d)
		closedir(d);
	if (to >= 0)
		close(to);
	if (from >= 0)
		close(from);
	errno = e;
	return r;
}

int
mirror_copy(const char *from, const char *to)
{
	struct walk w = {.depth = MIRROR_DEPTH, .files = MIRROR_FILES_MAX};
	int fd, r;

	if (mkdir(to, 0700) != 0)
		return -1;
	if (copy_tree(open_folder(AT_FDCWD, from), open_folder(AT_FDCWD, to), &w) != 0)
		return -1;
	fd = open_folder(AT_FDCWD, to);
	r = fd < 0 ? -1 : syncfs(fd); /* once, not a file at a time */
	if (fd >= 0)
		close(fd);
	return r;
}

/* Removes what is in the folder; the name may have become something else meanwhile, hence
 * descriptors. */
static void
empty(int fd, int depth)
{
	const struct dirent *e;
	DIR *d;

	if (depth == 0 || !(d = list_of(fd)))
		return;
	while ((e = readdir(d))) {
		int inner;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
			unlinkat(fd, e->d_name, 0) == 0)
			continue;
		inner = open_folder(fd, e->d_name);
		if (inner < 0)
			continue;
		empty(inner, depth - 1);
		close(inner);
		unlinkat(fd, e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

int
mirror_remove(const char *root)
{
	int fd = open_folder(AT_FDCWD, root);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	empty(fd, 2 * MIRROR_DEPTH);
	close(fd);
	return rmdir(root);
}

void
mirror_remove_all(const char *folder, const char *prefix)
{
	char path[MIRROR_PATH_MAX + 256];
	const struct dirent *e;
	DIR *d = opendir(folder);

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (strncmp(e->d_name, prefix, strlen(prefix)) == 0)
			mirror_remove(path);
	}
	if (d)
		closedir(d);
}

int
mirror_replace(const char *from, const char *to)
{
	char fresh[MIRROR_PATH_MAX];
	int n = snprintf(fresh, sizeof(fresh), "%s.new", to);

	errno = ENAMETOOLONG;
	if (n < 0 || (size_t)n >= sizeof(fresh))
		return -1;
	if (mirror_remove(fresh) != 0 || mirror_copy(from, fresh) != 0)
		return -1;
	if (renameat2(AT_FDCWD, fresh, AT_FDCWD, to, RENAME_EXCHANGE) == 0)
		return mirror_remove(fresh);
	return errno == ENOENT ? rename(fresh, to) : -1;
}
