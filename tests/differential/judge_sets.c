/* SPDX-License-Identifier: BSD-2-Clause
 *
 * judge_sets -- rule sets with their tests, one JSON object a line, judged as `postern test` does it.
 *
 * For each set of tests/differential/run: every test must end as the line says; the same statements in
 * another order must give the same; the reasons that are printed must sum to the score that is printed.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ladder.h"
#include "engine/rehearsal.h"
#include "tests/lib/rule_facts.h"
#include "util/log.h"

enum { FACTS = 256 };

static struct fact_def rows[FACTS];
static struct check all_facts = {.name = "all", .facts = rows};
static const struct check *const checks[] = {&all_facts, NULL};
static const struct settings settings = {.hostname = {"mx.test", 7}, .now = 1795000000, .rcpt_wait_ms = 100,
	.end_wait_ms = 100, .greylist_wait = 120, .greylist_cap = 3600, .message_bytes = 1 << 30};

static struct {
	unsigned sets, messages, sums, failed;
	bool told; /* of this set */
} all;

/* One set, while it is judged. */
struct set {
	json_t *line;
	struct arena *arena;
	struct fact_table *facts;
	struct program *program;
	struct rehearsal rehearsal;
	size_t at; /* message */
	const char *order;
};

/* The table of all facts as one check, which computes none. The score is the engine's own. */
static void
make_facts(void)
{
	struct fact_table *t = rule_facts_table();

	for (size_t i = 0; i < fact_table_count(t) && all_facts.n_facts < FACTS; i++) {
		const struct fact_def *def = fact_table_at(t, i, NULL);

		if (strcmp(def->name, "score") != 0)
			rows[all_facts.n_facts++] = *def;
	}
	fact_table_free(t);
}

static void
complain(const struct set *s, const char *what)
{
	const char *name;
	json_t *text, *files = json_object_get(s->line, "files");

	all.failed++;
	printf("FAILED differential: set %lld, message %zu, %s: %s\n",
		(long long)json_integer_value(json_object_get(s->line, "seed")), s->at, s->order, what);
	if (all.told)
		return;
	all.told = true;
	json_object_foreach(files, name, text)
		printf("  ---- %s\n%.20000s", name, json_string_value(text));
}

/* ---- the program of a set ---- */

static bool
load(struct set *s, const char *rules)
{
	struct engine_options o = {.settings = &settings, .checks = checks};
	struct program_options po = {.n_files = 1};
	struct diag *d = diag_new();
	struct rule_folder folder;
	const char *name, *path;
	json_t *text, *files = json_object_get(s->line, "files");
	char *said;

	rule_folder_make(&folder);
	json_object_foreach(files, name, text)
		rule_folder_write(&folder, name, view_str(json_string_value(text)));
	path = rule_folder_write(&folder, "t.rules", view_str(rules));
	s->facts = engine_facts(checks);
	po.facts = s->facts;
	po.files = &path;
	po.extra_facts = engine_extra_facts(&o, s->arena, &po.n_extra_facts);
	s->program = program_load(&po, d);
	if (!s->program) {
		said = rule_facts_messages(d);
		complain(s, "it does not load");
		puts(said);
		free(said);
	}
	diag_free(d);
	rule_folder_remove(&folder);
	s->rehearsal = (struct rehearsal){.settings = &settings, .checks = checks, .program = s->program,
		.facts = s->facts};
	return s->program != NULL;
}

static void
unload(struct set *s)
{
	program_free(s->program);
	fact_table_free(s->facts);
}

/* ---- the comparison ---- */

static bool
same_text(const json_t *want, const char *key, struct view got)
{
	return view_eq_str(got, json_string_value(json_object_get(want, key)));
}

static bool
same_names(const json_t *want, const char *key, const struct view *got, size_t n)
{
	const json_t *names = json_object_get(want, key);

	if (json_array_size(names) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!view_eq_str(got[i], json_string_value(json_array_get(names, i))))
			return false;
	return true;
}

static void
compare(void *ctx, const struct rehearsal_result *r)
{
	struct set *s = ctx;
	const json_t *want = json_array_get(json_object_get(s->line, "want"), s->at);
	char *text;

	all.messages++;
	if (r->trouble || !same_text(want, "verdict", view_str(verdict_name(r->verdict))) ||
		!same_text(want, "cause", r->cause) || !same_text(want, "stage", view_str(stage_name(r->stage))) ||
		r->tagged != json_is_true(json_object_get(want, "tagged")) ||
		r->score != json_integer_value(json_object_get(want, "score")) ||
		!same_names(want, "fired", r->fired, r->n_fired) ||
		!same_names(want, "unknown", r->unknown, r->n_unknown)) {
		complain(s, "not what the model says");
		text = json_dumps(want, JSON_SORT_KEYS);
		printf("  %.*s\n  want %s\n  got  %.*s\n", VIEW_ARG(r->test->name), text,
			VIEW_ARG(rehearsal_got(r, s->arena)));
		free(text);
	}
	s->at++;
}

/* ---- the sum ---- */

static void
keep_record(void *ctx, struct view json)
{
	json_t **record = ctx;

	json_decref(*record);
	*record = json_loadb(json.p, json.n, 0, NULL);
}

/* Hundredths of a printed score: "-1.50". */
static long
printed(const char *text)
{
	long whole = strtol(text, NULL, 10), part = strtol(strchr(text, '.') + 1, NULL, 10);

	text += strspn(text, " ");
	return labs(whole) * 100 * (*text == '-' ? -1 : 1) + part * (*text == '-' ? -1 : 1);
}

/* The ladder's rungs stand between the addresses and the line of dashes, its sum below. */
static bool
ladder_sums(const json_t *record)
{
	char *text = NULL, *line, *rest;
	size_t n = 0;
	long sum = 0, total = 0;
	bool below = false;
	FILE *out = open_memstream(&text, &n);

	ladder_print(record, out);
	fclose(out);
	rest = text;
	while ((line = strsep(&rest, "\n")) && rest) {
		if (strncmp(line, "  --", 4) == 0) {
			below = true;
		} else if (strncmp(line, "   ", 3) == 0 && strspn(line + 3, " -0123456789.") > 6) {
			total += below ? printed(line) : 0;
			sum += below ? 0 : printed(line);
		}
	}
	free(text);
	return below && sum == total &&
		total == (long)(json_number_value(json_object_get(record, "score")) * 100 +
			(json_number_value(json_object_get(record, "score")) < 0 ? -0.5 : 0.5));
}

static bool
record_sums(const json_t *record)
{
	double sum = 0, score = json_number_value(json_object_get(record, "score"));
	json_t *rule;
	size_t i;

	json_array_foreach(json_object_get(record, "rules"), i, rule)
		sum += json_number_value(json_object_get(rule, "score"));
	return json_is_number(json_object_get(record, "score")) && sum - score < 1e-6 && score - sum < 1e-6;
}

static void
transact(struct engine *e, const struct given_list *given)
{
	struct session_client c = {.ip = {.family = 4}, .given = given->item, .n_given = given->n, .closed = true};
	struct session *s = session_new(e, &c);
	struct session_mail m = {.from = VIEW("<>")};

	if (session_connect(s)->kind == VERDICT_NONE && session_helo(s, VIEW("x"))->kind == VERDICT_NONE &&
		session_mail(s, &m)->kind == VERDICT_NONE && session_rcpt(s, VIEW("<a@b>"))->kind == VERDICT_NONE &&
		session_data(s)->kind == VERDICT_NONE && session_eoh(s)->kind == VERDICT_NONE)
		session_end(s, VIEW("Q"));
	session_free(s);
}

/* What stands in the evidence of a test's message. */
static void
check_sums(struct set *s)
{
	json_t *record = NULL;
	struct engine_options o = {.settings = &settings, .checks = checks, .sink = keep_record, .sink_ctx = &record};
	struct engine *e = engine_new(&o, s->program);

	s->at = 0;
	for (size_t i = 0; i < s->program->n_tests; i++, s->at++) {
		const struct program_test *t = &s->program->tests[i];
		struct given_list given = {.arena = s->arena};

		for (size_t k = 0; k < t->n_given; k++)
			given_take(&given, s->program, s->facts, &t->given[k]);
		transact(e, &given);
		all.sums++;
		if (!record || !record_sums(record) || !ladder_sums(record))
			complain(s, "the reasons do not sum to the score");
	}
	json_decref(record);
	engine_free(e);
}

/* ---- a set ---- */

static void
rehearse(struct set *s, const char *rules, const char *order, bool sums)
{
	struct rehearsal_sum n;

	s->at = 0;
	s->order = order;
	if (load(s, rules)) {
		n = rehearsal_run(&s->rehearsal, compare, s);
		if (n.run != json_array_size(json_object_get(s->line, "want")))
			complain(s, "not all messages were judged");
		if (sums)
			check_sums(s);
	}
	unload(s);
}

static void
judge_set(json_t *line)
{
	struct set s = {.line = line, .arena = arena_new()};

	all.sets++;
	all.told = false;
	rehearse(&s, json_string_value(json_object_get(json_object_get(line, "files"), "t.rules")), "as written",
		true);
	rehearse(&s, json_string_value(json_object_get(line, "shuffled")), "shuffled", false);
	arena_free(s.arena);
}

int
main(void)
{
	char *text = NULL;
	size_t room = 0;
	json_t *line;

	log_open(LOG_TO_STDERR, "judge_sets", LOG_LEVEL_ERROR, false);
	make_facts();
	while (getline(&text, &room, stdin) > 0) {
		line = json_loads(text, 0, NULL);
		if (!line)
			return printf("FAILED differential: this is no set: %.200s\n", text);
		judge_set(line);
		json_decref(line);
	}
	free(text);
	printf("sets %u messages %u sums %u\n", all.sets, all.messages, all.sums);
	return all.failed || !all.sets;
}
