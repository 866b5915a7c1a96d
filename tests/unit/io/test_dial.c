/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/unit.h"

static char folder[] = "/tmp/postern-dial-XXXXXX";

/* A listening socket there; its address with the port it got. */
static int
listen_at(struct listener_address *a)
{
	const struct listener_owner o = {geteuid(), getegid(), 0600};
	struct buf why;
	int fd;

	buf_init(&why, 1000);
	fd = listener_open(a, &o, &why);
	if (fd < 0)
		printf("%.*s\n", VIEW_ARG(buf_view(&why)));
	buf_done(&why);
	if (fd >= 0 && a->family != LISTENER_UNIX)
		CU_ASSERT_EQUAL(listener_local(fd, a), 0);
	return fd;
}

static int
outcome(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	CU_ASSERT_EQUAL(poll(&p, 1, 10000), 1);
	return dial_result(fd);
}

static void
connects(struct listener_address a)
{
	int on = 0, at = listen_at(&a), fd, end;
	socklen_t n = sizeof(on);
	union listener_sockaddr sa;
	socklen_t sa_n = sizeof(sa);
	struct listener_address peer, own;

	CU_ASSERT_TRUE_FATAL(at >= 0);
	fd = dial_start(&a, NULL);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT_EQUAL(outcome(fd), 0);
	end = accept(at, &sa.any, &sa_n);
	CU_ASSERT_TRUE(end >= 0);
	CU_ASSERT_TRUE(listener_from_sockaddr(&sa, &peer));
	CU_ASSERT_EQUAL(listener_local(fd, &own), 0);
	CU_ASSERT_TRUE(listener_eq(&peer, &own));
	CU_ASSERT_EQUAL(peer.family, a.family);
	if (a.family != LISTENER_UNIX) {
		CU_ASSERT_EQUAL(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
		CU_ASSERT_EQUAL(on, 1);
	}
	close(end);
	close(fd);
	listener_close(&a, at);
}

static void
over_ipv4(void)
{
	connects((struct listener_address){.family = LISTENER_INET, .ip = {4, {127, 0, 0, 1}}});
}

static void
over_ipv6(void)
{
	connects((struct listener_address){.family = LISTENER_INET6, .ip = {6, {[15] = 1}}});
}

static void
over_unix(void)
{
	struct listener_address a = {.family = LISTENER_UNIX};

	snprintf(a.path, sizeof(a.path), "%s/made/s", folder);
	connects(a);
}

static void
tells_why_not(void)
{
	struct listener_address a = {.family = LISTENER_INET, .ip = {4, {127, 0, 0, 1}}};
	struct listener_address u = {.family = LISTENER_UNIX, .path = "/nonexistent/socket"};
	const struct ip v6 = {6, {[15] = 1}};
	int fd = listen_at(&a);

	close(fd); /* nobody is there any more */
	fd = dial_start(&a, NULL);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(outcome(fd), ECONNREFUSED);
	close(fd);
	CU_ASSERT_EQUAL(dial_start(&u, NULL), -1);
	CU_ASSERT_EQUAL(errno, ENOENT);
	CU_ASSERT_EQUAL(dial_start(&a, &v6), -1);
	CU_ASSERT_EQUAL(errno, EAFNOSUPPORT);
}

/* RFC 5737 and RFC 3849 addresses, which no host has. */
static void
with_a_strangers_address(void)
{
	static const struct {
		struct listener_address to;
		struct ip source;
	} rows[] = {
		{{LISTENER_INET, "", {4, {127, 0, 0, 1}}, 9}, {4, {192, 0, 2, 55}}},
		{{LISTENER_INET6, "", {6, {[15] = 1}}, 9}, {6, {0x20, 1, 0xd, 0xb8, [15] = 7}}},
	};

	for (size_t i = 0; i < 2; i++) {
		struct listener_address own;
		int fd = dial_start(&rows[i].to, &rows[i].source);

		if (fd < 0 && errno == EPERM) {
			printf("skip: a stranger's address needs CAP_NET_RAW\n");
			return;
		}
		if (fd < 0) /* no way there with that source: it was bound all the same */
			CU_ASSERT_EQUAL(errno, ENETUNREACH);
		if (fd < 0)
			continue;
		CU_ASSERT_EQUAL(listener_local(fd, &own), 0);
		CU_ASSERT_TRUE(ip_eq(&own.ip, &rows[i].source));
		close(fd);
	}
}

static const struct unit_test tests[] = {
	{"connects over IPv4", over_ipv4},
	{"connects over IPv6", over_ipv6},
	{"connects to a unix socket", over_unix},
	{"tells why not", tells_why_not},
	{"with a stranger's address", with_a_strangers_address},
};

int
main(void)
{
	char made[100];
	int status;

	if (!mkdtemp(folder))
		return 1;
	status = unit_main("io/dial", tests, sizeof(tests) / sizeof(*tests));
	snprintf(made, sizeof(made), "%s/made", folder);
	rmdir(made);
	rmdir(folder);
	return status;
}
