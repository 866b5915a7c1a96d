/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/status.h"

#include <stdio.h>

#include <unistd.h>

#include "util/json.h"
#include "util/log.h"

/* statm = size resident shared ... , in pages */
uint64_t
status_memory(int pid)
{
	char path[40], text[100];
	struct view line, word;
	uint64_t pages = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	f = pid > 0 ? fopen(path, "re") : NULL;
	line = f && fgets(text, sizeof(text), f) ? view_str(text) : (struct view){NULL, 0};
	if (f)
		fclose(f);
	if (!view_split(&line, ' ', &word) || !view_split(&line, ' ', &word) ||
		!view_number(word, UINT32_MAX, &pages))
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* "5s", "12m", "3h 20m", "9d 4h". */
static void
put_time(struct buf *out, int64_t seconds)
{
	long long s = seconds;

	if (s < 60)
		buf_printf(out, "%llds", s);
	else if (s < 3600)
		buf_printf(out, "%lldm", s / 60);
	else if (s < 86400)
		buf_printf(out, "%lldh %lldm", s / 3600, s / 60 % 60);
	else
		buf_printf(out, "%lldd %lldh", s / 86400, s / 3600 % 24);
}

/* Each line of text, escaped and indented. */
static void
put_lines(struct buf *out, struct view text)
{
	char safe[600];
	struct view line;

	while (view_split(&text, '\n', &line))
		if (line.n)
			buf_printf(out, "    %s\n", log_escape(line, safe, sizeof(safe)));
}

static void
worker_text(const struct status_worker *w, struct buf *out)
{
	buf_printf(out, "%-20s %-9s generation %u, ", w->name, w->state, w->generation);
	if (w->pid)
		buf_printf(out, "pid %d, ", w->pid);
	buf_str(out, "started ");
	put_time(out, w->seconds);
	buf_str(out, " ago");
	if (w->restarts)
		buf_printf(out, ", restarted %u times", w->restarts);
	buf_byte(out, '\n');
	put_lines(out, w->lines);
}

void
status_text(const struct status *s, struct buf *out)
{
	buf_printf(out, "postern is %s, %s", s->off ? "off (all mail passes unjudged)" : "on",
		s->phase);
	if (s->generation) {
		buf_printf(out, ", generation %u, up ", s->generation);
		put_time(out, s->seconds);
	}
	buf_byte(out, '\n');
	if (s->fallback.p) {
		buf_str(out,
			"WARNING: the last good configuration serves, because the present one was "
			"refused:\n");
		put_lines(out, s->fallback);
	}
	if (s->doubts.p) {
		buf_str(out, "WARNING: this configuration serves, but its check found:\n");
		put_lines(out, s->doubts);
	}
	buf_printf(out, "last reload: %s", s->reload);
	if (strcmp(s->reload, "none") != 0) {
		buf_str(out, ", ");
		put_time(out, s->reload_seconds);
		buf_str(out, " ago");
	}
	buf_byte(out, '\n');
	put_lines(out, s->reload_text);
	for (size_t i = 0; i < s->n; i++)
		worker_text(&s->worker[i], out);
}

/* "key value" lines as one object; whole numbers are numbers. */
static void
counters_json(struct json *j, struct view lines)
{
	struct view line;
	uint64_t n;

	json_open(j, '{');
	while (view_split(&lines, '\n', &line)) {
		size_t blank = view_find(line, ' ');
		struct view value = view_skip(line, blank + 1);

		if (line.n == 0 || !json_utf8(view_head(line, blank)))
			continue;
		json_key_view(j, view_head(line, blank));
		if (view_number(value, INT64_MAX, &n))
			json_number(j, (long long)n);
		else
			json_text(j, value);
	}
	json_close(j, '}');
}

static void
worker_json(struct json *j, const struct status_worker *w)
{
	json_open(j, '{');
	json_key(j, "name");
	json_text(j, view_str(w->name));
	json_key(j, "state");
	json_text(j, view_str(w->state));
	json_key(j, "pid");
	json_number(j, w->pid);
	json_key(j, "generation");
	json_number(j, w->generation);
	json_key(j, "restarts");
	json_number(j, w->restarts);
	json_key(j, "seconds");
	json_number(j, w->seconds);
	json_key(j, "memory");
	json_number(j, (long long)w->memory);
	json_key(j, "silent");
	json_bool(j, w->silent);
	json_key(j, "counters");
	counters_json(j, w->lines);
	json_close(j, '}');
}

void
status_json(const struct status *s, struct buf *out)
{
	struct json j;

	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "version");
	json_number(&j, 1);
	json_key(&j, "off");
	json_bool(&j, s->off);
	json_key(&j, "phase");
	json_text(&j, view_str(s->phase));
	json_key(&j, "generation");
	json_number(&j, s->generation);
	json_key(&j, "seconds");
	json_number(&j, s->seconds);
	json_key(&j, "pid");
	json_number(&j, s->pid);
	json_key(&j, "memory");
	json_number(&j, (long long)s->memory);
	json_key(&j, "fallback");
	json_text(&j, s->fallback);
	json_key(&j, "doubts");
	json_text(&j, s->doubts);
	json_key(&j, "reload");
	json_text(&j, view_str(s->reload));
	json_key(&j, "reload_seconds");
	json_number(&j, s->reload_seconds);
	json_key(&j, "reload_text");
	json_text(&j, s->reload_text);
	json_key(&j, "workers");
	json_open(&j, '[');
	for (size_t i = 0; i < s->n; i++)
		worker_json(&j, &s->worker[i]);
	json_close(&j, ']');
	if (s->more)
		s->more(s->ctx, &j);
	json_close(&j, '}');
	buf_byte(out, '\n');
}
