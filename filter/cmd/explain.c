/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/explain.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sysexits.h>

#include "cmd/assembly.h"
#include "cmd/explanation.h"
#include "cmd/rule_hits.h"
#include "policy/suggest.h"

static const char usage[] =
	"usage: postern explain [-c FILE] [-e EVIDENCE-FILE] [--json] NAME...\n"
	"\n"
	"Shows a rule as it is in effect after all changes, with the place of each clause; when it is\n"
	"decided and acts; each fact that it reads, who says it and what it asks of DNS; the rules that it\n"
	"names and that name it; the policies that disable it or skip its group; its tests; and its hits in\n"
	"the last records of the evidence file. Of a list, DNS list, rate, group or policy: the statements\n"
	"that make it. 'threshold' as NAME: every threshold in effect.\n"
	"\n"
	"Exit: 0 all were found, 1 there is no such name, 64 wrong usage, 66 no such evidence file,\n"
	"      78 settings or rules do not check.\n";

enum { UNKNOWN = 1, JSON_MAX = 64 << 20 };

struct explain {
	const char *conf, *evidence;
	bool json;
	struct assembly assembly;
	struct rule_set set;
	struct diag *unsaid; /* what the assembly has told already */
	struct json j;
};

/* ---- names ---- */

static void
no_such_name(struct explain *o, struct view name)
{
	const struct name_table *tables[] = {&o->set.rules, &o->set.lists, &o->set.dnsbls, &o->set.rates,
		&o->set.groups, &o->set.policies};
	struct arena *a = o->assembly.arena;
	struct suggest s;
	const char *hint;

	suggest_init(&s, name);
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		name_table_suggest(tables[i], &s);
	hint = suggest_hint(&s, a);
	fprintf(stderr, "postern explain: no rule, list, dnsbl, rate, group or policy '%.*s'%s%s\n",
		VIEW_ARG(diag_escaped(a, name)), hint ? "; " : "", hint ? hint : "");
}

static const struct rule *
compiled(const struct program *p, struct view name)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (view_eq(p->rules[i].name, name))
			return &p->rules[i];
	return NULL;
}

/* ---- evidence ---- */

/* The records of the option must be there; those of the settings may not have begun. */
static int
count_hits(const struct explain *o, struct explanation *x)
{
	const char *file = o->evidence ? o->evidence : o->assembly.conf->evidence_file;

	x->hits = -1;
	if (!file || !x->def)
		return EX_OK;
	x->hits = rule_hits_count(file, x->name, &x->records);
	if (x->hits >= 0 || !o->evidence)
		return EX_OK;
	fprintf(stderr, "postern explain: %s: %s\n", file, strerror(errno));
	return EX_NOINPUT;
}

/* ---- the command ---- */

static int
one(struct explain *o, struct view name)
{
	struct explanation x = {.arena = o->assembly.arena, .program = o->assembly.program, .set = &o->set,
		.name = name, .def = name_table_find(&o->set.rules, name)};
	int status = count_hits(o, &x);

	if (status != EX_OK)
		return status;
	if (x.def) {
		x.origin = rule_origin_clauses(&o->set, x.def, x.arena, &x.n_origin);
		x.policies = rule_origin_policies(&o->set, x.def, x.arena, &x.n_policies);
	} else if (view_eq_str(name, "threshold")) {
		x.origin = rule_origin_thresholds(&o->set, x.arena, &x.n_origin);
	} else {
		x.origin = rule_origin_statements(&o->set, name, x.arena, &x.n_origin);
	}
	if (!x.def && !x.n_origin) {
		no_such_name(o, name);
		return UNKNOWN;
	}
	x.rule = x.def ? compiled(x.program, name) : NULL;
	if (x.rule)
		x.reads = rule_reads_of(x.program, (size_t)(x.rule - x.program->rules), x.arena);
	if (o->json)
		explanation_json(&x, &o->j);
	else
		explanation_print(&x, stdout);
	return EX_OK;
}

static int
explain(struct explain *o, char **names, int n)
{
	struct program_options rules;
	struct buf out;
	int status = EX_OK;

	assembly_rules(&o->assembly, &rules);
	rule_set_init(&o->set, &rules, o->assembly.arena, o->unsaid);
	rule_set_collect(&o->set);
	buf_init(&out, JSON_MAX);
	json_init(&o->j, &out);
	json_open(&o->j, '[');
	for (int i = 0; i < n && (status == EX_OK || status == UNKNOWN); i++) {
		int s = one(o, view_str(names[i]));

		status = s > status ? s : status;
		if (!o->json && i + 1 < n && s == EX_OK)
			putchar('\n');
	}
	json_close(&o->j, ']');
	if (o->json)
		printf("%.*s\n", VIEW_ARG(buf_view(&out)));
	buf_done(&out);
	rule_set_done(&o->set);
	return status;
}

int
explain_main(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	struct explain o = {.conf = ASSEMBLY_CONF};
	int key, status = EX_CONFIG;

	while ((key = getopt_long(argc, argv, "c:e:", options, NULL)) != -1) {
		if (key == 'c') {
			o.conf = optarg;
		} else if (key == 'e') {
			o.evidence = optarg;
		} else if (key == 'j') {
			o.json = true;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (optind == argc) {
		fprintf(stderr, "postern explain: a NAME is needed\n\n%s", usage);
		return EX_USAGE;
	}
	o.unsaid = diag_new();
	if (assembly_read(&o.assembly, &(struct assembly_reading){.conf = o.conf, .trying = true}))
		status = explain(&o, argv + optind, argc - optind);
	else
		diag_show(o.assembly.diag, stderr);
	diag_free(o.unsaid);
	assembly_done(&o.assembly);
	return status;
}
