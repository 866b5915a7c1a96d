/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/dmarc/dmarc_sent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/arena.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/map.h"

enum { DAY = 86400, DATE = DMARC_SENT_DAY - 1 };
static const struct view all = {"done", 4}; /* a line of its own: no address has that */

struct dmarc_sent {
	int fd;
	struct arena *arena;
	struct map *lines;
};

void
dmarc_sent_day(int64_t begin, char out[static DMARC_SENT_DAY])
{
	time_t at = (time_t)begin;
	struct tm t;

	gmtime_r(&at, &t);
	strftime(out, DMARC_SENT_DAY, "%Y-%m-%d", &t);
}

bool
dmarc_sent_day_parse(const char *text, int64_t *begin_out)
{
	char back[DMARC_SENT_DAY];
	uint64_t y, m, d;
	struct tm t = {0};
	time_t at;

	if (strlen(text) != DATE || text[4] != '-' || text[7] != '-' ||
		!view_number(view_of(text, 4), 9999, &y) || !view_number(view_of(text + 5, 2), 12, &m) ||
		!view_number(view_of(text + 8, 2), 31, &d) || y < 1970)
		return false;
	t.tm_year = (int)y - 1900;
	t.tm_mon = (int)m - 1;
	t.tm_mday = (int)d;
	at = timegm(&t);
	dmarc_sent_day(at, back);
	if (strcmp(back, text) != 0) /* 30 February */
		return false;
	*begin_out = at;
	return true;
}

static void
read_lines(struct dmarc_sent *s, FILE *f)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, f)) > 0)
		if (line[n - 1] == '\n') /* else cut off by a crash: sent again */
			map_put(s->lines, view_of(line, (size_t)n - 1), s);
	free(line);
}

/* A file that root makes goes to the owner of the folder, whose timer goes on with it. */
static int
open_file(const char *folder, const char *path)
{
	int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	int fd = open(path, flags | O_CREAT | O_EXCL, 0640);
	struct stat st;

	if (fd < 0)
		return errno == EEXIST ? open(path, flags) : -1;
	if (geteuid() == 0 && (stat(folder, &st) != 0 || fchown(fd, st.st_uid, st.st_gid) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
take_file(struct dmarc_sent *s, const char *folder, const char *path)
{
	int fd;
	FILE *f;

	s->fd = open_file(folder, path);
	if (s->fd < 0 || flock(s->fd, LOCK_EX | LOCK_NB) != 0)
		return -1;
	fd = dup(s->fd);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f)
		return -1;
	read_lines(s, f);
	fclose(f);
	return 0;
}

struct dmarc_sent *
dmarc_sent_open(const char *folder, int64_t day)
{
	struct dmarc_sent *s = calloc(1, sizeof(*s));
	char date[DMARC_SENT_DAY];
	int e;

	if (!s)
		log_die("out of memory");
	s->arena = arena_new();
	s->lines = map_new();
	dmarc_sent_day(day, date);
	if (take_file(s, folder, arena_printf(s->arena, "%s/%s.sent", folder, date).p) == 0)
		return s;
	e = errno;
	dmarc_sent_close(s);
	errno = e;
	return NULL;
}

void
dmarc_sent_close(struct dmarc_sent *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	map_free(s->lines);
	arena_free(s->arena);
	free(s);
}

static struct view
line_of(const struct dmarc_sent *s, struct view domain, struct view address)
{
	return arena_printf(s->arena, "%.*s %.*s", VIEW_ARG(domain), VIEW_ARG(address));
}

/* A line that a crash cut off gets its end first, or the new one would be lost in it. */
static int
append(struct dmarc_sent *s, struct view line)
{
	off_t end = lseek(s->fd, 0, SEEK_END);
	char last = '\n';
	struct view text;

	if (end > 0 && pread(s->fd, &last, 1, end - 1) != 1)
		return -1;
	text = arena_printf(s->arena, "%s%.*s\n", last == '\n' ? "" : "\n", VIEW_ARG(line));
	map_put(s->lines, line, s);
	return write(s->fd, text.p, text.n) == (ssize_t)text.n && fdatasync(s->fd) == 0 ? 0 : -1;
}

bool
dmarc_sent_has(const struct dmarc_sent *s, struct view domain, struct view address)
{
	return map_get(s->lines, line_of(s, domain, address)) != NULL;
}

int
dmarc_sent_add(struct dmarc_sent *s, struct view domain, struct view address)
{
	return append(s, line_of(s, domain, address));
}

bool
dmarc_sent_is_done(const struct dmarc_sent *s)
{
	return map_get(s->lines, all) != NULL;
}

int
dmarc_sent_done(struct dmarc_sent *s)
{
	return dmarc_sent_is_done(s) ? 0 : append(s, all);
}

/* ---- old days ---- */

static bool
is_old(const char *name, int64_t now)
{
	char date[DMARC_SENT_DAY];
	int64_t day;

	if (strlen(name) <= DATE)
		return false;
	memcpy(date, name, DATE);
	date[DATE] = 0;
	return dmarc_sent_day_parse(date, &day) && day < now - (int64_t)DMARC_KEEP_DAYS * DAY &&
		(strcmp(name + DATE, ".jsonl") == 0 || strcmp(name + DATE, ".sent") == 0);
}

unsigned
dmarc_sent_clean(const char *folder, int64_t now)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	unsigned n = 0;

	while (dir && (e = readdir(dir)))
		if (is_old(e->d_name, now) && unlinkat(dirfd(dir), e->d_name, 0) == 0)
			n++;
	if (dir)
		closedir(dir);
	return n;
}
