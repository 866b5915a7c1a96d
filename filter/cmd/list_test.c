/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/list_test.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "cmd/assembly.h"
#include "policy/rule/rule_list.h"
#include "policy/suggest.h"

static const char usage[] =
	"usage: postern list-test [-c FILE] LIST VALUE [VALUE]\n"
	"\n"
	"Is the value in the list, as a rule would find it there? Prints one item that holds it, with file\n"
	"and line. A list of pairs wants two values. Lists of the settings are lists too: own-nets,\n"
	"own-domains, trusted-relays.\n"
	"\n"
	"Exit: 0 it is, 1 it is not, 64 wrong usage, 65 no such list or no value of its type, or a regex\n"
	"      that ran into its limits, 78 settings or rules do not check.\n";

enum { NO = 1 };

struct question {
	struct arena *arena;
	struct view name, text[2]; /* as asked */
	enum fact_type type;       /* of a list that is not one of pairs */
	struct fact_value value;
	struct view pair[2];
	bool limit;
};

/* ---- values ---- */

static enum fact_type
value_type(enum list_type t)
{
	static const enum fact_type types[] = {[LIST_NETS] = FACT_IP, [LIST_DOMAINS] = FACT_DOMAIN,
		[LIST_ADDRESSES] = FACT_ADDRESS, [LIST_WORDS] = FACT_WORD, [LIST_PHRASES] = FACT_TEXT,
		[LIST_REGEXES] = FACT_TEXT, [LIST_COUNTRIES] = FACT_COUNTRY, [LIST_NUMBERS] = FACT_NUMBER};

	return types[t];
}

/* One value of a list of this type; its text as rules have it. */
static bool
read_value(struct question *q, enum list_type t, struct view text, struct view *out)
{
	const struct fact_def def = {.name = "value", .type = value_type(t)};

	q->type = def.type;
	if (!fact_parse(&def, text, q->arena, &q->value)) {
		fprintf(stderr, "postern list-test: '%.*s' is no %s, and %.*s holds %s\n",
			VIEW_ARG(diag_escaped(q->arena, text)), fact_type_name(def.type),
			VIEW_ARG(diag_escaped(q->arena, q->name)), list_type_name(t));
		return false;
	}
	*out = fact_format(&def, &q->value, q->arena);
	return true;
}

static bool
read_values(struct question *q, const struct list *l)
{
	bool pairs = list_kind(l) == LIST_PAIRS;

	if (pairs != (q->text[1].p != NULL)) {
		fprintf(stderr, "postern list-test: %.*s wants %s\n",
			VIEW_ARG(diag_escaped(q->arena, q->name)),
			pairs ? "two values: it is a list of pairs" : "one value");
		return false;
	}
	if (!pairs)
		return read_value(q, list_kind(l), q->text[0], &q->pair[0]);
	return read_value(q, list_pair_kind(l, 0), q->text[0], &q->pair[0]) &&
	       read_value(q, list_pair_kind(l, 1), q->text[1], &q->pair[1]);
}

static bool
holds(const struct list *l, void *ctx)
{
	struct question *q = ctx;
	enum list_answer answer;

	if (list_kind(l) == LIST_PAIRS)
		return list_has_pair(l, q->pair[0], q->pair[1]);
	answer = list_has(l, q->type, &q->value);
	q->limit |= answer == LIST_LIMIT;
	return answer == LIST_YES;
}

/* ---- answers ---- */

static void
say_value(const struct question *q)
{
	printf("%.*s", VIEW_ARG(diag_escaped(q->arena, q->text[0])));
	if (q->text[1].p)
		printf(" %.*s", VIEW_ARG(diag_escaped(q->arena, q->text[1])));
}

static void
say_item(const struct question *q, const struct rule_list_item *item)
{
	printf(": %.*s", VIEW_ARG(diag_escaped(q->arena, item->item)));
	if (item->second.p)
		printf(" %.*s", VIEW_ARG(diag_escaped(q->arena, item->second)));
	if (item->at.line)
		printf("  %.*s:%u", VIEW_ARG(diag_escaped(q->arena, item->at.file)), item->at.line);
	else
		printf("  default");
}

static int
answer(struct question *q, struct rule_set *s, const struct list_def *def, const struct list *l)
{
	struct rule_list_item item;
	bool yes;

	if (!read_values(q, l))
		return EX_DATAERR;
	yes = holds(l, q);
	if (!yes && q->limit) {
		fprintf(stderr, "postern list-test: a regex of %.*s ran into its limits: unknown\n",
			VIEW_ARG(q->name));
		return EX_DATAERR;
	}
	say_value(q);
	printf(" is %sin %.*s", yes ? "" : "not ", VIEW_ARG(q->name));
	if (yes && rule_list_which(s, def, holds, q, q->arena, &item))
		say_item(q, &item);
	putchar('\n');
	return yes ? EX_OK : NO;
}

static int
ask(struct assembly *a, struct question *q)
{
	const struct list *l = program_list(a->program, q->name);
	struct diag *unsaid = diag_new(); /* the assembly has told it all */
	struct program_options rules;
	struct rule_set s;
	const char *hint;
	int status = EX_DATAERR;

	assembly_rules(a, &rules);
	rule_set_init(&s, &rules, a->arena, unsaid);
	rule_set_collect(&s);
	if (l) {
		status = answer(q, &s, name_table_find(&s.lists, q->name), l);
	} else {
		hint = name_table_hint(&s.lists, q->name, a->arena);
		fprintf(stderr, "postern list-test: no list '%.*s'%s%s\n",
			VIEW_ARG(diag_escaped(a->arena, q->name)), hint ? "; " : "", hint ? hint : "");
	}
	rule_set_done(&s);
	diag_free(unsaid);
	return status;
}

int
list_test_main(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	const char *conf = ASSEMBLY_CONF;
	struct assembly a;
	struct question q = {.limit = false};
	int key, status = EX_CONFIG;

	while ((key = getopt_long(argc, argv, "+c:", options, NULL)) != -1) {
		if (key == 'c') {
			conf = optarg;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (argc - optind < 2 || argc - optind > 3) {
		fprintf(stderr, "postern list-test: a LIST and a VALUE are needed, for pairs two\n\n%s",
			usage);
		return EX_USAGE;
	}
	q.name = view_str(argv[optind]);
	q.text[0] = view_str(argv[optind + 1]);
	q.text[1] = view_str(argv[optind + 2]); /* argv ends with NULL */
	if (assembly_read(&a, &(struct assembly_reading){.conf = conf, .trying = true})) {
		q.arena = a.arena;
		status = ask(&a, &q);
	} else {
		diag_show(a.diag, stderr);
	}
	assembly_done(&a);
	return status;
}
