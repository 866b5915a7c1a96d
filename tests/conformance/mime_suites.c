/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The MIME suites and mail corpora of others: the skeleton of every message has the parts of the whole; the
 * parts are those that MIME-tools expects, and those that Python's email package finds.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/mime_compare.h"
#include "tests/lib/suite_mail.h"
#include "tests/lib/unit.h"

static struct tally {
	size_t messages, parts, broken, failed;
} tally;

static void
failed(const char *path, const char *why)
{
	if (tally.failed++ < 10)
		printf("  %s: %s\n", path, why);
}

static int
show(const char *what, size_t least)
{
	bool ok = tally.failed == 0 && tally.messages >= least;

	printf("%s conformance/mime_suites: %s: %zu messages, %zu parts, %zu broken, %zu failed\n", ok ? "ok" : "FAILED",
		what, tally.messages, tally.parts, tally.broken, tally.failed);
	tally = (struct tally){0};
	return !ok;
}

/* ---- skeleton and whole ---- */

static void
compare_file(void *ctx, const char *path, struct view bytes)
{
	struct arena *a = arena_new();
	struct mime_tree whole, thin;
	const char *why, *differ;

	(void)ctx;
	mime_compare_read(bytes, 1 + bytes.n % 4000, a, &whole, &thin, &why);
	differ = why ? why : mime_compare_differ(&whole, &thin, a);
	if (differ)
		failed(path, differ);
	tally.messages++;
	tally.parts += whole.n;
	tally.broken += whole.broken;
	arena_free(a);
}

static int
suite(const char *name, size_t least)
{
	return suite_mail_each(name, compare_file, NULL) ? show(name, least) : 0;
}

/* ---- what others find ---- */

static const struct mime_tree *
read_message(const char *path, struct arena *a)
{
	struct view bytes = unit_read_file(path);
	struct mime_tree whole, *thin = arena_new_of(a, struct mime_tree);
	const char *why;

	mime_compare_read(bytes, 1000, a, &whole, thin, &why);
	free((void *)bytes.p);
	tally.messages++;
	return thin;
}

static bool
has_name(const struct mime_part *p, struct view name)
{
	for (size_t i = 0; i < p->n_names; i++)
		if (view_eq(p->name[i], name))
			return true;
	return false;
}

/* "Part_2_1" of the part with this index; "Msg" of the first. */
static void
key_of(const struct mime_tree *t, size_t index, char out[static 200])
{
	size_t count[200] = {0}, n = 4;

	snprintf(out, 200, "Msg");
	for (size_t i = 1; i <= index; i++) {
		count[t->part[i].depth]++;
		count[t->part[i].depth + 1] = 0;
	}
	if (index)
		snprintf(out, 200, "Part");
	for (unsigned d = 1; index && d <= t->part[index].depth && n < 190; d++)
		n += (size_t)snprintf(out + n, 200 - n, "_%zu", count[d]);
}

/* "..." or qq{...} behind "=>", with \@ and \x{421} resolved. */
static struct view
perl_value(struct view line, struct arena *a)
{
	size_t n = 0, arrow = view_search_nocase(line, VIEW("=>"));
	struct view v = view_trim(view_skip(line, arrow + 2));
	char *out = arena_alloc(a, v.n + 1), close = '"';

	if (view_starts_nocase(v, "qq{")) {
		v = view_skip(v, 2);
		close = '}';
	}
	for (size_t i = 1; i < v.n && v.p[i] != close; i++) {
		if (v.p[i] == '\\' && i + 2 < v.n && v.p[i + 1] == 'x') {
			long c = strtol(v.p + i + 3, NULL, 16);

			out[n++] = (char)(0xC0 | c >> 6);
			out[n++] = (char)(0x80 | (c & 0x3F));
			i += view_find(view_skip(v, i), '}');
		} else {
			i += v.p[i] == '\\';
			out[n++] = v.p[i];
		}
	}
	return view_of(out, n);
}

/* What MIME-tools does otherwise: it reads a "Content-type: text" as "text". */
static bool
same_type(struct view ours, struct view theirs)
{
	return view_eq_nocase(ours, theirs) || (view_is(theirs, "text") && !view_starts_nocase(ours, "multipart/"));
}

static void
judge_block(const char *path, const struct mime_tree *t, struct view key, struct view type, struct view name)
{
	for (size_t i = 0; i < t->n; i++) {
		char ours[200];

		key_of(t, i, ours);
		if (!view_eq_str(key, ours))
			continue;
		tally.parts++;
		if (type.p && !same_type(t->part[i].type, type))
			failed(path, "a type");
		if (name.p && !has_name(&t->part[i], name))
			failed(path, "a name");
		return;
	}
	if (type.p)
		failed(path, "a part is missing");
}

static void
judge_reference(const char *ref)
{
	struct arena *a = arena_new();
	struct view text = unit_read_file(ref), rest = text, line;
	struct view key = {NULL, 0}, type = key, name = key;
	const struct mime_tree *t;
	char path[1100];

	snprintf(path, sizeof(path), "%.*s.msg", (int)strlen(ref) - 4, ref);
	t = read_message(path, a);
	tally.broken += t->broken;
	while (view_split(&rest, '\n', &line)) {
		line = view_trim(line);
		if (view_ends_nocase(line, VIEW("=> {"))) {
			key = view_of(line.p + 1, view_find(view_skip(line, 1), '"'));
			type = name = (struct view){NULL, 0};
		} else if (view_starts_nocase(line, "\"Type\"")) {
			type = perl_value(line, a);
		} else if (view_starts_nocase(line, "\"Filename\"")) {
			name = perl_value(line, a);
		} else if (line.n && line.p[0] == '}' && key.p && !view_is(key, "Parser")) {
			judge_block(path, t, key, type, name);
			key.p = NULL;
		}
	}
	free((void *)text.p);
	arena_free(a);
}

/* Not compared: references to other ways of reading the same message, and to uuencoded text, which is no
 * MIME. */
static bool
is_other(const char *ref)
{
	return strstr(ref, "/ak-0696-") || strstr(ref, "/uu-junk") || strstr(ref, "/uu-zeegee");
}

static int
mime_tools(void)
{
	const char *path = unit_suite_file("mime-tools/testmsgs");
	char pattern[1100];
	glob_t g;

	if (!path)
		return 0;
	snprintf(pattern, sizeof(pattern), "%s/*.ref", path);
	if (glob(pattern, 0, NULL, &g) != 0)
		return 1;
	for (size_t i = 0; i < g.gl_pathc; i++)
		if (!is_other(g.gl_pathv[i]))
			judge_reference(g.gl_pathv[i]);
	globfree(&g);
	return show("what MIME-tools expects", 17);
}

/* Where Python reads otherwise, and why: none of it is compared but for being read. */
static const struct {
	const char *file, *why;
} python_differs[] = {
	{"/malformed-content-type-zip.msg", "a type that is none: text/plain there, application/octet-stream here"},
	{"/multi-2evil.msg", "encoded words within a file name are not read"},
	{"/multi-clen.msg", "a boundary folded within its quotes is not found"},
	{"/multi-digest.msg", "the same"},
	{"/multi-simple.msg", "the same"},
	{"/msg_14.txt", "a type that is none: text/plain there"},
	{"/msg_15.txt", "one boundary for two multiparts: the inner one takes the rest here"},
	{"/msg_39.txt", "the same"},
	{"/msg_38.txt", "boundaries of the outer parts within an inner one: the outer ones end it here"},
	{"/msg_16.txt", "the blocks of message/delivery-status are parts there"},
	{"/msg_43.txt", "the same"},
	{"/msg_36.txt", "message/external-body is entered there"},
};

static bool
python_otherwise(const char *path)
{
	for (size_t i = 0; i < sizeof(python_differs) / sizeof(*python_differs); i++) {
		size_t n = strlen(python_differs[i].file), all = strlen(path);

		if (all > n && strcmp(path + all - n, python_differs[i].file) == 0)
			return true;
	}
	return false;
}

static int
python(const char *pattern, size_t least)
{
	char line[2000], command[1300], path[1100] = "";
	const char *suite = unit_suite_file(pattern);
	struct arena *a = arena_new();
	const struct mime_tree *t = NULL;
	size_t at = 0;
	FILE *f;

	if (!suite)
		return 0;
	snprintf(command, sizeof(command), "/usr/bin/python3 tests/conformance/mime_tree.py '%s'/*.%s", suite,
		strstr(pattern, "tools") ? "msg" : "txt");
	f = popen(command, "r");
	while (f && fgets(line, sizeof(line), f)) {
		struct view rest = view_of(line, strcspn(line, "\n")), kind, depth, type, name;
		uint64_t d = 0;

		view_split(&rest, '\t', &kind);
		if (view_is(kind, "F")) {
			if (t && at != t->n && !python_otherwise(path))
				failed(path, "Python finds fewer parts");
			snprintf(path, sizeof(path), "%.*s", VIEW_ARG(rest));
			t = read_message(path, a);
			tally.broken += t->broken;
			at = 0;
			continue;
		}
		view_split(&rest, '\t', &depth);
		view_split(&rest, '\t', &type);
		view_split(&rest, '\t', &name);
		view_number(depth, 1000, &d);
		tally.parts++;
		if (python_otherwise(path))
			continue;
		if (!t || at >= t->n || t->part[at].depth != d || !view_eq(t->part[at].type, type))
			failed(path, arena_printf(a, "Python finds %.*s", VIEW_ARG(type)).p);
		else if (name.n && !has_name(&t->part[at], name))
			failed(path, arena_printf(a, "Python finds the name %.*s", VIEW_ARG(name)).p);
		at++;
	}
	if (f)
		pclose(f);
	arena_free(a);
	return show(pattern, least);
}

int
main(void)
{
	int status = 0;

	status |= suite("mime-postfix", 30);
	status |= suite("mime-python-email/data", 60);
	status |= suite("mime-tools/testmsgs", 50);
	status |= suite("corpus-notmuch/notmuch-corpora.tar.zst", 300);
	status |= suite("corpus-spamassassin/sa-dev.tar.zst", 3000);
	status |= mime_tools();
	status |= python("mime-tools/testmsgs", 30);
	status |= python("mime-python-email/data", 45);
	return status;
}
