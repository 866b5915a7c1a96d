/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/diag.h"

#include <stdarg.h>
#include <stdlib.h>

#include "util/json.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/map.h"

enum {
	TEXT_MAX = 1000,     /* bytes of one message or hint */
	SHOWN_MAX = 400,     /* bytes of a source line that are shown, the window on it */
	SHOWN_BEFORE = 100,  /* bytes of the window before the caret */
	KEY_MAX = 8192,      /* file, line and code of an `allow` */
	JSON_MAX = 16 * 1024 * 1024
};

enum severity { ERROR, WARNING, NOTE, SEVERITIES };

static const char *const severity_names[] = {"error", "warning", "note"};

struct note {
	enum severity severity;
	struct view file, source, text, code, hint;
	uint32_t line, column, width;
	uint32_t cut;  /* bytes of the line before the window */
	size_t number; /* as it came: equal places keep this order */
};

struct diag {
	struct arena *arena;
	struct map *allowed;
	struct note *note[SEVERITIES * DIAG_MAX]; /* up to DIAG_MAX of each */
	size_t n, serial, count[SEVERITIES], unsaid;
};

struct diag *
diag_new(void)
{
	struct diag *d = calloc(1, sizeof(*d));

	if (!d)
		log_die("out of memory");
	d->arena = arena_new();
	d->allowed = map_new();
	return d;
}

void
diag_free(struct diag *d)
{
	if (!d)
		return;
	map_free(d->allowed);
	arena_free(d->arena);
	free(d);
}

static bool
is_plain(char c)
{
	return c >= 0x20 && c < 0x7f;
}

struct view
diag_escaped(struct arena *a, struct view v)
{
	static const char hex[] = "0123456789abcdef";
	char *out = arena_alloc(a, v.n * 4 + 1);
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (is_plain(v.p[i])) {
			out[n++] = v.p[i];
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	return view_of(out, n);
}

/* One byte stays one column, so that the caret hits; tabs stay, the caret line has them too. */
static struct view
masked(struct arena *a, struct view v)
{
	char *out = arena_cstr(a, v);

	for (size_t i = 0; i < v.n; i++)
		if (out[i] != '\t' && !is_plain(out[i]))
			out[i] = '?';
	return view_of(out, v.n);
}

static void
note_source(struct diag *d, struct note *n, struct view line)
{
	size_t from = 0;
	char *p;

	if (!line.p)
		return;
	if (line.n > SHOWN_MAX && n->column > SHOWN_BEFORE)
		from = n->column - SHOWN_BEFORE;
	if (from > line.n)
		from = line.n;
	n->cut = (uint32_t)from;
	n->source = masked(d->arena, view_head(view_skip(line, from), SHOWN_MAX));
	p = (char *)n->source.p;
	if (from && n->source.n >= 3)
		memcpy(p, "...", 3);
	if (line.n - from > SHOWN_MAX)
		memcpy(p + n->source.n - 3, "...", 3);
}

static struct note *
note_add(struct diag *d, const struct place *at, enum severity severity, const char *hint)
{
	struct note *n;

	if (d->count[severity]++ >= DIAG_MAX) {
		d->unsaid++;
		return NULL;
	}
	n = arena_new_of(d->arena, struct note);
	n->severity = severity;
	n->file = diag_escaped(d->arena, at->file);
	n->line = at->line;
	n->column = at->column ? at->column : 1;
	n->width = at->width ? at->width : 1;
	n->number = d->serial++;
	if (at->line)
		note_source(d, n, at->source);
	if (hint)
		n->hint = diag_escaped(d->arena, view_head(view_str(hint), TEXT_MAX));
	d->note[d->n++] = n;
	return n;
}

__attribute__((format(printf, 3, 0))) static void
note_text(struct diag *d, struct note *n, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	vsnprintf(text, sizeof(text), fmt, ap);
	n->text = diag_escaped(d->arena, view_str(text));
}

void
diag_error(struct diag *d, const struct place *at, const char *hint, const char *fmt, ...)
{
	struct note *n = note_add(d, at, ERROR, hint);
	va_list ap;

	if (!n)
		return;
	va_start(ap, fmt);
	note_text(d, n, fmt, ap);
	va_end(ap);
}

void
diag_note(struct diag *d, const struct place *at, const char *hint, const char *fmt, ...)
{
	struct note *n = note_add(d, at, NOTE, hint);
	va_list ap;

	if (!n)
		return;
	va_start(ap, fmt);
	note_text(d, n, fmt, ap);
	va_end(ap);
}

static struct view
allow_key(char out[static KEY_MAX], struct view file, uint32_t line, struct view code)
{
	int n = snprintf(out, KEY_MAX, "%u:%.*s:%.*s", line, VIEW_ARG(code), VIEW_ARG(file));

	return view_of(out, n < KEY_MAX ? (size_t)n : KEY_MAX - 1);
}

void
diag_warn(struct diag *d, const struct place *at, const char *code, const char *hint,
	const char *fmt, ...)
{
	char key[KEY_MAX];
	struct note *n;
	va_list ap;

	if (code && map_get(d->allowed, allow_key(key, at->file, at->line, view_str(code))))
		return;
	n = note_add(d, at, WARNING, hint);
	if (!n)
		return;
	if (code)
		n->code = diag_escaped(d->arena, view_str(code));
	va_start(ap, fmt);
	note_text(d, n, fmt, ap);
	va_end(ap);
}

/* A comment is read after what stands before it on its line: warnings about that are taken back. */
static void
take_back(struct diag *d, struct view file, uint32_t line, struct view code)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct note *n = d->note[i];
		bool allowed = n->severity == WARNING && n->line == line && view_eq(n->code, code) &&
			view_eq(n->file, diag_escaped(d->arena, file));

		if (allowed)
			d->count[WARNING]--;
		else
			d->note[kept++] = d->note[i];
	}
	d->n = kept;
}

void
diag_allow(struct diag *d, struct view file, uint32_t line, struct view code)
{
	char key[KEY_MAX];

	map_put(d->allowed, allow_key(key, file, line, code), d);
	if (d->count[WARNING])
		take_back(d, file, line, code);
}

size_t
diag_errors(const struct diag *d)
{
	return d->count[ERROR];
}

size_t
diag_warnings(const struct diag *d)
{
	return d->count[WARNING];
}

static int
by_place(const void *left, const void *right)
{
	const struct note *a = *(struct note *const *)left, *b = *(struct note *const *)right;
	int files = view_cmp(a->file, b->file);

	if (files)
		return files;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* The notes in order; d itself is left as it is. out has room for all. */
static void
sorted(const struct diag *d, struct note *out[static SEVERITIES * DIAG_MAX])
{
	memcpy(out, d->note, d->n * sizeof(*out));
	qsort(out, d->n, sizeof(*out), by_place);
}

static void
show_caret(const struct note *n, FILE *out)
{
	size_t column = n->column - 1 - n->cut;
	size_t at = column < n->source.n ? column : n->source.n;
	size_t left = n->source.n > at ? n->source.n - at : 1;
	size_t width = n->width < left ? n->width : left;

	fputs("      | ", out);
	for (size_t i = 0; i < at; i++)
		fputc(n->source.p[i] == '\t' ? '\t' : ' ', out);
	fputc('^', out);
	while (--width)
		fputc('~', out);
	fputc('\n', out);
}

static void
show_note(const struct note *n, FILE *out)
{
	fprintf(out, "%.*s:", VIEW_ARG(n->file));
	if (n->line)
		fprintf(out, "%u:%u:", n->line, n->column);
	fprintf(out, " %s: %.*s", severity_names[n->severity], VIEW_ARG(n->text));
	if (n->code.p)
		fprintf(out, " [%.*s]", VIEW_ARG(n->code));
	fputc('\n', out);
	if (n->source.p) {
		fprintf(out, "%5u | %.*s\n", n->line, VIEW_ARG(n->source));
		show_caret(n, out);
	}
	if (n->hint.p)
		fprintf(out, "      = %.*s\n", VIEW_ARG(n->hint));
}

void
diag_show(const struct diag *d, FILE *out)
{
	struct note *all[SEVERITIES * DIAG_MAX];

	sorted(d, all);
	for (size_t i = 0; i < d->n; i++)
		show_note(all[i], out);
	if (d->unsaid)
		fprintf(out, "... and %zu more\n", d->unsaid);
}

void
diag_json(const struct diag *d, FILE *out)
{
	struct note *all[SEVERITIES * DIAG_MAX];
	struct buf text;
	struct json j;

	sorted(d, all);
	buf_init(&text, JSON_MAX);
	json_init(&j, &text);
	json_open(&j, '[');
	for (size_t i = 0; i < d->n; i++) {
		json_open(&j, '{');
		json_key(&j, "file");
		json_text(&j, all[i]->file);
		json_key(&j, "line");
		json_number(&j, all[i]->line);
		json_key(&j, "column");
		json_number(&j, all[i]->column);
		json_key(&j, "end-column");
		json_number(&j, all[i]->column + all[i]->width);
		json_key(&j, "severity");
		json_text(&j, view_str(severity_names[all[i]->severity]));
		json_key(&j, "code");
		json_text(&j, all[i]->code);
		json_key(&j, "message");
		json_text(&j, all[i]->text);
		json_key(&j, "hint");
		json_text(&j, all[i]->hint);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	fwrite(text.p, 1, text.n, out);
	fputc('\n', out);
	buf_done(&text);
}

struct view
diag_first(const struct diag *d, struct arena *a)
{
	struct note *all[SEVERITIES * DIAG_MAX];

	sorted(d, all);
	for (size_t i = 0; i < d->n; i++) {
		const struct note *n = all[i];

		if (n->severity != ERROR)
			continue;
		if (!n->line)
			return arena_printf(
				a, "%.*s: %.*s", VIEW_ARG(n->file), VIEW_ARG(n->text));
		return arena_printf(a, "%.*s:%u:%u: %.*s", VIEW_ARG(n->file), n->line, n->column,
			VIEW_ARG(n->text));
	}
	return VIEW("");
}
