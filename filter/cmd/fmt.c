/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/fmt.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "io/replace.h"
#include "policy/format.h"
#include "policy/source.h"
#include "util/limits.h"

static const char usage[] =
	"usage: postern fmt [--check | -w] FILE... | -\n"
	"\n"
	"Prints rule files in the house layout: comments, order and meaning stay as they are.\n"
	"'-' is standard input. A file with an error of grammar is refused and left alone.\n"
	"\n"
	"  --check  print only the names of files that are not in this layout\n"
	"  -w       write the files instead of printing them, each in one step\n"
	"\n"
	"Exit: 0 done, 1 --check: a file is not in the layout, 64 wrong usage, 65 an error of grammar,\n"
	"      66 no such file, 73 a file could not be written.\n";

struct fmt {
	bool check, write;
	struct arena *arena;
	struct diag *diag;
	struct buf out;
};

enum { ROOM = 3 * RULE_FILE_MAX };

/* ---- reading ---- */

static bool
read_input(struct fmt *o, struct view *text_out)
{
	struct buf in;
	char part[65536];
	size_t n;

	buf_init(&in, RULE_FILE_MAX);
	while ((n = fread(part, 1, sizeof(part), stdin)) > 0)
		buf_add(&in, view_of(part, n));
	*text_out = arena_copy(o->arena, buf_view(&in));
	n = in.over || ferror(stdin);
	buf_done(&in);
	if (n)
		fprintf(stderr, "postern fmt: standard input: %s\n",
			ferror(stdin) ? strerror(errno) : "too large");
	return n == 0;
}

static bool
read_file(struct fmt *o, const char *path, struct view *text_out)
{
	const char *why;

	if (strcmp(path, "-") == 0)
		return read_input(o, text_out);
	if (source_read(NULL, path, RULE_FILE_MAX, o->arena, text_out, &why) == SOURCE_OK)
		return true;
	fprintf(stderr, "postern fmt: %s: %s\n", path, why);
	return false;
}

/* ---- writing ---- */

/* Everything stays as it is but the bytes. */
static bool
replace(const char *path, struct view text)
{
	struct replace_owner o;
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	o = (struct replace_owner){st.st_uid, st.st_gid, st.st_mode & 07777};
	return replace_file(path, text, &o) == 0;
}

/* A link stays one: what it points to is written. */
static int
rewrite(const char *path, struct view text)
{
	char *real = realpath(path, NULL);
	bool ok = real && replace(real, text);

	if (!ok)
		fprintf(stderr, "postern fmt: %s: %s\n", path, strerror(errno));
	free(real);
	return ok ? EX_OK : EX_CANTCREAT;
}

/* ---- one file ---- */

static int
deliver(const struct fmt *o, const char *path, struct view text)
{
	struct view out = buf_view(&o->out);
	bool same = view_eq(text, out);

	if (o->check) {
		if (!same)
			puts(path);
		return same ? EX_OK : 1;
	}
	if (o->write)
		return same ? EX_OK : rewrite(path, out);
	return fwrite(out.p, 1, out.n, stdout) == out.n ? EX_OK : EX_IOERR;
}

static int
one(struct fmt *o, const char *path)
{
	struct view text;
	int status = EX_DATAERR;

	o->arena = arena_new();
	o->diag = diag_new();
	buf_init(&o->out, ROOM);
	if (!read_file(o, path, &text))
		status = EX_NOINPUT;
	else if (format_text(path, text, &o->out, o->diag) && !o->out.over)
		status = deliver(o, path, text);
	else
		diag_show(o->diag, stderr);
	buf_done(&o->out);
	diag_free(o->diag);
	arena_free(o->arena);
	return status;
}

int
fmt_main(int argc, char **argv)
{
	static const struct option options[] = {{"check", no_argument, NULL, 'k'},
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	struct fmt o = {.check = false};
	int key, status = EX_OK, s;

	while ((key = getopt_long(argc, argv, "w", options, NULL)) != -1) {
		if (key == 'k') {
			o.check = true;
		} else if (key == 'w') {
			o.write = true;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (optind == argc || (o.check && o.write)) {
		fprintf(stderr, "postern fmt: %s\n\n%s",
			optind == argc ? "a FILE is needed" : "either --check or -w", usage);
		return EX_USAGE;
	}
	for (int i = optind; i < argc; i++) {
		if (o.write && strcmp(argv[i], "-") == 0) {
			fputs("postern fmt: -w needs files\n", stderr);
			return EX_USAGE;
		}
	}
	for (int i = optind; i < argc; i++) {
		s = one(&o, argv[i]);
		status = s > status ? s : status;
	}
	return status;
}
