/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A server that is none of ours: what it says costs a bounded room.
 */
#include "svc/store/redis_link.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/unit.h"

enum { PIECE = 64 * 1024, LOTS = 64 * 1024 * 1024 };

struct world {
	struct listener_address address;
	struct redis_link *link;
	int listener, fd;
	unsigned heard, lost;
	size_t elements;
};

static void
heard(void *ctx, const redisReply *a)
{
	struct world *w = ctx;

	w->heard++;
	w->elements = a->elements;
}

static void
lost(void *ctx)
{
	((struct world *)ctx)->lost++;
}

static void
turn(struct world *w)
{
	struct pollfd p = redis_link_poll(w->link);

	poll(&p, 1, 20);
	redis_link_serve(w->link, p.revents);
}

static void
open_world(struct world *w)
{
	static const char role[] = "*1\r\n$6\r\nmaster\r\n";
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct redis_link_options o = {.server = &w->address, .n = 1, .heard = heard, .lost = lost, .ctx = w};
	socklen_t n = sizeof(sa);

	*w = (struct world){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	CU_ASSERT_EQUAL_FATAL(bind(w->listener, (struct sockaddr *)&sa, n), 0);
	CU_ASSERT_EQUAL_FATAL(listen(w->listener, 1), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(w->listener, (struct sockaddr *)&sa, &n), 0);
	w->address = (struct listener_address){.family = LISTENER_INET, .port = ntohs(sa.sin_port),
		.ip = {.family = 4, .b = {127, 0, 0, 1}}};
	w->link = redis_link_new(&o);
	w->fd = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CU_ASSERT_FATAL(w->fd >= 0);
	turn(w);
	CU_ASSERT_EQUAL(send(w->fd, role, sizeof(role) - 1, MSG_NOSIGNAL), (ssize_t)sizeof(role) - 1);
	for (int i = 0; i < 500 && !redis_link_out(w->link) && !w->lost; i++)
		turn(w);
	CU_ASSERT_PTR_NOT_NULL_FATAL(redis_link_out(w->link));
}

static void
close_world(struct world *w)
{
	redis_link_free(w->link);
	close(w->fd);
	close(w->listener);
}

/* Says it; stops when nobody hears any more. How much was said. */
static size_t
say(struct world *w, const char *p, size_t n)
{
	size_t said = 0;

	while (said < n && !w->lost) {
		ssize_t got = send(w->fd, p + said, n - said, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (got > 0)
			said += (size_t)got;
		else if (errno != EAGAIN)
			break;
		turn(w);
	}
	return said;
}

/* An answer without an end, though each word of it is short. */
static void
endless(void)
{
	char *word = malloc(PIECE);
	struct world w;
	size_t said = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(word);
	memset(word, 'x', PIECE);
	memcpy(word, "$65526\r\n", 8);
	memcpy(word + PIECE - 2, "\r\n", 2);
	open_world(&w);
	say(&w, "*65535\r\n", 8);
	while (said < LOTS && !w.lost)
		said += say(&w, word, PIECE);
	CU_ASSERT_EQUAL(w.lost, 1);
	CU_ASSERT_EQUAL(w.heard, 0);
	CU_ASSERT(said < LOTS);
	close_world(&w);
	free(word);
}

/* Many answers may be as long together as they like. */
static void
many(void)
{
	char *word = malloc(PIECE);
	struct world w;

	CU_ASSERT_PTR_NOT_NULL_FATAL(word);
	memset(word, 'x', PIECE);
	memcpy(word, "$65526\r\n", 8);
	memcpy(word + PIECE - 2, "\r\n", 2);
	open_world(&w);
	for (int i = 0; i < 300; i++) {
		say(&w, "*2\r\n", 4);
		say(&w, word, PIECE);
		say(&w, word, PIECE);
	}
	for (int i = 0; i < 5000 && w.heard < 300 && !w.lost; i++)
		turn(&w);
	CU_ASSERT_EQUAL(w.lost, 0);
	CU_ASSERT_EQUAL(w.heard, 300);
	CU_ASSERT_EQUAL(w.elements, 2);
	close_world(&w);
	free(word);
}

int
main(void)
{
	static const struct unit_test tests[] = {{"an answer without end", endless}, {"many answers", many}};

	return unit_main("svc/redis_link", tests, sizeof(tests) / sizeof(*tests));
}
