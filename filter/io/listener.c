/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "io/folder.h"
#include "util/clock.h"
#include "util/log.h"

enum { BACKLOG = 1024 }; /* the kernel cuts it at net.core.somaxconn */

void
listener_format(const struct listener_address *a, char out[static LISTENER_TEXT_MAX])
{
	char ip[IP_TEXT_MAX];

	if (a->family == LISTENER_UNIX) {
		snprintf(out, LISTENER_TEXT_MAX, "unix:%s", a->path);
		return;
	}
	ip_format(&a->ip, ip);
	snprintf(out, LISTENER_TEXT_MAX, "%s:%u@%s", a->family == LISTENER_INET ? "inet" : "inet6",
		a->port, ip);
}

bool
listener_eq(const struct listener_address *a, const struct listener_address *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == LISTENER_UNIX)
		return strcmp(a->path, b->path) == 0;
	return a->port == b->port && ip_eq(&a->ip, &b->ip);
}

socklen_t
listener_to_sockaddr(const struct listener_address *a, union listener_sockaddr *out)
{
	memset(out, 0, sizeof(*out));
	switch (a->family) {
	case LISTENER_UNIX:
		out->un.sun_family = AF_UNIX;
		memcpy(out->un.sun_path, a->path, sizeof(a->path));
		return sizeof(out->un);
	case LISTENER_INET:
		out->in.sin_family = AF_INET;
		out->in.sin_port = htons(a->port);
		memcpy(&out->in.sin_addr, a->ip.b, 4);
		return sizeof(out->in);
	case LISTENER_INET6:
		out->in6.sin6_family = AF_INET6;
		out->in6.sin6_port = htons(a->port);
		memcpy(&out->in6.sin6_addr, a->ip.b, 16);
		return sizeof(out->in6);
	}
	return 0;
}

bool
listener_from_sockaddr(const union listener_sockaddr *sa, struct listener_address *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291 2.5.5.2 */
	const uint8_t *b = sa->in6.sin6_addr.s6_addr;
	struct listener_address a = {.family = LISTENER_UNIX};

	if (sa->any.sa_family == AF_INET) {
		a.family = LISTENER_INET;
		a.ip.family = 4;
		memcpy(a.ip.b, &sa->in.sin_addr, 4);
		a.port = ntohs(sa->in.sin_port);
	} else if (sa->any.sa_family == AF_INET6) {
		bool v4 = memcmp(b, mapped, sizeof(mapped)) == 0;

		a.family = v4 ? LISTENER_INET : LISTENER_INET6;
		a.ip.family = v4 ? 4 : 6;
		memcpy(a.ip.b, v4 ? b + 12 : b, v4 ? 4 : 16);
		a.port = ntohs(sa->in6.sin6_port);
	} else if (sa->any.sa_family != AF_UNIX) {
		return false;
	}
	*out = a;
	return true;
}

int
listener_local(int fd, struct listener_address *out)
{
	union listener_sockaddr sa;
	socklen_t n = sizeof(sa);

	if (getsockname(fd, &sa.any, &n) != 0)
		return -1;
	if (listener_from_sockaddr(&sa, out))
		return 0;
	errno = EAFNOSUPPORT;
	return -1;
}

/* The folder of path, in out: "/" for "/x". */
static void
parent(const char *path, char out[static LISTENER_PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t n = slash && slash > path ? (size_t)(slash - path) : 1;

	memcpy(out, path, n);
	out[n] = 0;
}

static bool
prepare_folder(const char *path, gid_t gid, struct buf *why)
{
	char folder[LISTENER_PATH_MAX];

	parent(path, folder);
	if (folder_make(folder, &(struct folder_owner){geteuid(), gid, 0750}) != 0 &&
		errno == ENOENT) {
		buf_printf(
			why, "the folder above %s does not exist: make it, owned by root", folder);
		return false;
	}
	if (folder_is_safe(folder))
		return true;
	if (errno)
		buf_printf(why, "the folder %s cannot be used: %s", folder, strerror(errno));
	else
		buf_printf(why,
			"the folder %s must belong to root and not be writable for all, or another "
			"user could put a socket of his own there: chown root %s; chmod o-w %s",
			folder, folder, folder);
	return false;
}

/* Makes way for a new socket: nothing there, or a socket that nobody serves any more. */
static bool
clear_path(const struct listener_address *a, struct buf *why)
{
	union listener_sockaddr sa;
	socklen_t n = listener_to_sockaddr(a, &sa);
	struct stat st;
	int fd, e;

	if (lstat(a->path, &st) != 0)
		return errno == ENOENT ||
		       (buf_printf(why, "%s: %s", a->path, strerror(errno)), false);
	if (!S_ISSOCK(st.st_mode)) {
		buf_printf(why, "%s exists and is not a socket: move it away or name another path",
			a->path);
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	e = fd < 0 || connect(fd, &sa.any, n) == 0 ? 0 : errno;
	if (fd >= 0)
		close(fd);
	if (e != ECONNREFUSED) { /* connected, or EAGAIN: its backlog is full */
		buf_printf(why, "another program is listening on %s: stop it or name another path",
			a->path);
		errno = EADDRINUSE;
		return false;
	}
	if (unlink(a->path) == 0)
		return true;
	buf_printf(why, "the dead socket %s cannot be removed: %s", a->path, strerror(errno));
	return false;
}

static void
explain_bind(const struct listener_address *a, int e, struct buf *why)
{
	char text[LISTENER_TEXT_MAX];

	listener_format(a, text);
	if (e == EADDRINUSE)
		buf_printf(why,
			"another program is listening on %s: 'ss -ltnp sport = :%u' shows which",
			text, a->port);
	else if (e == EADDRNOTAVAIL)
		buf_printf(why,
			"%s: this host does not have that address: 'ip address' shows which it has",
			text);
	else if (e == EACCES && a->family != LISTENER_UNIX)
		buf_printf(why, "%s: a port below 1024 needs root", text);
	else
		buf_printf(why, "%s: %s", text, strerror(e));
}

int
listener_own(const struct listener_address *a, const struct listener_owner *o)
{
	char self[64];
	struct stat st;
	int fd, r = -1, e;

	if (a->family != LISTENER_UNIX)
		return 0;
	/* By descriptor, which is a socket's: whoever may write into the folder cannot have root change
	 * another file by laying a link there. */
	fd = open(a->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	errno = ENOTSOCK;
	if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) &&
		(geteuid() != 0 || fchownat(fd, "", o->uid, o->gid, AT_EMPTY_PATH) == 0))
		r = chmod(self, o->mode);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static int
bind_unix(int fd, const struct listener_address *a, const struct listener_owner *o)
{
	union listener_sockaddr sa;
	socklen_t n = listener_to_sockaddr(a, &sa);
	mode_t old = umask(0177); /* nobody gets in between bind and chmod */
	int r = bind(fd, &sa.any, n);

	umask(old);
	return r == 0 ? listener_own(a, o) : -1;
}

static int
bind_inet(int fd, const struct listener_address *a)
{
	union listener_sockaddr sa;
	socklen_t n = listener_to_sockaddr(a, &sa);
	const int yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (a->family == LISTENER_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	return bind(fd, &sa.any, n);
}

int
listener_open(const struct listener_address *a, const struct listener_owner *o, struct buf *why)
{
	static const int domains[] = {AF_UNIX, AF_INET, AF_INET6};
	int fd, r, e;

	if (a->family == LISTENER_UNIX &&
		(!prepare_folder(a->path, o->gid, why) || !clear_path(a, why)))
		return -1;
	fd = socket(domains[a->family], SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		explain_bind(a, errno, why);
		return -1;
	}
	r = a->family == LISTENER_UNIX ? bind_unix(fd, a, o) : bind_inet(fd, a);
	if (r == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	e = errno;
	explain_bind(a, e, why);
	close(fd);
	errno = e;
	return -1;
}

int
listener_open_within(
	const struct listener_address *a, const struct listener_owner *o, int ms, struct buf *why)
{
	const struct timespec step = {0, 20 * 1000000L};
	int64_t end = clock_mono_ms() + ms;
	size_t n = why->n;

	for (;;) {
		int fd = listener_open(a, o, why);

		if (fd >= 0 || errno != EADDRINUSE || clock_mono_ms() >= end)
			return fd;
		why->n = n;
		nanosleep(&step, NULL);
	}
}

void
listener_close(const struct listener_address *a, int fd)
{
	if (a->family == LISTENER_UNIX)
		unlink(a->path);
	close(fd);
}

void
listener_inherit(struct listener_inherited *out)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names);

	*out = (struct listener_inherited){0};
	for (int i = 0; i < n; i++) {
		if (i >= LISTENER_INHERITED_MAX) {
			log_warn("listener", "only %d sockets of systemd are used",
				LISTENER_INHERITED_MAX);
			close(SD_LISTEN_FDS_START + i);
			free(names[i]);
			continue;
		}
		out->name[out->n] = names[i];
		out->fd[out->n++] = SD_LISTEN_FDS_START + i;
	}
	free(names);
}

int
listener_take(struct listener_inherited *set, const char *name, struct buf *why)
{
	const int yes = 1;

	for (size_t i = 0; i < set->n; i++) {
		int fd = set->fd[i];

		if (fd < 0 || strcmp(set->name[i], name) != 0)
			continue;
		if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
			buf_printf(why,
				"the socket '%s' of systemd does not listen for streams: its socket "
				"unit needs ListenStream= and Accept=no", name);
			return -1;
		}
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0)
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
		set->fd[i] = -1;
		return fd;
	}
	return -1;
}

void
listener_inherited_free(struct listener_inherited *set)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->fd[i] >= 0) {
			log_warn("listener", "no listener is named '%s', as a socket of systemd is",
				set->name[i]);
			close(set->fd[i]);
		}
		free(set->name[i]);
	}
	set->n = 0;
}
