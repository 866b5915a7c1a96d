/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/show.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/assembly.h"
#include "policy/conf/conf_keys.h"
#include "policy/conf/conf_value.h"
#include "policy/parser/parser.h"
#include "policy/suggest.h"
#include "util/json.h"
#include "util/log.h"

static const char usage[] =
	"usage: postern show [-c FILE] [--json] [SETTING...]\n"
	"\n"
	"Shows every setting, or these, as it is in effect, with file and line where it was set, or\n"
	"'default'; and the rule files in the order in which they are read. What is printed could stand in\n"
	"postern.conf. Keys of the secrets file are never read.\n"
	"\n"
	"Exit: 0 done, 1 there is no such setting, 64 wrong usage, 78 the settings do not check.\n";

enum { UNKNOWN = 1, JSON_MAX = 16 << 20 };

struct show {
	struct arena *arena;
	const struct conf *conf;
	bool asked; /* for some settings only */
	FILE *out;
};

/* ---- rule files ---- */

struct tally {
	struct view file;
	size_t rules, changes, tests, others;
};

static struct tally *
tally_of(struct tally *all, size_t *n, struct view file)
{
	for (size_t i = 0; i < *n; i++)
		if (view_eq(all[i].file, file))
			return &all[i];
	all[*n].file = file;
	return &all[(*n)++];
}

/* The files that have statements, those that others include too; *n_out of them. */
static const struct tally *
count(const struct show *o, size_t *n_out)
{
	struct ast tree = {.arena = o->arena};
	struct diag *unsaid = diag_new(); /* `postern check` tells */
	struct tally *all;

	for (size_t i = 0; i < o->conf->n_rule_files; i++)
		parser_file(&tree, o->conf->rule_files[i], unsaid);
	all = arena_array(o->arena, tree.n_files, sizeof(*all));
	*n_out = 0;
	for (const struct ast_statement *s = tree.first; s; s = s->next) {
		struct tally *t = tally_of(all, n_out, s->at.file);

		if (s->change || s->kind == AST_DISABLE)
			t->changes++;
		else if (s->kind == AST_RULE)
			t->rules++;
		else if (s->kind == AST_TEST)
			t->tests++;
		else
			t->others++;
	}
	diag_free(unsaid);
	return all;
}

static void
show_files(const struct show *o)
{
	size_t n;
	const struct tally *t = count(o, &n);

	fputs("\n# rule files, in the order in which they are read:\n", o->out);
	for (size_t i = 0; i < n; i++, t++)
		fprintf(o->out, "#   %.*s: %zu rules, %zu changes, %zu tests, %zu other statements\n",
			VIEW_ARG(t->file), t->rules, t->changes, t->tests, t->others);
}

/* ---- as JSON ---- */

static void
text(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_text(j, view_str(value));
}

/* Line 0 is a default: both are null. */
static void
place(struct json *j, const struct place *at)
{
	json_key(j, "file");
	json_text(j, at->line ? at->file : (struct view){NULL, 0});
	json_key(j, "line");
	if (at->line)
		json_number(j, at->line);
	else
		json_null(j);
}

static void
setting(struct json *j, const char *name, const char *value, const struct place *at)
{
	json_open(j, '{');
	text(j, "setting", name);
	text(j, "value", value);
	place(j, at);
	json_close(j, '}');
}

static void
json_plain(const struct show *o, const struct conf_key *k, struct json *j)
{
	char *value = NULL;
	size_t n;
	FILE *f = open_memstream(&value, &n);

	if (!f)
		log_die("out of memory");
	conf_value_write(k, o->conf, f);
	fclose(f);
	setting(j, k->name, value, conf_where(o->conf, k->name));
	free(value);
}

static void
json_key_of(const struct show *o, const struct conf_key *k, struct json *j)
{
	if (k->type == CONF_LISTENERS)
		for (const struct conf_listener *l = o->conf->listeners; l; l = l->next)
			setting(j, k->name, arena_printf(o->arena, "%s %s", l->name, l->address).p, &l->at);
	else if (k->type == CONF_BACKENDS)
		for (const struct conf_backend *b = o->conf->backends; b; b = b->next)
			setting(j, k->name, arena_printf(o->arena, "%s %s", b->name, b->address).p, &b->at);
	else if (k->type == CONF_PATTERNS)
		for (const struct conf_pattern *p = o->conf->rules; p; p = p->next)
			setting(j, k->name, p->text, &p->at);
	else
		json_plain(o, k, j);
}

/* ---- which ---- */

static const struct conf_key *
find(const struct show *o, const char *name)
{
	size_t n;
	const struct conf_key *keys = conf_keys(&n);
	struct suggest s;
	const char *hint;

	suggest_init(&s, view_str(name));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
		suggest_try(&s, view_str(keys[i].name));
	}
	hint = suggest_hint(&s, o->arena);
	fprintf(stderr, "postern show: no setting '%.*s'%s%s\n",
		VIEW_ARG(diag_escaped(o->arena, view_str(name))), hint ? "; " : "", hint ? hint : "");
	return NULL;
}

/* All of them, or those of names; j NULL: for people. */
static int
show_keys(const struct show *o, char **names, int n_names, struct json *j)
{
	size_t n;
	const struct conf_key *keys = conf_keys(&n);
	int status = EX_OK;

	if (o->asked)
		n = (size_t)n_names;
	for (size_t i = 0; i < n; i++) {
		const struct conf_key *k = o->asked ? find(o, names[i]) : &keys[i];

		if (!k)
			status = UNKNOWN;
		else if (j)
			json_key_of(o, k, j);
		else
			conf_show_key(o->conf, k, o->out);
	}
	return status;
}

static void
json_number_of(struct json *j, const char *key, size_t n)
{
	json_key(j, key);
	json_number(j, (long long)n);
}

static void
json_files(const struct show *o, struct json *j)
{
	size_t n;
	const struct tally *t = count(o, &n);

	json_key(j, "rule-files");
	json_open(j, '[');
	for (size_t i = 0; i < n; i++, t++) {
		json_open(j, '{');
		json_key(j, "file");
		json_text(j, t->file);
		json_number_of(j, "rules", t->rules);
		json_number_of(j, "changes", t->changes);
		json_number_of(j, "tests", t->tests);
		json_number_of(j, "others", t->others);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static int
show_json(const struct show *o, char **names, int n_names)
{
	struct buf out;
	struct json j;
	int status;

	buf_init(&out, JSON_MAX);
	json_init(&j, &out);
	json_open(&j, '{');
	json_key(&j, "settings");
	json_open(&j, '[');
	status = show_keys(o, names, n_names, &j);
	json_close(&j, ']');
	if (!o->asked)
		json_files(o, &j);
	json_close(&j, '}');
	printf("%.*s\n", VIEW_ARG(buf_view(&out)));
	buf_done(&out);
	return status;
}

/* A file gets the bytes as they are; a terminal gets printable ASCII. */
static int
show_text(struct show *o, char **names, int n_names)
{
	char *all = NULL;
	size_t n = 0;
	struct view rest, line;
	int status;

	o->out = open_memstream(&all, &n);
	if (!o->out)
		log_die("out of memory");
	status = show_keys(o, names, n_names, NULL);
	if (!o->asked)
		show_files(o);
	fclose(o->out);
	rest = view_of(all, n ? n - 1 : 0);
	while (n && view_split(&rest, '\n', &line))
		printf("%.*s\n", VIEW_ARG(isatty(STDOUT_FILENO) ? diag_escaped(o->arena, line) : line));
	free(all);
	return status;
}

int
show_main(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	const char *file = ASSEMBLY_CONF;
	char hostname[256] = "localhost";
	struct show o = {.asked = false};
	struct diag *d;
	struct conf *c;
	bool json = false;
	int key, status = EX_CONFIG;

	while ((key = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (key == 'c') {
			file = optarg;
		} else if (key == 'j') {
			json = true;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (gethostname(hostname, sizeof(hostname) - 1) != 0)
		snprintf(hostname, sizeof(hostname), "localhost");
	d = diag_new();
	c = conf_load(NULL, file, hostname, d);
	if (c) {
		o = (struct show){.arena = arena_new(), .conf = c, .asked = optind < argc};
		status = json ? show_json(&o, argv + optind, argc - optind)
			      : show_text(&o, argv + optind, argc - optind);
		arena_free(o.arena);
	} else {
		diag_show(d, stderr);
	}
	conf_free(c);
	diag_free(d);
	return status;
}
