/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_control -- both ends of the control socket; the server runs in a thread, as its loop would.
 */
#include "io/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/control_call.h"
#include "io/mirror.h"
#include "tests/lib/unit.h"
#include "util/clock.h"
#include "util/log.h"

enum { PATIENCE_MS = 20000 };

static char dir[64], path[100];

struct server {
	struct control *c;
	pthread_t thread;
	atomic_bool stop;
	uint64_t waiting;    /* a client whose answer comes later */
	_Atomic int64_t add; /* to the clock */
	atomic_bool greets;  /* a subscriber with a line */
	atomic_bool watched;
	struct buf taken;
};

/* "N": lines of 1000 bytes, that many. */
static void
publish(struct control *c, struct view words)
{
	char line[1001];
	uint64_t n = 0;

	memset(line, 'x', sizeof(line));
	line[999] = '\n';
	CU_ASSERT_TRUE(view_number(words, 100000, &n));
	for (uint64_t i = 0; i < n; i++)
		control_publish(c, view_of(line, 1000));
}

static void
handle(void *ctx, uint64_t client, struct view line)
{
	struct server *s = ctx;

	if (view_eq_str(line, "hello")) {
		control_reply(s->c, client, true, VIEW("line one\nline two\n"));
	} else if (view_eq_str(line, "refuse")) {
		control_reply(s->c, client, false, VIEW("no\n"));
	} else if (view_eq_str(line, "big") || view_eq_str(line, "bigger")) {
		char *p = calloc(1, CONTROL_REPLY_MAX + 1);

		memset(p, 'x', CONTROL_REPLY_MAX + 1);
		control_reply(s->c, client, true, view_of(p, CONTROL_REPLY_MAX + (line.n > 3)));
		free(p);
	} else if (view_eq_str(line, "watch")) {
		control_subscribe(s->c, client);
		if (s->greets)
			publish(s->c, VIEW("1"));
	} else if (view_starts_nocase(line, "publish ")) {
		publish(s->c, view_skip(line, 8));
		control_reply(s->c, client, control_has_subscribers(s->c), VIEW(""));
	} else if (view_eq_str(line, "later")) {
		s->waiting = client;
	} else if (view_eq_str(line, "now")) {
		control_reply(s->c, s->waiting, true, VIEW("at last\n"));
		control_reply(s->c, s->waiting, true, VIEW("twice\n"));
		control_reply(s->c, 9999, true, VIEW("nobody\n"));
		control_reply(s->c, client, true, VIEW(""));
	} else {
		control_reply(s->c, client, false, VIEW("unknown\n"));
	}
}

static void *
loop(void *arg)
{
	struct server *s = arg;
	struct pollfd p[CONTROL_POLL];

	while (!s->stop) {
		poll(p, control_poll(s->c, p), 10);
		control_work(s->c, clock_mono_ms() + s->add, handle, s);
	}
	return NULL;
}

static void
serve(struct server *s)
{
	struct buf why;

	*s = (struct server){0};
	buf_init(&why, 1000);
	s->c = control_open(path, geteuid(), getegid(), &why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->c);
	buf_done(&why);
	pthread_create(&s->thread, NULL, loop, s);
}

static void
finish(struct server *s)
{
	s->stop = true;
	pthread_join(s->thread, NULL);
	control_close(s->c);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
}

static char reply[CONTROL_REPLY_MAX + 1];

static enum control_call_result
ask(const char *request, int ms)
{
	enum control_call_result r;
	struct buf out;

	buf_init(&out, CONTROL_REPLY_MAX);
	r = control_call(path, request, ms, &out);
	snprintf(reply, sizeof(reply), "%.*s", VIEW_ARG(buf_view(&out)));
	buf_done(&out);
	return r;
}

static int
dial(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

/* Everything until the server hangs up. */
static size_t
read_all(int fd, char *out, size_t n)
{
	size_t at = 0;

	for (struct pollfd p = {fd, POLLIN, 0}; poll(&p, 1, PATIENCE_MS) == 1;) {
		ssize_t got = read(fd, out + at, n - at);

		if (got <= 0)
			break;
		at += (size_t)got;
	}
	return at;
}

static void
answers(void)
{
	struct server s;
	struct stat st;

	CU_ASSERT_EQUAL(ask("hello", PATIENCE_MS), CONTROL_CALL_AWAY);
	CU_ASSERT_EQUAL(errno, ENOENT);
	serve(&s);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	CU_ASSERT_EQUAL(ask("hello", PATIENCE_MS), CONTROL_CALL_OK);
	CU_ASSERT_STRING_EQUAL(reply, "line one\nline two\n");
	CU_ASSERT_EQUAL(ask("refuse", PATIENCE_MS), CONTROL_CALL_FAILED);
	CU_ASSERT_STRING_EQUAL(reply, "no\n");
	CU_ASSERT_EQUAL(ask("big", PATIENCE_MS), CONTROL_CALL_OK);
	CU_ASSERT_EQUAL(strlen(reply), CONTROL_REPLY_MAX);
	CU_ASSERT_EQUAL(ask("bigger", PATIENCE_MS), CONTROL_CALL_FAILED);
	CU_ASSERT_STRING_EQUAL(reply, "the reply is too long\n");
	CU_ASSERT_EQUAL(ask("", PATIENCE_MS), CONTROL_CALL_FAILED);
	finish(&s);
}

static void
answers_later(void)
{
	struct server s;
	char text[100];
	int fd;
	size_t n;

	serve(&s);
	fd = dial();
	CU_ASSERT_EQUAL(write(fd, "la", 2), 2);
	CU_ASSERT_EQUAL(
		ask("hello", PATIENCE_MS), CONTROL_CALL_OK); /* nobody waits for a slow client */
	CU_ASSERT_EQUAL(write(fd, "ter\n", 4), 4);
	shutdown(fd, SHUT_WR); /* "echo later | nc -U": it still wants the answer */
	CU_ASSERT_EQUAL(ask("hello", PATIENCE_MS), CONTROL_CALL_OK);
	CU_ASSERT_EQUAL(ask("now", PATIENCE_MS), CONTROL_CALL_OK);
	n = read_all(fd, text, sizeof(text));
	UNIT_VIEW(view_of(text, n), "ok 8\nat last\n");
	close(fd);
	for (int i = 0; i < CONTROL_CLIENTS; i++) /* who leaves before the answer leaves his place */
		CU_ASSERT_EQUAL(ask("later", 50), CONTROL_CALL_BROKEN);
	CU_ASSERT_EQUAL(ask("now", PATIENCE_MS), CONTROL_CALL_OK);
	finish(&s);
}

/* One turn of read: what is there in time. */
static size_t
read_some(int fd, char *out, size_t n)
{
	struct pollfd p = {fd, POLLIN, 0};
	ssize_t got = poll(&p, 1, PATIENCE_MS) == 1 ? read(fd, out, n) : -1;

	return got > 0 ? (size_t)got : 0;
}

/* Who takes no lines loses some and is told how many; others, and the questions, go on. */
static void
publishes(void)
{
	enum { MANY = 2000, SOME = 60000, ROOM = 1000 * MANY };
	struct server s;
	int fd[CONTROL_SUBSCRIBERS], slow;
	char *text = calloc(1, ROOM + SOME);
	const char *lost;
	size_t n = 0, whole = 0;

	serve(&s);
	CU_ASSERT_EQUAL(ask("publish 1", PATIENCE_MS), CONTROL_CALL_FAILED); /* to nobody */
	for (int i = 0; i < CONTROL_SUBSCRIBERS; i++) {
		fd[i] = dial();
		CU_ASSERT_EQUAL(write(fd[i], "watch\n", 6), 6);
		n = read_some(fd[i], text, SOME);
		UNIT_VIEW(view_of(text, n), "ok 0\n");
	}
	CU_ASSERT_EQUAL(ask("watch", PATIENCE_MS), CONTROL_CALL_FAILED);
	CU_ASSERT_STRING_EQUAL(reply, "too many watch at once\n");
	CU_ASSERT_EQUAL(ask("publish 2", PATIENCE_MS), CONTROL_CALL_OK);
	for (int i = 0; i < CONTROL_SUBSCRIBERS; i++)
		for (n = 0; n < 2000; n += whole)
			CU_ASSERT_FATAL((whole = read_some(fd[i], text, SOME)) > 0);
	text[0] = 0;
	for (int i = 1; i < CONTROL_SUBSCRIBERS; i++)
		close(fd[i]);
	slow = fd[0];
	CU_ASSERT_EQUAL(ask("publish 2000", PATIENCE_MS), CONTROL_CALL_OK);
	s.add = 10 * CONTROL_WAIT_MS; /* its time is never over */
	CU_ASSERT_EQUAL(ask("hello", PATIENCE_MS), CONTROL_CALL_OK);
	for (n = 0; !(lost = strstr(text, "{\"lost\":")) || !strchr(lost, '\n'); n += whole) {
		CU_ASSERT_EQUAL_FATAL(ask("publish 1", PATIENCE_MS), CONTROL_CALL_OK);
		whole = read_some(slow, text + n, SOME);
		CU_ASSERT_FATAL(whole > 0 && n + whole < ROOM);
		text[n + whole] = 0;
	}
	CU_ASSERT(strtoul(lost + 8, NULL, 10) > 0 && strtoul(lost + 8, NULL, 10) < MANY);
	CU_ASSERT((size_t)(lost - text) > CONTROL_EVENTS_MAX - 2000);
	CU_ASSERT_EQUAL(lost[-1], '\n');
	while (strlen(strchr(lost, '\n') + 1) < 1000) { /* the line that it stands before, and the next */
		whole = read_some(slow, text + n, SOME);
		CU_ASSERT_FATAL(whole > 0 && n + whole < ROOM);
		n += whole;
		text[n] = 0;
	}
	CU_ASSERT_EQUAL_FATAL(ask("publish 1", PATIENCE_MS), CONTROL_CALL_OK);
	CU_ASSERT_FATAL(read_some(slow, text + n, SOME) > 0);
	CU_ASSERT_EQUAL(text[n], 'x'); /* it is said once */
	close(slow);
	finish(&s);
	free(text);
}

static void *
end_soon(void *arg)
{
	struct server *s = arg;

	while (!s->watched)
		usleep(1000);
	finish(s);
	return NULL;
}

static void
take(void *ctx, struct view piece)
{
	struct server *s = ctx;

	buf_add(&s->taken, piece);
	if (s->taken.n == 1000)
		s->watched = true;
}

/* The tool's end: what comes, until the daemon ends. */
static void
watches(void)
{
	struct server s;
	const struct control_call_taker t = {take, &s};
	pthread_t thread;
	struct buf out;

	serve(&s);
	buf_init(&s.taken, 100000);
	buf_init(&out, 1000);
	CU_ASSERT_EQUAL(control_call_watch(path, "refuse", PATIENCE_MS, &t, &out), CONTROL_CALL_FAILED);
	UNIT_VIEW(buf_view(&out), "no\n");
	s.greets = true;
	pthread_create(&thread, NULL, end_soon, &s);
	CU_ASSERT_EQUAL(control_call_watch(path, "watch", PATIENCE_MS, &t, &out), CONTROL_CALL_OK);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(s.taken.n, 1000);
	CU_ASSERT_EQUAL(control_call_watch(path, "watch", PATIENCE_MS, &t, &out), CONTROL_CALL_AWAY);
	buf_done(&s.taken);
	buf_done(&out);
}

static void
refuses_too_much(void)
{
	struct server s;
	char *line = calloc(1, CONTROL_LINE_MAX + 100), text[200];
	int fd[CONTROL_CLIENTS], last;
	size_t n;

	memset(line, 'x', CONTROL_LINE_MAX + 1);
	serve(&s);
	CU_ASSERT_EQUAL(ask(line, PATIENCE_MS), CONTROL_CALL_FAILED);
	CU_ASSERT_STRING_EQUAL(reply, "the request is too long\n");
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		fd[i] = dial();
	last = dial(); /* waits for a place */
	CU_ASSERT_EQUAL(write(last, "hello\n", 6), 6);
	CU_ASSERT_EQUAL(ask("hello", 100), CONTROL_CALL_BROKEN);
	s.add = CONTROL_WAIT_MS; /* the silent ones' time is up */
	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		CU_ASSERT_EQUAL(read_all(fd[i], text, sizeof(text)), 0);
		close(fd[i]);
	}
	s.add = 0;
	n = read_all(last, text, sizeof(text));
	UNIT_VIEW(view_of(text, n), "ok 18\nline one\nline two\n");
	close(last);
	finish(&s);
	free(line);
}

/* As another user, who can reach the socket: its mode is opened to show that the peer is looked at
 * too. */
static int
ask_as_stranger(void)
{
	if (setgid(65533) != 0 || setuid(65533) != 0)
		return 1;
	if (ask("hello", PATIENCE_MS) != CONTROL_CALL_FAILED)
		return 2;
	return strstr(reply, "you may not ask") ? 0 : 3;
}

static int
is_denied(void)
{
	if (setgid(65533) != 0 || setuid(65533) != 0)
		return 1;
	return ask("hello", PATIENCE_MS) == CONTROL_CALL_DENIED ? 0 : 2;
}

static int
apart(int (*fn)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(fn());
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : -1;
}

static void
asks_who_asks(void)
{
	struct server s;

	if (geteuid() != 0) {
		printf("skip: needs root\n");
		return;
	}
	serve(&s);
	CU_ASSERT_EQUAL(apart(is_denied), 0);
	CU_ASSERT_EQUAL(chmod(path, 0666), 0);
	CU_ASSERT_EQUAL(apart(ask_as_stranger), 0);
	finish(&s);
}

static const struct {
	const char *text;
	int head;
	bool ok;
	size_t length;
} heads[] = {
	{"ok 0\n", 5, true, 0},
	{"ok 12\nx", 6, true, 12},
	{"failed 3\nno\n", 9, false, 3},
	{"", 0, false, 0},
	{"o", 0, false, 0},
	{"ok 1", 0, false, 0},
	{"ok\n", -1, false, 0},
	{"ok \n", -1, false, 0},
	{"ok x\n", -1, false, 0},
	{"ok -1\n", -1, false, 0},
	{"ok 1048577\n", -1, false, 0},
	{"ok 99999999999999999999\n", -1, false, 0},
	{"OK 1\n", -1, false, 0},
	{"maybe 1\n", -1, false, 0},
	{"no line end within a head's length", -1, false, 0},
};

static void
reads_heads(void)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		size_t length = 77;
		bool ok = false;
		int head = control_call_head(view_str(heads[i].text), &ok, &length);

		UNIT_CASE(head == heads[i].head, heads[i].text);
		if (head > 0)
			UNIT_CASE(ok == heads[i].ok && length == heads[i].length, heads[i].text);
		else
			UNIT_CASE(length == 77, heads[i].text);
	}
}

static const struct unit_test tests[] = {
	{"answers", answers},
	{"answers later, and not those who left", answers_later},
	{"publishes", publishes},
	{"watches until the daemon ends", watches},
	{"refuses too much and drops the silent", refuses_too_much},
	{"asks who asks", asks_who_asks},
	{"reads the head of a reply", reads_heads},
};

int
main(void)
{
	int r;

	snprintf(dir, sizeof(dir), "/tmp/postern-control-XXXXXX");
	if (!mkdtemp(dir) || chmod(dir, 0755) != 0)
		return 2;
	snprintf(path, sizeof(path), "%s/control.sock", dir);
	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_ERROR, false);
	r = unit_main("io/control", tests, sizeof(tests) / sizeof(*tests));
	mirror_remove(dir);
	return r;
}
