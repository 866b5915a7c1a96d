/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What workers see while a real Redis is killed, stalled, empty, read-only, full, or behind a password: the store
 * process's own file carries on, and nobody waits.
 */
#include "svc/store/store_redis.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "svc/store_series.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/unit.h"
#include "tests/unit/svc/store_process.c"
#include "util/clock.h"
#include "util/limits.h"

enum { LONG = 20000 }; /* ms: the machine may be busy */

struct node {
	struct process p;
	struct store *s;
	struct store_redis_options o;
};

static void
node_start(struct node *n, const struct listener_address *servers, size_t n_servers)
{
	n->o.link.server = servers;
	n->o.link.n = n_servers;
	n->o.prefix = "p:";
	n->o.timeout_ms = n->o.timeout_ms ? n->o.timeout_ms : LONG;
	process_folder(&n->p);
	process_start_redis(&n->p, &n->o);
	n->s = store_connect(n->p.socket, 2 * LONG);
}

static void
node_end(struct node *n)
{
	store_free(n->s);
	CU_ASSERT(process_stop(&n->p));
	process_remove(&n->p);
}

static enum store_status
put(struct node *n, const char *key)
{
	struct arena *a = arena_new();
	enum store_status got = store_put(n->s, STORE_GREYLIST, 1, view_str(key), VIEW("x"), 1, LATER, a);

	arena_free(a);
	return got;
}

static enum store_status
get(struct node *n, const char *key)
{
	struct arena *a = arena_new();
	struct view v;
	enum store_status got = store_get(n->s, STORE_GREYLIST, 1, view_str(key), 1, a, &v);

	arena_free(a);
	return got;
}

static enum store_status
take_away(struct node *n, const char *key)
{
	struct arena *a = arena_new();
	struct store_request r = {.op = STORE_REMOVE, .type = STORE_GREYLIST, .version = 1, .key = view_str(key), .now = 1};
	struct store_result done;

	store_do(n->s, &r, 1, a, &done);
	arena_free(a);
	return done.status;
}

static bool
has(const struct redis_server *server, const char *key)
{
	char command[64];

	snprintf(command, sizeof(command), "EXISTS p:1:1:%s", key);
	return strcmp(redis_server_ask(server, command), "1") == 0;
}

/* Until what the node puts is in Redis. */
static bool
reaches(struct node *n, const struct redis_server *server, const char *key)
{
	for (int i = 0; i < 3000; i++) {
		if (put(n, key) == STORE_FOUND && has(server, key))
			return true;
		usleep(5000);
	}
	return false;
}

static void
killed(void)
{
	struct redis_server server;
	struct node n = {0};

	if (!redis_server_start(&server, NULL))
		return;
	node_start(&n, &server.address, 1);
	CU_ASSERT(reaches(&n, &server, "before"));
	CU_ASSERT_EQUAL(put(&n, "written"), STORE_FOUND);
	CU_ASSERT_EQUAL(put(&n, "removed"), STORE_FOUND);
	CU_ASSERT(has(&server, "written") && has(&server, "removed"));
	CU_ASSERT_EQUAL(take_away(&n, "removed"), STORE_FOUND);
	CU_ASSERT_FALSE(has(&server, "removed"));
	redis_server_kill(&server, SIGKILL);
	CU_ASSERT_EQUAL(get(&n, "written"), STORE_FOUND); /* the file has what was written before */
	CU_ASSERT_EQUAL(get(&n, "removed"), STORE_NONE);
	CU_ASSERT_EQUAL(put(&n, "meanwhile"), STORE_FOUND);
	CU_ASSERT_EQUAL(get(&n, "meanwhile"), STORE_FOUND);
	redis_server_again(&server, NULL);
	CU_ASSERT(reaches(&n, &server, "after"));
	CU_ASSERT_EQUAL(get(&n, "before"), STORE_NONE); /* it came back empty: what it says counts */
	node_end(&n);
	redis_server_remove(&server);
}

static void
stalled(void)
{
	struct redis_server server;
	struct node n = {0};
	struct store_counters c;

	if (!redis_server_start(&server, NULL))
		return;
	node_start(&n, &server.address, 1);
	CU_ASSERT(reaches(&n, &server, "before"));
	node_end(&n);
	n.o.timeout_ms = 25;
	node_start(&n, &server.address, 1);
	CU_ASSERT(reaches(&n, &server, "again"));
	kill(server.pid, SIGSTOP);
	CU_ASSERT_EQUAL(put(&n, "meanwhile"), STORE_FOUND); /* after 25 ms, by the file */
	for (int i = 0; i < 200; i++) /* and these at once */
		CU_ASSERT_EQUAL(get(&n, "meanwhile"), STORE_FOUND);
	store_count(n.s, &c);
	CU_ASSERT_EQUAL(c.failures, 0);
	kill(server.pid, SIGCONT);
	CU_ASSERT(reaches(&n, &server, "after"));
	node_end(&n);
	redis_server_remove(&server);
}

/* ---- Sentinel ---- */

/* A port of loopback that nobody has; below those that connections out take. */
static uint16_t
free_port(void)
{
	enum { FIRST = 30100, LAST = 32700 };
	static uint16_t next;

	next = next ? next : (uint16_t)(FIRST + getpid() % (LAST - FIRST));
	for (;;) {
		struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(next)};
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		bool mine;

		sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		mine = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;
		close(fd);
		next = next < LAST ? next + 1 : FIRST;
		if (mine)
			return ntohs(sa.sin_port);
	}
}

/* A Redis that also listens on a port; master 0: it is the master, else that one's replica. */
static bool
start_on(struct redis_server *s, uint16_t port, uint16_t master)
{
	char mine[16], its[32];
	const char *const words[] = {"--bind", "127.0.0.1", "--port", mine, "--repl-diskless-sync-delay", "0",
		master ? "--replicaof" : NULL, its, NULL};

	snprintf(mine, sizeof(mine), "%u", port);
	snprintf(its, sizeof(its), "127.0.0.1 %u", master);
	return redis_server_start(s, words);
}

static pid_t
start_sentinel(const char *folder, uint16_t port, uint16_t master)
{
	char path[128];
	pid_t pid;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sentinel.conf", folder);
	f = fopen(path, "w");
	fprintf(f, "bind 127.0.0.1\nport %u\ndir %s\nlogfile %s/sentinel.log\n"
		   "sentinel monitor mail 127.0.0.1 %u 1\nsentinel down-after-milliseconds mail 300\n"
		   "sentinel failover-timeout mail 2000\n", port, folder, folder, master);
	fclose(f);
	pid = fork();
	if (pid == 0) {
		execl("/usr/bin/redis-server", "redis-server", path, "--sentinel", (char *)NULL);
		_exit(127);
	}
	return pid;
}

/* Until the master has a replica. */
static bool
linked(const struct redis_server *master)
{
	for (int i = 0; i < 3000; i++) {
		if (strcmp(redis_server_ask(master, "WAIT 1 100"), "1") == 0)
			return true;
		usleep(5000);
	}
	return false;
}

/* Until the replica has what the master was told. */
static bool
replicates(const struct redis_server *replica, const char *key)
{
	for (int i = 0; i < 3000; i++) {
		if (has(replica, key))
			return true;
		usleep(5000);
	}
	return false;
}

/* The Sentinel names the master; when that is killed, the replica that it has promoted. */
static void
sentinel(void)
{
	const uint16_t port[] = {free_port(), free_port(), free_port()};
	struct listener_address watch = {.family = LISTENER_INET, .port = port[2]};
	struct redis_server first, second;
	struct node n = {.o.link.sentinel = "mail"};
	pid_t pid;

	if (!start_on(&first, port[0], 0))
		return;
	CU_ASSERT_FATAL(start_on(&second, port[1], port[0]));
	CU_ASSERT(linked(&first));
	ip_parse(VIEW("127.0.0.1"), &watch.ip);
	pid = start_sentinel(first.folder, port[2], port[0]);
	node_start(&n, &watch, 1);
	CU_ASSERT(reaches(&n, &first, "before"));
	CU_ASSERT(replicates(&second, "before"));
	redis_server_kill(&first, SIGKILL);
	CU_ASSERT_EQUAL(put(&n, "meanwhile"), STORE_FOUND); /* the file carries on */
	CU_ASSERT(reaches(&n, &second, "after"));
	CU_ASSERT_EQUAL(get(&n, "before"), STORE_FOUND);
	node_end(&n);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	redis_server_remove(&second);
	redis_server_remove(&first);
}

/* A server that refuses to write is left for the next one of the list. */
static void
read_only(void)
{
	static const char *const replica[] = {"--replicaof", "127.0.0.1 1", NULL};
	struct redis_server first, second;
	struct listener_address both[2];
	struct node n = {0};

	if (!redis_server_start(&first, replica) || !redis_server_start(&second, NULL))
		return;
	both[0] = first.address;
	both[1] = second.address;
	node_start(&n, both, 2);
	CU_ASSERT(reaches(&n, &second, "one"));
	redis_server_ask(&second, "REPLICAOF 127.0.0.1 1"); /* as in a failover by hand */
	CU_ASSERT_EQUAL(put(&n, "two"), STORE_FOUND);
	redis_server_ask(&first, "REPLICAOF NO ONE");
	CU_ASSERT(reaches(&n, &first, "three"));
	node_end(&n);
	redis_server_remove(&first);
	redis_server_remove(&second);
}

static void
out_of_memory(void)
{
	static const char *const small[] = {"--maxmemory", "1", NULL};
	struct redis_server server;
	struct node n = {0};

	if (!redis_server_start(&server, small))
		return;
	node_start(&n, &server.address, 1);
	for (int i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(put(&n, "full"), STORE_FOUND);
	CU_ASSERT_FALSE(has(&server, "full"));
	redis_server_ask(&server, "CONFIG SET maxmemory 0");
	CU_ASSERT(reaches(&n, &server, "room"));
	redis_server_ask(&server, "CONFIG SET maxmemory 1"); /* it could be read, but does not know what is new */
	CU_ASSERT_EQUAL(put(&n, "later"), STORE_FOUND);
	for (int i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(get(&n, "later"), STORE_FOUND);
	node_end(&n);
	redis_server_remove(&server);
}

static void
password(void)
{
	static const char *const words[] = {"--requirepass", "sesame", NULL};
	static const char *const passwords[] = {NULL, "wrong", "sesame", "sesame"};
	static const char *const users[] = {NULL, NULL, NULL, "default"};
	struct redis_server server;

	if (!redis_server_start(&server, words))
		return;
	for (size_t i = 0; i < 2; i++) {
		struct node n = {.o = {.link = {.password = passwords[i]}}};

		node_start(&n, &server.address, 1);
		for (int j = 0; j < 20; j++)
			CU_ASSERT_EQUAL(put(&n, "x"), STORE_FOUND);
		node_end(&n);
	}
	for (size_t i = 2; i < 4; i++) {
		struct node n = {.o = {.link = {.password = passwords[i], .user = users[i]}}}, other = n;

		node_start(&n, &server.address, 1);
		node_start(&other, &server.address, 1);
		for (int j = 0; j < 3000 && get(&other, "y") != STORE_FOUND; j++)
			put(&n, "y");
		CU_ASSERT_EQUAL(get(&other, "y"), STORE_FOUND);
		node_end(&n);
		node_end(&other);
	}
	redis_server_remove(&server);
}

/* A socket where something else speaks. */
static void
nonsense(void)
{
	static const char *const rows[] = {"220 mail.example ESMTP\r\n", "*2000000000\r\n", "$5\r\nabc",
		"*1\r\n$6\r\nmaster\r\n*1\r\n$6\r\nmaster\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct process liar;
		struct listener_address a = {.family = LISTENER_UNIX};
		struct node n = {0};

		process_folder(&liar);
		memcpy(a.path, liar.socket, strlen(liar.socket));
		liar.pid = fork();
		if (liar.pid == 0) {
			int fd = accept(liar.listener, NULL, NULL);

			if (send(fd, rows[i], strlen(rows[i]), MSG_NOSIGNAL) < 0)
				_exit(1);
			pause();
		}
		node_start(&n, &a, 1);
		for (int j = 0; j < 50; j++)
			UNIT_CASE(put(&n, "x") == STORE_FOUND, rows[i]);
		node_end(&n);
		kill(liar.pid, SIGKILL);
		waitpid(liar.pid, NULL, 0);
		process_remove(&liar);
	}
}

/* ---- several nodes ---- */

enum { COUNTERS = 64, EACH = 50 };

struct counter {
	struct node *n;
	unsigned failed;
};

static void *
count(void *arg)
{
	struct counter *c = arg;
	struct arena *a = arena_new();
	const struct store_request r = {.op = STORE_TALLY, .type = STORE_HOLD, .key = VIEW("sum"), .now = LATER,
		.amount = 1, .step = 60, .window = 3600};
	struct store_result got;

	for (int i = 0; i < EACH; i++) {
		store_do(c->n->s, &r, 1, a, &got);
		c->failed += got.status != STORE_FOUND;
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

/* Two store processes on one Redis: 64 threads count, and no count is lost. */
static void
shared(void)
{
	struct redis_server server;
	struct node n[2] = {0};
	struct counter c[COUNTERS] = {0};
	pthread_t t[COUNTERS];
	struct arena *a = arena_new();
	struct store_request look = {.op = STORE_TALLY, .type = STORE_HOLD, .key = VIEW("sum"), .now = LATER,
		.step = 60, .window = 3600};
	struct store_result got;

	if (!redis_server_start(&server, NULL))
		return;
	for (size_t i = 0; i < 2; i++) {
		node_start(&n[i], &server.address, 1);
		CU_ASSERT_FATAL(reaches(&n[i], &server, i ? "one" : "two"));
	}
	CU_ASSERT_EQUAL(get(&n[0], "one"), STORE_FOUND); /* what the other has put */
	for (size_t i = 0; i < COUNTERS; i++) {
		c[i].n = &n[i % 2];
		if (pthread_create(&t[i], NULL, count, &c[i]) != 0)
			abort();
	}
	for (size_t i = 0; i < COUNTERS; i++) {
		pthread_join(t[i], NULL);
		CU_ASSERT_EQUAL(c[i].failed, 0);
	}
	store_do(n[0].s, &look, 1, a, &got);
	CU_ASSERT_EQUAL(got.status == STORE_FOUND ? store_series_sum(got.value) : -1, COUNTERS * EACH);
	redis_server_kill(&server, SIGKILL); /* each node carries on from the last sum that it has seen */
	store_do(n[1].s, &look, 1, a, &got);
	CU_ASSERT(got.status == STORE_FOUND && store_series_sum(got.value) > COUNTERS * EACH / 2);
	node_end(&n[0]);
	node_end(&n[1]);
	redis_server_remove(&server);
	arena_free(a);
}

/* What was asked in time is carried out in Redis, all of it, though the client did not wait for the answers. */
static void
late_counts(void)
{
	struct redis_server server;
	struct node n = {0};
	struct store *hasty;
	struct arena *a = arena_new();
	struct store_request r[STORE_CALLS_MAX];
	struct store_result got[STORE_CALLS_MAX];
	int64_t sum = 0, end;

	if (!redis_server_start(&server, NULL))
		return;
	for (size_t i = 0; i < STORE_CALLS_MAX; i++)
		r[i] = (struct store_request){.op = STORE_TALLY, .type = STORE_HOLD, .key = VIEW("late"),
			.now = LATER, .amount = 1, .step = 60, .window = 3600};
	node_start(&n, &server.address, 1);
	CU_ASSERT_FATAL(reaches(&n, &server, "one"));
	kill(n.p.pid, SIGSTOP);
	hasty = store_connect(n.p.socket, 50);
	store_do(hasty, r, STORE_CALLS_MAX, a, got);
	CU_ASSERT_EQUAL(got[0].status, STORE_TEMPFAIL);
	store_free(hasty);
	kill(n.p.pid, SIGCONT);
	r[0].amount = 0;
	for (end = clock_mono_ms() + LONG; sum < STORE_CALLS_MAX && clock_mono_ms() < end; usleep(2000)) {
		store_do(n.s, r, 1, a, got);
		sum = got[0].status == STORE_FOUND ? store_series_sum(got[0].value) : 0;
	}
	CU_ASSERT_EQUAL(sum, STORE_CALLS_MAX);
	node_end(&n);
	redis_server_remove(&server);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"who did not wait is counted", late_counts},
	{"killed, and back without memory", killed},
	{"stalled, and back", stalled},
	{"read-only: the next of the list", read_only},
	{"out of memory", out_of_memory},
	{"a Sentinel, and another master", sentinel},
	{"a password", password},
	{"something else than Redis", nonsense},
	{"two nodes count together", shared},
};

int
main(void)
{
	return unit_main("svc/store_redis", tests, sizeof(tests) / sizeof(*tests));
}
