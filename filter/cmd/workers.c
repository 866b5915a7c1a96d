/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/workers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "checks/checks.h"
#include "cmd/assembly.h"
#include "cmd/memory.h"
#include "cmd/worker_core.h"
#include "engine/rehearsal.h"
#include "front/milter.h"
#include "io/mirror.h"
#include "io/worker_control.h"
#include "svc/dns_unbound.h"
#include "svc/store_server.h"
#include "util/clock.h"
#include "util/limits.h"
#include "util/log.h"

_Static_assert((int)SOURCE_PATH_MAX == (int)MIRROR_PATH_MAX, "policy/source.h and io/mirror.h agree");

/* ---- the checker ---- */

/* Of the tests that failed the first is told, then how many there were. */
static void
note_failure(void *ctx, const struct rehearsal_result *r)
{
	enum { MAX = 64 * 1024, SHOWN = WORKER_STATUS_MAX - 500 };
	struct buf *text = ctx, whole;

	if (rehearsal_passed(r) || text->n)
		return;
	buf_init(&whole, MAX);
	rehearsal_explain(r, &whole);
	buf_add(text, view_trim(view_head(buf_view(&whole), SHOWN)));
	buf_byte(text, '\n');
	buf_done(&whole);
}

static void
run_tests(const struct assembly *a, const struct source_tree *src, struct buf *text)
{
	const struct rehearsal r = {.settings = &a->settings, .checks = checks_all, .program = a->program,
		.facts = a->facts, .source = src, .of_site = true,
		.deadline_ms = clock_mono_ms() + TESTS_SECONDS * 1000};
	struct rehearsal_sum sum = rehearsal_run(&r, note_failure, text);

	if (sum.failed)
		buf_printf(text, "%zu of %zu tests of the rules failed; 'postern test' shows them\n",
			sum.failed, sum.run + sum.left);
	if (sum.left)
		buf_printf(text, "%zu of %zu tests of the rules were not run within %d seconds\n", sum.left,
			sum.run + sum.left, TESTS_SECONDS);
}

/* A test that fails refuses a reload; a start is not refused for it, or all mail would wait. */
int
workers_check(const struct worker_start *start)
{
	struct source_tree src = {.root = start->root, .place = mirror_path, .kept = start->keep,
		.keep = mirror_put};
	const struct assembly_reading what = {.conf = start->config, .source = &src};
	struct assembly a;
	struct buf text;
	bool ok = assembly_read(&a, &what);

	buf_init(&text, WORKER_STATUS_MAX);
	if (ok)
		run_tests(&a, &src, &text);
	if (!ok)
		worker_core_tell(start, &a);
	else
		worker_control_say(start->control_fd, text.n && !start->first ? "failed" : "ready",
			buf_view(&text));
	ok &= text.n == 0 || start->first;
	buf_done(&text);
	assembly_done(&a);
	return ok ? EX_OK : EX_CONFIG;
}

/* ---- the milter ---- */

static void
on_drain(void *ctx)
{
	(void)ctx;
	milter_drain();
}

static void
on_end(void *ctx)
{
	(void)ctx;
	milter_end();
}

static void
on_off(void *ctx, bool off)
{
	(void)ctx;
	milter_set_off(off);
}

static void
on_status(void *ctx, struct buf *out)
{
	const struct worker_core *w = ctx;
	struct milter_counters m;

	milter_count(&m);
	buf_printf(out, "connections %llu\nopen %llu\noverloaded %llu\n", (unsigned long long)m.connections,
		(unsigned long long)m.open, (unsigned long long)m.overloaded);
	worker_core_status(w, out);
}

static int
serve(struct worker_core *w, const struct worker_start *start)
{
	const struct program *p = w->a.program;
	const struct worker_callbacks callbacks = {on_drain, on_end, on_off, on_status, w};
	struct milter_options o = {.engine = w->a.engine, .name = start->listener,
		.listen_fd = start->listen_fd, .work_dir = start->work_dir,
		.sessions_max = (size_t)w->a.conf->milter_sessions,
		.connect_replies = p->at_stage[STAGE_CONNECT], .helo_replies = p->at_stage[STAGE_HELO],
		.data_replies = p->at_stage[STAGE_DATA], .header_replies = p->at_stage[STAGE_HEADER],
		.off = start->off};
	struct worker_control *control;

	/* libmilter opens its socket now, but accepts nothing before it is told to serve. */
	if (milter_open(&o) != 0)
		return worker_core_fail(start, "libmilter cannot take over the listening socket");
	control = worker_control_start(start->control_fd, &callbacks);
	if (!control)
		return worker_core_fail(start, "no thread for the control socket");
	if (!worker_control_ready(control))
		return EX_OK;
	log_info("serving", "generation=%u listener=%s rules=%zu", start->generation, start->listener,
		p->n_rules);
	return milter_serve() == 0 ? EX_OK : EX_SOFTWARE;
}

int
workers_milter(const struct worker_start *start)
{
	struct worker_core w;
	int status = worker_core_open(&w, start);

	return status == EX_OK ? serve(&w, start) : status;
}

/* ---- the store ---- */

/* What the control thread needs of the store. */
struct store_work {
	const struct memory *memory;
	int pipe; /* closed: it ends */
	struct store_gauge gauge;
};

static void
close_pipe(void *ctx)
{
	struct store_work *w = ctx;

	if (w->pipe >= 0)
		close(w->pipe);
	w->pipe = -1;
}

static void
on_store_status(void *ctx, struct buf *out)
{
	const struct store_work *w = ctx;
	const struct store_gauge *g = &w->gauge;

	buf_printf(out,
		"in-memory %d\nfile-failures %llu\nrecords %llu\nfile-bytes %llu\nmemory-bytes %llu\n",
		atomic_load(&g->in_memory), (unsigned long long)atomic_load(&g->failures),
		(unsigned long long)atomic_load(&g->records), (unsigned long long)atomic_load(&g->bytes),
		(unsigned long long)atomic_load(&g->waiting));
	if (w->memory->n)
		buf_printf(out, "redis-up %d\n", atomic_load(&g->redis_up));
}

int
workers_store(const struct worker_start *start)
{
	const struct memory *memory = start->arg;
	struct store_redis_options redis;
	struct arena *a;
	bool shared;
	int p[2], status;
	struct store_work w = {.memory = memory, .pipe = -1};
	struct worker_callbacks callbacks = {close_pipe, close_pipe, NULL, on_store_status, &w};
	struct worker_control *control;

	if (pipe2(p, 0) != 0)
		return worker_core_fail(start, "no pipe");
	w.pipe = p[1];
	control = worker_control_start(start->control_fd, &callbacks);
	if (!control)
		return worker_core_fail(start, "no thread for the control socket");
	if (!worker_control_ready(control))
		return EX_OK;
	a = arena_new();
	shared = memory_redis(memory, a, &redis);
	status = store_server_run(start->listen_fd, p[0], memory->file, shared ? &redis : NULL, &w.gauge);
	arena_free(a);
	return status == 0 ? EX_OK : EX_SOFTWARE;
}
