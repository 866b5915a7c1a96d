/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/setup_files.h"

#include "policy/source.h"
#include "util/buf.h"
#include "util/limits.h"

static struct view
copied(struct buf *b, struct arena *a)
{
	struct view v = arena_copy(a, buf_view(b));

	buf_done(b);
	return v;
}

/* ---- the rule file ---- */

/* include ".../spamhaus.rules" */
static void
mark_included(struct view line, struct setup_list *lists, size_t n)
{
	size_t open = view_find(line, '"');
	struct view path = view_skip(line, open + 1), name;

	if (!view_starts_nocase(line, "include") || open == line.n)
		return;
	path = view_head(path, view_find(path, '"'));
	name = view_rfind(path, '/') < path.n ? view_skip(path, view_rfind(path, '/') + 1) : path;
	name = view_head(name, view_rfind(name, '.'));
	for (size_t i = 0; i < n; i++)
		if (view_eq_str(name, lists[i].about.name))
			lists[i].was = lists[i].on = true;
}

bool
setup_files_read(const char *path, struct setup_list *lists, size_t n, struct arena *a, const char **why_out)
{
	struct view text, line;
	enum source_end end = source_read(NULL, path, RULE_FILE_MAX, a, &text, why_out);

	if (end != SOURCE_OK)
		return end == SOURCE_NONE;
	if (!view_split(&text, '\n', &line) || !view_eq_str(line, SETUP_FILES_MARK)) {
		*why_out = "was not written by this command; it is left as it is";
		return false;
	}
	while (view_split(&text, '\n', &line))
		mark_included(line, lists, n);
	return true;
}

/* "zen {secret:spamhaus}.zen.dq.spamhaus.net" */
static void
change_zone(struct buf *b, struct view zone)
{
	size_t blank = view_find(zone, ' ');

	buf_printf(b, "change dnsbl %.*s zone \"%.*s\"\n", VIEW_ARG(view_head(zone, blank)),
		VIEW_ARG(view_trim(view_skip(zone, blank))));
}

struct view
setup_files_rules(const struct setup_list *lists, size_t n, struct arena *a)
{
	struct buf b;

	buf_init(&b, RULE_FILE_MAX);
	buf_str(&b, SETUP_FILES_MARK "\nlanguage 1\n");
	for (size_t i = 0; i < n; i++) {
		const struct list_entry *e = &lists[i].about;

		if (!lists[i].on)
			continue;
		buf_printf(&b, "\n# %.*s\ninclude \"%s\"\n", VIEW_ARG(e->title), e->path);
		for (size_t k = 0; lists[i].keyed && k < e->n_zones; k++)
			change_zone(&b, e->zone[k]);
	}
	return copied(&b, a);
}

/* ---- keys ---- */

bool
setup_files_key_ok(struct view key)
{
	for (size_t i = 0; i < key.n; i++)
		if (!view_is_alpha(key.p[i]) && !view_is_digit(key.p[i]) && key.p[i] != '-')
			return false;
	return key.n > 0 && key.n <= LABEL_MAX && key.p[0] != '-' && key.p[key.n - 1] != '-';
}

struct view
setup_files_secrets(struct view secrets, struct view name, struct view key, struct arena *a)
{
	struct view line;
	struct buf b;

	buf_init(&b, secrets.n + name.n + key.n + 3);
	while (view_split(&secrets, '\n', &line)) {
		struct view word = view_trim(line);
		size_t i = 0;

		while (i < word.n && !view_is_space(word.p[i]))
			i++;
		if (view_eq(view_head(word, i), name) || (line.n == 0 && secrets.n == 0))
			continue;
		buf_add(&b, line);
		buf_byte(&b, '\n');
	}
	buf_printf(&b, "%.*s %.*s\n", VIEW_ARG(name), VIEW_ARG(key));
	return copied(&b, a);
}
