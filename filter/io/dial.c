/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

/* The port is chosen at connect(2), when the other three numbers are known: else 28,000 connections in all
 * would use up the ports of one source. */
static int
bind_source(int fd, const struct ip *source)
{
	const struct listener_address a = {
		.family = source->family == 4 ? LISTENER_INET : LISTENER_INET6, .ip = *source};
	union listener_sockaddr sa;
	socklen_t n = listener_to_sockaddr(&a, &sa);
	const int yes = 1;
	int r = source->family == 4
		? setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &yes, sizeof(yes))
		: setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &yes, sizeof(yes));

	if (r != 0 || setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes)) != 0)
		return -1;
	return bind(fd, &sa.any, n);
}

int
dial_start(const struct listener_address *to, const struct ip *source)
{
	union listener_sockaddr sa;
	socklen_t n = listener_to_sockaddr(to, &sa);
	const int yes = 1;
	int fd, e;

	if (source && source->family != to->ip.family) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	fd = socket(sa.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (to->family != LISTENER_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if ((!source || bind_source(fd, source) == 0) &&
		(connect(fd, &sa.any, n) == 0 || errno == EINPROGRESS))
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

int
dial_result(int fd)
{
	int e = 0;
	socklen_t n = sizeof(e);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) == 0 ? e : errno;
}
