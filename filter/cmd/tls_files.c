/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/tls_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/limits.h"
#include "util/log.h"

/* The whole file into a new block. NULL with errno. */
static char *
read_all(int fd, size_t max, size_t *n_out)
{
	char *p = malloc(max + 1);
	ssize_t got;

	if (!p)
		log_die("out of memory");
	*n_out = 0;
	while (*n_out <= max && (got = read(fd, p + *n_out, max + 1 - *n_out)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		*n_out += (size_t)got;
	}
	if (*n_out <= max && got == 0)
		return p;
	if (*n_out > max)
		errno = EFBIG;
	explicit_bzero(p, *n_out);
	free(p);
	return NULL;
}

/* O_NONBLOCK: a pipe in its place must not hold the daemon. */
static bool
read_file(const char *path, struct view *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char *p = NULL;
	int error;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = EINVAL;
	else
		p = read_all(fd, TLS_FILE_MAX, &out->n);
	error = errno;
	close(fd);
	errno = error;
	out->p = p;
	return p != NULL;
}

static bool
read_of(const char *key, const char *path, struct view *out, struct buf *why)
{
	int error;

	if (read_file(path, out))
		return true;
	error = errno;
	buf_printf(why, "%s: %s: %s", key, path,
		error == EINVAL ? "not a regular file" : strerrordesc_np(error));
	errno = error;
	return false;
}

struct tls_files *
tls_files_read(const struct conf *c, struct place *at_out, struct buf *why)
{
	struct tls_files *f = calloc(1, sizeof(*f));
	const char *key = "tls-ca-file";
	bool ok;
	int error;

	if (!f)
		log_die("out of memory");
	f->pem = calloc(c->tls_chain_files.n + 1, sizeof(*f->pem));
	if (!f->pem)
		log_die("out of memory");
	ok = !c->tls_ca_file || read_of(key, c->tls_ca_file, &f->ca, why);
	if (ok)
		key = "tls-chain-files";
	for (; ok && f->n < c->tls_chain_files.n; f->n++)
		ok = read_of(key, c->tls_chain_files.item[f->n].p, &f->pem[f->n], why);
	if (ok)
		return f;
	error = errno;
	*at_out = *conf_where(c, key);
	tls_files_free(f);
	errno = error;
	return NULL;
}

void
tls_files_wipe(struct tls_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->pem[i].p)
			explicit_bzero((char *)(uintptr_t)f->pem[i].p, f->pem[i].n);
		free((char *)(uintptr_t)f->pem[i].p);
	}
	f->n = 0;
}

void
tls_files_free(struct tls_files *f)
{
	if (!f)
		return;
	tls_files_wipe(f);
	free((char *)(uintptr_t)f->ca.p);
	free(f->pem);
	free(f);
}
