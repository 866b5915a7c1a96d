/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/rate_tools.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cmd/memory_tool.h"
#include "cmd/store_walk.h"
#include "cmd/top_list.h"
#include "engine/rate_key.h"
#include "svc/store_series.h"
#include "util/clock.h"
#include "util/limits.h"

static const char usage[] =
	"usage: postern rates [-c FILE] [-n COUNT] top [NAME]\n"
	"       postern rates [-c FILE] show NAME [VALUE]...\n"
	"       postern rates [-c FILE] reset NAME [VALUE]...\n"
	"\n"
	"Shows what the rates of the rules have counted, in the memory of the running daemon.\n"
	"top: the highest counts, of one rate or of all. show: every count of a rate, or those by these\n"
	"values. reset: counts of these values begin anew; without a value, all of the rate.\n"
	"\n"
	"Exit: 0 done, 1 there is no such count, 64 wrong usage, 69 the daemon does not run or answer,\n"
	"78 settings or rules do not check.\n";

struct asked {
	struct store *store;
	struct arena *arena;
	const struct rate *rate;
	struct view prefix; /* its name and the values that were asked for */
	int64_t now;
	struct top_list *top; /* NULL: everything is printed as it is found */
	bool reset;
	uint64_t found;
	bool failed;
};

/* ---- records ---- */

/* The key's first values are those that were asked for, whole. */
static bool
is_meant(const struct asked *t, struct view key)
{
	return key.n == t->prefix.n || key.p[t->prefix.n] == '\0';
}

/* What lies in the window now: records keep what was there when they were last written. */
static int64_t
sum_now(const struct asked *t, struct view series)
{
	int64_t start, count, sum = 0;

	while (store_series_next(&series, &start, &count))
		if (start > t->now - t->rate->seconds)
			sum += count;
	return sum;
}

static void
print(int64_t count, struct view key, struct arena *a)
{
	struct view rest = key, part;

	printf("%10" PRId64 " ", count);
	while (view_split(&rest, '\0', &part))
		printf(" %.*s", VIEW_ARG(diag_escaped(a, part)));
	putchar('\n');
}

static bool
forget(struct asked *t, struct view key, struct arena *page)
{
	struct store_request r = rate_key_record(STORE_REMOVE, key, t->now);
	struct store_result result;

	store_do(t->store, &r, 1, page, &result);
	return result.status != STORE_TEMPFAIL;
}

static bool
take(void *ctx, const struct store_page_record *r, struct arena *page)
{
	struct asked *t = ctx;
	int64_t count = sum_now(t, r->value);

	if (!is_meant(t, r->key) || count == 0)
		return true;
	t->found++;
	if (t->reset)
		return forget(t, r->key, page);
	if (t->top)
		top_list_add(t->top, count, r->key);
	else
		print(count, r->key, page);
	return true;
}

/* All records that begin with the prefix. */
static void
walk(struct asked *t)
{
	t->failed = !store_walk(t->store, rate_key_record(STORE_SCAN, t->prefix, t->now), take, t);
}

/* ---- what is asked ---- */

static struct view
key_of(struct asked *t, const struct program *p, struct view name, char **values)
{
	struct view key = name;

	for (; *values; values++) {
		struct view part = rate_key_part(p, view_str(*values), t->arena);
		char *both = arena_alloc(t->arena, key.n + 1 + part.n);

		memcpy(both, key.p, key.n);
		if (part.n)
			memcpy(both + key.n + 1, part.p, part.n); /* the byte between them is 0 */
		key = view_of(both, key.n + 1 + part.n);
	}
	return key;
}

static const struct rate *
find(const struct program *p, const char *name)
{
	for (size_t i = 0; i < p->n_rates; i++)
		if (view_eq_str(p->rates[i].name, name))
			return &p->rates[i];
	fprintf(stderr, "postern rates: no rule file has a rate '%s'; there %s", name,
		p->n_rates ? "are" : "is none\n");
	for (size_t i = 0; i < p->n_rates; i++)
		fprintf(stderr, " %.*s%s", VIEW_ARG(p->rates[i].name), i + 1 < p->n_rates ? "," : "\n");
	return NULL;
}

static void
walk_one(struct asked *t, const struct program *p, const struct rate *r, char **values)
{
	t->rate = r;
	t->prefix = key_of(t, p, r->name, values);
	if (t->prefix.n > STORE_KEY_MAX) /* such a key is stored by its hash (engine/rate_key.c) */
		t->prefix = r->name;
	walk(t);
}

static int
finish(const struct asked *t)
{
	for (size_t i = 0; t->top && i < t->top->n; i++)
		print(t->top->entry[i].rank, t->top->entry[i].key, t->arena);
	if (t->failed)
		return store_walk_silent("postern rates");
	if (!t->found)
		fputs("postern rates: there is no such count\n", stderr);
	else if (t->reset)
		printf("%" PRIu64 " %s anew\n", t->found, t->found == 1 ? "count begins" : "counts begin");
	return t->found ? EX_OK : MEMORY_TOOL_NONE;
}

static int
answer(struct assembly *a, char **words, size_t count)
{
	struct asked t = {.arena = a->arena, .now = clock_wall(), .store = a->store,
		.top = strcmp(words[0], "top") == 0 ? top_list_new(count, a->arena) : NULL,
		.reset = strcmp(words[0], "reset") == 0};
	const struct program *p = a->program;
	const struct rate *one = words[1] ? find(p, words[1]) : NULL;

	if (words[1] && !one)
		return EX_USAGE;
	if (one)
		walk_one(&t, p, one, words + 2);
	for (size_t i = 0; !one && i < p->n_rates && !t.failed; i++)
		walk_one(&t, p, &p->rates[i], words + 1);
	return finish(&t);
}

int
rate_tools_main(int argc, char **argv)
{
	static const struct memory_tool tool = {.usage = usage, .options = "+c:n:",
		.verb = {{"top", 0, 1}, {"show", 1, INT_MAX}, {"reset", 1, INT_MAX}},
		.read = assembly_read, .answer = answer};

	return memory_tool_main(&tool, argc, argv);
}
