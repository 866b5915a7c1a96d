/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lists -- a list of a million domains, and list files of 100,000 lines of each type: time and memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "policy/program.h"

enum { MILLION = 1000000, LINES = 100000, LOOKS = 1000000 };

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double
resident_mb(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024 / 1024;
}

static size_t
domain(char *out, size_t n, int i)
{
	return (size_t)snprintf(out, n, "%sx%d-%d.example", i % 4 ? "" : ".", i, i * 7 % 1000);
}

static void
bench_million(void)
{
	struct list *l = list_new(LIST_DOMAINS, LIST_DOMAINS, LIST_DOMAINS);
	double before = resident_mb(), begun = cpu_ms(), built, hits, misses;
	size_t text = 0, found = 0;
	struct list_note note;
	char name[64];

	for (int i = 0; i < MILLION; i++) {
		size_t n = domain(name, sizeof(name), i);

		text += n;
		list_add(l, view_of(name, n), (struct view){NULL, 0}, &note);
	}
	list_seal(l, &note);
	built = cpu_ms() - begun;
	begun = cpu_ms();
	for (int i = 0; i < LOOKS; i++) { /* a quarter is found through its parent */
		size_t n = domain(name, sizeof(name), (int)((unsigned)i * 7919u % MILLION));

		if (name[0] == '.') {
			memmove(name + 1, name, n++);
			name[0] = 'a';
		}
		found += list_has_text(l, view_of(name, n)) == LIST_YES;
	}
	hits = cpu_ms() - begun;
	begun = cpu_ms();
	for (int i = 0; i < LOOKS; i++) {
		size_t n = (size_t)snprintf(name, sizeof(name), "mail.none%d.example", i);

		found += list_has_text(l, view_of(name, n)) == LIST_YES;
	}
	misses = cpu_ms() - begun;
	printf("lists: a million domains in %.0f ms, %.0f bytes each with %.0f of text; resident %.0f MB more\n", built,
		(double)list_bytes(l) / MILLION, (double)text / MILLION, resident_mb() - before);
	printf("lists: look-up in %.0f ns there, %.0f ns not there (%zu found); aim: 1000 ns\n", hits * 1e6 / LOOKS,
		misses * 1e6 / LOOKS, found);
	list_free(l);
}

/* ---- files ---- */

static const enum fact_type types[] = {FACT_IP, FACT_DOMAIN, FACT_ADDRESS, FACT_WORD, FACT_TEXT, FACT_COUNTRY,
	FACT_NUMBER};
static const struct {
	const char *type, *rule;
	int lines;
} files[] = {{"nets", "fact.n0 in big", LINES}, {"domains", "fact.n1 in big", LINES},
	{"addresses", "fact.n2 in big", LINES}, {"words", "fact.n3 in big", LINES},
	{"phrases", "fact.n4 contains big", LINES}, {"regexes", "fact.n4 ~ big", LINES / 10},
	{"countries", "fact.n5 in big", LINES}, {"numbers", "fact.n6 in big", LINES},
	{"pairs of addresses, domains", "(fact.n2, fact.n1) in big", LINES}};

static void
item(FILE *out, size_t type, int i)
{
	int k = rand() % 1000;

	switch (type) {
	case 0:
		fprintf(out, "%d.%d.%d.0/24\n", 1 + i / 65536, i / 256 % 256, i % 256);
		return;
	case 2:
		fprintf(out, "u%d@x%d.example\n", i, k);
		return;
	case 4:
		fprintf(out, "phrase %d about %d things\n", i, k);
		return;
	case 5:
		fprintf(out, "/\\bword%d.{0,20}number%d\\b/i\n", i, k);
		return;
	case 6:
		fprintf(out, "%d-%d\n", i * 10, i * 10 + 5);
		return;
	case 7:
		fprintf(out, "%c%c\n", 'A' + i % 26, 'A' + i / 26 % 26);
		return;
	case 8:
		fprintf(out, "u%d@x%d.example y%d.example\n", i, k, i);
		return;
	default:
		fprintf(out, "x%d%d.example\n", i, k);
	}
}

static void
write_files(const char *list, const char *rules, size_t k)
{
	static const size_t items[] = {0, 1, 2, 3, 4, 5, 7, 6, 8};
	FILE *out = fopen(list, "w");

	for (int i = 0; out && i < files[k].lines; i++)
		item(out, items[k], i);
	if (!out || fclose(out) != 0)
		abort();
	out = fopen(rules, "w");
	if (!out)
		abort();
	fprintf(out, "list big %s file \"list\"\nrule AA when %s\n", files[k].type, files[k].rule);
	fclose(out);
}

static void
bench_file(const char *folder, struct fact_table *t, size_t k)
{
	char list[128], rules[128];
	const char *path = rules;
	struct program_options o = {.facts = t, .files = &path, .n_files = 1};
	struct diag *d = diag_new();
	struct program *p;
	double begun;

	snprintf(list, sizeof(list), "%s/list", folder);
	snprintf(rules, sizeof(rules), "%s/l.rules", folder);
	write_files(list, rules, k);
	begun = cpu_ms();
	p = program_load(&o, d);
	if (p)
		printf("lists: %d lines of %s checked in %.0f ms, %.1f MB\n", files[k].lines, files[k].type,
			cpu_ms() - begun, (double)program_bytes(p) / 1024 / 1024);
	else
		diag_show(d, stdout);
	program_free(p);
	diag_free(d);
	unlink(list);
	unlink(rules);
}

int
main(void)
{
	enum { FACTS = sizeof(types) / sizeof(*types) };
	static struct fact_def facts[FACTS];
	static char names[FACTS][16];
	char folder[] = "/tmp/postern-bench-XXXXXX";
	struct fact_table *t = fact_table_new();

	if (!mkdtemp(folder))
		return 1;
	srand(1);
	for (size_t i = 0; i < FACTS; i++) {
		snprintf(names[i], sizeof(names[i]), "fact.n%zu", i);
		facts[i] = (struct fact_def){.name = names[i], .type = types[i], .stage = STAGE_MAIL, .help = ""};
		fact_table_add(t, &facts[i], 0);
	}
	bench_million();
	printf("lists: files; aim: 2000 ms each\n");
	for (size_t k = 0; k < sizeof(files) / sizeof(*files); k++)
		bench_file(folder, t, k);
	rmdir(folder);
	fact_table_free(t);
	return 0;
}
