/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/list_catalog.h"

#include <glob.h>

#include "policy/source.h"
#include "util/limits.h"

/* ---- the description ---- */

static struct view *
field(struct list_entry *e, struct view key)
{
	const struct {
		const char *name;
		struct view *to;
	} fields[] = {{"title", &e->title}, {"operator", &e->operator}, {"terms", &e->terms},
		{"effect", &e->effect}, {"source", &e->source}, {"key", &e->key}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (view_eq_str(key, fields[i].name))
			return fields[i].to;
	if (view_eq_str(key, "key-zone") && e->n_zones < LIST_ZONES_MAX)
		return &e->zone[e->n_zones++];
	return NULL;
}

/* One line of the comment, without its '#'. at: the field that a line may continue; the next one's. */
static struct view *
comment(struct list_entry *e, struct view line, struct view *at, struct arena *a)
{
	size_t colon = view_find(line, ':');

	if (view_starts_nocase(line, "  ")) {
		if (at)
			*at = arena_printf(a, "%.*s %.*s", VIEW_ARG(*at), VIEW_ARG(view_trim(line)));
		return at;
	}
	at = colon < line.n ? field(e, view_trim(view_head(line, colon))) : NULL;
	if (at)
		*at = arena_copy(a, view_trim(view_skip(line, colon + 1)));
	return at;
}

/* "spamhaus (optional)" */
static void
split_key(struct list_entry *e)
{
	size_t blank = view_find(e->key, ' ');

	e->key_required = view_eq_str(view_trim(view_skip(e->key, blank)), "(required)");
	e->key = view_head(e->key, blank);
}

bool
list_catalog_parse(struct view text, struct arena *a, struct list_entry *e, const char **why_out)
{
	static const char *const needed[] = {"title", "operator", "terms", "effect", "source"};
	struct view line, *at = NULL;

	while (view_split(&text, '\n', &line)) {
		if (view_starts_nocase(line, "language"))
			continue;
		if (line.n == 0 || line.p[0] != '#')
			break;
		line = view_skip(line, 1);
		if (line.n && line.p[0] == ' ')
			line = view_skip(line, 1);
		at = comment(e, line, at, a);
	}
	if (e->key.p)
		split_key(e);
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (field(e, view_str(needed[i]))->n)
			continue;
		*why_out = arena_printf(a, "it has no line '# %s: ...'", needed[i]).p;
		return false;
	}
	return true;
}

/* ---- the folder ---- */

static bool
read_entry(const char *path, struct arena *a, struct list_entry *e, const char **why_out)
{
	struct view name = view_str(path), text;
	const char *why;

	name = view_skip(name, view_rfind(name, '/') + 1);
	*e = (struct list_entry){.path = arena_cstr(a, view_str(path)),
		.name = arena_cstr(a, view_head(name, view_rfind(name, '.')))};
	if (source_read(NULL, path, RULE_FILE_MAX, a, &text, &why) == SOURCE_OK &&
		list_catalog_parse(text, a, e, &why))
		return true;
	*why_out = arena_printf(a, "%s: %s", path, why).p;
	return false;
}

int
list_catalog_read(const char *folder, struct arena *a, struct list_entry **out, size_t *n_out,
	const char **why_out)
{
	const char *pattern = arena_printf(a, "%s/*.rules", folder).p;
	glob_t g = {0};
	int end = glob(pattern, 0, NULL, &g), status = 0;
	struct list_entry *e = arena_array(a, g.gl_pathc, sizeof(*e));

	if (end != 0) {
		*why_out = arena_printf(a, "%s: no rule files of DNS lists there", folder).p;
		status = -1;
	}
	for (size_t i = 0; i < g.gl_pathc && status == 0; i++)
		status = read_entry(g.gl_pathv[i], a, &e[i], why_out) ? 0 : -1;
	*out = e;
	*n_out = g.gl_pathc;
	globfree(&g);
	return status;
}
