/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/fleet.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "io/worker_control.h"

enum { MESSAGES_A_TURN = 16 }; /* of one member: a talkative one must not starve the others */
enum { SECOND_MS = 1000 };

struct fleet {
	struct fleet_options o;
	struct fleet_events e;
	fleet_event *event;
	void *event_ctx;
	bool off;
	struct fleet_member member[FLEET_MAX];
	char message[CONTROL_LINE_MAX];
};

static const char *const state_names[] = {
	"free", "waiting", "starting", "ready", "serving", "draining", "ending"};

const char *
fleet_state_name(enum fleet_state s)
{
	return state_names[s];
}

struct fleet *
fleet_new(const struct fleet_options *o, const struct fleet_events *e)
{
	struct fleet *f = calloc(1, sizeof(*f));

	if (!f)
		log_die("out of memory");
	f->o = *o;
	f->e = *e;
	return f;
}

struct fleet_member *
fleet_next(struct fleet *f, const struct fleet_member *m)
{
	for (size_t i = m ? (size_t)(m - f->member) + 1 : 0; i < FLEET_MAX; i++)
		if (f->member[i].state != FLEET_FREE)
			return &f->member[i];
	return NULL;
}

void
fleet_remove(struct fleet *f, struct fleet_member *m)
{
	child_close(&m->child);
	buf_done(&m->lines);
	m->state = FLEET_FREE;
}

void
fleet_free(struct fleet *f)
{
	int status;

	for (struct fleet_member *m = NULL; f && (m = fleet_next(f, m));) {
		if (m->child.pid > 0 && kill(m->child.pid, SIGKILL) == 0)
			waitpid(m->child.pid, &status, 0);
		fleet_remove(f, m);
	}
	free(f);
}

/* A full socket means that it does not listen: its deadline will deal with it. */
static void
tell(struct fleet_member *m, const char *verb)
{
	if (m->child.control_fd < 0)
		return;
	if (send(m->child.control_fd, verb, strlen(verb), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
		errno != EPIPE && errno != ECONNRESET)
		log_warn("worker", "%s[%d] does not take '%s': %s", m->name, (int)m->child.pid,
			verb, strerror(errno));
}

static void
enter_state(struct fleet_member *m, enum fleet_state s, int64_t now, int64_t ms)
{
	m->state = s;
	m->due = ms ? now + ms : 0;
}

struct entry {
	const struct fleet *f;
	struct fleet_member *m;
};

static int
enter(void *arg, int control_fd)
{
	const struct entry *e = arg;

	log_open(e->f->o.log_target, e->m->name, e->f->o.log_level, e->f->o.log_journal);
	e->m->start.control_fd = control_fd;
	log_listen(worker_control_event, &e->m->start.control_fd);
	e->m->start.off = e->f->off;
	if (e->f->o.forget)
		e->f->o.forget(e->f->o.forget_ctx, &e->m->start);
	return e->m->run(&e->m->start);
}

static int
start_process(struct fleet *f, struct fleet_member *m, int64_t now)
{
	struct entry e = {f, m};
	struct privileges privileges = f->o.privileges;
	struct child_options o = {.name = m->name,
		.title = f->o.title,
		.run = enter,
		.arg = &e,
		.keep = {m->start.listen_fd},
		.n_keep = m->start.listen_fd >= 0,
		.privileges = &privileges};

	privileges.any_source = m->start.any_source;
	restart_started(&m->restart, now);
	m->since = now;
	if (child_start(&o, &m->child) != 0)
		return -1;
	enter_state(m, FLEET_STARTING, now, CANDIDATE_SECONDS * 1000);
	log_info("started", "name=%s pid=%d generation=%u", m->name, (int)m->child.pid,
		m->start.generation);
	return 0;
}

struct fleet_member *
fleet_add(
	struct fleet *f, const struct worker_start *start, worker_run *run, bool once, int64_t now)
{
	struct fleet_member *m = f->member;

	while (m < f->member + FLEET_MAX && m->state != FLEET_FREE)
		m++;
	errno = EAGAIN;
	if (m == f->member + FLEET_MAX)
		return NULL;
	*m = (struct fleet_member){
		.start = *start, .run = run, .once = once, .child.control_fd = -1};
	snprintf(m->name, sizeof(m->name), "%s", start->name);
	m->start.name = m->name;
	if (start->listener) {
		snprintf(m->listener, sizeof(m->listener), "%s", start->listener);
		m->start.listener = m->listener;
	}
	buf_init(&m->lines, WORKER_STATUS_MAX);
	if (start_process(f, m, now) == 0)
		return m;
	fleet_remove(f, m);
	return NULL;
}

void
fleet_serve(struct fleet *f, struct fleet_member *m, int64_t now)
{
	tell(m, "serve");
	enter_state(m, FLEET_SERVING, now, 0);
}

void
fleet_drain(struct fleet *f, struct fleet_member *m, int64_t now, int64_t ms)
{
	if (m->state == FLEET_WAITING) {
		fleet_remove(f, m);
		return;
	}
	tell(m, "drain");
	enter_state(m, FLEET_DRAINING, now, ms ? ms : 1);
}

void
fleet_end(struct fleet *f, struct fleet_member *m, int64_t now)
{
	if (m->state == FLEET_WAITING) {
		fleet_remove(f, m);
		return;
	}
	tell(m, "end");
	enter_state(m, FLEET_ENDING, now, END_SECONDS * 1000);
}

void
fleet_kill(struct fleet *f, struct fleet_member *m)
{
	if (m->child.pid > 0)
		kill(m->child.pid, SIGKILL);
	enter_state(m, FLEET_ENDING, 0, 0);
}

void
fleet_restart(struct fleet *f, struct fleet_member *m, int64_t now)
{
	int64_t at = restart_at(&m->restart, now);

	child_close(&m->child);
	buf_reset(&m->lines);
	m->asked = 0;
	m->start.again = true;
	m->restarts++;
	m->state = FLEET_WAITING;
	m->due = at;
	if (at > now)
		log_error("restart", "%s dies again and again: the next try is in %d s", m->name,
			(int)((at - now) / 1000));
}

void
fleet_set_off(struct fleet *f, bool off)
{
	f->off = off;
	for (struct fleet_member *m = NULL; (m = fleet_next(f, m));)
		if (!m->once)
			tell(m, off ? "off" : "on");
}

void
fleet_on_event(struct fleet *f, fleet_event *event, void *ctx)
{
	f->event = event;
	f->event_ctx = ctx;
}

bool
fleet_is_off(const struct fleet *f)
{
	return f->off;
}

void
fleet_ask(struct fleet *f)
{
	for (struct fleet_member *m = NULL; (m = fleet_next(f, m));) {
		if ((m->state != FLEET_SERVING && m->state != FLEET_DRAINING) || m->once)
			continue;
		m->asked++;
		tell(m, "status");
	}
}

bool
fleet_all_answered(const struct fleet *f)
{
	for (size_t i = 0; i < FLEET_MAX; i++)
		if (f->member[i].state != FLEET_FREE && f->member[i].asked)
			return false;
	return true;
}

size_t
fleet_poll(const struct fleet *f, struct pollfd *out)
{
	size_t n = 0;

	for (size_t i = 0; i < FLEET_MAX; i++)
		if (f->member[i].state != FLEET_FREE && f->member[i].child.control_fd >= 0)
			out[n++] = (struct pollfd){f->member[i].child.control_fd, POLLIN, 0};
	return n;
}

int64_t
fleet_due(const struct fleet *f)
{
	int64_t due = INT64_MAX;

	for (size_t i = 0; i < FLEET_MAX; i++) {
		const struct fleet_member *m = &f->member[i];

		if (m->state != FLEET_FREE && m->due && m->due < due)
			due = m->due;
		if (m->state != FLEET_FREE && m->dropped && m->second + SECOND_MS < due)
			due = m->second + SECOND_MS;
	}
	return due;
}

static void
hear_status(struct fleet *f, struct fleet_member *m, struct view text, int64_t now)
{
	buf_reset(&m->lines);
	buf_add(&m->lines, view_head(text, WORKER_STATUS_MAX));
	m->asked -= m->asked > 0;
}

static void
hear_ready(struct fleet *f, struct fleet_member *m, struct view text, int64_t now)
{
	if (m->state != FLEET_STARTING)
		return;
	enter_state(m, FLEET_READY, now, 0);
	hear_status(f, m, text, now);
	f->e.ready(f->e.ctx, m);
}

static void
hear_failed(struct fleet *f, struct fleet_member *m, struct view text, int64_t now)
{
	if (m->state == FLEET_STARTING)
		f->e.failed(f->e.ctx, m, text);
}

/* A process that is broken, or in wrong hands, shall not drown what others have to say. */
static void
hear_event(struct fleet *f, struct fleet_member *m, struct view text, int64_t now)
{
	if (m->heard == CONTROL_EVENTS_SECOND)
		m->dropped++;
	else if (f->event)
		f->event(f->event_ctx, m, text);
	m->heard += m->heard < CONTROL_EVENTS_SECOND;
}

static void
begin_second(struct fleet_member *m, int64_t now)
{
	if (m->dropped)
		log_warn("events-dropped", "name=%s dropped=%u limit=%d", m->name, m->dropped,
			CONTROL_EVENTS_SECOND);
	m->second = now;
	m->heard = m->dropped = 0;
}

static const struct report {
	const char *verb;
	void (*hear)(struct fleet *f, struct fleet_member *m, struct view text, int64_t now);
} reports[] = {
	{"ready", hear_ready},
	{"failed", hear_failed},
	{"status", hear_status},
	{"event", hear_event},
};

/* message = verb [ SP text ]. A final line end is tolerated. */
static void
hear(struct fleet *f, struct fleet_member *m, struct view message, int64_t now)
{
	size_t blank = view_find(message, ' ');
	struct view verb = view_trim(view_head(message, blank));

	for (size_t i = 0; i < sizeof(reports) / sizeof(*reports); i++)
		if (view_eq_str(verb, reports[i].verb)) {
			reports[i].hear(f, m, view_skip(message, blank + 1), now);
			return;
		}
	log_warn("worker", "%s[%d] says something unknown", m->name, (int)m->child.pid);
}

void
fleet_describe_end(const struct fleet_member *m, int status, char *out, size_t n)
{
	bool killed = WIFSIGNALED(status);

	if (m->state == FLEET_ENDING && (killed ? WTERMSIG(status) == SIGKILL : m->once))
		snprintf(out, n, "%s ended", m->name);
	else if (killed)
		snprintf(out, n, "%s was killed by signal %d", m->name, WTERMSIG(status));
	else
		snprintf(out, n, "%s ended with status %d", m->name, WEXITSTATUS(status));
}

/* End of file: it dies, or will never obey again. A process that is not reaped by then is
 * killed. */
static void
lose(struct fleet_member *m, int64_t now)
{
	child_close(&m->child);
	m->asked = 0;
	if (!m->due || m->due > now + END_SECONDS * 1000)
		m->due = now + END_SECONDS * 1000;
}

static void
listen_to(struct fleet *f, struct fleet_member *m, int64_t now)
{
	for (int i = 0; i < MESSAGES_A_TURN && m->state != FLEET_FREE && m->child.control_fd >= 0;
		i++) {
		ssize_t n = recv(m->child.control_fd, f->message, sizeof(f->message), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0)
			hear(f, m, view_of(f->message, (size_t)n), now);
		else
			lose(m, now);
	}
}

static void
be_late(struct fleet *f, struct fleet_member *m, int64_t now)
{
	switch (m->state) {
	case FLEET_WAITING:
		if (start_process(f, m, now) != 0) {
			log_error("restart", "%s cannot be started: %s", m->name, strerror(errno));
			fleet_restart(f, m, now);
		}
		return;
	case FLEET_STARTING:
		if (m->child.control_fd >= 0)
			f->e.failed(f->e.ctx, m, VIEW("it did not get ready in time"));
		kill(m->child.pid, SIGKILL);
		m->due = 0;
		return;
	case FLEET_DRAINING:
		log_info("drain", "name=%s pid=%d generation=%u: its time is up", m->name,
			(int)m->child.pid, m->start.generation);
		fleet_end(f, m, now);
		return;
	default:
		log_warn("killed", "name=%s pid=%d: it does not leave", m->name, (int)m->child.pid);
		kill(m->child.pid, SIGKILL);
		m->due = 0;
	}
}

void
fleet_work(struct fleet *f, int64_t now)
{
	int status;

	for (struct fleet_member *m = NULL; (m = fleet_next(f, m));) {
		if (now - m->second >= SECOND_MS)
			begin_second(m, now);
		listen_to(f, m, now);
		if (m->state != FLEET_FREE && child_reap(&m->child, &status)) {
			listen_to(f, m, now); /* its last words */
			begin_second(m, now);
			child_close(&m->child);
			f->e.gone(f->e.ctx, m, status);
		}
		if (m->state != FLEET_FREE && m->due && now >= m->due)
			be_late(f, m, now);
	}
}
