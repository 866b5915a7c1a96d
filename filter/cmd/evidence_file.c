/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/evidence_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/limits.h"
#include "util/log.h"

enum { LOOK_MS = 1000 }; /* how often it is looked whether the file is still there */

struct evidence_file {
	pthread_mutex_t lock;
	const char *path, *folder; /* folder: path is made for each day; else NULL */
	char today[PATH_MAX];
	int fd;
	int64_t looked, day;
	uint64_t lost;
	bool torn; /* the last record was written in part */
	bool full; /* a day's file has all that it may */
};

struct evidence_file *
evidence_file_new(const char *path)
{
	struct evidence_file *f = calloc(1, sizeof(*f));

	if (!f)
		log_die("out of memory");
	pthread_mutex_init(&f->lock, NULL);
	f->path = path;
	f->fd = -1;
	return f;
}

struct evidence_file *
evidence_file_new_daily(const char *folder)
{
	struct evidence_file *f = evidence_file_new(NULL);

	f->folder = folder;
	f->day = -1;
	return f;
}

/* A new day, a new file. */
static void
turn_page(struct evidence_file *f)
{
	time_t now = (time_t)clock_wall();
	char name[sizeof("YYYY-MM-DD") + 20];
	struct tm t;

	if (now / 86400 == f->day)
		return;
	f->day = now / 86400;
	gmtime_r(&now, &t);
	strftime(name, sizeof(name), "%Y-%m-%d.jsonl", &t);
	snprintf(f->today, sizeof(f->today), "%s/%s", f->folder, name);
	f->path = f->today;
	f->torn = false;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->looked = 0;
	(void)mkdir(f->folder, 0750); /* open() tells if it is not there */
}

static bool
is_moved(const struct evidence_file *f)
{
	struct stat here, there;

	return fstat(f->fd, &here) != 0 || stat(f->path, &there) != 0 || here.st_ino != there.st_ino ||
		here.st_dev != there.st_dev;
}

static void
make_ready(struct evidence_file *f)
{
	int64_t now = clock_mono_ms();
	struct stat st;

	if (f->fd >= 0 && now - f->looked < LOOK_MS)
		return;
	f->looked = now;
	if (f->fd >= 0 && is_moved(f)) {
		close(f->fd);
		f->fd = -1;
	}
	if (f->fd < 0)
		f->fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			0640); /* O_NONBLOCK: a FIFO there must not stop mail */
	f->full = f->folder && f->fd >= 0 && fstat(f->fd, &st) == 0 && st.st_size >= DMARC_DAY_FILE_MAX;
}

void
evidence_file_write(void *ctx, struct view json)
{
	struct evidence_file *f = ctx;
	struct iovec part[3] = {{(char[]){'\n'}, 0}, {(void *)(uintptr_t)json.p, json.n},
		{(char[]){'\n'}, 1}};
	size_t want = json.n + 1;
	ssize_t n = -1;

	pthread_mutex_lock(&f->lock);
	if (f->folder)
		turn_page(f);
	make_ready(f);
	part[0].iov_len = f->torn; /* the record before was cut: a line of its own for this one */
	want += f->torn;
	if (f->full)
		errno = EFBIG;
	else if (f->fd >= 0)
		n = writev(f->fd, part, 3); /* one call: records of several workers do not mix */
	if (n > 0)
		f->torn = n != (ssize_t)want;
	if (n != (ssize_t)want) {
		f->lost++;
		log_seldom(LOG_LEVEL_WARN, "evidence-lost", "%s: %s", f->path,
			n < 0 ? strerrordesc_np(errno) : "disk full");
	}
	pthread_mutex_unlock(&f->lock);
}

uint64_t
evidence_file_lost(struct evidence_file *f)
{
	uint64_t n;

	pthread_mutex_lock(&f->lock);
	n = f->lost;
	pthread_mutex_unlock(&f->lock);
	return n;
}
