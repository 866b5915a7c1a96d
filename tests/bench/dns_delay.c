/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_delay -- a far-away name server: hands questions on to one on 127.0.0.1, each some time later.
 *
 *	dns_delay UPSTREAM_PORT MILLISECONDS [later]     prints its own port and works until it is ended;
 *	                                                 later: delays nothing before SIGUSR1
 *
 * UDP only. The delay is that of each question for itself, however many are on their way.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { PACKET = 4096, WAITING = 8192, IDS = 65536, BUFFER = 8 << 20 };

struct waiting {
	int64_t due; /* microseconds */
	struct sockaddr_in client;
	size_t n;
	uint8_t data[PACKET];
};

static struct waiting ring[WAITING];
static size_t head, tail; /* first to be sent, first that is free */
static struct {
	struct sockaddr_in client;
	uint8_t id[2];
} asked[IDS]; /* by the number that the upstream server sees */
static uint16_t last;
static volatile sig_atomic_t delays = 1;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "dns_delay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = BUFFER;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static void
take_question(int front, int64_t delay)
{
	struct waiting *w = &ring[tail % WAITING];
	socklen_t size = sizeof(w->client);
	ssize_t n = recvfrom(front, w->data, PACKET, MSG_DONTWAIT, (struct sockaddr *)&w->client, &size);

	if (n < 12 || tail - head == WAITING - 1)
		return;
	w->n = (size_t)n;
	w->due = now_us() + (delays ? delay : 0);
	tail++;
}

static void
send_due(int back)
{
	for (int64_t now = now_us(); head < tail && ring[head % WAITING].due <= now; head++) {
		struct waiting *w = &ring[head % WAITING];

		last++;
		asked[last].client = w->client;
		memcpy(asked[last].id, w->data, 2);
		memcpy(w->data, &last, 2);
		if (send(back, w->data, w->n, 0) < 0)
			die("send");
	}
}

static void
return_answer(int back, int front)
{
	uint8_t data[65536];
	ssize_t n = recv(back, data, sizeof(data), MSG_DONTWAIT);
	uint16_t number;

	if (n < 12)
		return;
	memcpy(&number, data, 2);
	memcpy(data, asked[number].id, 2);
	sendto(front, data, (size_t)n, 0, (struct sockaddr *)&asked[number].client, sizeof(asked[number].client));
}

static void
serve(int front, int back, int64_t delay)
{
	struct pollfd fds[] = {{front, POLLIN, 0}, {back, POLLIN, 0}};

	for (;;) {
		int64_t left = head < tail ? ring[head % WAITING].due - now_us() : 1000000;
		struct timespec t = {left > 0 ? left / 1000000 : 0, left > 0 ? left % 1000000 * 1000 : 0};

		if (ppoll(fds, 2, &t, NULL) < 0) {
			if (errno != EINTR)
				die("poll");
			continue;
		}
		if (fds[0].revents)
			take_question(front, delay);
		if (fds[1].revents)
			return_answer(back, front);
		send_due(back);
	}
}

static void
begin(int sig)
{
	delays = 1;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, up = a;
	socklen_t size = sizeof(a);
	int front = udp_socket(), back = udp_socket();

	if (argc != 3 && argc != 4) {
		fputs("usage: dns_delay UPSTREAM_PORT MILLISECONDS [later]\n", stderr);
		return 2;
	}
	delays = argc == 3;
	signal(SIGUSR1, begin);
	up.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	if (bind(front, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		getsockname(front, (struct sockaddr *)&a, &size) != 0 ||
		connect(back, (struct sockaddr *)&up, sizeof(up)) != 0)
		die("127.0.0.1");
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	serve(front, back, strtol(argv[2], NULL, 10) * 1000);
}
