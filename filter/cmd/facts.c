/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/facts.h"

#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "checks/checks.h"
#include "cmd/assembly.h"
#include "util/json.h"

static const char usage[] =
	"usage: postern facts [-c FILE] [--json] [PATTERN]\n"
	"\n"
	"Lists the facts that rules can read: type, the stage at which each is known, who says it, what\n"
	"it asks, and what it means. PATTERN is a name with * and ?, such as 'helo.*'. With -c the facts of\n"
	"the DNS lists and rates of these settings are among them.\n"
	"\n"
	"Exit: 0 there are some, 1 no fact has such a name, 64 wrong usage,\n"
	"      78 settings or rules do not check.\n";

enum { NONE = 1, JSON_MAX = 16 << 20 };

/* ---- one fact ---- */

static const char *
type_of(const struct fact_def *def, char out[static 64])
{
	snprintf(out, 64, "%s%s", def->list ? "list of " : "", fact_type_name(def->type));
	return out;
}

static void
print(const struct fact_def *def)
{
	char type[64];

	printf("%s%s\n    %s, %s, %s%s\n    %s\n", def->name, def->arg ? "(\"NAME\")" : "",
		type_of(def, type), stage_name(def->stage),
		def->claimed ? "claimed by the client" : "verified",
		def->per_rcpt ? ", for each recipient" : "", def->help);
	if (def->values)
		printf("    values: %s\n", def->values);
	if (def->asks)
		printf("    asks %s\n", def->asks);
}

static void
text(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_text(j, view_str(value));
}

static void
flag(struct json *j, const char *key, bool yes)
{
	json_key(j, key);
	json_bool(j, yes);
}

static void
print_json(struct json *j, const struct fact_def *def)
{
	struct view rest = view_str(def->values), word;

	json_open(j, '{');
	text(j, "name", def->name);
	text(j, "type", fact_type_name(def->type));
	json_key(j, "values");
	json_open(j, '[');
	while (view_split(&rest, ' ', &word))
		json_text(j, word);
	json_close(j, ']');
	text(j, "stage", stage_name(def->stage));
	flag(j, "list", def->list);
	flag(j, "argument", def->arg);
	flag(j, "claimed", def->claimed);
	flag(j, "per-recipient", def->per_rcpt);
	text(j, "asks", def->asks);
	text(j, "meaning", def->help);
	json_close(j, '}');
}

/* ---- all ---- */

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(const struct fact_def *const *)a)->name, (*(const struct fact_def *const *)b)->name);
}

/* Families ("dnsbl.*") are no facts, and what nobody computes is none of this build. */
static size_t
choose(const struct fact_table *t, const char *pattern, const struct fact_def **out)
{
	size_t n = 0;

	for (size_t i = 0; i < fact_table_count(t); i++) {
		size_t owner;
		const struct fact_def *def = fact_table_at(t, i, &owner);
		bool family = view_ends_nocase(view_str(def->name), VIEW(".*"));

		if (!family && owner != FACT_NOBODY && (!pattern || fnmatch(pattern, def->name, 0) == 0))
			out[n++] = def;
	}
	qsort(out, n, sizeof(*out), by_name);
	return n;
}

static int
show(const struct fact_table *t, const char *pattern, bool json)
{
	struct arena *a = arena_new();
	const struct fact_def **def = arena_array(a, fact_table_count(t), sizeof(struct fact_def *));
	size_t n = choose(t, pattern, def);
	struct buf out;
	struct json j;

	buf_init(&out, JSON_MAX);
	json_init(&j, &out);
	json_open(&j, '[');
	for (size_t i = 0; i < n; i++) {
		if (json)
			print_json(&j, def[i]);
		else
			print(def[i]);
	}
	json_close(&j, ']');
	if (json)
		printf("%.*s\n", VIEW_ARG(buf_view(&out)));
	else if (n == 0)
		fputs("postern facts: no fact has such a name\n", stderr);
	buf_done(&out);
	arena_free(a);
	return n ? EX_OK : NONE;
}

static int
of_settings(const char *conf, const char *pattern, bool json)
{
	struct assembly a;
	int status = EX_CONFIG;

	if (assembly_read(&a, &(struct assembly_reading){.conf = conf, .trying = true}))
		status = show(a.facts, pattern, json);
	else
		diag_show(a.diag, stderr);
	assembly_done(&a);
	return status;
}

int
facts_main(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	const char *conf = NULL;
	struct fact_table *t;
	bool json = false;
	int key, status;

	while ((key = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (key == 'c') {
			conf = optarg;
		} else if (key == 'j') {
			json = true;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (argc - optind > 1) {
		fprintf(stderr, "postern facts: one PATTERN at a time\n\n%s", usage);
		return EX_USAGE;
	}
	if (conf)
		return of_settings(conf, argv[optind], json);
	t = engine_facts(checks_all);
	status = show(t, argv[optind], json);
	fact_table_free(t);
	return status;
}
