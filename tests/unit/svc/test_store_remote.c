/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a worker sees when the store process is away, silent, lying, or cannot write.
 */
#include "svc/store/store_remote.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include "svc/store_series.h"
#include "tests/lib/unit.h"
#include "tests/unit/svc/store_process.c"
#include "util/clock.h"
#include "util/limits.h"

static enum store_status
get(struct store *s, const char *key)
{
	struct arena *a = arena_new();
	struct view v;
	enum store_status got = store_get(s, STORE_GREYLIST, 1, view_str(key), 10, a, &v);

	arena_free(a);
	return got;
}

static enum store_status
put(struct store *s, const char *key)
{
	struct arena *a = arena_new();
	enum store_status got = store_put(s, STORE_GREYLIST, 1, view_str(key), VIEW("1"), 10, LATER, a);

	arena_free(a);
	return got;
}

/* A call succeeds again within a few seconds. */
static bool
recovers(struct store *s, const char *key)
{
	int64_t end = clock_mono_ms() + 5000;

	while (clock_mono_ms() < end) {
		if (get(s, key) != STORE_TEMPFAIL)
			return true;
		usleep(2000);
	}
	return false;
}

static void
killed(void)
{
	struct process p;
	struct store *s;
	int64_t start_ms;

	process_folder(&p);
	process_start(&p, false);
	s = store_connect(p.socket, PATIENCE);
	CU_ASSERT_EQUAL(put(s, "a"), STORE_FOUND);
	CU_ASSERT(process_stop(&p));
	close(p.listener);
	start_ms = clock_mono_ms();
	for (int i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(get(s, "a"), STORE_TEMPFAIL);
	CU_ASSERT(clock_mono_ms() - start_ms < PATIENCE); /* they fail at once, and not each after its time */
	unlink(p.socket);
	process_socket(&p);
	process_start(&p, false);
	CU_ASSERT(recovers(s, "a"));
	CU_ASSERT_EQUAL(get(s, "a"), STORE_FOUND); /* what was committed is still there */
	kill(p.pid, SIGKILL);
	process_reap(&p);
	process_start(&p, false); /* on the same socket: the old connections are seen to be dead */
	CU_ASSERT_EQUAL(get(s, "a"), STORE_FOUND);
	store_free(s);
	CU_ASSERT(process_stop(&p));
	process_remove(&p);
}

static void
orphaned(void)
{
	struct process p;

	process_folder(&p);
	process_start(&p, false);
	close(p.control); /* the supervisor died */
	p.control = -1;
	CU_ASSERT_EQUAL(process_reap(&p), 0);
	process_remove(&p);
}

static unsigned
descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* It accepts and never answers. */
static void
silent(void)
{
	struct process p;
	struct store *s;
	struct store_counters n;
	unsigned open_before;
	int64_t start_ms = clock_mono_ms(), took;

	process_folder(&p);
	open_before = descriptors();
	s = store_connect(p.socket, 0);
	CU_ASSERT_EQUAL(get(s, "a"), STORE_TEMPFAIL);
	took = clock_mono_ms() - start_ms;
	CU_ASSERT(took >= 45 && took < PATIENCE);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(get(s, "a"), STORE_TEMPFAIL);
	store_count(s, &n);
	CU_ASSERT_EQUAL(n.calls, 5);
	CU_ASSERT_EQUAL(n.failures, 5);
	CU_ASSERT_EQUAL(n.late, 3); /* the others were not even tried */
	CU_ASSERT_EQUAL(descriptors(), open_before); /* who is late is hung up on */
	store_free(s);
	process_remove(&p);
}

static struct store_result
tally(struct store *s, int64_t amount, size_t n, struct arena *a)
{
	struct store_request r[STORE_CALLS_MAX];
	struct store_result result[STORE_CALLS_MAX];

	for (size_t i = 0; i < n; i++)
		r[i] = (struct store_request){.op = STORE_TALLY, .type = STORE_RATE, .version = 1,
			.key = VIEW("a"), .now = LATER, .amount = amount, .step = 60, .window = 3600};
	store_do(s, r, n, a, result);
	return result[n - 1];
}

/* What was asked in time is carried out, all of it, though the client did not wait for the answers. */
static void
late_counts(void)
{
	struct process p;
	struct arena *a = arena_new();
	struct store *hasty, *s;
	int64_t sum = 0, end;

	process_folder(&p);
	hasty = store_connect(p.socket, 0);
	CU_ASSERT_EQUAL(tally(hasty, 1, STORE_CALLS_MAX, a).status, STORE_TEMPFAIL);
	process_start(&p, false);
	s = store_connect(p.socket, PATIENCE);
	for (end = clock_mono_ms() + 5000; sum < STORE_CALLS_MAX && clock_mono_ms() < end; usleep(2000))
		sum = store_series_sum(tally(s, 0, 1, a).value);
	CU_ASSERT_EQUAL(sum, STORE_CALLS_MAX);
	store_free(hasty);
	store_free(s);
	CU_ASSERT(process_stop(&p));
	process_remove(&p);
	arena_free(a);
}

/* One late answer does not make it dead: the next call is tried. */
static void
paused(void)
{
	struct process p;
	struct store *s, *other;

	process_folder(&p);
	s = store_connect(p.socket, 500);
	CU_ASSERT_EQUAL(get(s, "a"), STORE_TEMPFAIL);
	process_start(&p, false);
	other = store_connect(p.socket, PATIENCE);
	CU_ASSERT_EQUAL(get(other, "a"), STORE_NONE); /* it has begun */
	CU_ASSERT_EQUAL(get(s, "a"), STORE_NONE);
	store_free(other);
	store_free(s);
	CU_ASSERT(process_stop(&p));
	process_remove(&p);
}

/* Late answers count in a row: one that comes in time ends it. */
static void
paused_twice(void)
{
	struct store_counters before, after;
	struct process p;
	struct store *s;

	process_folder(&p);
	process_start(&p, false);
	s = store_connect(p.socket, 200);
	CU_ASSERT(recovers(s, "a"));
	kill(p.pid, SIGSTOP);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(get(s, "a"), STORE_TEMPFAIL);
	kill(p.pid, SIGCONT);
	CU_ASSERT(recovers(s, "a"));
	kill(p.pid, SIGSTOP);
	store_count(s, &before);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(get(s, "a"), STORE_TEMPFAIL);
	store_count(s, &after);
	CU_ASSERT_EQUAL(after.late - before.late, 2); /* the second was tried */
	kill(p.pid, SIGCONT);
	store_free(s);
	CU_ASSERT(process_stop(&p));
	process_remove(&p);
}

static void *
ask_until_late(void *arg)
{
	struct store *s = arg;
	struct store_counters n;

	do {
		get(s, "a");
		store_count(s, &n);
	} while (n.late <= 3);
	return NULL;
}

/* When it is known to be silent, one caller at a time finds out whether it still is. */
static void
probed(void)
{
	enum { CALLERS = 8 };
	struct process p;
	struct store *s;
	struct store_counters n;
	pthread_t t[CALLERS];

	process_folder(&p);
	s = store_connect(p.socket, 0);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(get(s, "a"), STORE_TEMPFAIL);
	for (size_t i = 0; i < CALLERS; i++)
		if (pthread_create(&t[i], NULL, ask_until_late, s) != 0)
			abort();
	for (size_t i = 0; i < CALLERS; i++)
		pthread_join(t[i], NULL);
	store_count(s, &n);
	CU_ASSERT(n.late >= 4 && n.late < 3 + CALLERS);
	store_free(s);
	process_remove(&p);
}

/* Answers that are none. */
static void
lying(void)
{
	static const struct {
		const char *name;
		struct view answer;
	} rows[] = {
		{"hangs up", {"", 0}},
		{"too long", {"\377\377\377\377", 4}},
		{"no such status", {"\0\0\0\4\7\0\0\0", 8}},
		{"value beyond the frame", {"\0\0\0\5\0\1\0\5x", 9}},
		{"cut", {"\0\0\0\4\1", 5}},
		{"two answers", {"\0\0\0\4\1\0\0\0\0\0\0\4\1\0\0\0", 16}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct process p;
		struct store *s;

		process_folder(&p);
		p.pid = fork();
		if (p.pid == 0) {
			char in[STORE_WIRE_REQUEST_MAX];
			int fd = accept(p.listener, NULL, NULL);

			if (recv(fd, in, sizeof(in), 0) <= 0 ||
				send(fd, rows[i].answer.p, rows[i].answer.n, 0) < 0)
				_exit(1);
			_exit(0);
		}
		s = store_connect(p.socket, PATIENCE);
		UNIT_CASE(get(s, "a") == STORE_TEMPFAIL, rows[i].name);
		store_free(s);
		waitpid(p.pid, NULL, 0);
		process_remove(&p);
	}
}

/* A client that breaks the protocol is hung up on; the others are served. */
static void
rude_client(void)
{
	struct process p;
	struct store *s;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char c;
	int fd;

	process_folder(&p);
	process_start(&p, false);
	s = store_connect(p.socket, PATIENCE);
	CU_ASSERT_EQUAL(get(s, "a"), STORE_NONE);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	memcpy(a.sun_path, p.socket, strlen(p.socket));
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL(write(fd, "GET / HTTP/1.0\r\n\r\n", 18), 18);
	CU_ASSERT(read(fd, &c, 1) <= 0);
	close(fd);
	CU_ASSERT_EQUAL(get(s, "a"), STORE_NONE);
	store_free(s);
	CU_ASSERT(process_stop(&p));
	process_remove(&p);
}

/* The folder cannot be written: the memory of the store process carries on. */
static void
read_only(void)
{
	struct process p;
	struct store *s;

	process_folder(&p);
	if (chmod(p.folder, 0555) != 0)
		abort();
	process_start(&p, geteuid() == 0);
	s = store_connect(p.socket, PATIENCE);
	CU_ASSERT_EQUAL(get(s, "a"), STORE_NONE);
	CU_ASSERT_EQUAL(put(s, "a"), STORE_FOUND);
	CU_ASSERT_EQUAL(get(s, "a"), STORE_FOUND);
	store_free(s);
	CU_ASSERT(process_stop(&p));
	if (chmod(p.folder, 0755) != 0)
		abort();
	process_remove(&p);
}

static void
garbage(void)
{
	struct process p;
	struct store *s;
	FILE *f;

	process_folder(&p);
	f = fopen(p.file, "w");
	for (int i = 0; f && i < 1000; i++)
		fputs("not a database ", f);
	if (!f || fclose(f) != 0)
		abort();
	process_start(&p, false);
	s = store_connect(p.socket, PATIENCE);
	CU_ASSERT_EQUAL(get(s, "a"), STORE_NONE);
	store_free(s);
	CU_ASSERT(process_stop(&p));
	process_remove(&p);
}

static const struct unit_test tests[] = {
	{"the process dies and comes back", killed},
	{"it ends with its supervisor", orphaned},
	{"it is silent", silent},
	{"who did not wait is counted", late_counts},
	{"it pauses", paused},
	{"two pauses are not three", paused_twice},
	{"it is silent, and many ask", probed},
	{"it lies", lying},
	{"a client breaks the protocol", rude_client},
	{"a folder that cannot be written", read_only},
	{"a file that is no database", garbage},
};

int
main(void)
{
	return unit_main("svc/store_remote", tests, sizeof(tests) / sizeof(*tests));
}
