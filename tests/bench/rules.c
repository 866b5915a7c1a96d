/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rules -- what rules cost: a pass over 1,000 random ones, and checking 5,000.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "policy/program.h"
#include "util/buf.h"

enum { FACTS = 60, PASSES = 2000 };

static struct fact_def facts[FACTS];
static char names[FACTS][16];

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct fact_table *
table(void)
{
	static const enum fact_type types[] = {
		FACT_BOOL, FACT_NUMBER, FACT_ENUM, FACT_BOOL, FACT_DOMAIN, FACT_BOOL};
	struct fact_table *t = fact_table_new();

	for (int i = 0; i < FACTS; i++) {
		snprintf(names[i], sizeof(names[i]), "fact.n%d", i);
		facts[i] = (struct fact_def){.name = names[i],
			.type = types[i % 6],
			.stage = STAGE_MAIL,
			.values = "none pass fail soft",
			.help = ""};
		fact_table_add(t, &facts[i], 0);
	}
	return t;
}

/* ---- random rules ---- */

static void
leaf(struct buf *b)
{
	static const char *const values[] = {"none", "pass", "fail", "soft"};
	int f = rand() % FACTS;

	switch (facts[f].type) {
	case FACT_BOOL:
		buf_printf(b, "%sfact.n%d", rand() % 4 ? "" : "not ", f);
		break;
	case FACT_NUMBER:
		buf_printf(b, "fact.n%d > %d", f, rand() % 100);
		break;
	case FACT_ENUM:
		buf_printf(b, "fact.n%d = %s", f, values[rand() % 4]);
		break;
	default:
		buf_printf(b, "fact.n%d in some-domains", f);
	}
}

static void
condition(struct buf *b, int depth)
{
	bool both = rand() % 2;
	int n = 2 + rand() % 3;

	if (depth == 0) {
		leaf(b);
		return;
	}
	buf_str(b, "(");
	for (int i = 0; i < n; i++) {
		if (i)
			buf_str(b, both ? " and " : " or ");
		condition(b, rand() % 3 ? depth - 1 : 0);
	}
	buf_str(b, ")");
}

static void
write_rules(const char *path, int n)
{
	FILE *out = fopen(path, "w");
	struct buf b;

	buf_init(&b, 64 * 1024 * 1024);
	buf_str(&b, "list some-domains domains { a.example .b.example c.example }\n");
	for (int i = 0; i < n; i++) {
		buf_printf(&b, "rule R%05d when ", i);
		if (i > 10 && rand() % 5 == 0)
			buf_printf(&b, "R%05d and ", rand() % 10);
		condition(&b, 2);
		buf_printf(&b, " score %d.%d\n", rand() % 5, rand() % 10);
	}
	if (!out || fwrite(b.p, 1, b.n, out) != b.n || fclose(out) != 0)
		abort();
	buf_done(&b);
}

static struct program *
load(const char *path, struct fact_table *t, double *ms_out)
{
	struct program_options o = {.facts = t, .files = &path, .n_files = 1};
	struct diag *d = diag_new();
	double begun = cpu_us();
	struct program *p = program_load(&o, d);

	*ms_out = (cpu_us() - begun) / 1e3;
	if (!p) {
		diag_show(d, stderr);
		exit(1);
	}
	diag_free(d);
	return p;
}

/* ---- evaluation ---- */

static void
random_values(const struct program *p, struct fact_value *v)
{
	static const char *const words[] = {
		"none", "pass", "fail", "soft", "x.b.example", "q.example"};

	for (size_t i = 0; i < p->n_slots; i++) {
		int dice = rand() % 10;

		v[i] = dice == 0   ? fact_unknown(VIEW("timeout"))
		       : dice == 1 ? fact_missing()
				   : fact_text(view_str(words[rand() % 6]));
		if (dice > 1 && p->slots[i].def->type == FACT_BOOL)
			v[i] = fact_bool(rand() % 2);
		if (dice > 1 && p->slots[i].def->type == FACT_NUMBER)
			v[i] = fact_number(rand() % 100);
	}
}

/* CPU time of one pass over all rules, undecided at first. */
static double
pass(const struct program_eval *e, size_t *hits)
{
	size_t n = e->program->n_rules;
	double begun;

	memset(e->memo, 0, n);
	begun = cpu_us();
	for (size_t i = 0; i < n; i++)
		*hits += program_rule(e, i) == TRI_TRUE;
	return cpu_us() - begun;
}

static void
bench_evaluation(const char *path, struct fact_table *t)
{
	double ms, one, sum = 0, best = 1e9;
	struct program *p;
	struct arena *a = arena_new(), *message = arena_new();
	struct fact_value *v;
	const struct fact_value **values;
	struct program_eval e;
	size_t hits = 0;

	write_rules(path, 1000);
	p = load(path, t, &ms);
	v = arena_array(a, p->n_slots, sizeof(*v));
	values = arena_array(a, p->n_slots, sizeof(*values));
	for (size_t i = 0; i < p->n_slots; i++)
		values[i] = &v[i];
	e = (struct program_eval){.program = p, .values = values, .memo = arena_alloc(a, p->n_rules)};
	for (int k = 0; k < PASSES; k++) {
		if (k % 10 == 0) { /* another message */
			random_values(p, v);
			arena_reset(message);
			e.found = program_found_new(p, message);
		}
		one = pass(&e, &hits);
		sum += one;
		best = one < best ? one : best;
	}
	printf("rules: a pass over 1000 rules %.0f us, best %.0f us (%.0f true); aim: 50 us\n", sum / PASSES,
		best, (double)hits / PASSES);
	program_free(p);
	arena_free(a);
	arena_free(message);
}

int
main(void)
{
	char folder[] = "/tmp/postern-bench-XXXXXX", path[64];
	struct fact_table *t = table();
	struct program *p;
	double ms;

	if (!mkdtemp(folder))
		return 1;
	srand(1);
	snprintf(path, sizeof(path), "%s/a.rules", folder);
	bench_evaluation(path, t);
	write_rules(path, 5000);
	p = load(path, t, &ms);
	printf("rules: 5000 checked in %.0f ms, %.1f MB; aim: 2000 ms\n", ms,
		(double)program_bytes(p) / 1024 / 1024);
	program_free(p);
	unlink(path);
	rmdir(folder);
	fact_table_free(t);
	return 0;
}
