/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/redis_link.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"

enum {
	OUT_MAX = 4 * 1024 * 1024,
	RETRY_MS = 1000,    /* between two servers that do not answer */
	CONNECT_MS = 1000,  /* until a server has answered who it is */
	ANSWER_MAX = 16 * 1024 * 1024, /* bytes of one: pages are small, but for a long chain in one slot */
	ARRAY_MAX = 65536   /* words of one answer: a page has some dozens, with a long chain in one slot */
};

enum phase { AWAY, CONNECTING, ASKING_SENTINEL, GREETING, UP };

struct redis_link {
	struct redis_link_options o;
	enum phase phase;
	size_t next;                    /* of the servers */
	struct listener_address server; /* connected to, or tried last */
	bool master;                    /* server is what a Sentinel named */
	int fd;
	unsigned connection;            /* how many there have been */
	int64_t since;                  /* of the phase, clock_mono_ms */
	unsigned greetings;             /* answers that are awaited before it is up */
	redisReader *reader;
	size_t whole;                   /* bytes of the answer that is read now; not all of it yet */
	redisReplyObjectFunctions make; /* of what is read: hiredis's own, with short arrays */
	struct buf out;
	bool told_away;                 /* in the log */
};

/* ---- the connection ---- */

static void
set_phase(struct redis_link *l, enum phase phase)
{
	l->phase = phase;
	l->since = clock_mono_ms();
}

void
redis_link_leave(struct redis_link *l, const char *why)
{
	char where[LISTENER_TEXT_MAX];

	listener_format(&l->server, where);
	if (!l->told_away)
		log_warn("redis-away", "server=%s why=\"%s\" the store's own file carries on", where, why);
	else
		log_debug("redis-away", "server=%s why=\"%s\"", where, why);
	l->told_away = true;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->master = false;
	if (l->reader)
		redisReaderFree(l->reader);
	l->reader = NULL;
	buf_reset(&l->out);
	l->connection++;
	set_phase(l, AWAY);
	l->o.lost(l->o.ctx);
}

static void *(*make_array)(const redisReadTask *, int); /* hiredis's own */

/* It would reserve whatever a server claims to have. */
static void *
make_short_array(const redisReadTask *task, int elements)
{
	return elements > ARRAY_MAX ? NULL : make_array(task, elements);
}

static void
open_reader(struct redis_link *l)
{
	l->reader = redisReaderCreate();
	if (!l->reader)
		log_die("out of memory");
	l->whole = 0;
	make_array = l->reader->fn->createArray;
	l->make = *l->reader->fn;
	l->make.createArray = make_short_array;
	l->reader->fn = &l->make;
}

static void
dial(struct redis_link *l)
{
	union listener_sockaddr sa;
	socklen_t n = listener_to_sockaddr(&l->server, &sa);

	l->fd = socket(sa.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	open_reader(l);
	set_phase(l, CONNECTING);
	if (l->fd < 0 || (connect(l->fd, &sa.any, n) != 0 && errno != EINPROGRESS))
		redis_link_leave(l, strerrordesc_np(errno));
}

static void
dial_next(struct redis_link *l)
{
	l->server = l->o.server[l->next];
	l->next = (l->next + 1) % l->o.n;
	dial(l);
}

static void
say(struct redis_link *l, int argc, const char *const *argv)
{
	char *text = NULL;
	int n = redisFormatCommandArgv(&text, argc, (const char **)(uintptr_t)argv, NULL);

	if (n < 0)
		log_die("out of memory");
	buf_add(&l->out, view_of(text, (size_t)n));
	redisFreeCommand(text);
	l->greetings++;
}

/* Who we are, and whether it is a master that takes writes: SET with XX changes nothing. A Sentinel is asked
 * for one. */
static void
greet(struct redis_link *l)
{
	const char *const full[] = {"AUTH", l->o.user, l->o.password},
			  *const plain[] = {"AUTH", l->o.password}, *const role[] = {"ROLE"},
			  *const where[] = {"SENTINEL", "get-master-addr-by-name", l->o.sentinel};
	char number[16];
	const char *const database[] = {"SELECT", number}, *const probe[] = {"SET", l->o.probe, "", "XX"};

	l->greetings = 0;
	if (l->o.sentinel && !l->master) {
		say(l, 3, where);
		set_phase(l, ASKING_SENTINEL);
		return;
	}
	if (l->o.password && l->o.user)
		say(l, 3, full);
	else if (l->o.password)
		say(l, 2, plain);
	snprintf(number, sizeof(number), "%u", l->o.database);
	if (l->o.database)
		say(l, 2, database);
	if (l->o.probe)
		say(l, 4, probe);
	say(l, 1, role);
	set_phase(l, GREETING);
}

static bool
connected(struct redis_link *l)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0)
		return true;
	redis_link_leave(l, strerrordesc_np(error ? error : errno));
	return false;
}

/* ---- what it says ---- */

const char *
redis_link_words(const redisReply *a, const char *otherwise, char out[static REDIS_WORDS_MAX])
{
	size_t n = 0;

	if (a->type != REDIS_REPLY_ERROR)
		return otherwise;
	for (; n < a->len && n < REDIS_WORDS_MAX - 1; n++)
		out[n] = a->str[n] >= ' ' && a->str[n] < 127 && a->str[n] != '"' ? a->str[n] : '?';
	out[n] = '\0';
	return out;
}

static void
follow_sentinel(struct redis_link *l, const redisReply *a)
{
	struct listener_address master = {.family = LISTENER_INET};
	long port = 0;

	if (a->type == REDIS_REPLY_ARRAY && a->elements == 2 && a->element[0]->type == REDIS_REPLY_STRING &&
		a->element[1]->type == REDIS_REPLY_STRING)
		port = strtol(a->element[1]->str, NULL, 10);
	if (port < 1 || port > 65535 ||
		!ip_parse(view_of(a->element[0]->str, a->element[0]->len), &master.ip)) {
		redis_link_leave(l, "the Sentinel does not name a master by its address");
		return;
	}
	master.family = master.ip.family == 6 ? LISTENER_INET6 : LISTENER_INET;
	master.port = (uint16_t)port;
	close(l->fd);
	redisReaderFree(l->reader);
	l->server = master;
	l->master = true;
	l->connection++;
	dial(l);
}

static void
be_up(struct redis_link *l)
{
	char where[LISTENER_TEXT_MAX];

	listener_format(&l->server, where);
	log_notice("redis-up", "server=%s", where);
	l->told_away = false;
	set_phase(l, UP);
}

static bool
is_master(const redisReply *role)
{
	return role->type == REDIS_REPLY_ARRAY && role->elements &&
		role->element[0]->type == REDIS_REPLY_STRING &&
		view_eq_str(view_of(role->element[0]->str, role->element[0]->len), "master");
}

/* The last answer is that to ROLE. */
static void
greeted(struct redis_link *l, const redisReply *a)
{
	char why[REDIS_WORDS_MAX];
	bool last = --l->greetings == 0;

	if (l->phase == ASKING_SENTINEL)
		follow_sentinel(l, a);
	else if (!last && (a->type == REDIS_REPLY_STATUS || a->type == REDIS_REPLY_NIL))
		return;
	else if (last && is_master(a))
		be_up(l);
	else
		redis_link_leave(l, redis_link_words(a, "it is no master", why));
}

/* False when the connection is left. */
static bool
hear(struct redis_link *l, const redisReply *a)
{
	unsigned connection = l->connection;

	if (l->phase == UP)
		l->o.heard(l->o.ctx, a);
	else
		greeted(l, a);
	return l->connection == connection;
}

static void
read_answers(struct redis_link *l)
{
	void *a = NULL;
	bool go_on = true;

	while (go_on && redisReaderGetReply(l->reader, &a) == REDIS_OK && a) {
		l->whole = l->reader->len - l->reader->pos;
		go_on = hear(l, a);
		freeReplyObject(a);
		a = NULL;
	}
	if (go_on && l->reader->err)
		redis_link_leave(l, "it does not speak as Redis does");
}

static void
receive(struct redis_link *l)
{
	char in[16384];
	ssize_t n = recv(l->fd, in, sizeof(in), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		redis_link_leave(l, n ? strerrordesc_np(errno) : "it has hung up");
		return;
	}
	l->whole += (size_t)n;
	if (l->whole > ANSWER_MAX || redisReaderFeed(l->reader, in, (size_t)n) != REDIS_OK) {
		redis_link_leave(l, "its answer is too long");
		return;
	}
	read_answers(l);
}

static void
flush(struct redis_link *l)
{
	ssize_t n = send(l->fd, l->out.p, l->out.n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		buf_take(&l->out, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		redis_link_leave(l, strerrordesc_np(errno));
}

/* ---- time ---- */

static int64_t
end_of_phase(const struct redis_link *l)
{
	if (l->phase == UP)
		return INT64_MAX;
	return l->since + (l->phase == AWAY ? RETRY_MS : CONNECT_MS);
}

int64_t
redis_link_due(const struct redis_link *l)
{
	return end_of_phase(l);
}

struct pollfd
redis_link_poll(const struct redis_link *l)
{
	bool out = l->phase == CONNECTING || l->out.n;

	return (struct pollfd){l->fd, (short)(POLLIN | (out ? POLLOUT : 0)), 0};
}

void
redis_link_serve(struct redis_link *l, short revents)
{
	if (revents && l->phase == CONNECTING && connected(l))
		greet(l);
	if (revents & (POLLIN | POLLHUP | POLLERR) && l->phase > CONNECTING)
		receive(l);
	if (l->phase > CONNECTING && l->out.n)
		flush(l);
	if (end_of_phase(l) > clock_mono_ms())
		return;
	if (l->phase == AWAY)
		dial_next(l);
	else
		redis_link_leave(l, "it does not answer");
}

struct buf *
redis_link_out(struct redis_link *l)
{
	return l->phase == UP && l->out.n < OUT_MAX / 2 ? &l->out : NULL;
}

/* ---- life ---- */

struct redis_link *
redis_link_new(const struct redis_link_options *o)
{
	struct redis_link *l = calloc(1, sizeof(*l));

	if (!l)
		log_die("out of memory");
	l->o = *o;
	l->fd = -1;
	buf_init(&l->out, OUT_MAX);
	dial_next(l);
	return l;
}

void
redis_link_free(struct redis_link *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	if (l->reader)
		redisReaderFree(l->reader);
	buf_done(&l->out);
	free(l);
}
