/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/toy_daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/folder.h"
#include "io/listener.h"
#include "io/mirror.h"
#include "io/supervisor.h"
#include "io/worker_control.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

enum { PATIENCE_MS = TOY_DAEMON_PATIENCE_MS, SESSIONS = 8 };

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
		worker_control_say(
			start->control_fd, "failed", VIEW("toy:1:1: error: bad\n  1 | bad\n"));
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
	if (strcmp(word, "loud") == 0)
		log_warn("client", "mood=\"%s\" generation=%u", "gr\xc3\xbcmpf", start->generation);
	if (*fd >= 0)
		dprintf(*fd, "%d %u %s %s\n", (int)getpid(), start->generation,
			t->off ? "off" : "on", word);
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

static bool
toy_plan(void *ctx, const char *root, struct plan *out, struct buf *why)
{
	struct toy_daemon *d = ctx;
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

void
toy_daemon_configure(const struct toy_daemon *d, const char *word)
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
	for (int64_t end = clock_mono_ms() + PATIENCE_MS; fd < 0 && clock_mono_ms() < end;
		usleep(2000))
		fd = listener_open(&a, &(struct listener_owner){geteuid(), getegid(), 0666}, &why);
	buf_done(&why);
	return fd;
}

static int
run_daemon(struct toy_daemon *d)
{
	static const struct service steady[] = {{"store", NULL, toy_store, -1, NULL, false}};
	struct supervisor_options o = {.generations = {.config = d->config, .run_dir = d->run}};
	struct generations_options *g = &o.generations;
	struct privileges *p = &g->fleet.privileges;
	struct buf why;
	int r;

	buf_init(&why, 4096);
	privileges_own(p);
	if (geteuid() == 0 && privileges_find("nobody", p) != 0)
		return 90;
	d->service[0] = (struct service){"toy", "main", toy_run, listen_on(d->socket), NULL, false};
	o.control = control_open(d->control, p->uid, p->gid, &why);
	if (d->service[0].listen_fd < 0 || !o.control ||
		folder_own(d->state, &(struct folder_owner){p->uid, p->gid, 0700}) != 0) {
		fprintf(stderr, "%.*s\n", VIEW_ARG(buf_view(&why)));
		return 91;
	}
	g->work_dir = d->work;
	g->last_good = d->last_good;
	g->steady = steady;
	g->n_steady = 1;
	g->check = toy_check;
	g->plan = toy_plan;
	g->settle = toy_settle;
	g->ctx = d;
	g->stop_ms = 300;
	g->fleet.log_level = LOG_LEVEL_ERROR;
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

void
toy_daemon_launch(struct toy_daemon *d)
{
	d->pid = fork();
	if (d->pid == 0) {
		quiet();
		_exit(run_daemon(d));
	}
}

void
toy_daemon_prepare(struct toy_daemon *d, const char *word)
{
	*d = (struct toy_daemon){.dir = "/tmp/postern-test-XXXXXX", .drain_ms = 60000};
	if (!mkdtemp(d->dir) || chmod(d->dir, 0755) != 0)
		abort();
	snprintf(d->config, sizeof(d->config), "%s/toy.conf", d->dir);
	snprintf(d->run, sizeof(d->run), "%s", d->dir);
	snprintf(d->work, sizeof(d->work), "%s/work", d->dir);
	snprintf(d->state, sizeof(d->state), "%s/state", d->dir);
	snprintf(d->last_good, sizeof(d->last_good), "%s/state/set", d->dir);
	snprintf(d->socket, sizeof(d->socket), "%s/s", d->dir);
	snprintf(d->control, sizeof(d->control), "%s/c", d->dir);
	toy_daemon_configure(d, word);
}

int
toy_daemon_stop(struct toy_daemon *d)
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

bool
toy_daemon_hears(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, PATIENCE_MS) == 1;
}

struct toy_visit
toy_daemon_visit(const struct toy_daemon *d)
{
	struct toy_visit v = {.fd = dial(d->socket)};
	struct view rest, part[4] = {{0}};
	uint64_t pid = 0, generation = 0;
	char line[128];
	ssize_t n = v.fd >= 0 && toy_daemon_hears(v.fd) ? read(v.fd, line, sizeof(line)) : 0;

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

void
toy_daemon_leave(struct toy_visit *v)
{
	close(v->fd);
}

bool
toy_daemon_stays(const struct toy_visit *v)
{
	struct pollfd p = {v->fd, POLLIN, 0};

	return poll(&p, 1, 0) == 0;
}

struct toy_visit
toy_daemon_peek(const struct toy_daemon *d)
{
	struct toy_visit v = toy_daemon_visit(d);

	toy_daemon_leave(&v);
	return v;
}

struct toy_visit
toy_daemon_visit_of(const struct toy_daemon *d, unsigned generation)
{
	struct toy_visit v;

	for (int64_t end = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < end;
		toy_daemon_leave(&v)) {
		v = toy_daemon_visit(d);
		if (v.generation == generation)
			break;
	}
	return v;
}

enum control_call_result
toy_daemon_ask(struct toy_daemon *d, const char *request)
{
	enum control_call_result r;
	struct buf out;

	buf_init(&out, sizeof(d->reply) - 1);
	r = control_call(d->control, request, PATIENCE_MS, &out);
	snprintf(d->reply, sizeof(d->reply), "%.*s", VIEW_ARG(buf_view(&out)));
	buf_done(&out);
	return r;
}
