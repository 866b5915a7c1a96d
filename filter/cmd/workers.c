/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/workers.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <sysexits.h>
#include <unistd.h>

#include "checks/checks.h"
#include "cmd/assembly.h"
#include "cmd/evidence_file.h"
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

/* ---- what all have in common ---- */

/* All that is wrong, as an administrator should read it. */
static void
say_failed(const struct worker_start *start, const struct assembly *a)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		log_die("out of memory");
	diag_show(a->diag, f);
	fclose(f);
	worker_control_say(start->control_fd, "failed", view_of(text, n));
	free(text);
}

static int
fail(const struct worker_start *start, const char *what)
{
	worker_control_say(start->control_fd, "failed", view_str(what));
	return EX_CONFIG;
}

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
		say_failed(start, &a);
	else
		worker_control_say(start->control_fd, text.n && !start->first ? "failed" : "ready",
			buf_view(&text));
	ok &= text.n == 0 || start->first;
	buf_done(&text);
	assembly_done(&a);
	return ok ? EX_OK : EX_CONFIG;
}

/* ---- the milter ---- */

struct milter_worker {
	struct assembly a;
	struct evidence_file *evidence, *dmarc; /* NULL = not kept */
};

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
status_engine(const struct engine *e, struct buf *out)
{
	struct engine_counters n;

	engine_count(e, &n);
	buf_printf(out, "transactions %llu\naccepted %llu\ntagged %llu\nrejected %llu\ndeferred %llu\n"
		"greylisted %llu\ndiscarded %llu\nquarantined %llu\nwith-unknowns %llu\n"
		"passed-without-store %llu\nregex-overruns %llu\n", (unsigned long long)n.transactions,
		(unsigned long long)n.accepted, (unsigned long long)n.tagged,
		(unsigned long long)n.rejected, (unsigned long long)n.deferred,
		(unsigned long long)n.greylisted, (unsigned long long)n.discarded,
		(unsigned long long)n.quarantined, (unsigned long long)n.unknown,
		(unsigned long long)n.store_passed, (unsigned long long)n.regex_overruns);
}

static void
status_services(const struct milter_worker *w, struct buf *out)
{
	struct dns_counters d;
	struct store_counters s;

	dns_count(w->a.dns, &d);
	store_count(w->a.store, &s);
	buf_printf(out, "dns-questions %llu\ndns-cache-hits %llu\ndns-failures %llu\ndns-timeouts %llu\n"
		"dns-outage %d\ndns-hijacked %d\nstore-calls %llu\nstore-failures %llu\n",
		(unsigned long long)d.asked,
		(unsigned long long)d.cache_hits, (unsigned long long)d.tempfail,
		(unsigned long long)d.timeouts, d.outage, d.hijacked, (unsigned long long)s.calls,
		(unsigned long long)s.failures);
	if (w->evidence)
		buf_printf(out, "evidence-lost %llu\n",
			(unsigned long long)evidence_file_lost(w->evidence));
	if (w->dmarc)
		buf_printf(out, "dmarc-lost %llu\n", (unsigned long long)evidence_file_lost(w->dmarc));
}

static void
on_status(void *ctx, struct buf *out)
{
	const struct milter_worker *w = ctx;
	struct milter_counters m;

	milter_count(&m);
	buf_printf(out, "connections %llu\nopen %llu\noverloaded %llu\n", (unsigned long long)m.connections,
		(unsigned long long)m.open, (unsigned long long)m.overloaded);
	status_engine(w->a.engine, out);
	status_services(w, out);
}

static bool
begin(struct milter_worker *w, const struct worker_start *start, char *why, size_t n)
{
	struct assembly *a = &w->a;
	char *path = arena_cstr(a->arena, arena_printf(a->arena, "%s/store.sock", start->run_dir));

	a->store = store_connect(path, (uint32_t)a->conf->store_timeout);
	if (a->conf->evidence_file) {
		w->evidence = evidence_file_new(a->conf->evidence_file);
		a->options.sink = evidence_file_write;
		a->options.sink_ctx = w->evidence;
	}
	if (a->conf->dmarc_history) {
		w->dmarc = evidence_file_new_daily(a->conf->dmarc_history);
		a->options.dmarc_sink = evidence_file_write;
		a->options.dmarc_sink_ctx = w->dmarc;
	}
	if (!assembly_dns_live(a, why, n))
		return false;
	assembly_engine(a);
	return true;
}

static int
serve(struct milter_worker *w, const struct worker_start *start)
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
		return fail(start, "libmilter cannot take over the listening socket");
	control = worker_control_start(start->control_fd, &callbacks);
	if (!control)
		return fail(start, "no thread for the control socket");
	if (!worker_control_ready(control))
		return EX_OK;
	log_info("serving", "generation=%u listener=%s rules=%zu", start->generation, start->listener,
		p->n_rules);
	return milter_serve() == 0 ? EX_OK : EX_SOFTWARE;
}

int
workers_milter(const struct worker_start *start)
{
	struct source_tree src = {.root = start->root, .place = mirror_path};
	const struct assembly_reading what = {.conf = start->config, .source = &src};
	struct milter_worker w = {.evidence = NULL};
	char why[500];

	if (!assembly_read(&w.a, &what)) {
		say_failed(start, &w.a);
		return EX_CONFIG;
	}
	/* Each of malloc's arenas keeps what its threads freed, and it would make eight a processor. */
	mallopt(M_ARENA_MAX, 2 * get_nprocs());
	if (!begin(&w, start, why, sizeof(why)))
		return fail(start, why);
	return serve(&w, start);
}

/* ---- the store ---- */

static void
close_pipe(void *ctx)
{
	int *fd = ctx;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int
workers_store(const struct worker_start *start)
{
	int p[2], status;
	struct worker_callbacks callbacks = {close_pipe, close_pipe, NULL, NULL, &p[1]};
	struct worker_control *control;

	if (pipe2(p, 0) != 0)
		return fail(start, "no pipe");
	control = worker_control_start(start->control_fd, &callbacks);
	if (!control)
		return fail(start, "no thread for the control socket");
	if (!worker_control_ready(control))
		return EX_OK;
	status = store_server_run(start->listen_fd, p[0], start->arg);
	return status == 0 ? EX_OK : EX_SOFTWARE;
}
