/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/learn.h"

#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/learned_record.h"
#include "cmd/message_file.h"
#include "cmd/message_mark.h"
#include "cmd/message_names.h"
#include "cmd/store_walk.h"
#include "util/clock.h"
#include "util/log.h"

enum { NOTHING = 1, LIFE = (STANDING_DAYS + 1) * 24 * 3600, TELL_EVERY = 10 };

static const char usage[] =
	"usage: postern learn [-c FILE] ham|spam MESSAGE|FOLDER|-...\n"
	"\n"
	"Tells the running daemon what these messages are, for the reputation of who sent them: the first\n"
	"host in Received that is not ours, its network and organisation, and the domains whose signatures\n"
	"are valid. The DNS is asked as for mail that comes in. A message counts once, whatever headers a\n"
	"mailbox has added; told again as the other kind, it counts as that. Of a folder, every file in it.\n"
	"\n"
	"Exit: 0 learned, 1 a message told of nobody, 64 wrong usage, 66 a message cannot be read, 69 the\n"
	"daemon does not run or answer, 78 the settings do not check.\n";

struct learn {
	struct message_names names;
	struct store *store;
	struct arena *arena; /* of one message */
	enum standing_mail mail;
	int64_t now;
	uint64_t seen, learned, before, moved, nobody, unread;
	int64_t told; /* when progress was shown, in seconds */
	bool away;
};

/* ---- the memory ---- */

static bool
ask(struct learn *l, const struct store_request *r, size_t n, struct store_result *out)
{
	store_do(l->store, r, n, l->arena, out);
	for (size_t i = 0; i < n; i++)
		l->away |= out[i].status == STORE_TEMPFAIL;
	return !l->away;
}

static struct store_request
record(const struct learn *l, enum store_op op, struct view mark, const struct learned_record *r)
{
	return (struct store_request){.op = op, .type = STORE_LEARNED, .version = LEARNED_RECORD_VERSION,
		.key = mark, .now = l->now, .expires = l->now + LIFE,
		.value = r ? learned_record_write(r, l->arena) : (struct view){NULL, 0}};
}

static void
count(struct learn *l, const struct learned_record *r)
{
	struct store_request request[STANDING_NAMES_MAX];
	struct store_result result[STANDING_NAMES_MAX];

	for (size_t i = 0; i < r->n; i++)
		request[i] = standing_count(r->key[i], l->now, r->mail, STANDING_TOLD);
	if (r->n)
		ask(l, request, r->n, result);
}

/* A message that is judged between reading and writing may be lost to the count of this name. */
static void
take_back(struct learn *l, const struct learned_record *old)
{
	for (size_t i = 0; i < old->n && !l->away; i++) {
		struct store_request r = standing_record(STORE_GET, old->key[i], l->now);
		struct store_result result;

		if (!ask(l, &r, 1, &result) || result.status != STORE_FOUND)
			continue;
		r = standing_record(STORE_PUT, old->key[i], l->now);
		r.expires = l->now + LIFE;
		r.value = standing_take_back(result.value, old->when, old->mail, STANDING_TOLD, l->arena);
		ask(l, &r, 1, &result);
	}
}

/* It counts for whom it counted: signatures are not looked at again. */
static void
move(struct learn *l, struct view mark, const struct learned_record *old)
{
	struct learned_record now = *old;
	struct store_request r;
	struct store_result result;

	now.mail = l->mail;
	now.when = l->now;
	r = record(l, STORE_PUT, mark, &now);
	if (!ask(l, &r, 1, &result))
		return;
	take_back(l, old);
	count(l, &now);
	l->moved += !l->away;
}

/* ---- a message ---- */

/* Whose folder it is may have named its files for our terminal. */
static struct view
shown(struct learn *l, const char *path)
{
	return diag_escaped(l->arena, view_str(path));
}

/* False: nobody is known by it. */
static bool
learn_new(struct learn *l, struct view mark, struct view text)
{
	const struct standing_names *names = &l->names.found;
	struct learned_record r = {.mail = l->mail, .when = l->now};
	struct store_request add;
	struct store_result result;

	message_names_find(&l->names, text, l->arena);
	for (r.n = 0; r.n < names->n; r.n++)
		r.key[r.n] = names->item[r.n].key;
	if (r.n == 0)
		return false;
	add = record(l, STORE_ADD, mark, &r);
	if (!ask(l, &add, 1, &result))
		return true;
	if (result.status == STORE_FOUND) { /* another learned it meanwhile */
		l->before++;
		return true;
	}
	count(l, &r);
	l->learned += !l->away;
	return true;
}

static void
learn_text(struct learn *l, const char *path, struct view text)
{
	struct view mark = message_mark(text, l->arena);
	struct store_request get = record(l, STORE_GET, mark, NULL);
	struct learned_record old;
	struct store_result result;

	l->seen++;
	if (!ask(l, &get, 1, &result))
		return;
	if (result.status == STORE_FOUND && learned_record_read(result.value, &old)) {
		if (old.mail != l->mail)
			move(l, mark, &old);
		else
			l->before++;
	} else if (!learn_new(l, mark, text)) {
		l->nobody++;
		fprintf(stderr, "postern learn: %.*s: tells of nobody: no Received field names a host that is"
			" not ours, and no signature is %s\n", VIEW_ARG(shown(l, path)), l->names.unsure
			? "known to be valid, since the DNS does not answer" : "valid");
	}
}

static void
progress(struct learn *l)
{
	int64_t now = clock_mono_ms() / 1000;

	if (now - l->told < TELL_EVERY || !isatty(STDERR_FILENO))
		return;
	l->told = now;
	fprintf(stderr, "postern learn: %" PRIu64 " messages so far\n", l->seen);
}

static void
unreadable(struct learn *l, const char *path, const char *why)
{
	fprintf(stderr, "postern learn: %.*s: %s\n", VIEW_ARG(shown(l, path)), why);
	l->unread++;
}

/* A file of many messages (mbox): before each stands "From joe@x.example Sun Nov 22 10:00:00 2026". One
 * message alone may have such a line too. */
static bool
is_mailbox(struct view text)
{
	static const char *const next[] = {"\n\nFrom ", "\r\n\r\nFrom "};

	for (size_t i = 0; i < 2 && view_starts_nocase(text, "From "); i++) {
		struct view rest = view_skip(text, view_search_nocase(text, view_str(next[i]))), line;

		rest = view_skip(rest, strlen(next[i]));
		if (view_split(&rest, '\n', &line) && view_find(line, ':') < line.n)
			return true;
	}
	return false;
}

typedef struct view reader(const char *path, struct arena *a, const char **why_out);

static void
learn_file(struct learn *l, const char *path, reader *look)
{
	const char *why;
	struct view text = look(path, l->arena, &why);

	if (!text.p && why) {
		unreadable(l, path, why);
	} else if (is_mailbox(text)) {
		fprintf(stderr, "postern learn: %.*s: many messages in one file: give them one by one, as"
			" 'formail -s postern learn %s - <FILE' does\n", VIEW_ARG(shown(l, path)),
			standing_mail_name(l->mail));
		l->unread++;
	} else if (text.p) {
		learn_text(l, path, text);
	}
	arena_reset(l->arena);
	progress(l);
}

/* Names that begin with a dot are no messages; nor are folders and other things that are no files. */
static void
learn_folder(struct learn *l, const char *path, DIR *d)
{
	const struct dirent *e;

	while (!l->away && (e = readdir(d))) {
		char name[4096];

		if (e->d_name[0] != '.' &&
			snprintf(name, sizeof(name), "%s/%s", path, e->d_name) < (int)sizeof(name))
			learn_file(l, name, message_file_found);
	}
}

static void
learn_path(struct learn *l, const char *path)
{
	DIR *d = strcmp(path, "-") == 0 ? NULL : opendir(path);

	if (d) {
		learn_folder(l, path, d);
		closedir(d);
	} else {
		learn_file(l, path, message_file_read);
	}
}

/* ---- the whole run ---- */

static int
finish(const struct learn *l)
{
	const char *kind = standing_mail_name(l->mail);

	if (l->learned || l->moved || l->before || !l->away)
		printf("%" PRIu64 " learned as %s, %" PRIu64 " taken back from %s, %" PRIu64
		       " known before\n", l->learned, kind, l->moved,
			standing_mail_name(l->mail == STANDING_HAM ? STANDING_SPAM : STANDING_HAM),
			l->before);
	if (l->away)
		return store_walk_silent("postern learn");
	return l->unread ? EX_NOINPUT : l->nobody ? NOTHING : EX_OK;
}

static int
run(struct learn *l, const char *conf, char **paths)
{
	char why[500];

	if (!message_names_open(&l->names, conf, why, sizeof(why))) {
		diag_show(l->names.a.diag, stderr);
		if (why[0])
			fprintf(stderr, "postern learn: %s\n", why);
		return EX_CONFIG;
	}
	l->store = store_walk_connect(conf);
	l->arena = arena_new();
	l->now = clock_wall();
	l->told = clock_mono_ms() / 1000;
	for (; *paths && !l->away; paths++)
		learn_path(l, *paths);
	arena_free(l->arena);
	store_free(l->store);
	return finish(l);
}

int
learn_main(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	const char *conf = ASSEMBLY_CONF;
	struct learn l = {.seen = 0};
	int key, status;

	while ((key = getopt_long(argc, argv, "+c:", options, NULL)) != -1) {
		if (key != 'c') {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
		conf = optarg;
	}
	argv += optind;
	if (argc - optind < 2 || (strcmp(argv[0], "ham") != 0 && strcmp(argv[0], "spam") != 0)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	l.mail = strcmp(argv[0], "ham") == 0 ? STANDING_HAM : STANDING_SPAM;
	log_open(LOG_TO_STDERR, "learn", LOG_LEVEL_ERROR, false);
	status = run(&l, conf, argv + 1);
	message_names_done(&l.names);
	return status;
}
