/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/generations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/folder.h"
#include "io/mirror.h"

enum { ROOT_MAX = 256, REASON_MAX = CONTROL_LINE_MAX + 256, NOTE_MAX = 400 };

struct generation {
	unsigned number;
	enum { FREE, CHECKING, CANDIDATE, SERVING, DRAINING, ENDING } state;
	char root[ROOT_MAX];
	struct plan plan;
	bool planned;   /* settle is owed */
	bool last_good; /* loaded from there */
	char doubts[WORKER_STATUS_MAX + 1], note[NOTE_MAX]; /* its checker's; its plan's */
};

struct generations {
	const struct generations_options *o;
	void (*outcome)(void *ctx, enum outcome what, struct view text);
	void *outcome_ctx;
	struct fleet *fleet;
	struct generation all[GENERATIONS_MAX];
	struct generation *serving, *candidate;
	unsigned last_number;
	bool stopping, keep, fell_back;
	struct buf fallback;
	int64_t now;
};

static void refuse(struct generations *s, struct generation *g, struct view why);

static struct generation *
generation_of(struct generations *s, const struct fleet_member *m)
{
	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		if (s->all[i].state != FREE && s->all[i].number == m->start.generation)
			return &s->all[i];
	return NULL;
}

/* Calls fn for the members of a generation; 0 = the steady ones. */
static void
each(struct generations *s, unsigned number,
	void (*fn)(struct generations *s, struct fleet_member *m))
{
	for (struct fleet_member *m = NULL; (m = fleet_next(s->fleet, m));)
		if (m->start.generation == number)
			fn(s, m);
}

static size_t
count(struct generations *s, unsigned number)
{
	size_t n = 0;

	for (struct fleet_member *m = NULL; (m = fleet_next(s->fleet, m));)
		n += m->start.generation == number;
	return n;
}

static void
kill_member(struct generations *s, struct fleet_member *m)
{
	fleet_kill(s->fleet, m);
}

static void
end_member(struct generations *s, struct fleet_member *m)
{
	if (m->state != FLEET_ENDING)
		fleet_end(s->fleet, m, s->now);
}

static void
serve_member(struct generations *s, struct fleet_member *m)
{
	if (m->state == FLEET_READY && !m->once)
		fleet_serve(s->fleet, m, s->now);
}

static void
drain_member(struct generations *s, struct fleet_member *m)
{
	const struct generation *g = generation_of(s, m);

	if (!m->once && m->state != FLEET_ENDING)
		fleet_drain(
			s->fleet, m, s->now, s->stopping || !g ? s->o->stop_ms : g->plan.drain_ms);
}

/* ---- one generation's way: begin, checker, workers, accepted or refused ---- */

static struct generation *
new_generation(struct generations *s)
{
	for (size_t i = 0; i < GENERATIONS_MAX; i++) {
		struct generation *g = &s->all[i];

		if (g->state != FREE)
			continue;
		*g = (struct generation){.number = ++s->last_number, .state = CHECKING};
		snprintf(g->root, sizeof(g->root), "%s/gen-%u", s->o->run_dir, g->number);
		return g;
	}
	return NULL;
}

/* g == NULL: of a steady service. */
static struct worker_start
start_of(const struct generations *s, const struct generation *g, const struct service *v)
{
	return (struct worker_start){.name = v->name,
		.listener = v->listener,
		.listen_fd = v->listen_fd,
		.arg = v->arg, .shared = s->o->shared,
		.any_source = v->any_source,
		.config = s->o->config,
		.root = g ? g->root : "",
		.run_dir = s->o->run_dir,
		.work_dir = s->o->work_dir,
		.generation = g ? g->number : 0};
}

static bool
start_checker(struct generations *s, struct generation *g, const char *root)
{
	const struct privileges *p = &s->o->fleet.privileges;
	const struct service check = {"check", NULL, s->o->check, -1, NULL, false};
	struct worker_start start = start_of(s, g, &check);

	start.root = root;
	start.keep = g->root;
	start.first = !s->serving;
	return folder_own(g->root, &(struct folder_owner){p->uid, p->gid, 0700}) == 0 &&
	       fleet_add(s->fleet, &start, s->o->check, true, s->now);
}

/* Makes a candidate of the files under root. */
static void
begin(struct generations *s, const char *root)
{
	struct generation *g = new_generation(s);
	struct buf why;

	if (!g) {
		s->outcome(s->outcome_ctx, OUTCOME_REFUSED,
			VIEW("earlier configurations are still ending: try again later\n"));
		return;
	}
	s->candidate = g;
	g->last_good = *root != 0;
	buf_init(&why, REASON_MAX);
	g->planned = s->o->plan(s->o->ctx, root, &g->plan, &why);
	snprintf(g->note, sizeof(g->note), "%.*s", VIEW_ARG(buf_view(&why)));
	if (!g->planned) {
		refuse(s, g, buf_view(&why));
	} else if (!start_checker(s, g, root)) {
		buf_printf(&why, "the checker cannot be started: %s\n", strerror(errno));
		refuse(s, g, buf_view(&why));
	}
	buf_done(&why);
}

void
generations_begin(struct generations *s, int64_t now)
{
	s->now = now;
	begin(s, "");
}

static void
limit_draining(struct generations *s)
{
	struct generation *oldest = NULL;
	size_t n = 0;

	for (size_t i = 0; i < GENERATIONS_MAX; i++) {
		struct generation *g = &s->all[i];

		if (g->state != DRAINING)
			continue;
		n++;
		if (!oldest || g->number < oldest->number)
			oldest = g;
	}
	if (n <= DRAINING_MAX)
		return;
	log_warn("drain", "generation=%u: ended, since %d younger ones drain", oldest->number, DRAINING_MAX);
	oldest->state = ENDING;
	each(s, oldest->number, end_member);
}

static void
accept_candidate(struct generations *s, struct generation *g)
{
	struct generation *old = s->serving;
	char text[NOTE_MAX + 80];

	s->candidate = NULL;
	s->serving = g;
	g->state = SERVING;
	each(s, g->number, serve_member);
	if (old) {
		old->state = DRAINING;
		each(s, old->number, drain_member);
		limit_draining(s);
	}
	s->o->settle(s->o->ctx, true);
	s->keep = !g->last_good;
	if (!g->last_good)
		buf_reset(&s->fallback);
	log_notice("generation", "generation=%u: serves%s", g->number,
		g->last_good ? ", from the last good configuration" : "");
	snprintf(text, sizeof(text), "generation %u serves\n%s", g->number, g->note);
	s->outcome(s->outcome_ctx, OUTCOME_ACCEPTED, view_str(text));
}

/* The set that was accepted last may be another file's. */
static bool
can_fall_back(const struct generations *s)
{
	char path[MIRROR_PATH_MAX];

	return !s->fell_back && mirror_path(s->o->last_good, s->o->config, path) == 0 &&
	       access(path, F_OK) == 0;
}

static void
refuse(struct generations *s, struct generation *g, struct view why)
{
	bool lost = !s->serving && !s->stopping && !can_fall_back(s);

	s->candidate = NULL;
	g->state = ENDING;
	each(s, g->number, kill_member);
	if (g->planned)
		s->o->settle(s->o->ctx, false);
	if (s->serving || lost || s->stopping) {
		s->outcome(s->outcome_ctx, lost ? OUTCOME_LOST : OUTCOME_REFUSED, why);
		return;
	}
	s->fell_back = true; /* once: the set that passed yesterday should pass today */
	buf_add(&s->fallback, why);
	s->outcome(s->outcome_ctx, OUTCOME_FALLBACK, why);
	begin(s, s->o->last_good);
}

static void
start_workers(struct generations *s, struct generation *g, struct view doubts)
{
	char text[200];

	g->state = CANDIDATE;
	snprintf(g->doubts, sizeof(g->doubts), "%.*s", VIEW_ARG(doubts));
	for (size_t i = 0; i < g->plan.n; i++) {
		const struct service *v = &g->plan.service[i];
		struct worker_start start = start_of(s, g, v);

		if (fleet_add(s->fleet, &start, v->run, false, s->now))
			continue;
		snprintf(text, sizeof(text), "%s cannot be started: %s\n", v->name, strerror(errno));
		refuse(s, g, view_str(text));
		return;
	}
}

/* ---- events of the fleet ---- */

static bool
all_ready(struct generations *s, const struct generation *g)
{
	size_t n = 0;

	for (struct fleet_member *m = NULL; (m = fleet_next(s->fleet, m));)
		n += m->start.generation == g->number && !m->once && m->state == FLEET_READY;
	return n == g->plan.n;
}

static void
on_ready(void *ctx, struct fleet_member *m)
{
	struct generations *s = ctx;
	struct generation *g = generation_of(s, m);

	if (!g || (g->state == SERVING && !m->once))
		fleet_serve(s->fleet, m, s->now);
	else if (g->state == CHECKING && m->once)
		start_workers(s, g, buf_view(&m->lines));
	else if (g->state == CANDIDATE && all_ready(s, g))
		accept_candidate(s, g);
}

static void
on_failed(void *ctx, struct fleet_member *m, struct view text)
{
	struct generations *s = ctx;
	struct generation *g = generation_of(s, m);

	if (g && g == s->candidate)
		refuse(s, g, text);
	else
		log_error(
			"worker-failed", "name=%s: %.*s", m->name, VIEW_ARG(view_head(text, 900)));
}

static void
on_gone(void *ctx, struct fleet_member *m, int status)
{
	struct generations *s = ctx;
	struct generation *g = generation_of(s, m);
	bool leaving = m->state == FLEET_DRAINING || m->state == FLEET_ENDING || s->stopping;
	bool expected = leaving || (m->once && status == 0 && (!g || g->state != CHECKING));
	char text[FLEET_NAME_MAX + 40], why[sizeof(text) + 40];

	fleet_describe_end(m, status, text, sizeof(text));
	log_event(expected ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "ended", "generation=%u: %s",
		m->start.generation, text);
	if (!leaving && !m->once && (!g || g->state == SERVING)) {
		fleet_restart(s->fleet, m, s->now);
		return;
	}
	fleet_remove(s->fleet, m);
	if (!expected && g && g == s->candidate) {
		snprintf(why, sizeof(why), "%s before it was ready\n", text);
		refuse(s, g, view_str(why));
	}
}

/* ---- housekeeping ---- */

static int
keep_run(const struct worker_start *start)
{
	if (mirror_replace(start->root, start->keep) == 0)
		return 0;
	log_error(
		"keep", "the configuration cannot be kept in %s: %s", start->keep, strerror(errno));
	return 1;
}

/* The copy of last_good is made by an unprivileged process, one at a time. */
static void
start_keeper(struct generations *s)
{
	static const struct service keeper = {"keep", NULL, keep_run, -1, NULL, false};
	struct worker_start start = start_of(s, s->serving, &keeper);

	for (struct fleet_member *m = NULL; (m = fleet_next(s->fleet, m));)
		if (m->run == keep_run)
			return;
	s->keep = false;
	start.keep = s->o->last_good;
	if (!fleet_add(s->fleet, &start, keep_run, true, s->now))
		log_error("keep", "the keeper cannot be started: %s", strerror(errno));
}

/* A generation without processes needs its files no more. */
static void
retire(struct generations *s)
{
	for (size_t i = 0; i < GENERATIONS_MAX; i++) {
		struct generation *g = &s->all[i];

		if ((g->state != DRAINING && g->state != ENDING) || count(s, g->number))
			continue;
		if (mirror_remove(g->root) != 0)
			log_warn(
				"generation", "%s cannot be removed: %s", g->root, strerror(errno));
		g->state = FREE;
	}
}

/* Steady services see end of file as well, whatever they read. */
static void
release_steady(struct generations *s, struct fleet_member *m)
{
	if (m->state == FLEET_DRAINING || m->state == FLEET_ENDING)
		return;
	fleet_drain(s->fleet, m, s->now, s->o->stop_ms);
	child_close(&m->child);
}

void
generations_work(struct generations *s, int64_t now)
{
	size_t n = 0;

	s->now = now;
	fleet_work(s->fleet, now);
	retire(s);
	if (s->keep && !s->stopping)
		start_keeper(s);
	for (struct fleet_member *m = NULL; s->stopping && (m = fleet_next(s->fleet, m));)
		n += m->start.generation != 0;
	if (s->stopping && n == 0)
		each(s, 0, release_steady);
}

void
generations_stop(struct generations *s, int64_t now)
{
	bool again = s->stopping;
	struct generation *g = s->candidate;

	s->now = now;
	s->stopping = true;
	if (g)
		refuse(s, g, VIEW("postern is stopping\n"));
	for (struct fleet_member *m = NULL; (m = fleet_next(s->fleet, m));)
		if (m->start.generation)
			(again ? end_member : drain_member)(s, m);
}

bool
generations_is_gone(struct generations *s)
{
	return s->stopping && !fleet_next(s->fleet, NULL);
}

bool
generations_is_busy(const struct generations *s)
{
	for (size_t i = 0; i < GENERATIONS_MAX && !s->candidate; i++)
		if (s->all[i].state == FREE)
			return false;
	return true;
}

struct fleet *
generations_fleet(struct generations *s)
{
	return s->fleet;
}

unsigned
generations_serving(const struct generations *s)
{
	return s->serving ? s->serving->number : 0;
}

struct view
generations_fallback(const struct generations *s)
{
	return s->fallback.n ? buf_view(&s->fallback) : (struct view){NULL, 0};
}

struct view
generations_doubts(const struct generations *s)
{
	return view_str(s->serving && *s->serving->doubts ? s->serving->doubts : NULL);
}

struct generations *
generations_new(const struct generations_options *o,
	void (*outcome)(void *ctx, enum outcome what, struct view text), void *ctx)
{
	struct generations *s = calloc(1, sizeof(*s));
	struct fleet_events events = {on_ready, on_failed, on_gone, s};

	if (!s)
		log_die("out of memory");
	s->o = o;
	s->outcome = outcome;
	s->outcome_ctx = ctx;
	s->fleet = fleet_new(&o->fleet, &events);
	buf_init(&s->fallback, REASON_MAX);
	mirror_remove_all(o->run_dir, "gen-"); /* what an earlier supervisor left */
	return s;
}

int
generations_start(struct generations *s, int64_t now)
{
	for (size_t i = 0; i < s->o->n_steady; i++) {
		const struct service *v = &s->o->steady[i];
		struct worker_start start = start_of(s, NULL, v);

		if (!fleet_add(s->fleet, &start, v->run, false, now))
			return -1;
	}
	return 0;
}

void
generations_free(struct generations *s)
{
	if (!s)
		return;
	fleet_free(s->fleet);
	mirror_remove_all(s->o->run_dir, "gen-");
	buf_done(&s->fallback);
	free(s);
}
