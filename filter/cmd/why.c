/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/why.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/assembly.h"
#include "cmd/ladder.h"

static const char usage[] =
	"usage: postern why [-c FILE] [-e EVIDENCE-FILE] [--json] ID\n"
	"\n"
	"Explains a past transaction: ID is the short id that stands in its reply, in its X-Spam-Status\n"
	"field and in its log line; a queue id works too. Each refused recipient has a record of its own.\n"
	"\n"
	"Exit: 0 found, 1 not found, 64 wrong usage, 66 no evidence file, 78 settings do not check.\n";

struct why_options {
	const char *conf, *file, *id;
	bool json;
};

static bool
is_it(const json_t *record, const char *id)
{
	const char *short_id = json_string_value(json_object_get(record, "id"));
	const char *queue = json_string_value(json_object_get(record, "queue"));

	return (short_id && strcmp(short_id, id) == 0) || (queue && strcmp(queue, id) == 0);
}

/* The number of records printed. */
static unsigned
look(FILE *f, const struct why_options *o)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	unsigned found = 0;

	while ((n = getline(&line, &cap, f)) > 0) {
		json_t *record;

		if (!strstr(line, o->id)) /* cheap, before the line is parsed */
			continue;
		record = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, NULL);
		if (record && is_it(record, o->id)) {
			if (o->json)
				fputs(line, stdout);
			else
				ladder_print(record, stdout);
			found++;
		}
		json_decref(record);
	}
	free(line);
	return found;
}

static int
search(const struct why_options *o, const char *file)
{
	FILE *f = fopen(file, "re");
	unsigned found;

	if (!f) {
		fprintf(stderr, "postern why: %s: %s%s\n", file, strerror(errno),
			errno == ENOENT && !o->file ? " (nothing has been recorded yet)" : "");
		return EX_NOINPUT;
	}
	found = look(f, o);
	fclose(f);
	if (found == 0)
		fprintf(stderr, "postern why: no transaction %s in %s\n", o->id, file);
	return found ? EX_OK : 1;
}

/* The evidence file of the settings. */
static int
by_settings(const struct why_options *o)
{
	struct diag *d = diag_new();
	struct conf *c = conf_load(NULL, o->conf, "localhost", d);
	int status = EX_CONFIG;

	if (!c) {
		diag_show(d, stderr);
	} else if (!c->evidence_file) {
		fprintf(stderr, "postern why: no evidence is kept; to keep it, write\n"
			"    evidence-file \"/var/log/postern/evidence\"\ninto %s\n", o->conf);
		status = EX_NOINPUT;
	} else {
		status = search(o, c->evidence_file);
	}
	conf_free(c);
	diag_free(d);
	return status;
}

int
why_main(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	struct why_options o = {.conf = ASSEMBLY_CONF};
	int key;

	while ((key = getopt_long(argc, argv, "c:e:", options, NULL)) != -1) {
		if (key == 'c') {
			o.conf = optarg;
		} else if (key == 'e') {
			o.file = optarg;
		} else if (key == 'j') {
			o.json = true;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (optind != argc - 1) {
		fprintf(stderr, "postern why: %s\n\n%s",
			optind == argc ? "an ID is needed" : "one ID at a time", usage);
		return EX_USAGE;
	}
	o.id = argv[optind];
	return o.file ? search(&o, o.file) : by_settings(&o);
}
