/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/test_rules.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "checks/checks.h"
#include "cmd/assembly.h"
#include "engine/rehearsal.h"
#include "util/json.h"
#include "util/log.h"

enum { SOME_FAILED = 1, TEXT_MAX = 1 << 20 };

static const char usage[] =
	"usage: postern test [-c FILE] [-v] [--json] [RULE-FILE]...\n"
	"\n"
	"Runs the tests that stand in the rules of FILE (default " ASSEMBLY_CONF "), but not\n"
	"those of the shipped rules, which are true of these without a site's changes.\n"
	"With RULE-FILEs these are the whole rule set, and no settings are needed. Nothing goes to the\n"
	"network; what a test does not give is missing.\n"
	"\n"
	"  -v               show the tests that passed, too\n"
	"  --json           print one object for each test\n"
	"\n"
	"Exit: 0 all tests passed, 1 a test failed, 64 wrong usage, 78 settings or rules do not check.\n";

struct report {
	struct arena *arena;
	bool json, verbose;
};

/* ---- for people ---- */

static void
show(const struct report *o, const struct rehearsal_result *r)
{
	const struct program_test *t = r->test;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	if (!rehearsal_passed(r))
		rehearsal_explain(r, &out);
	else if (o->verbose)
		buf_printf(&out, "%.*s:%u: ok \"%.*s\": %.*s\n", VIEW_ARG(t->file), t->line,
			VIEW_ARG(t->name), VIEW_ARG(rehearsal_got(r, o->arena)));
	printf("%.*s", VIEW_ARG(buf_view(&out)));
	buf_done(&out);
}

/* ---- for programs ---- */

static void
names(struct json *j, const char *key, const struct view *name, size_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 0; i < n; i++)
		json_text(j, name[i]);
	json_close(j, ']');
}

static void
print_missed(const struct report *o, struct json *j, const struct rehearsal_result *r)
{
	json_key(j, "missed");
	json_open(j, '[');
	for (size_t i = 0; i < r->n_missed; i++) {
		json_open(j, '{');
		json_key(j, "line");
		json_number(j, r->missed[i]->line);
		json_key(j, "expected");
		json_text(j, rehearsal_expected(r->missed[i], o->arena));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
print_got(const struct report *o, struct json *j, const struct rehearsal_result *r)
{
	print_missed(o, j, r);
	json_key(j, "verdict");
	json_text(j, view_str(verdict_name(r->verdict)));
	json_key(j, "cause");
	json_text(j, r->cause.n ? r->cause : (struct view){NULL, 0});
	json_key(j, "stage");
	json_text(j, view_str(stage_name(r->stage)));
	json_key(j, "tagged");
	json_bool(j, r->tagged);
	json_key(j, "score");
	json_hundredths(j, r->score);
	names(j, "rules", r->fired, r->n_fired);
	names(j, "unknown", r->unknown, r->n_unknown);
}

static void
print_json(const struct report *o, const struct rehearsal_result *r)
{
	struct buf out;
	struct json j;

	buf_init(&out, TEXT_MAX);
	json_init(&j, &out);
	json_open(&j, '{');
	json_key(&j, "file");
	json_text(&j, r->test->file);
	json_key(&j, "line");
	json_number(&j, r->test->line);
	json_key(&j, "test");
	json_text(&j, r->test->name);
	json_key(&j, "passed");
	json_bool(&j, rehearsal_passed(r));
	if (r->trouble) {
		json_key(&j, "trouble");
		json_text(&j, view_str(r->trouble));
	} else {
		print_got(o, &j, r);
	}
	json_close(&j, '}');
	if (!out.over)
		printf("%.*s\n", VIEW_ARG(buf_view(&out)));
	buf_done(&out);
}

static void
report(void *ctx, const struct rehearsal_result *r)
{
	const struct report *o = ctx;

	if (o->json)
		print_json(o, r);
	else
		show(o, r);
	arena_reset(o->arena);
}

/* ---- the command ---- */

static int
run(const struct assembly *a, bool of_site, struct report *o)
{
	const struct rehearsal r = {.settings = &a->settings, .checks = checks_all, .program = a->program,
		.facts = a->facts, .of_site = of_site};
	struct rehearsal_sum sum;

	o->arena = arena_new();
	sum = rehearsal_run(&r, report, o);
	arena_free(o->arena);
	if (!o->json && sum.shipped)
		printf("%zu test%s of shipped rules not run: they do not count on your changes\n",
			sum.shipped, sum.shipped == 1 ? "" : "s");
	if (!o->json && sum.run == 0)
		puts("there are no tests in these rules");
	else if (!o->json)
		printf("%zu test%s, %zu failed\n", sum.run, sum.run == 1 ? "" : "s", sum.failed);
	return sum.failed ? SOME_FAILED : EX_OK;
}

int
test_rules_main(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	struct report o = {.arena = NULL};
	struct assembly_reading what = {.trying = true};
	struct assembly a;
	int key, status = EX_CONFIG;

	while ((key = getopt_long(argc, argv, "c:v", options, NULL)) != -1) {
		if (key == 'c') {
			what.conf = optarg;
		} else if (key == 'v') {
			o.verbose = true;
		} else if (key == 'j') {
			o.json = true;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_ERROR, false);
	what.files = (const char *const *)argv + optind;
	what.n_files = (size_t)(argc - optind);
	if (!what.conf && what.n_files == 0)
		what.conf = ASSEMBLY_CONF;
	if (assembly_read(&a, &what))
		status = EX_OK;
	diag_show(a.diag, stderr);
	if (status == EX_OK)
		status = run(&a, what.n_files == 0, &o);
	assembly_done(&a);
	return status;
}
