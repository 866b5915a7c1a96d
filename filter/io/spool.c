/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/log.h"
#include "util/map.h"
#include "util/rand.h"

struct spool_area {
	struct spool_options o; /* without the folder's name */
	int folder;
	atomic_uint_fast64_t used, memory;
	pthread_mutex_t lock; /* for the next */
	struct map *owners;   /* the values are the bytes themselves */
};

struct spool {
	struct spool_area *area;
	char owner[SPOOL_OWNER_MAX];
	size_t n_owner;
	struct buf memory; /* until there is a file */
	int fd;            /* -1 = none */
	uint64_t size;
	enum spool_result result; /* sticky */
};

/* ---- the area ---- */

/* Takes n of what is left of a ceiling. */
static bool
reserve(atomic_uint_fast64_t *used, uint64_t n, uint64_t max)
{
	uint64_t before = atomic_fetch_add(used, n);

	if (before + n <= max)
		return true;
	atomic_fetch_sub(used, n);
	return false;
}

/* Adds n to what the owner has, unless it were over his share. */
static bool
charge(struct spool *s, uint64_t n)
{
	struct spool_area *a = s->area;
	struct view owner = view_of(s->owner, s->n_owner);
	uint64_t sum;
	bool fits;

	if (!owner.n || !a->o.max_owner || n == 0)
		return true;
	pthread_mutex_lock(&a->lock);
	sum = (uintptr_t)map_get(a->owners, owner) + n;
	fits = sum <= a->o.max_owner;
	if (fits)
		map_put(a->owners, owner, (void *)(uintptr_t)sum);
	pthread_mutex_unlock(&a->lock);
	return fits;
}

static void
discharge(struct spool *s, uint64_t n)
{
	struct spool_area *a = s->area;
	struct view owner = view_of(s->owner, s->n_owner);
	uint64_t left;

	if (!owner.n || !a->o.max_owner || n == 0)
		return;
	pthread_mutex_lock(&a->lock);
	left = (uintptr_t)map_get(a->owners, owner) - n;
	if (left)
		map_put(a->owners, owner, (void *)(uintptr_t)left);
	else
		map_remove(a->owners, owner);
	pthread_mutex_unlock(&a->lock);
}

/* Room for n more bytes of this message, or not. */
static bool
take_room(struct spool *s, uint64_t n)
{
	if (!reserve(&s->area->used, n, s->area->o.max_all))
		return false;
	if (charge(s, n))
		return true;
	atomic_fetch_sub(&s->area->used, n);
	return false;
}

static void
give_room(struct spool *s, uint64_t n)
{
	atomic_fetch_sub(&s->area->used, n);
	discharge(s, n);
}

/* A file without a name. -1 with errno. O_TMPFILE would never show one, but not all file systems have it. */
static int
make_file(const struct spool_area *a)
{
	char name[32] = "spool-";
	int fd;

	rand_id(name + 6, sizeof(name) - 6);
	fd = openat(a->folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		unlinkat(a->folder, name, 0);
	return fd;
}

struct spool_area *
spool_area_open(const struct spool_options *o)
{
	struct spool_area *a = calloc(1, sizeof(*a));
	int fd = -1, e;

	if (!a)
		log_die("out of memory");
	a->o = *o;
	a->o.folder = NULL;
	pthread_mutex_init(&a->lock, NULL);
	a->owners = map_new();
	a->folder = open(o->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->folder >= 0)
		fd = make_file(a);
	if (fd >= 0) {
		close(fd);
		return a;
	}
	e = errno;
	spool_area_close(a);
	errno = e;
	return NULL;
}

void
spool_area_close(struct spool_area *a)
{
	if (!a)
		return;
	if (a->folder >= 0)
		close(a->folder);
	map_free(a->owners);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

uint64_t
spool_area_used(const struct spool_area *a)
{
	return atomic_load(&a->used);
}

/* ---- a spool ---- */

struct spool *
spool_new(struct spool_area *a, struct view owner)
{
	struct spool *s = calloc(1, sizeof(*s));

	if (!s)
		log_die("out of memory");
	s->area = a;
	s->n_owner = owner.n < SPOOL_OWNER_MAX ? owner.n : SPOOL_OWNER_MAX;
	if (s->n_owner)
		memcpy(s->owner, owner.p, s->n_owner);
	s->fd = -1;
	buf_init(&s->memory, SIZE_MAX);
	return s;
}

static void
drop_memory(struct spool *s)
{
	atomic_fetch_sub(&s->area->memory, s->memory.n);
	buf_done(&s->memory);
	buf_init(&s->memory, SIZE_MAX);
}

void
spool_reset(struct spool *s)
{
	drop_memory(s);
	give_room(s, s->size);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->size = 0;
	s->result = SPOOL_OK;
}

void
spool_free(struct spool *s)
{
	if (!s)
		return;
	spool_reset(s);
	free(s);
}

static enum spool_result
failure(int e)
{
	return e == ENOSPC || e == EDQUOT || e == EFBIG ? SPOOL_FULL : SPOOL_FAILED;
}

static enum spool_result
write_file(int fd, uint64_t at, struct view v)
{
	while (v.n > 0) {
		ssize_t n = pwrite(fd, v.p, v.n, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return failure(errno);
		v = view_skip(v, (size_t)n);
		at += (uint64_t)n;
	}
	return SPOOL_OK;
}

/* What is in memory goes to a file. */
static enum spool_result
move_to_file(struct spool *s)
{
	enum spool_result r;

	s->fd = make_file(s->area);
	if (s->fd < 0)
		return failure(errno);
	r = write_file(s->fd, 0, buf_view(&s->memory));
	drop_memory(s);
	return r;
}

static bool
keep(struct spool *s, struct view v)
{
	const struct spool_options *o = &s->area->o;

	if (s->fd >= 0 || s->memory.n + v.n > o->memory || !reserve(&s->area->memory, v.n, o->memory_all))
		return false;
	buf_add(&s->memory, v);
	return true;
}

/* The bytes have been counted already. */
static enum spool_result
store(struct spool *s, struct view v)
{
	enum spool_result r = SPOOL_OK;

	if (keep(s, v))
		return SPOOL_OK;
	if (s->fd < 0)
		r = move_to_file(s);
	return r == SPOOL_OK ? write_file(s->fd, s->size - v.n, v) : r;
}

enum spool_result
spool_write(struct spool *s, struct view v)
{
	const struct spool_options *o = &s->area->o;
	enum spool_result r = s->result;
	int e;

	if (r != SPOOL_OK || v.n == 0)
		return r;
	if (v.n > o->max - s->size) {
		r = SPOOL_TOO_BIG;
	} else if (!take_room(s, v.n)) {
		r = SPOOL_FULL;
		errno = 0;
	} else {
		s->size += v.n;
		r = store(s, v);
	}
	if (r == SPOOL_OK)
		return r;
	e = errno;
	spool_reset(s);
	s->result = r;
	errno = e;
	return r;
}

bool
spool_put(struct spool *s, struct view v)
{
	const struct spool_options *o = &s->area->o;

	if (s->result != SPOOL_OK || v.n > o->max - s->size || !take_room(s, v.n))
		return false;
	if (!keep(s, v)) {
		give_room(s, v.n);
		return false;
	}
	s->size += v.n;
	return true;
}

uint64_t
spool_size(const struct spool *s)
{
	return s->size;
}

bool
spool_is_file(const struct spool *s)
{
	return s->fd >= 0;
}

enum spool_result
spool_read(struct spool *s, uint64_t offset, void *out, size_t n, size_t *got_out)
{
	struct view v;

	if (s->result != SPOOL_OK)
		return SPOOL_FAILED;
	*got_out = 0;
	if (s->fd < 0) {
		v = view_head(view_skip(buf_view(&s->memory), (size_t)offset), n);
		if (offset < s->size)
			memcpy(out, v.p, *got_out = v.n);
		return SPOOL_OK;
	}
	while (*got_out < n) {
		ssize_t got = pread(s->fd, (char *)out + *got_out, n - *got_out, (off_t)(offset + *got_out));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return SPOOL_FAILED;
		if (got == 0)
			break;
		*got_out += (size_t)got;
	}
	return SPOOL_OK;
}
