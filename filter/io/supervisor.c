/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "io/event_line.h"
#include "io/status.h"
#include "util/clock.h"

enum {
	STATUS_WAIT_MS = 2000, /* for the workers' own lines: who is later does not answer */
	HEARD_WAIT_MS = 2000, /* until they have done what they were told */
	WORDS_MAX = 512,
	REPORT_LINES = 40     /* of a refusal, in the log */
};

struct supervisor {
	const struct supervisor_options *o;
	struct generations *generations;
	struct fleet *fleet; /* theirs */
	int signal_fd, exit_status;
	bool stopping;
	bool again; /* a reload waits for the end of this one; next_client, if any, asked for it */
	int64_t now, started, reload_time, status_due;
	const char *reload;
	struct buf reload_text;
	uint64_t reload_client, next_client;
	struct asking { /* waits for the workers' answers */
		uint64_t client;
		bool json;
		char words[WORDS_MAX]; /* the reply; "": the status */
	} asking[CONTROL_CLIENTS];
	size_t n_asking;
};

static void
stop(struct supervisor *s, int exit_status)
{
	if (!s->stopping)
		s->exit_status = exit_status;
	s->stopping = true;
	sd_notify(0, "STOPPING=1");
	log_info(
		"stop", "%s", exit_status ? "there is no configuration that can serve" : "as told");
	generations_stop(s->generations, s->now);
}

/* ---- answers that wait for the workers ---- */

static struct asking *
wait_for_workers(struct supervisor *s, uint64_t client, int64_t ms)
{
	struct asking *a = &s->asking[s->n_asking];

	if (s->n_asking == CONTROL_CLIENTS) {
		control_reply(s->o->control, client, false, VIEW("too many ask at once\n"));
		return NULL;
	}
	fleet_ask(s->fleet);
	if (s->n_asking++ == 0 || s->status_due < s->now + ms)
		s->status_due = s->now + ms;
	*a = (struct asking){.client = client};
	return a;
}

/* Workers obey in order: when they have answered, they have done what they were told before. */
static void
say_when_heard(struct supervisor *s, uint64_t client, struct view words)
{
	struct asking *a = client ? wait_for_workers(s, client, HEARD_WAIT_MS) : NULL;

	if (a)
		snprintf(a->words, sizeof(a->words), "%.*s", VIEW_ARG(words));
}

/* ---- what became of a start or a reload ---- */

static void
log_lines(const char *event, struct view text)
{
	struct view line;
	int n = 0;

	while (view_split(&text, '\n', &line))
		if (line.n && n++ < REPORT_LINES)
			log_error(event, "%.*s", VIEW_ARG(view_head(line, 900)));
}

static void
log_refusal(const struct supervisor *s, enum outcome what, struct view text)
{
	log_lines(what == OUTCOME_REFUSED ? "reload-refused" : "start-refused", text);
	if (what == OUTCOME_FALLBACK)
		log_error("fallback", "the last good configuration is started instead");
	else if (what == OUTCOME_LOST && !generations_fallback(s->generations).p)
		log_error("fallback", "there is no last good configuration to fall back to");
}

static void
notify_ready(struct supervisor *s, enum outcome what)
{
	sd_notifyf(0, "READY=1\nSTATUS=generation %u serves%s%s",
		generations_serving(s->generations),
		generations_fallback(s->generations).p ? ", from the last good configuration" : "",
		what == OUTCOME_REFUSED ? "; the last reload was refused" : "");
}

static void
on_outcome(void *ctx, enum outcome what, struct view text)
{
	struct supervisor *s = ctx;

	if (what != OUTCOME_ACCEPTED)
		log_refusal(s, what, text);
	else
		log_lines("doubt", generations_doubts(s->generations));
	if (s->reload) {
		s->reload = what == OUTCOME_ACCEPTED ? "accepted" : "refused";
		s->reload_time = s->now;
		buf_reset(&s->reload_text);
		buf_add(&s->reload_text, text);
	} else if (what == OUTCOME_ACCEPTED) {
		s->reload = "none"; /* that was the start */
	}
	if (what == OUTCOME_ACCEPTED)
		say_when_heard(s, s->reload_client, text);
	else
		control_reply(s->o->control, s->reload_client, false, text);
	s->reload_client = 0;
	if (what == OUTCOME_LOST)
		stop(s, SUPERVISOR_EXIT_CONFIG);
	else if (generations_serving(s->generations) && !s->stopping)
		notify_ready(s, what);
}

/* ---- commands ---- */

static void
request_reload(struct supervisor *s, uint64_t client)
{
	if (s->stopping) {
		control_reply(s->o->control, client, false, VIEW("postern is stopping\n"));
	} else if (!generations_is_busy(s->generations)) {
		s->reload_client = client;
		sd_notifyf(0,
			"RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=checking a new configuration",
			(long long)clock_mono_ms() * 1000);
		generations_begin(s->generations, s->now);
	} else if (client && s->next_client) {
		control_reply(s->o->control, client, false,
			VIEW("a reload is under way and another waits: try again later\n"));
	} else {
		s->again = true;
		s->next_client = client ? client : s->next_client;
	}
}

static void
next_reload(struct supervisor *s)
{
	uint64_t client = s->next_client;

	if (!s->again || (generations_is_busy(s->generations) && !s->stopping))
		return;
	s->again = false;
	s->next_client = 0;
	request_reload(s, client);
}

static void
set_off(struct supervisor *s, uint64_t client, bool off)
{
	fleet_set_off(s->fleet, off);
	log_warn("switch", off ? "off: all mail passes unjudged" : "on: mail is judged");
	say_when_heard(s, client,
		off ? VIEW("off: all mail passes unjudged until 'postern on'\n")
		    : VIEW("on: mail is judged\n"));
}

static void
turn_off(struct supervisor *s, uint64_t client)
{
	set_off(s, client, true);
}

static void
turn_on(struct supervisor *s, uint64_t client)
{
	set_off(s, client, false);
}

static void
ask_status(struct supervisor *s, uint64_t client, bool json)
{
	struct asking *a = wait_for_workers(s, client, STATUS_WAIT_MS);

	if (a)
		a->json = json;
}

static void
ask_text(struct supervisor *s, uint64_t client)
{
	ask_status(s, client, false);
}

static void
ask_json(struct supervisor *s, uint64_t client)
{
	ask_status(s, client, true);
}

static void
watch(struct supervisor *s, uint64_t client)
{
	control_subscribe(s->o->control, client);
}

static const struct command {
	const char *line;
	void (*run)(struct supervisor *s, uint64_t client);
} commands[] = {
	{"status", ask_text},
	{"status json", ask_json},
	{"reload", request_reload},
	{"off", turn_off},
	{"on", turn_on},
	{"watch", watch},
};

static void
on_command(void *ctx, uint64_t client, struct view line)
{
	struct supervisor *s = ctx;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (view_eq_str(line, commands[i].line)) {
			commands[i].run(s, client);
			return;
		}
	control_reply(s->o->control, client, false, VIEW("unknown request\n"));
}

static const char *
phase(const struct supervisor *s)
{
	if (s->stopping)
		return "stopping";
	if (!generations_serving(s->generations))
		return "starting";
	return generations_is_busy(s->generations) ? "reloading" : "serving";
}

static void
write_status(struct supervisor *s, bool json, struct buf *out)
{
	struct status_worker worker[FLEET_MAX];
	struct status st = {.off = fleet_is_off(s->fleet),
		.phase = phase(s),
		.pid = (int)getpid(),
		.memory = json ? status_memory((int)getpid()) : 0,
		.more = s->o->status,
		.ctx = s->o->status_ctx,
		.generation = generations_serving(s->generations),
		.seconds = (s->now - s->started) / 1000,
		.fallback = generations_fallback(s->generations),
		.doubts = generations_doubts(s->generations),
		.reload = s->reload ? s->reload : "none",
		.reload_text = buf_view(&s->reload_text),
		.reload_seconds = (s->now - s->reload_time) / 1000,
		.worker = worker};

	for (struct fleet_member *m = NULL; (m = fleet_next(s->fleet, m));)
		worker[st.n++] = (struct status_worker){.name = m->name,
			.state = fleet_state_name(m->state), .silent = m->asked > 0,
			.memory = json ? status_memory((int)m->child.pid) : 0, .pid = (int)m->child.pid,
			.generation = m->start.generation, .restarts = m->restarts,
			.seconds = (s->now - m->since) / 1000, .lines = buf_view(&m->lines)};
	(json ? status_json : status_text)(&st, out);
}

static void
answer_all(struct supervisor *s)
{
	struct buf out;

	buf_init(&out, CONTROL_REPLY_MAX);
	for (size_t i = 0; i < s->n_asking; i++) {
		const struct asking *a = &s->asking[i];

		buf_reset(&out);
		if (*a->words)
			buf_str(&out, a->words);
		else
			write_status(s, a->json, &out);
		control_reply(s->o->control, a->client, !out.over, buf_view(&out));
	}
	buf_done(&out);
	s->n_asking = 0;
}

/* ---- events for subscribers ---- */

static void
publish(struct supervisor *s, const struct event_line *e, const char *name, int pid)
{
	const struct event_source from = {name, pid, clock_wall()};
	struct buf line;

	buf_init(&line, EVENT_JSON_MAX);
	event_line_json(e, &from, &line);
	if (!line.over)
		control_publish(s->o->control, buf_view(&line));
	buf_done(&line);
}

static void
on_event(void *ctx, const struct fleet_member *m, struct view text)
{
	struct supervisor *s = ctx;
	struct event_line e;

	if (control_has_subscribers(s->o->control) && event_line_read(text, &e))
		publish(s, &e, m->name, (int)m->child.pid);
}

static void
on_log(void *ctx, enum log_level level, const char *event, struct view text)
{
	struct supervisor *s = ctx;

	if (control_has_subscribers(s->o->control))
		publish(s, &(struct event_line){level, view_str(event), text}, "postern", (int)getpid());
}

/* ---- the loop ---- */

static void
on_signals(struct supervisor *s)
{
	struct signalfd_siginfo si;

	while (read(s->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGHUP)
			request_reload(s, 0);
		else if (si.ssi_signo != SIGCHLD) /* the fleet reaps its own at every turn */
			stop(s, 0);
	}
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void
wait_for_work(struct supervisor *s)
{
	struct pollfd p[1 + CONTROL_POLL + FLEET_MAX];
	int64_t due = sooner(fleet_due(s->fleet), control_due(s->o->control)), left;
	size_t n = 0;

	if (s->n_asking)
		due = sooner(due, s->status_due);
	p[n++] = (struct pollfd){s->signal_fd, POLLIN, 0};
	n += control_poll(s->o->control, p + n);
	n += fleet_poll(s->fleet, p + n);
	left = due == INT64_MAX ? -1 : due - clock_mono_ms();
	if (left < 0 && due != INT64_MAX)
		left = 0;
	if (poll(p, n, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR)
		log_die("poll: %s", strerror(errno));
	s->now = clock_mono_ms();
}

static void
turn(struct supervisor *s)
{
	wait_for_work(s);
	on_signals(s);
	generations_work(s->generations, s->now);
	control_work(s->o->control, s->now, on_command, s);
	if (s->n_asking && (s->now >= s->status_due || fleet_all_answered(s->fleet)))
		answer_all(s);
	next_reload(s);
}

static int
take_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGCHLD};
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(&mask, numbers[i]);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
}

int
supervisor_run(const struct supervisor_options *o)
{
	struct supervisor s = {.o = o, .signal_fd = take_signals(), .now = clock_mono_ms()};

	if (s.signal_fd < 0)
		log_die("signalfd: %s", strerror(errno));
	s.started = s.reload_time = s.now;
	buf_init(&s.reload_text, CONTROL_LINE_MAX + 512);
	s.generations = generations_new(&o->generations, on_outcome, &s);
	s.fleet = generations_fleet(s.generations);
	fleet_on_event(s.fleet, on_event, &s);
	log_listen(on_log, &s);
	if (generations_start(s.generations, s.now) != 0)
		log_die("a service cannot be started: %s", strerror(errno));
	generations_begin(s.generations, s.now);
	while (!generations_is_gone(s.generations))
		turn(&s);
	generations_free(s.generations);
	log_listen(NULL, NULL);
	buf_done(&s.reload_text);
	close(s.signal_fd);
	return s.exit_status;
}
