/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/eval.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/assembly.h"
#include "cmd/ladder.h"
#include "cmd/message_file.h"
#include "engine/message_text.h"
#include "policy/given.h"
#include "util/log.h"

enum { TO_MAX = 100, LIST_MAX = 200 };

struct eval_options {
	const char *conf, *client, *helo, *from, *auth, *message;
	const char *to[TO_MAX], *zone[LIST_MAX], *fact[LIST_MAX], *given[LIST_MAX];
	size_t n_to, n_zone, n_fact, n_given;
	int64_t now;
	enum stage until;
	bool json, trace, has_until;
	struct given_list values; /* what --given says */
};

static const char usage[] =
	"usage: postern eval [-c FILE] --client IP [--helo NAME] [--from ADDRESS] [--to ADDRESS]...\n"
	"                    [--auth USER] [--zone FILE]... [--now UNIX-TIME] [--until STAGE]\n"
	"                    [--facts NAME,...] [--given 'FACT VALUE']... [--trace] [--json]\n"
	"                    [MESSAGE|-]\n"
	"\n"
	"Judges one transaction with the settings and rules of -c FILE (default " ASSEMBLY_CONF ")\n"
	"and prints the reasons, their sum, the verdict and the reply.\n"
	"\n"
	"  --client IP      the client's address; none = local submission\n"
	"  --helo NAME      its HELO name\n"
	"  --from ADDRESS   the envelope sender; '' or '<>' is the null sender (the default)\n"
	"  --to ADDRESS     a recipient; may be repeated (default: someone@ our host name)\n"
	"  --auth USER      the client is authenticated as USER\n"
	"  --zone FILE      answer DNS from this RFC 1035 master file; no network; may be repeated\n"
	"  --now TIME       seconds since 1970, instead of the clock\n"
	"  --until STAGE    stop after connect, helo, mail, rcpt, data, header, body or end; no message\n"
	"                   is needed before header (default: end with a MESSAGE; without one, the last\n"
	"                   stage that the options reach: rcpt with --from or --to, helo with --helo,\n"
	"                   else connect)\n"
	"  --facts A,B      compute these facts though no rule needs them\n"
	"  --given 'F V'    take V for fact F instead of computing it, as in a test's `given`\n"
	"  --trace          tell of every rule whether it is true, and by which facts\n"
	"  --json           print the evidence, one object a line\n"
	"\n"
	"Exit: 0 judged, 64 wrong usage, 66 no message, 78 settings or rules do not check.\n";

static int
wrong(const char *what, const char *value)
{
	fprintf(stderr, "postern eval: %s%s%s\n\n%s", what, value ? ": " : "", value ? value : "", usage);
	return EX_USAGE;
}

static bool
push(const char **list, size_t *n, size_t max, const char *value)
{
	if (*n == max)
		return false;
	list[(*n)++] = value;
	return true;
}

/* "a,b" into names; the text is argv's and may be cut. */
static bool
push_names(struct eval_options *o, char *names)
{
	for (char *at = names; at;) {
		char *comma = strchr(at, ',');

		if (comma)
			*comma++ = 0;
		if (*at && !push(o->fact, &o->n_fact, LIST_MAX, at))
			return false;
		at = comma;
	}
	return true;
}

static bool
take_number(const char *text, int64_t *out)
{
	uint64_t n;

	if (!view_number(view_str(text), INT64_MAX, &n))
		return false;
	*out = (int64_t)n;
	return true;
}

/* EX_OK, or what to exit with. */
static int
take_option(struct eval_options *o, int key, char *value)
{
	switch (key) {
	case 'c': o->conf = value; return EX_OK;
	case 'i': o->client = value; return EX_OK;
	case 'h': o->helo = value; return EX_OK;
	case 'f': o->from = value; return EX_OK;
	case 'a': o->auth = value; return EX_OK;
	case 'j': o->json = true; return EX_OK;
	case 'T': o->trace = true; return EX_OK;
	case 't': return push(o->to, &o->n_to, TO_MAX, value) ? EX_OK : wrong("too many --to", NULL);
	case 'z': return push(o->zone, &o->n_zone, LIST_MAX, value) ? EX_OK : wrong("too many --zone", NULL);
	case 'g':
		return push(o->given, &o->n_given, LIST_MAX, value) ? EX_OK : wrong("too many --given", NULL);
	case 'w': return push_names(o, value) ? EX_OK : wrong("too many --facts", NULL);
	case 'n': return take_number(value, &o->now) ? EX_OK : wrong("--now wants seconds since 1970", value);
	case 'u':
		o->has_until = true;
		return stage_parse(view_str(value), &o->until) ? EX_OK : wrong("no such stage", value);
	default: return wrong("unknown option", NULL);
	}
}

static const struct option long_options[] = {
	{"client", required_argument, NULL, 'i'}, {"helo", required_argument, NULL, 'h'},
	{"from", required_argument, NULL, 'f'}, {"to", required_argument, NULL, 't'},
	{"auth", required_argument, NULL, 'a'}, {"zone", required_argument, NULL, 'z'},
	{"now", required_argument, NULL, 'n'}, {"until", required_argument, NULL, 'u'},
	{"facts", required_argument, NULL, 'w'}, {"given", required_argument, NULL, 'g'},
	{"trace", no_argument, NULL, 'T'},
	{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, '?'}, {NULL, 0, NULL, 0},
};

static int
take_options(struct eval_options *o, int argc, char **argv)
{
	int key, status;

	*o = (struct eval_options){.conf = ASSEMBLY_CONF, .now = -1, .until = STAGE_END};
	opterr = 0;
	while ((key = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (key == '?' && strcmp(argv[optind - 1], "--help") == 0) {
			fputs(usage, stdout);
			exit(EX_OK);
		}
		if (key == '?')
			return wrong("unknown option or missing value", argv[optind - 1]);
		status = take_option(o, key, optarg);
		if (status != EX_OK)
			return status;
	}
	if (optind < argc)
		o->message = argv[optind++];
	if (optind < argc)
		return wrong("one message at most", argv[optind]);
	if (!o->client)
		return wrong("--client is needed", NULL);
	if (!o->message && o->until >= STAGE_HEADER && o->has_until)
		return wrong("this stage needs a message", NULL);
	if (!o->message && o->until >= STAGE_HEADER)
		o->until = o->from || o->n_to ? STAGE_RCPT : o->helo ? STAGE_HELO : STAGE_CONNECT;
	return EX_OK;
}

/* ---- output ---- */

static void
print_record(void *ctx, struct view json)
{
	const struct eval_options *o = ctx;
	json_t *record;

	if (o->json) {
		printf("%.*s\n", VIEW_ARG(json));
		return;
	}
	record = json_loadb(json.p, json.n, JSON_ALLOW_NUL, NULL);
	if (record)
		ladder_print(record, stdout);
	json_decref(record);
}

/* ---- the transaction ---- */

static bool
over(const struct verdict *v)
{
	return v->kind != VERDICT_NONE && v->kind != VERDICT_ACCEPT;
}

/* All recipients; the number of those that were not refused. */
static size_t
recipients(struct session *s, const struct eval_options *o, const struct assembly *a)
{
	char someone[300];
	size_t accepted = 0;

	snprintf(someone, sizeof(someone), "someone@%s", a->conf->hostname);
	if (o->n_to == 0)
		return !over(session_rcpt(s, view_str(someone)));
	for (size_t i = 0; i < o->n_to; i++)
		accepted += !over(session_rcpt(s, view_str(o->to[i])));
	return accepted;
}

/* Runs up to the stage asked for. True: a record of what is known there is still to be made. */
static bool
envelope(struct session *s, const struct eval_options *o, const struct assembly *a)
{
	struct session_mail m = {.from = view_str(o->from ? o->from : ""), .auth_user = view_str(o->auth)};

	if (over(session_connect(s)))
		return false;
	if (o->until == STAGE_CONNECT)
		return true;
	if (o->helo && over(session_helo(s, view_str(o->helo))))
		return false;
	if (o->until == STAGE_HELO)
		return true;
	if (over(session_mail(s, &m)))
		return false;
	if (o->until == STAGE_MAIL)
		return true;
	if (recipients(s, o, a) == 0)
		return false;
	return o->until == STAGE_RCPT || !over(session_data(s));
}

static void
content(struct session *s, const struct eval_options *o, struct view text, struct arena *arena)
{
	struct view body;

	if (over(message_text_header(s, text, arena, &body)))
		return;
	if (o->until == STAGE_HEADER) {
		session_look(s);
		return;
	}
	session_body(s, body);
	session_end(s, (struct view){0});
}

static void
transaction(const struct eval_options *o, struct assembly *a, const struct ip *client, struct view text)
{
	struct session_client c = {.ip = *client, .listener = VIEW("eval"), .given = o->values.item,
		.n_given = o->values.n};
	struct session *s = session_new(a->engine, &c);

	if (envelope(s, o, a)) {
		if (o->until <= STAGE_DATA)
			session_look(s);
		else
			content(s, o, text, a->arena);
	}
	session_free(s);
}

/* ---- wiring ---- */

static int
take_given(struct assembly *a, struct eval_options *o)
{
	bool ok = true;

	o->values.arena = a->arena;
	for (size_t i = 0; i < o->n_given; i++)
		ok &= given_parse(&o->values, a->program, a->facts, view_str(o->given[i]), a->diag);
	return ok ? EX_OK : EX_USAGE;
}

static bool
know_facts(const struct assembly *a, const struct eval_options *o)
{
	bool all = true;

	for (size_t i = 0; i < o->n_fact; i++) {
		size_t owner;

		if (fact_table_find(a->facts, view_str(o->fact[i]), &owner) && owner != FACT_NOBODY)
			continue;
		fprintf(stderr, "postern eval: --facts: no check provides a fact '%s'\n", o->fact[i]);
		all = false;
	}
	return all;
}

static int
prepare(struct assembly *a, struct eval_options *o)
{
	const struct assembly_reading what = {.conf = o->conf, .want = o->fact, .n_want = o->n_fact,
		.trying = o->n_given > 0};
	char why[500];

	if (!assembly_read(a, &what)) {
		diag_show(a->diag, stderr);
		return EX_CONFIG;
	}
	if (!know_facts(a, o))
		return EX_USAGE;
	if (take_given(a, o) != EX_OK) {
		diag_show(a->diag, stderr);
		return EX_USAGE;
	}
	a->settings.now = o->now;
	a->store = store_local();
	a->options.trace = o->trace;
	a->options.sink = print_record;
	a->options.sink_ctx = o;
	if (!assembly_dns(a, o->zone, o->n_zone, why, sizeof(why))) {
		fprintf(stderr, "postern eval: %s\n", why);
		return EX_CONFIG;
	}
	assembly_engine(a);
	return EX_OK;
}

static int
run(struct eval_options *o, const struct ip *client)
{
	struct assembly a;
	struct view text = {NULL, 0};
	const char *why;
	int status = prepare(&a, o);

	if (status == EX_OK && o->message) {
		text = message_file_read(o->message, a.arena, &why);
		if (!text.p) {
			fprintf(stderr, "postern eval: %s: %s\n", o->message, why);
			status = EX_NOINPUT;
		}
	}
	if (status == EX_OK)
		transaction(o, &a, client, text);
	assembly_done(&a);
	return status;
}

int
eval_main(int argc, char **argv)
{
	struct eval_options o;
	struct ip client = {0};
	int status = take_options(&o, argc, argv);

	if (status != EX_OK)
		return status;
	if (strcmp(o.client, "none") != 0 && !ip_parse(view_str(o.client), &client))
		return wrong("--client wants an IP address, or none", o.client);
	log_open(LOG_TO_STDERR, "eval", LOG_LEVEL_ERROR, false);
	return run(&o, &client);
}
