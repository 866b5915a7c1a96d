/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/secret.h"

#include <sys/stat.h>

#include "policy/source.h"

static bool
is_private(const char *file)
{
	struct stat st;

	return stat(file, &st) == 0 && (st.st_mode & 07177) == 0;
}

struct view
secret_find(struct view text, struct view name)
{
	struct view line;

	while (view_split(&text, '\n', &line)) {
		size_t i = 0;

		line = view_trim(line);
		while (i < line.n && !view_is_space(line.p[i]))
			i++;
		if (i < line.n && line.p[0] != '#' && view_eq(view_head(line, i), name))
			return view_trim(view_skip(line, i));
	}
	return (struct view){NULL, 0};
}

struct view
secret_read(const struct source_tree *src, const char *file, struct view name, struct arena *a,
	const char **why_out)
{
	struct view text, value = {NULL, 0};

	if (!file)
		*why_out = "no secrets file is set";
	else if (source_read(src, file, SECRETS_MAX, a, &text, why_out) == SOURCE_OK &&
		 !is_private(source_place(src, file, a)))
		*why_out = "the secrets file must be readable by its owner alone (chmod 0600)";
	else if (!*why_out)
		value = secret_find(text, name);
	if (!value.p && !*why_out)
		*why_out = "it is not in the secrets file";
	return value;
}

struct view
secret_fill(const struct source_tree *src, const char *file, bool none, const struct ast_word *w,
	struct arena *a, struct diag *d)
{
	static const char mark[] = "{secret:";
	struct view rest = w->text, out = VIEW("");

	for (;;) {
		size_t at = view_search_nocase(rest, VIEW(mark));
		struct view name = view_skip(rest, at + sizeof(mark) - 1), value;
		const char *why = NULL;

		out = arena_printf(a, "%.*s%.*s", VIEW_ARG(out), VIEW_ARG(view_head(rest, at)));
		if (at == rest.n)
			return out;
		rest = view_skip(name, view_find(name, '}') + 1);
		name = view_head(name, view_find(name, '}'));
		value = none ? VIEW(SECRET_NONE) : secret_read(src, file, name, a, &why);
		if (!value.p) {
			diag_error(d, &w->at, NULL, "no secret '%.*s': %s",
				VIEW_ARG(view_head(name, 80)), why);
			return value;
		}
		out = arena_printf(a, "%.*s%.*s", VIEW_ARG(out), VIEW_ARG(value));
	}
}
