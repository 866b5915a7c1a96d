/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/setup.h"

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/assembly.h"
#include "cmd/check_files.h"
#include "cmd/mta_lines.h"
#include "cmd/settings_file.h"
#include "cmd/setup_files.h"
#include "io/privileges.h"
#include "io/replace.h"
#include "policy/secret.h"
#include "util/limits.h"

enum { NAMES_MAX = 50, ANSWER_MAX = 1000, WHY_MAX = 64 * 1024 };

static const char usage[] =
	"usage: postern setup [-c FILE] [--enable NAME]... [--disable NAME]... [--key NAME]... [--yes]\n"
	"                     [--dry-run] [--lists FOLDER] [--file FILE]\n"
	"\n"
	"Shows the third-party DNS lists that rules are shipped for, their operators and terms, asks which\n"
	"ones to use, writes a rule file that includes them, and tells what to write into the MTA's\n"
	"settings. Nothing that a person wrote is changed. It may be run again at any time.\n"
	"\n"
	"  -c FILE          settings (default " ASSEMBLY_CONF ")\n"
	"  --enable NAME    use this list; with this, --disable or --key nothing is asked about lists\n"
	"  --disable NAME   do not use it\n"
	"  --key NAME       read this key from standard input, a line for each, and keep it in the\n"
	"                   secrets-file\n"
	"  --yes            write without asking\n"
	"  --dry-run        print what would be written\n"
	"  --lists FOLDER   the lists' rules (default " RULES_DIR "/dnsbl)\n"
	"  --file FILE      what is written (default rules.d/lists.rules beside the settings)\n"
	"\n"
	"Exit: 0 done, 1 not confirmed, 64 wrong usage, 66 no lists there, 73 a file cannot be written or\n"
	"      is not ours, 77 this system lacks a user or file, 78 settings or rules do not check.\n";

struct setup {
	const char *conf_path, *folder, *file;
	const char *enable[NAMES_MAX], *disable[NAMES_MAX], *key[NAMES_MAX];
	size_t n_enable, n_disable, n_key;
	bool yes, dry_run;
	struct conf *conf;
	struct arena *arena;
	struct setup_list *list;
	size_t n;
	struct view secrets; /* text of the secrets file, with what was added */
	bool new_secrets;
};

static int
wrong(const char *what, const char *value)
{
	fprintf(stderr, "postern setup: %s%s%s\n\n%s", what, value ? ": " : "", value ? value : "", usage);
	return EX_USAGE;
}

static int
failed(int status, const char *path, const char *why)
{
	fprintf(stderr, "postern setup: %s%s%s\n", path, *path ? ": " : "", why);
	return status;
}

/* ---- options ---- */

static bool
push(const char **names, size_t *n, const char *name)
{
	if (*n == NAMES_MAX)
		return false;
	names[(*n)++] = name;
	return true;
}

static bool
take_option(struct setup *s, int key, const char *value)
{
	switch (key) {
	case 'c': s->conf_path = value; return true;
	case 'l': s->folder = value; return true;
	case 'f': s->file = value; return true;
	case 'y': s->yes = true; return true;
	case 'n': s->dry_run = true; return true;
	case 'e': return push(s->enable, &s->n_enable, value);
	case 'd': return push(s->disable, &s->n_disable, value);
	case 'k': return push(s->key, &s->n_key, value);
	default: return false;
	}
}

static int
take_options(struct setup *s, int argc, char **argv)
{
	static const struct option options[] = {{"enable", required_argument, NULL, 'e'},
		{"disable", required_argument, NULL, 'd'}, {"key", required_argument, NULL, 'k'},
		{"yes", no_argument, NULL, 'y'}, {"dry-run", no_argument, NULL, 'n'},
		{"lists", required_argument, NULL, 'l'}, {"file", required_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	int key;

	opterr = 0;
	while ((key = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (key == 'H') {
			fputs(usage, stdout);
			exit(EX_OK);
		}
		if (!take_option(s, key, optarg))
			return wrong("unknown option, missing value or too many", argv[optind - 1]);
	}
	return optind == argc ? EX_OK : wrong("no arguments are taken", argv[optind]);
}

static struct setup_list *
find(const struct setup *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->list[i].about.name, name) == 0)
			return &s->list[i];
	return NULL;
}

/* ---- asking ---- */

/* One line of standard input, trimmed; absent at its end. Lives in the arena. */
static struct view
answer(struct setup *s)
{
	char line[ANSWER_MAX];

	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return (struct view){NULL, 0};
	return arena_copy(s->arena, view_trim(view_str(line)));
}

static bool
yes_or_no(struct setup *s, const char *what, bool fallback)
{
	struct view v;

	printf("%s [%s] ", what, fallback ? "Y/n" : "y/N");
	v = answer(s);
	if (v.n == 0)
		return fallback && v.p;
	return view_lower(v.p[0]) == 'y';
}

/* A key is not shown while it is typed, nor anywhere else. ^C is then a part of it, and refused: it would
 * leave the terminal mute. */
static struct view
ask_key(struct setup *s, struct view name, bool required)
{
	bool terminal = isatty(STDIN_FILENO);
	struct termios old, quiet;
	struct view v;

	printf("  Key '%.*s'%s: ", VIEW_ARG(name), required ? "" : " (empty: none)");
	if (terminal && tcgetattr(STDIN_FILENO, &old) == 0) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
		v = answer(s);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	} else {
		v = answer(s);
	}
	putchar('\n');
	return v;
}

/* ---- lists and keys ---- */

static void
show(const struct setup_list *l)
{
	const struct list_entry *e = &l->about;

	printf("\n%s%s\n  %.*s\n  operator: %.*s\n  terms:    %.*s\n  effect:   %.*s\n", e->name,
		l->was ? "   (enabled)" : "", VIEW_ARG(e->title), VIEW_ARG(e->operator),
		VIEW_ARG(e->terms), VIEW_ARG(e->effect));
	if (e->key.p)
		printf("  key:      %.*s (%s)%s\n", VIEW_ARG(e->key),
			e->key_required ? "required" : "optional", l->keyed ? ", there is one" : "");
}

static void
see_keys(struct setup *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->list[i].keyed = s->list[i].about.key.p &&
				   secret_find(s->secrets, s->list[i].about.key).p;
}

static int
add_key(struct setup *s, struct view name, struct view key)
{
	if (!setup_files_key_ok(key))
		return failed(EX_USAGE, "", "a key has letters, digits and '-' only, at most 63; nothing was"
					    " written");
	s->secrets = setup_files_secrets(s->secrets, name, key, s->arena);
	s->new_secrets = true;
	see_keys(s);
	return EX_OK;
}

static int
keys_of_options(struct setup *s)
{
	int status = EX_OK;

	if (s->n_key && !s->conf->secrets_file)
		return failed(EX_CONFIG, s->conf_path,
			"to keep a key, name a file for it: secrets-file /etc/postern/secrets");
	for (size_t i = 0; i < s->n_key && status == EX_OK; i++) {
		struct view key = answer(s);

		status = key.p ? add_key(s, view_str(s->key[i]), key)
			       : failed(EX_USAGE, s->key[i], "no key on standard input");
	}
	return status;
}

static int
choose_by_options(struct setup *s)
{
	for (size_t i = 0; i < s->n_enable; i++) {
		if (!find(s, s->enable[i]))
			return wrong("no such list", s->enable[i]);
		find(s, s->enable[i])->on = true;
	}
	for (size_t i = 0; i < s->n_disable; i++) {
		if (!find(s, s->disable[i]))
			return wrong("no such list", s->disable[i]);
		find(s, s->disable[i])->on = false;
	}
	for (size_t i = 0; i < s->n_key; i++) {
		bool known = false;

		for (size_t k = 0; k < s->n; k++)
			known |= view_eq_str(s->list[k].about.key, s->key[i]);
		if (!known)
			return wrong("no list takes a key of this name", s->key[i]);
	}
	return keys_of_options(s);
}

static int
choose_by_asking(struct setup *s)
{
	int status = EX_OK;

	for (size_t i = 0; i < s->n && status == EX_OK; i++) {
		struct setup_list *l = &s->list[i];
		struct view key;

		show(l);
		l->on = yes_or_no(s, "  Use it?", l->was);
		if (!l->on || !l->about.key.p || l->keyed)
			continue;
		if (!s->conf->secrets_file) {
			printf("  To use a key, name a file for it in %s: secrets-file"
			       " /etc/postern/secrets\n", s->conf_path);
			continue;
		}
		key = ask_key(s, l->about.key, l->about.key_required);
		if (key.n)
			status = add_key(s, l->about.key, key);
	}
	return status;
}

/* A list that nobody may ask without a key is not enabled without one. */
static int
check_keys(const struct setup *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].on && s->list[i].about.key_required && !s->list[i].keyed)
			return failed(EX_USAGE, s->list[i].about.name, "it is not to be asked without a key");
	return EX_OK;
}

static int
choose(struct setup *s)
{
	bool told = s->n_enable || s->n_disable || s->n_key;
	int status;

	if (!told && !s->yes) {
		status = choose_by_asking(s);
	} else {
		for (size_t i = 0; i < s->n && !told; i++)
			show(&s->list[i]);
		status = choose_by_options(s);
	}
	return status == EX_OK ? check_keys(s) : status;
}

/* ---- reading and writing ---- */

static int
read_all(struct setup *s)
{
	struct list_entry *e;
	struct buf text;
	const char *why;
	bool known;

	buf_init(&text, WHY_MAX);
	s->conf = settings_file_read(s->conf_path, NULL, &text);
	if (!s->conf)
		fprintf(stderr, "%.*s", VIEW_ARG(buf_view(&text)));
	buf_done(&text);
	if (!s->conf)
		return EX_CONFIG;
	if (list_catalog_read(s->folder, s->arena, &e, &s->n, &why) != 0)
		return failed(EX_NOINPUT, "", why);
	s->list = arena_array(s->arena, s->n, sizeof(*s->list));
	for (size_t i = 0; i < s->n; i++)
		s->list[i].about = e[i];
	if (!s->file)
		s->file = source_beside(view_str(s->conf_path), VIEW("rules.d/lists.rules"), s->arena);
	if (!setup_files_read(s->file, s->list, s->n, s->arena, &why))
		return failed(EX_CANTCREAT, s->file, why);
	known = !s->conf->secrets_file || source_read(NULL, s->conf->secrets_file, SECRETS_MAX, s->arena,
						  &s->secrets, &why) != SOURCE_BAD;
	see_keys(s);
	return known ? EX_OK : failed(EX_CANTCREAT, s->conf->secrets_file, why);
}

static int
write_file(const struct setup *s, const char *path, struct view text, mode_t mode)
{
	struct replace_owner o = {(uid_t)-1, (gid_t)-1, mode};
	struct privileges user;

	/* keys are the service user's, who reads them */
	if (mode == 0600 && privileges_find(s->conf->user, &user) == 0) {
		o.uid = user.uid;
		o.gid = user.gid;
	}
	if (replace_file(path, text, &o) != 0)
		return failed(EX_CANTCREAT, path, strerrordesc_np(errno));
	printf("wrote %s\n", path);
	return EX_OK;
}

/* False: the file is there already, word for word, or not there and not needed. */
static bool
differs(struct setup *s, struct view rules)
{
	bool needed = false;
	struct view old;
	const char *why;

	for (size_t i = 0; i < s->n; i++)
		needed |= s->list[i].on;
	if (source_read(NULL, s->file, RULE_FILE_MAX, s->arena, &old, &why) != SOURCE_OK)
		return needed;
	return !view_eq(old, rules);
}

static void
show_changes(const struct setup *s)
{
	putchar('\n');
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].on || s->list[i].was)
			printf("%s %s%s\n", s->list[i].was == s->list[i].on ? "keep   " :
				s->list[i].on ? "enable " : "disable", s->list[i].about.name,
				s->list[i].on && s->list[i].keyed ? ", with its key" : "");
}

static int
write_all(struct setup *s)
{
	struct view rules = setup_files_rules(s->list, s->n, s->arena);
	bool change = differs(s, rules);
	int status = EX_OK;

	show_changes(s);
	if (s->dry_run) {
		printf("\n%s would be:\n\n%.*s", s->file, VIEW_ARG(rules));
		return EX_OK;
	}
	if (!change && !s->new_secrets) {
		printf("nothing to change in %s\n", s->file);
		return EX_OK;
	}
	if (!s->yes && !yes_or_no(s, "Write this?", false)) {
		puts("nothing was written");
		return 1;
	}
	if (s->new_secrets)
		status = write_file(s, s->conf->secrets_file, s->secrets, 0600);
	return status == EX_OK && change ? write_file(s, s->file, rules, 0644) : status;
}

/* ---- what else a site needs ---- */

static bool
is_set(const struct conf *c, const char *key)
{
	return conf_where(c, key)->line > 0;
}

static void
suggest_settings(const struct setup *s)
{
	const char *name = s->conf->hostname, *dot = strchr(name, '.');

	if (is_set(s->conf, "hostname") && is_set(s->conf, "own-domains") && is_set(s->conf, "own-nets"))
		return;
	printf("\nStill to be set in %s, for example:\n", s->conf_path);
	if (!is_set(s->conf, "hostname"))
		printf("  hostname %s\n", dot ? name : "mx.example.org");
	if (!is_set(s->conf, "own-domains"))
		printf("  own-domains { %s }\n",
			dot && strchr(dot + 1, '.') ? dot + 1 : dot ? name : "example.org");
	if (!is_set(s->conf, "own-nets"))
		puts("  own-nets { 127.0.0.0/8 ::1 }   # and the networks of your users");
}

static void
look_for_pattern(const struct setup *s)
{
	for (const struct conf_pattern *p = s->conf->rules; p; p = p->next)
		if (fnmatch(p->text, s->file, FNM_PATHNAME) == 0)
			return;
	printf("\nNo 'rules' setting of %s reads this file yet. Write there:\n  rules \"%s\"\n", s->conf_path,
		s->file);
}

static int
run(struct setup *s)
{
	int status = read_all(s);

	if (status == EX_OK)
		status = choose(s);
	if (status == EX_OK)
		status = write_all(s);
	if (status != EX_OK)
		return status;
	look_for_pattern(s);
	suggest_settings(s);
	mta_lines_print(s->conf, stdout);
	if (s->dry_run)
		return EX_OK;
	puts("\nChecking:");
	fflush(stdout);
	status = check_files_run(s->conf_path, false);
	puts(status == EX_OK ? "\nNext: postern reload (the first time: systemctl enable --now postern)"
			     : "\nNext: mend what is said above, then: postern check && postern reload");
	return status;
}

int
setup_main(int argc, char **argv)
{
	struct setup s = {.conf_path = ASSEMBLY_CONF, .folder = RULES_DIR "/dnsbl"};
	char folder[PATH_MAX];
	int status = take_options(&s, argc, argv);

	if (status != EX_OK)
		return status;
	s.arena = arena_new();
	if (realpath(s.folder, folder)) /* the rule file names its includes absolutely */
		s.folder = folder;
	status = run(&s);
	conf_free(s.conf);
	arena_free(s.arena);
	return status;
}
