/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_supervisor -- the real loop over real processes, with a toy for a worker.
 *
 * The toy's configuration is one file, one word. Its worker greets each client with "PID GENERATION off|on
 * WORD" and holds the connection until the client goes: a session.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/control_call.h"
#include "io/folder.h"
#include "io/listener.h"
#include "io/mirror.h"
#include "io/supervisor.h"
#include "io/worker_control.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

enum { PATIENCE_MS = 20000, SESSIONS = 8 };

/* ---- the toy ---- */

static int
read_word(const char *root, const char *config, char out[static 64])
{
	char path[MIRROR_PATH_MAX];
	struct view v;

	if (mirror_path(root, config, path) != 0)
		return -1;
	v = unit_read_file(path);
	if (!v.p)
		return -1;
	snprintf(out, 64, "%.*s", VIEW_ARG(view_trim(view_head(v, 60))));
	free((void *)(uintptr_t)v.p);
	return 0;
}

static int
toy_check(const struct worker_start *start)
{
	char word[64];

	if (read_word(start->root, start->config, word) != 0) {
		worker_control_say(start->control_fd, "failed", VIEW("no file\n"));
		return 1;
	}
	if (strcmp(word, "bad") == 0) {
		worker_control_say(start->control_fd, "failed", VIEW("toy:1:1: error: bad\n  1 | bad\n"));
		return 1;
	}
	if (mirror_put(start->keep, start->config, view_str(word)) != 0)
		return 1;
	return worker_control_say(start->control_fd, "ready", VIEW("")) == 0 ? 0 : 1;
}

struct toy {
	int wake[2];
	bool off;
};

static void
toy_wake(struct toy *t, char c)
{
	if (write(t->wake[1], &c, 1) != 1)
		abort();
}

static void
toy_drain(void *ctx)
{
	toy_wake(ctx, 'd');
}

static void
toy_end(void *ctx)
{
	toy_wake(ctx, 'e');
}

static void
toy_off(void *ctx, bool off)
{
	toy_wake(ctx, off ? '0' : '1');
}

static void
toy_status(void *ctx, struct buf *out)
{
	buf_str(out, "sessions 7\nmood calm\x1b[31m\n");
}

static void
toy_greet(const struct worker_start *start, const struct toy *t, const char *word, int *fd)
{
	*fd = accept4(start->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (*fd >= 0)
		dprintf(*fd, "%d %u %s %s\n", (int)getpid(), start->generation, t->off ? "off" : "on", word);
}

static void
toy_serve(const struct worker_start *start, struct toy *t, const char *word)
{
	struct pollfd p[2 + SESSIONS] = {{start->listen_fd, POLLIN, 0}, {t->wake[0], POLLIN, 0}};
	size_t open = 0;
	char c;

	for (size_t i = 0; i < SESSIONS; i++)
		p[2 + i] = (struct pollfd){-1, POLLIN, 0};
	while (p[0].fd >= 0 || open) {
		poll(p, 2 + SESSIONS, -1);
		if (p[1].revents && read(t->wake[0], &c, 1) == 1) {
			if (c == 'e')
				_exit(0);
			if (c == 'd')
				p[0].fd = -1;
			else
				t->off = c == '0';
			continue; /* in order: what was told before a client came counts for it */
		}
		for (size_t i = 2; i < 2 + SESSIONS; i++) {
			if (p[i].fd >= 0 && p[i].revents && read(p[i].fd, &c, 1) <= 0) {
				close(p[i].fd);
				p[i].fd = -1;
				open--;
			} else if (p[i].fd < 0 && p[0].fd >= 0 && (p[0].revents & POLLIN)) {
				toy_greet(start, t, word, &p[i].fd);
				open += p[i].fd >= 0;
				p[0].revents = 0;
			}
		}
	}
}

static int
toy_run(const struct worker_start *start)
{
	struct toy t = {.off = start->off};
	const struct worker_callbacks cb = {toy_drain, toy_end, toy_off, toy_status, &t};
	struct worker_control *w;
	char word[64];

	if (pipe(t.wake) != 0 || read_word(start->root, start->config, word) != 0)
		return 3;
	if (strcmp(word, "crash") == 0)
		return 4;
	w = worker_control_start(start->control_fd, &cb);
	if (strcmp(word, "fail") == 0) {
		worker_control_failed(w, VIEW("no resolver\n"));
		return 5;
	}
	if (w && worker_control_ready(w))
		toy_serve(start, &t, word);
	return 0;
}

static int
toy_store(const struct worker_start *start)
{
	char c;

	if (worker_control_say(start->control_fd, "ready", VIEW("")) != 0)
		return 1;
	while (read(start->control_fd, &c, 1) > 0)
		worker_control_say(start->control_fd, "status", VIEW(""));
	return 0;
}

/* ---- the daemon under test ---- */

struct daemon {
	char dir[64], config[96], run[96], work[96], good[96], socket[96], control[96];
	struct service service[1];
	int64_t drain_ms;
	pid_t pid;
};

static bool
toy_plan(void *ctx, const char *root, struct plan *out, struct buf *why)
{
	struct daemon *d = ctx;
	char word[64];

	if (read_word(root, d->config, word) == 0 && strcmp(word, "unreadable") == 0) {
		buf_str(why, "postern.conf:1: unreadable\n");
		return false;
	}
	*out = (struct plan){.service = d->service, .n = 1, .drain_ms = d->drain_ms};
	return true;
}

static void
toy_settle(void *ctx, bool accepted)
{
}

static void
write_config(const struct daemon *d, const char *word)
{
	int fd = open(d->config, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, word, strlen(word)) < 0)
		abort();
	close(fd);
}

/* The workers of a killed supervisor let go of it when they see that it is gone. */
static int
listen_on(const char *path)
{
	struct listener_address a = {.family = LISTENER_UNIX};
	struct buf why;
	int fd = -1;

	snprintf(a.path, sizeof(a.path), "%s", path);
	buf_init(&why, 65536);
	for (int64_t end = clock_mono_ms() + PATIENCE_MS; fd < 0 && clock_mono_ms() < end; usleep(2000))
		fd = listener_open(&a, &(struct listener_owner){geteuid(), getegid(), 0666}, &why);
	buf_done(&why);
	return fd;
}

static int
run_daemon(struct daemon *d)
{
	static const struct service steady[] = {{"store", NULL, toy_store, -1, NULL}};
	struct supervisor_options o = {.generations = {.config = d->config, .run_dir = d->run,
		.work_dir = d->work, .last_good = d->good, .steady = steady, .n_steady = 1,
		.check = toy_check, .plan = toy_plan, .settle = toy_settle, .ctx = d, .stop_ms = 300}};
	struct privileges *p = &o.generations.fleet.privileges;
	struct buf why;
	int r;

	buf_init(&why, 4096);
	privileges_own(p);
	if (geteuid() == 0 && privileges_find("nobody", p) != 0)
		return 90;
	d->service[0] = (struct service){"toy", "main", toy_run, listen_on(d->socket), NULL};
	o.control = control_open(d->control, p->uid, p->gid, &why);
	if (d->service[0].listen_fd < 0 || !o.control || folder_own(d->good, &(struct folder_owner){p->uid,
		p->gid, 0700}) != 0) {
		fprintf(stderr, "%.*s\n", VIEW_ARG(buf_view(&why)));
		return 91;
	}
	strcat(d->good, "/set"); /* the folder above must be the service user's */
	o.generations.fleet.log_level = LOG_LEVEL_ERROR;
	r = supervisor_run(&o);
	control_close(o.control);
	return r;
}

static void
quiet(void)
{
	int null = open("/dev/null", O_WRONLY);

	if (!getenv("UNIT_VERBOSE"))
		dup2(null, STDERR_FILENO);
	close(null);
}

static void
launch(struct daemon *d)
{
	d->pid = fork();
	if (d->pid == 0) {
		quiet();
		_exit(run_daemon(d));
	}
}

static void
prepare(struct daemon *d, const char *word)
{
	*d = (struct daemon){.dir = "/tmp/postern-test-XXXXXX", .drain_ms = 60000};
	if (!mkdtemp(d->dir) || chmod(d->dir, 0755) != 0)
		abort();
	snprintf(d->config, sizeof(d->config), "%s/toy.conf", d->dir);
	snprintf(d->run, sizeof(d->run), "%s", d->dir);
	snprintf(d->work, sizeof(d->work), "%s/work", d->dir);
	snprintf(d->good, sizeof(d->good), "%s/state", d->dir);
	snprintf(d->socket, sizeof(d->socket), "%s/s", d->dir);
	snprintf(d->control, sizeof(d->control), "%s/c", d->dir);
	write_config(d, word);
}

/* Its exit status, after SIGTERM; -1 if it does not end. */
static int
stop(struct daemon *d)
{
	int status = -1;

	kill(d->pid, SIGTERM);
	for (int64_t end = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < end; usleep(2000))
		if (waitpid(d->pid, &status, WNOHANG) == d->pid) {
			mirror_remove(d->dir);
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		}
	kill(d->pid, SIGKILL);
	return -1;
}

static int
dial(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	for (int64_t end = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < end; usleep(2000))
		if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
			return fd;
	close(fd);
	return -1;
}

struct visit {
	int fd, pid;
	unsigned generation;
	char off[8], word[64];
};

/* True if there is something to read, or the end of file, in time. */
static bool
hears(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, PATIENCE_MS) == 1;
}

/* A session: stays open until leave. */
static struct visit
visit(const struct daemon *d)
{
	struct visit v = {.fd = dial(d->socket)};
	struct view rest, part[4] = {{0}};
	uint64_t pid = 0, generation = 0;
	char line[128];
	ssize_t n = v.fd >= 0 && hears(v.fd) ? read(v.fd, line, sizeof(line)) : 0;

	rest = view_trim(view_of(line, n > 0 ? (size_t)n : 0));
	for (int i = 0; i < 4; i++)
		view_split(&rest, ' ', &part[i]);
	view_number(part[0], INT32_MAX, &pid);
	view_number(part[1], 1000, &generation);
	v.pid = (int)pid;
	v.generation = (unsigned)generation;
	snprintf(v.off, sizeof(v.off), "%.*s", VIEW_ARG(part[2]));
	snprintf(v.word, sizeof(v.word), "%.*s", VIEW_ARG(part[3]));
	return v;
}

static void
leave(struct visit *v)
{
	close(v->fd);
}

static bool
is_open(const struct visit *v)
{
	struct pollfd p = {v->fd, POLLIN, 0};

	return poll(&p, 1, 0) == 0;
}

/* A visit that leaves at once. */
static struct visit
peek(const struct daemon *d)
{
	struct visit v = visit(d);

	leave(&v);
	return v;
}

/* A session with that generation: the one before may take a client until it hears that it is over. */
static struct visit
visit_of(const struct daemon *d, unsigned generation)
{
	struct visit v;

	for (int64_t end = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < end; leave(&v)) {
		v = visit(d);
		if (v.generation == generation)
			break;
	}
	return v;
}

static char reply[8192];

static enum control_call_result
ask(const struct daemon *d, const char *request)
{
	enum control_call_result r;
	struct buf out;

	buf_init(&out, sizeof(reply) - 1);
	r = control_call(d->control, request, PATIENCE_MS, &out);
	snprintf(reply, sizeof(reply), "%.*s", VIEW_ARG(buf_view(&out)));
	buf_done(&out);
	return r;
}

static size_t
entries(const char *path, const char *prefix)
{
	char command[200];
	size_t n = 0;
	FILE *f;

	snprintf(command, sizeof(command), "ls %s", path);
	f = popen(command, "r");
	while (f && fgets(command, sizeof(command), f))
		n += strncmp(command, prefix, strlen(prefix)) == 0;
	if (f)
		pclose(f);
	return n;
}

static bool
comes_to(size_t (*measure)(const struct daemon *d), const struct daemon *d, size_t want)
{
	for (int64_t end = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < end; usleep(5000))
		if (measure(d) == want)
			return true;
	return false;
}

/* ---- the tests ---- */

static void
serves_and_tells(void)
{
	struct daemon d;
	struct visit v;

	prepare(&d, "one");
	launch(&d);
	v = visit(&d);
	CU_ASSERT_STRING_EQUAL(v.word, "one");
	CU_ASSERT_EQUAL(v.generation, 1);
	CU_ASSERT_EQUAL(ask(&d, "status"), CONTROL_CALL_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(reply, "postern is on, serving, generation 1"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reply, "sessions 7"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reply, "mood calm\\x1b[31m"));
	CU_ASSERT_EQUAL(ask(&d, "status json"), CONTROL_CALL_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(reply, "\"counters\":{\"sessions\":7"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reply, "\"name\":\"store\",\"state\":\"serving\""));
	CU_ASSERT_EQUAL(ask(&d, "dance"), CONTROL_CALL_FAILED);
	leave(&v);
	CU_ASSERT_EQUAL(stop(&d), 0);
}

static void
restarts_what_was_killed(void)
{
	struct daemon d;
	struct visit first, second;

	prepare(&d, "one");
	launch(&d);
	first = peek(&d);
	kill(first.pid, SIGKILL);
	second = peek(&d); /* waits in the backlog meanwhile */
	CU_ASSERT_STRING_EQUAL(second.word, "one");
	CU_ASSERT_NOT_EQUAL(first.pid, second.pid);
	ask(&d, "status json");
	CU_ASSERT_PTR_NOT_NULL(strstr(reply, "\"restarts\":1"));
	CU_ASSERT_EQUAL(stop(&d), 0);
}

static void
drains_the_old(void)
{
	struct daemon d;
	struct visit old, fresh;

	prepare(&d, "one");
	launch(&d);
	old = visit(&d);
	write_config(&d, "two");
	CU_ASSERT_EQUAL(ask(&d, "reload"), CONTROL_CALL_OK);
	fresh = visit_of(&d, 2);
	CU_ASSERT_STRING_EQUAL(fresh.word, "two");
	CU_ASSERT_TRUE(is_open(&old));
	leave(&fresh);
	ask(&d, "status");
	CU_ASSERT_PTR_NOT_NULL(strstr(reply, "draining"));
	leave(&old);
	for (int64_t end = clock_mono_ms() + PATIENCE_MS;
		clock_mono_ms() < end && strstr(reply, "draining"); usleep(5000))
		ask(&d, "status");
	CU_ASSERT_PTR_NULL(strstr(reply, "draining"));
	CU_ASSERT_EQUAL(stop(&d), 0);
}

static void
refuses_what_does_not_work(void)
{
	static const struct {
		const char *word, *text;
	} cases[] = {
		{"bad", "toy:1:1: error: bad\n  1 | bad"},
		{"crash", "toy ended with status 4 before it was ready"},
		{"fail", "no resolver"},
		{"unreadable", "postern.conf:1: unreadable"},
	};
	struct daemon d;
	struct visit before, after;

	prepare(&d, "one");
	launch(&d);
	before = peek(&d);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		write_config(&d, cases[i].word);
		UNIT_CASE(ask(&d, "reload") == CONTROL_CALL_FAILED, cases[i].word);
		UNIT_CASE(strstr(reply, cases[i].text), cases[i].word);
		after = peek(&d);
		UNIT_CASE(after.pid == before.pid, cases[i].word);
		ask(&d, "status");
		UNIT_CASE(strstr(reply, "last reload: refused"), cases[i].word);
	}
	kill(before.pid, SIGKILL); /* the next reads what was accepted, not what lies there */
	after = peek(&d);
	CU_ASSERT_STRING_EQUAL(after.word, "one");
	CU_ASSERT_EQUAL(after.generation, 1);
	CU_ASSERT_EQUAL(stop(&d), 0);
}

static void
lets_two_generations_drain(void)
{
	struct daemon d;
	struct visit v[4];

	prepare(&d, "w");
	launch(&d);
	for (int i = 0; i < 4; i++) {
		v[i] = visit_of(&d, (unsigned)i + 1);
		CU_ASSERT_EQUAL(v[i].generation, (unsigned)i + 1);
		if (i < 3)
			CU_ASSERT_EQUAL(ask(&d, "reload"), CONTROL_CALL_OK);
	}
	CU_ASSERT_TRUE(hears(v[0].fd)); /* ended */
	for (int i = 1; i < 4; i++)
		CU_ASSERT_TRUE(is_open(&v[i]));
	for (int i = 0; i < 4; i++)
		leave(&v[i]);
	CU_ASSERT_EQUAL(stop(&d), 0);
}

static void
ends_what_drains_too_long(void)
{
	struct daemon d;
	struct visit v;
	int64_t start;

	prepare(&d, "w");
	d.drain_ms = 150;
	launch(&d);
	v = visit(&d);
	start = clock_mono_ms();
	CU_ASSERT_EQUAL(ask(&d, "reload"), CONTROL_CALL_OK);
	CU_ASSERT_TRUE(hears(v.fd));
	CU_ASSERT_TRUE(clock_mono_ms() - start >= 150);
	leave(&v);
	CU_ASSERT_EQUAL(stop(&d), 0);
}

static void
remembers_off(void)
{
	struct daemon d;
	struct visit v;

	prepare(&d, "w");
	launch(&d);
	CU_ASSERT_STRING_EQUAL(peek(&d).off, "on");
	CU_ASSERT_EQUAL(ask(&d, "off"), CONTROL_CALL_OK);
	ask(&d, "status json"); /* answered after off was obeyed */
	CU_ASSERT_PTR_NOT_NULL(strstr(reply, "\"off\":true"));
	v = peek(&d);
	CU_ASSERT_STRING_EQUAL(v.off, "off");
	kill(v.pid, SIGKILL);
	CU_ASSERT_STRING_EQUAL(peek(&d).off, "off");
	ask(&d, "reload");
	CU_ASSERT_STRING_EQUAL(peek(&d).off, "off");
	CU_ASSERT_EQUAL(ask(&d, "on"), CONTROL_CALL_OK);
	ask(&d, "status json");
	CU_ASSERT_STRING_EQUAL(peek(&d).off, "on");
	CU_ASSERT_EQUAL(stop(&d), 0);
}

static size_t
descriptors(const struct daemon *d)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)d->pid);
	return entries(path, "");
}

static size_t
generation_folders(const struct daemon *d)
{
	return entries(d->run, "gen-");
}

static void
leaks_nothing(void)
{
	struct daemon d;
	struct visit v;
	size_t before;

	prepare(&d, "w");
	launch(&d);
	peek(&d);
	ask(&d, "reload");
	CU_ASSERT_TRUE(comes_to(generation_folders, &d, 1));
	before = descriptors(&d);
	for (int i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(ask(&d, "reload"), CONTROL_CALL_OK);
	CU_ASSERT_TRUE(comes_to(generation_folders, &d, 1));
	CU_ASSERT_TRUE(comes_to(descriptors, &d, before));
	v = visit_of(&d, 22);
	CU_ASSERT_EQUAL(v.generation, 22);
	leave(&v);
	CU_ASSERT_EQUAL(stop(&d), 0);
}

static void
obeys_hangup(void)
{
	struct daemon d;
	struct visit v;

	prepare(&d, "one");
	launch(&d);
	peek(&d);
	write_config(&d, "two");
	kill(d.pid, SIGHUP);
	v = visit_of(&d, 2);
	CU_ASSERT_STRING_EQUAL(v.word, "two");
	leave(&v);
	CU_ASSERT_EQUAL(stop(&d), 0);
}

/* The kept copy is there once status no longer shows the keeper. */
static bool
has_kept(const struct daemon *d)
{
	for (int64_t end = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < end; usleep(5000)) {
		char path[128];

		snprintf(path, sizeof(path), "%s/state/set", d->dir);
		ask(d, "status");
		if (!strstr(reply, "keep") && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static void
starts_with_the_last_good(void)
{
	struct daemon d;
	struct visit v;
	int status;

	prepare(&d, "fine");
	launch(&d);
	peek(&d);
	CU_ASSERT_TRUE(has_kept(&d));
	kill(d.pid, SIGKILL); /* even so */
	waitpid(d.pid, &status, 0);
	write_config(&d, "bad");
	launch(&d);
	CU_ASSERT_STRING_EQUAL(peek(&d).word, "fine");
	ask(&d, "status");
	CU_ASSERT_PTR_NOT_NULL(strstr(reply, "WARNING: the last good configuration serves"));
	CU_ASSERT_PTR_NOT_NULL(strstr(reply, "error: bad"));
	write_config(&d, "mended");
	CU_ASSERT_EQUAL(ask(&d, "reload"), CONTROL_CALL_OK);
	v = visit_of(&d, 3); /* the first was refused */
	CU_ASSERT_STRING_EQUAL(v.word, "mended");
	leave(&v);
	ask(&d, "status");
	CU_ASSERT_PTR_NULL(strstr(reply, "WARNING"));
	CU_ASSERT_EQUAL(stop(&d), 0);
}

static void
does_not_start_without(void)
{
	struct daemon d;
	int status = 0;

	prepare(&d, "bad");
	launch(&d);
	CU_ASSERT_EQUAL(waitpid(d.pid, &status, 0), d.pid);
	CU_ASSERT_EQUAL(WEXITSTATUS(status), SUPERVISOR_EXIT_CONFIG);
	mirror_remove(d.dir);
}

static void
stops_in_order(void)
{
	struct daemon d;
	struct visit v;

	prepare(&d, "w");
	launch(&d);
	v = visit(&d);
	CU_ASSERT_EQUAL(stop(&d), 0); /* after stop_ms, though a session is open */
	CU_ASSERT_TRUE(hears(v.fd));
	CU_ASSERT_EQUAL(kill(v.pid, 0), -1);
	leave(&v);
}

static void
workers_drain_without_supervisor(void)
{
	struct daemon d;
	struct visit v;
	int status;

	prepare(&d, "w");
	launch(&d);
	v = visit(&d);
	kill(d.pid, SIGKILL);
	waitpid(d.pid, &status, 0);
	CU_ASSERT_EQUAL(waitpid(v.pid, &status, WNOHANG), 0);
	CU_ASSERT_TRUE(is_open(&v)); /* the session goes on */
	leave(&v);
	CU_ASSERT_EQUAL(waitpid(v.pid, &status, 0), v.pid);
	mirror_remove(d.dir);
}

static const struct unit_test tests[] = {
	{"serves and tells its status", serves_and_tells},
	{"restarts a killed worker on the same socket", restarts_what_was_killed},
	{"reload lets the old worker finish", drains_the_old},
	{"a candidate that fails changes nothing", refuses_what_does_not_work},
	{"two generations drain, a third ends the oldest", lets_two_generations_drain},
	{"ends what drains too long", ends_what_drains_too_long},
	{"remembers off", remembers_off},
	{"leaks nothing over 20 reloads", leaks_nothing},
	{"SIGHUP is a reload", obeys_hangup},
	{"a broken configuration starts the last good one", starts_with_the_last_good},
	{"does not start without a configuration", does_not_start_without},
	{"stops in order", stops_in_order},
	{"workers drain when the supervisor is gone", workers_drain_without_supervisor},
};

int
main(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* orphans of a killed supervisor come here */
	return unit_main("io/supervisor", tests, sizeof(tests) / sizeof(*tests));
}
