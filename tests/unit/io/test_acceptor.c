/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/unit.h"
#include "util/clock.h"
#include "util/limits.h"

static struct loop *loop;
static struct loop_timer beat;
static struct acceptor *acceptor;
static struct listener_address at;
static int listening;

enum { MOST = 200 };
static int got[MOST]; /* accepted */
static size_t n;
static size_t stop_after;
static struct listener_address last_peer;

static void
accepted(void *ctx, int fd, const struct listener_address *peer)
{
	CU_ASSERT_PTR_EQUAL(ctx, &n);
	got[n++] = fd;
	last_peer = *peer;
	if (n == stop_after) {
		acceptor_stop(acceptor);
		acceptor = NULL;
	}
}

static void
nothing(void *ctx)
{
}

static void
turn(void)
{
	loop_timer_set(&beat, 0);
	loop_turn(loop);
}

static void
begin(enum listener_family family)
{
	const struct listener_owner owner = {0};
	struct acceptor_options o = {
		.busy = VIEW("421 busy\r\n"), .accepted = accepted, .ctx = &n};
	struct buf why;

	buf_init(&why, 1000);
	n = stop_after = 0;
	at = (struct listener_address){.family = family, .ip = {4, {127, 0, 0, 1}}};
	if (family == LISTENER_INET6)
		at.ip = (struct ip){6, {[15] = 1}};
	listening = listener_open(&at, &owner, &why);
	CU_ASSERT_TRUE_FATAL(listening >= 0);
	CU_ASSERT_EQUAL(listener_local(listening, &at), 0);
	o.fd = listening;
	o.loop = loop = loop_new();
	loop_timer_init(&beat, loop, nothing, NULL);
	acceptor = acceptor_start(&o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(acceptor);
	buf_done(&why);
}

static void
end(void)
{
	acceptor_stop(acceptor);
	loop_timer_cancel(&beat);
	loop_free(loop);
	close(listening);
	for (size_t i = 0; i < n; i++)
		close(got[i]);
}

static int
client(void)
{
	union listener_sockaddr sa;
	int fd = socket(at.family == LISTENER_INET ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CU_ASSERT_EQUAL(connect(fd, &sa.any, listener_to_sockaddr(&at, &sa)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void
accepts(enum listener_family family)
{
	struct listener_address own;
	int fd[3], on = 0;
	socklen_t len = sizeof(on);

	begin(family);
	for (int i = 0; i < 3; i++)
		fd[i] = client();
	while (n < 3)
		turn();
	CU_ASSERT_EQUAL(listener_local(fd[2], &own), 0);
	CU_ASSERT_TRUE(listener_eq(&own, &last_peer));
	CU_ASSERT_TRUE(fcntl(got[0], F_GETFL) & O_NONBLOCK);
	CU_ASSERT_TRUE(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
	CU_ASSERT_EQUAL(getsockopt(got[0], IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	CU_ASSERT_EQUAL(on, 1);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	end();
}

static void
tells_who_connected(void)
{
	accepts(LISTENER_INET);
	accepts(LISTENER_INET6);
}

/* Of a crowd, so many have their turn; then others have theirs. */
static void
takes_turns(void)
{
	int fd[MOST];

	begin(LISTENER_INET);
	for (int i = 0; i < MOST; i++)
		fd[i] = client();
	loop_turn(loop);
	CU_ASSERT_EQUAL(n, ACCEPT_BATCH);
	while (n < MOST)
		turn();
	for (int i = 0; i < MOST; i++)
		close(fd[i]);
	end();
}

static void
stops_within(void)
{
	int fd[5];

	begin(LISTENER_INET);
	stop_after = 2;
	for (int i = 0; i < 5; i++)
		fd[i] = client();
	for (int i = 0; i < 10; i++)
		turn();
	CU_ASSERT_EQUAL(n, 2);
	for (int i = 0; i < 5; i++)
		close(fd[i]);
	end();
}

/* ---- without descriptors ---- */

static struct rlimit before;

static void
limit_descriptors(rlim_t most)
{
	const struct rlimit r = {most, before.rlim_max};

	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &r), 0);
}

static int
next_free(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void
refuses_without_descriptors(void)
{
	char text[100];
	int fd[3], later;

	begin(LISTENER_INET);
	for (int i = 0; i < 3; i++)
		fd[i] = client();
	getrlimit(RLIMIT_NOFILE, &before);
	limit_descriptors((rlim_t)next_free());
	for (int i = 0; i < 10; i++)
		turn();
	CU_ASSERT_EQUAL(n, 0);
	for (int i = 0; i < 3; i++) { /* each was told, and let go */
		CU_ASSERT_EQUAL(recv(fd[i], text, sizeof(text), 0), 10);
		CU_ASSERT_EQUAL(memcmp(text, "421 busy\r\n", 10), 0);
		CU_ASSERT_EQUAL(recv(fd[i], text, sizeof(text), 0), 0);
		close(fd[i]);
	}
	limit_descriptors(before.rlim_cur);
	later = client();
	while (n < 1) /* and all is well again */
		turn();
	close(later);
	end();
}

/* Not even the spare one helps: the connection waits, and the loop does not spin. */
static void
pauses_when_nothing_helps(void)
{
	int fd, turns = 0;
	int64_t start;

	begin(LISTENER_INET);
	fd = client();
	getrlimit(RLIMIT_NOFILE, &before);
	limit_descriptors(3);
	start = clock_mono_ms();
	while (clock_mono_ms() < start + 2 * ACCEPT_PAUSE_MS + 20) {
		loop_timer_set(&beat, 19);
		loop_turn(loop);
		turns++;
	}
	CU_ASSERT_TRUE(turns < 40);
	CU_ASSERT_EQUAL(n, 0);
	limit_descriptors(before.rlim_cur);
	while (n < 1)
		turn();
	close(fd);
	end();
}

/* Its owner may make it rest at any connection; the others wait. */
static size_t rest_after;

static void
rest(void *ctx, int fd, const struct listener_address *peer)
{
	got[n++] = fd;
	if (n == rest_after)
		acceptor_rest(acceptor);
}

static void
rests(void)
{
	struct acceptor_options o = {.accepted = rest, .ctx = &n, .rests = true};
	int fd[3];

	begin(LISTENER_INET);
	acceptor_stop(acceptor);
	o.loop = loop;
	o.fd = listening;
	acceptor = acceptor_start(&o);
	for (int i = 0; i < 3; i++)
		fd[i] = client();
	turn();
	CU_ASSERT_EQUAL(n, 0);
	rest_after = 2;
	acceptor_go_on(acceptor);
	turn();
	turn();
	CU_ASSERT_EQUAL(n, 2);
	acceptor_go_on(acceptor);
	turn();
	CU_ASSERT_EQUAL(n, 3);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	end();
}

static const struct unit_test tests[] = {
	{"tells who connected", tells_who_connected},
	{"takes turns with others", takes_turns},
	{"stops from within", stops_within},
	{"refuses without descriptors", refuses_without_descriptors},
	{"pauses when nothing helps", pauses_when_nothing_helps},
	{"rests when it is told to", rests},
};

int
main(void)
{
	alarm(60); /* what never happens ends the test */
	return unit_main("io/acceptor", tests, sizeof(tests) / sizeof(*tests));
}
