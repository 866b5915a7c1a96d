/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/worker_core.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <sysexits.h>

#include "checks/dnsbl_watch.h"
#include "io/mirror.h"
#include "io/worker_control.h"
#include "util/log.h"

/* All that is wrong, as an administrator should read it. */
void
worker_core_tell(const struct worker_start *start, const struct assembly *a)
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

int
worker_core_fail(const struct worker_start *start, const char *what)
{
	worker_control_say(start->control_fd, "failed", view_str(what));
	return EX_CONFIG;
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
status_services(const struct worker_core *w, struct buf *out)
{
	struct dns_counters d;
	struct store_counters s;

	dns_count(w->a.dns, &d);
	store_count(w->a.store, &s);
	buf_printf(out, "dns-questions %llu\ndns-cache-hits %llu\ndns-failures %llu\ndns-timeouts %llu\n"
		"dns-outage %d\ndns-hijacked %d\nstore-calls %llu\nstore-failures %llu\n"
		"store-us %llu\n",
		(unsigned long long)d.asked,
		(unsigned long long)d.cache_hits, (unsigned long long)d.tempfail,
		(unsigned long long)d.timeouts, d.outage, d.hijacked, (unsigned long long)s.calls,
		(unsigned long long)s.failures, (unsigned long long)s.us_sum);
	if (w->evidence)
		buf_printf(out, "evidence-lost %llu\n",
			(unsigned long long)evidence_file_lost(w->evidence));
	if (w->dmarc)
		buf_printf(out, "dmarc-lost %llu\n", (unsigned long long)evidence_file_lost(w->dmarc));
}

void
worker_core_status(const struct worker_core *w, struct buf *out)
{
	status_engine(w->a.engine, out);
	status_services(w, out);
	dnsbl_watch_status(w->a.watch, out);
}

static bool
begin(struct worker_core *w, const struct worker_start *start, char *why, size_t n)
{
	struct assembly *a = &w->a;
	char *path = arena_cstr(a->arena, arena_printf(a->arena, "%s/store.sock", start->run_dir));

	a->options.meter = start->shared;
	a->store = store_connect(path, (uint32_t)a->conf->store_timeout);
	store_set_meter(a->store, a->options.meter);
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
	a->watch = dnsbl_watch_new(a->program, a->dns, a->store);
	assembly_engine(a);
	return true;
}

int
worker_core_open(struct worker_core *w, const struct worker_start *start)
{
	struct source_tree src = {.root = start->root, .place = mirror_path};
	const struct assembly_reading what = {.conf = start->config, .source = &src};
	char why[500];

	*w = (struct worker_core){.evidence = NULL};
	if (!assembly_read(&w->a, &what)) {
		worker_core_tell(start, &w->a);
		return EX_CONFIG;
	}
	/* Each of malloc's arenas keeps what its threads freed, and it would make eight a processor. */
	mallopt(M_ARENA_MAX, 2 * get_nprocs());
	return begin(w, start, why, sizeof(why)) ? EX_OK : worker_core_fail(start, why);
}
