/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/event_line.h"

#include "util/json.h"
#include "util/limits.h"

static const enum log_level levels[] = {LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_NOTICE};

/* ---- the line ---- */

void
event_line_write(const struct event_line *e, struct buf *out)
{
	buf_printf(out, "%s %.*s%s%.*s", log_level_name(e->level), VIEW_ARG(e->name), e->text.n ? " " : "",
		VIEW_ARG(e->text));
}

static bool
is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || view_is_digit(c) || c == '-';
}

static bool
is_name(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!is_name_byte(v.p[i]))
			return false;
	return v.n > 0 && v.n <= EVENT_NAME_MAX;
}

static bool
is_printable(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return false;
	return true;
}

static bool
read_level(struct view v, enum log_level *out)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		if (view_eq_str(v, log_level_name(levels[i]))) {
			*out = levels[i];
			return true;
		}
	return false;
}

bool
event_line_read(struct view message, struct event_line *out)
{
	struct view rest = message, level;
	struct event_line e = {.text = VIEW("")};

	if (message.n > EVENT_LINE_MAX || !view_split(&rest, ' ', &level) || !read_level(level, &e.level) ||
		!view_split(&rest, ' ', &e.name) || !is_name(e.name) || !is_printable(rest))
		return false;
	if (rest.n)
		e.text = rest;
	*out = e;
	return true;
}

/* ---- JSON ---- */

static int
hex_digit(char c)
{
	return view_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What log_escape made of bytes becomes those bytes again. */
static size_t
unescape(struct view v, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		int high = -1, low = -1;

		if (v.p[i] == '\\' && v.n - i >= 4 && v.p[i + 1] == 'x') {
			high = hex_digit(v.p[i + 2]);
			low = hex_digit(v.p[i + 3]);
		}
		if (high >= 0 && low >= 0) {
			out[n++] = (char)(high * 16 + low);
			i += 3;
		} else {
			out[n++] = v.p[i];
		}
	}
	return n;
}

struct pair {
	struct view key, value;
};

/* Takes the next key=value or key="value"; words between them are skipped. False: there is none. */
static bool
next_pair(struct view *rest, struct pair *out)
{
	while (rest->n) {
		size_t key = 0, n;

		while (key < rest->n && is_name_byte(rest->p[key]))
			key++;
		if (key == 0 || key > EVENT_NAME_MAX || key == rest->n || rest->p[key] != '=') {
			*rest = view_skip(*rest, view_find(*rest, ' ') + 1);
			continue;
		}
		out->key = view_head(*rest, key);
		*rest = view_skip(*rest, key + 1);
		if (rest->n && rest->p[0] == '"') {
			*rest = view_skip(*rest, 1);
			n = view_find(*rest, '"');
		} else {
			n = view_find(*rest, ' ');
		}
		out->value = view_head(*rest, n);
		*rest = view_skip(*rest, n + 1);
		return true;
	}
	return false;
}

static bool
is_new(const struct pair *seen, size_t n, struct view key)
{
	for (size_t i = 0; i < n; i++)
		if (view_eq(seen[i].key, key))
			return false;
	return true;
}

static void
values_json(struct json *j, struct view text)
{
	char plain[EVENT_LINE_MAX];
	struct pair seen[EVENT_VALUES_MAX], p;
	size_t n = 0;

	json_open(j, '{');
	while (n < EVENT_VALUES_MAX && next_pair(&text, &p)) {
		if (!is_new(seen, n, p.key))
			continue;
		seen[n++] = p;
		json_key_view(j, p.key);
		json_text(j, view_of(plain, unescape(p.value, plain)));
	}
	json_close(j, '}');
}

void
event_line_json(const struct event_line *e, const struct event_source *from, struct buf *out)
{
	struct json j;

	json_init(&j, out);
	json_open(&j, '{');
	json_key(&j, "time");
	json_number(&j, from->now);
	json_key(&j, "process");
	json_text(&j, view_str(from->name));
	json_key(&j, "pid");
	json_number(&j, from->pid);
	json_key(&j, "level");
	json_text(&j, view_str(log_level_name(e->level)));
	json_key(&j, "event");
	json_text(&j, e->name);
	json_key(&j, "text");
	json_text(&j, e->text);
	json_key(&j, "values");
	values_json(&j, e->text);
	json_close(&j, '}');
	buf_byte(out, '\n');
}
