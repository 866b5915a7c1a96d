/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/status/status_screen.h"

#include <stdio.h>

#include "cmd/status/status_report.h"
#include "util/log.h"

enum { CELL = 24 };

/* ---- cells ---- */

static const char *
safe(const char *text, char *out, size_t n)
{
	return log_escape(view_str(text), out, n);
}

/* "5s", "12m", "3h 20m", "9d 4h". */
static const char *
age(int64_t seconds, char out[static CELL])
{
	long long s = seconds;

	if (s < 60)
		snprintf(out, CELL, "%llds", s);
	else if (s < 3600)
		snprintf(out, CELL, "%lldm", s / 60);
	else if (s < 86400)
		snprintf(out, CELL, "%lldh %lldm", s / 3600, s / 60 % 60);
	else
		snprintf(out, CELL, "%lldd %lldh", s / 86400, s / 3600 % 24);
	return out;
}

/* Six digits at most: 999999, 1234k, 1234M ... */
static const char *
number(int64_t n, char out[static CELL])
{
	static const char units[] = " kMGTPE";
	size_t u = 0;
	long long v = n;

	for (; v > 999999 && u + 2 < sizeof(units); u++)
		v /= 1000;
	snprintf(out, CELL, u ? "%lld%c" : "%lld", v, units[u]);
	return out;
}

static const char *
bytes(int64_t n, char out[static CELL])
{
	if (n < 10 * 1024 * 1024)
		snprintf(out, CELL, "%lld kB", (long long)n / 1024);
	else
		snprintf(out, CELL, "%lld MB", (long long)n / (1024 * 1024));
	return out;
}

static const char *
took(int64_t us, char out[static CELL])
{
	if (us < 10000)
		snprintf(out, CELL, "%lld.%lld ms", (long long)us / 1000, (long long)us % 1000 / 100);
	else
		snprintf(out, CELL, "%lld ms", (long long)us / 1000);
	return out;
}

static const char *
percent(int64_t part, int64_t whole, char out[static CELL])
{
	if (whole <= 0 || part < 0)
		snprintf(out, CELL, "-");
	else if (part >= whole)
		snprintf(out, CELL, "100 %%");
	else /* the product of integers may have no room */
		snprintf(out, CELL, "%d %%", (int)(100.0 * (double)part / (double)whole));
	return out;
}

/* ---- the screen, from the top ---- */

static void
put_text(struct buf *out, const char *text)
{
	struct view rest = view_str(text), line;
	char line_safe[200];
	size_t n = 0;

	while (view_split(&rest, '\n', &line) && n++ < 3)
		if (line.n)
			buf_printf(out, "    %s\n",
				log_escape(view_head(line, 150), line_safe, sizeof(line_safe)));
	if (rest.n)
		buf_str(out, "    ... ('postern status -v' has all)\n");
}

static void
put_degraded(const json_t *r, struct buf *out)
{
	const json_t *all = json_object_get(r, "degraded");
	char what[100], why[300], since[CELL];

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *d = json_array_get(all, i);

		buf_printf(out, "  ! %s: %s", safe(status_report_text(d, "what"), what, sizeof(what)),
			safe(status_report_text(d, "why"), why, sizeof(why)));
		if (json_object_get(d, "seconds"))
			buf_printf(out, " (for %s)", age(status_report_number(d, "seconds"), since));
		buf_byte(out, '\n');
	}
}

static void
put_head(const json_t *r, struct buf *out)
{
	char cell[CELL], word[40];

	if (strcmp(status_report_text(r, "state"), "degraded") == 0)
		buf_str(out, "postern serves, DEGRADED");
	else
		buf_printf(out, "postern is %s", safe(status_report_text(r, "state"), word, sizeof(word)));
	if (status_report_number(r, "generation"))
		buf_printf(out, ", up %s, generation %lld", age(status_report_number(r, "seconds"), cell),
			(long long)status_report_number(r, "generation"));
	buf_printf(out, ", last reload: %s", safe(status_report_text(r, "reload"), word, sizeof(word)));
	if (strcmp(status_report_text(r, "reload"), "none") != 0)
		buf_printf(out, " %s ago", age(status_report_number(r, "reload_seconds"), cell));
	buf_byte(out, '\n');
	put_degraded(r, out);
	put_text(out, status_report_text(r, "fallback"));
	put_text(out, status_report_text(r, "doubts"));
	if (strcmp(status_report_text(r, "reload"), "refused") == 0)
		put_text(out, status_report_text(r, "reload_text"));
}

static void
put_process(const json_t *w, const char *name, const char *state, struct buf *out)
{
	const json_t *open = json_object_get(json_object_get(w, "counters"), "open");
	char cell[4][CELL], name_safe[60], word[CELL];

	buf_printf(out, "%-22.22s %-9s %7lld %9s %8lld %9s %8s\n", safe(name, name_safe, sizeof(name_safe)),
		safe(state, word, sizeof(word)), (long long)status_report_number(w, "pid"),
		age(status_report_number(w, "seconds"), cell[0]),
		(long long)status_report_number(w, "restarts"),
		bytes(status_report_number(w, "memory"), cell[1]),
		open ? number(json_integer_value(open), cell[2]) : "");
}

static void
put_processes(const json_t *r, struct buf *out)
{
	const json_t *all = json_object_get(r, "workers");
	int64_t serving = status_report_number(r, "generation");
	char name[80];

	buf_printf(out, "\n%-22s %-9s %7s %9s %8s %9s %8s\n", "process", "state", "pid", "age", "restarts",
		"memory", "open");
	put_process(r, "supervisor", "serving", out);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *w = json_array_get(all, i);
		int64_t g = status_report_number(w, "generation");

		if (g && g != serving)
			snprintf(name, sizeof(name), "%.14s (gen %lld)", status_report_text(w, "name"),
				(long long)g);
		else
			snprintf(name, sizeof(name), "%s", status_report_text(w, "name"));
		put_process(w, name,
			status_report_true(w, "silent") ? "SILENT" : status_report_text(w, "state"), out);
	}
}

static const struct {
	const char *key, *title;
} verdicts[] = {{"transactions", "total"}, {"accepted", "accept"}, {"tagged", "tagged"},
	{"greylisted", "greylist"}, {"deferred", "defer"}, {"rejected", "reject"}, {"quarantined", "hold"},
	{"discarded", "discard"}, {"unknown", "unknown"}},
  windows[] = {{"minute", "minute"}, {"ten-minutes", "10 min"}, {"hour", "hour"}, {"total", "since up"}};

enum { VERDICTS = sizeof(verdicts) / sizeof(*verdicts), WINDOWS = sizeof(windows) / sizeof(*windows) };

static void
put_mail(const json_t *r, struct buf *out)
{
	const json_t *counts = json_object_get(r, "counts");
	char cell[CELL];

	buf_str(out, "\nmail     ");
	for (size_t v = 0; v < VERDICTS; v++)
		buf_printf(out, v ? " %7s" : "%6s", verdicts[v].title);
	for (size_t w = 0; w < WINDOWS; w++) {
		const json_t *of = json_object_get(counts, windows[w].key);

		buf_printf(out, "\n%-8s ", windows[w].title);
		for (size_t v = 0; v < VERDICTS; v++)
			buf_printf(out, v ? " %7s" : "%6s",
				number(status_report_number(of, verdicts[v].key), cell));
	}
	buf_byte(out, '\n');
}

static void
put_service(const json_t *of, const char *name, const char *asked, struct buf *out)
{
	const char *const times[] = {"mean-us", "p95-us", "p99-us"};
	char key[40], cell[CELL];

	snprintf(key, sizeof(key), "%s-%s", name, asked);
	buf_printf(out, "%-14s %8s", name, number(status_report_number(of, key), cell));
	if (strcmp(name, "dns") == 0)
		buf_printf(out, " %8s", percent(status_report_number(of, "dns-cached"),
			status_report_number(of, "dns-asked"), cell));
	else
		buf_printf(out, " %8s", "");
	snprintf(key, sizeof(key), "%s-failed", name);
	buf_printf(out, " %8s", number(status_report_number(of, key), cell));
	for (size_t i = 0; i < 3; i++) {
		snprintf(key, sizeof(key), "%s-%s", name, times[i]);
		buf_printf(out, " %9s", took(status_report_number(of, key), cell));
	}
	buf_byte(out, '\n');
}

static void
put_store(const json_t *r, struct buf *out)
{
	const json_t *all = json_object_get(r, "workers");
	char cell[3][CELL];

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *w = json_array_get(all, i), *c = json_object_get(w, "counters");

		if (!json_object_get(c, "file-bytes"))
			continue;
		buf_printf(out, "store's file   %s records, %s%s%s\n",
			number(status_report_number(c, "records"), cell[0]),
			bytes(status_report_number(c, "file-bytes"), cell[1]),
			status_report_number(c, "in-memory") ? ", NOT WRITTEN" : "",
			!json_object_get(c, "redis-up") ? ""
				: status_report_number(c, "redis-up") ? "; Redis is up" : "; Redis is AWAY");
	}
}

static void
put_services(const json_t *r, struct buf *out)
{
	const json_t *of = json_object_get(json_object_get(r, "counts"), "ten-minutes");

	buf_printf(out, "\n%-14s %8s %8s %8s %9s %9s %9s\n", "last 10 min", "asked", "cached", "failed",
		"mean", "p95", "p99");
	put_service(of, "dns", "asked", out);
	put_service(of, "store", "calls", out);
	put_store(r, out);
}

static void
put_list(const json_t *l, struct buf *out)
{
	int64_t limit = status_report_number(l, "limit"), share = -1;
	const json_t *listed = json_object_get(l, "listed");
	char cell[5][CELL], name[60], state[CELL], queries[2 * CELL + 4];

	if (json_is_integer(listed))
		share = json_integer_value(listed);
	if (limit)
		snprintf(queries, sizeof(queries), "%s/%s",
			number(status_report_number(l, "queries"), cell[0]), number(limit, cell[1]));
	else
		snprintf(queries, sizeof(queries), "%s", number(status_report_number(l, "queries"), cell[0]));
	buf_printf(out, "%-22.22s %-9s %7s %16s %9s %9s\n",
		safe(status_report_text(l, "name"), name, sizeof(name)),
		safe(status_report_text(l, "state"), state, sizeof(state)),
		percent(share, share < 0 ? 0 : 100, cell[2]), queries,
		took(status_report_number(l, "mean-us"), cell[3]),
		took(status_report_number(l, "p95-us"), cell[4]));
}

static void
put_lists(const json_t *r, struct buf *out)
{
	const json_t *all = json_object_get(r, "lists");

	if (json_array_size(all))
		buf_printf(out, "\n%-22s %-9s %7s %16s %9s %9s\n", "DNS list", "state", "listed",
			"queries/limit", "mean", "p95");
	for (size_t i = 0; i < json_array_size(all); i++)
		put_list(json_array_get(all, i), out);
}

static void
put_backends(const json_t *r, struct buf *out)
{
	const json_t *all = json_object_get(r, "backends");
	char cell[CELL], name[60], word[3][CELL];

	if (json_array_size(all))
		buf_printf(out, "\n%-22s %-9s %7s %6s %11s\n", "backend", "state", "for", "used",
			"open relay");
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *b = json_array_get(all, i);

		buf_printf(out, "%-22.22s %-9s %7s %6s %11s\n",
			safe(status_report_text(b, "name"), name, sizeof(name)),
			safe(status_report_text(b, "state"), word[0], CELL),
			age(status_report_number(b, "seconds"), cell),
			safe(status_report_text(b, "used"), word[1], CELL),
			safe(status_report_text(b, "open-relay"), word[2], CELL));
	}
}

void
status_screen(const json_t *r, struct buf *out)
{
	put_head(r, out);
	put_processes(r, out);
	put_mail(r, out);
	put_services(r, out);
	put_lists(r, out);
	put_backends(r, out);
}
