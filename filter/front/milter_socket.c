/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/milter_socket.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONN_MAX = 200 };

static int
family_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	return getsockname(fd, (struct sockaddr *)&a, &n) == 0 ? a.ss_family : -1;
}

static bool
is_listening(int fd)
{
	int yes = 0;
	socklen_t n = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &n) == 0 && yes;
}

/* Calls test for each open descriptor; the sum of its answers. */
static size_t
each_descriptor(size_t (*test)(int fd, const void *arg), const void *arg)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;
	size_t sum = 0;

	while (d && (e = readdir(d))) {
		int fd = (int)strtol(e->d_name, NULL, 10);

		if (e->d_name[0] != '.' && fd != dirfd(d))
			sum += test(fd, arg);
	}
	if (d)
		closedir(d);
	return sum;
}

struct wanted {
	int not_this;
	int *fd_out;
	struct sockaddr_storage address;
	socklen_t n;
};

static size_t
find_listener(int fd, const void *arg)
{
	const struct wanted *w = arg;

	if (fd == w->not_this || !is_listening(fd))
		return 0;
	*w->fd_out = fd;
	return 1;
}

static void
throwaway(int family, const char *work_dir, char *conn, char *path)
{
	*path = 0;
	if (family == AF_UNIX) {
		snprintf(path, CONN_MAX, "%s/unused-%d", work_dir, (int)getpid());
		snprintf(conn, CONN_MAX, "unix:%.150s", path);
	} else {
		snprintf(conn, CONN_MAX, family == AF_INET6 ? "inet6:0@::1" : "inet:0@127.0.0.1");
	}
}

int
milter_socket_adopt(int listen_fd, const char *work_dir, int *fd_out)
{
	char conn[CONN_MAX], path[CONN_MAX];
	struct wanted w = {.not_this = listen_fd, .fd_out = fd_out};
	int family = family_of(listen_fd);

	*fd_out = -1;
	throwaway(family, work_dir, conn, path);
	if (smfi_setconn(conn) != MI_SUCCESS || smfi_opensocket(false) != MI_SUCCESS) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	if (*path)
		unlink(path);
	if (each_descriptor(find_listener, &w) != 1) {
		errno = EBADF;
		return -1;
	}
	return dup2(listen_fd, *fd_out) < 0 ? -1 : 0;
}

int
milter_socket_silence(int fd)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) != 0)
		return -1;
	/* The writing end stays open for good: a pipe without a writer would read as closed. */
	if (dup2(p[0], fd) < 0)
		return -1;
	close(p[0]);
	return 0;
}

static size_t
is_session(int fd, const void *arg)
{
	const struct wanted *w = arg;
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	if (fd == w->not_this || is_listening(fd))
		return 0;
	memset(&a, 0, sizeof(a));
	if (getsockname(fd, (struct sockaddr *)&a, &n) != 0 || a.ss_family != w->address.ss_family)
		return 0;
	if (a.ss_family == AF_UNIX)
		return n == w->n && memcmp(&a, &w->address, n) == 0;
	/* One port, whatever the local address was. It is at the same place for both families. */
	return memcmp((char *)&a + 2, (const char *)&w->address + 2, 2) == 0;
}

size_t
milter_socket_open(int listen_fd)
{
	struct wanted w = {.not_this = listen_fd, .n = sizeof(w.address)};

	if (getsockname(listen_fd, (struct sockaddr *)&w.address, &w.n) != 0)
		return 0;
	return each_descriptor(is_session, &w);
}
