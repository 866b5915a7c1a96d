/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/dmarc/dmarc_day.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/dmarc/dmarc_row_read.h"
#include "util/log.h"
#include "util/map.h"

struct dmarc_day {
	struct arena *arena;
	struct map *rows, *domains; /* both by key: the line of a row has its domain in it */
	struct dmarc_day_domain **sorted;
	size_t bytes;
	struct dmarc_day_sum sum;
};

/* What one more costs: the arena's copy, the map's, and what is around them. */
static bool
affords(struct dmarc_day *d, size_t n)
{
	enum { AROUND = 200 };

	if (d->bytes + 2 * n + AROUND > DMARC_DAY_BYTES)
		return false;
	d->bytes += 2 * n + AROUND;
	return true;
}

static struct dmarc_day_domain *
domain_of(struct dmarc_day *d, struct view name)
{
	struct dmarc_day_domain *one = map_get(d->domains, name);

	if (one || map_count(d->domains) >= DMARC_DAY_DOMAINS || !affords(d, name.n + sizeof(*one)))
		return one;
	one = arena_new_of(d->arena, struct dmarc_day_domain);
	one->name = arena_copy(d->arena, name);
	map_put(d->domains, name, one);
	return one;
}

static void
take_record(struct dmarc_day *d, struct dmarc_day_domain *domain, const struct dmarc_record *r)
{
	struct view rua = domain->record.rua;

	if (!view_eq(rua, r->rua) && affords(d, r->rua.n))
		rua = arena_copy(d->arena, r->rua);
	domain->record = *r;
	domain->record.rua = rua;
}

static void
count_row(struct dmarc_day *d, struct dmarc_day_domain *domain, struct view key)
{
	struct dmarc_day_row *row = map_get(d->rows, key);

	domain->messages++;
	if (!row && (domain->n_rows >= DMARC_DOMAIN_ROWS || !affords(d, key.n + sizeof(*row)))) {
		domain->left_out++;
		return;
	}
	if (!row) {
		row = arena_new_of(d->arena, struct dmarc_day_row);
		row->line = arena_copy(d->arena, key);
		map_put(d->rows, key, row);
		domain->n_rows++;
	}
	row->count++;
}

/* Messages that differ in nothing but their time are one row. */
static void
take_row(struct dmarc_day *d, struct dmarc_row *row)
{
	struct dmarc_day_domain *domain = domain_of(d, row->domain);
	struct buf key;

	if (!domain) {
		d->sum.left_out++;
		return;
	}
	take_record(d, domain, &row->record);
	row->time = 0;
	row->record = (struct dmarc_record){.p = DMARC_NONE};
	buf_init(&key, DMARC_ROW_BYTES);
	dmarc_row_write(row, &key);
	count_row(d, domain, buf_view(&key));
	buf_done(&key);
}

/* ---- the file ---- */

/* The next line, cut at what a row may have and one byte more. False at the end. */
static bool
next_line(FILE *f, char line[static DMARC_ROW_BYTES + 1], size_t *n_out)
{
	size_t n = 0;
	int c;

	while ((c = getc_unlocked(f)) != EOF && c != '\n')
		if (n < DMARC_ROW_BYTES + 1)
			line[n++] = (char)c;
	*n_out = n;
	return c != EOF || n > 0;
}

static void
take_lines(struct dmarc_day *d, FILE *f, struct view only)
{
	struct arena *scratch = arena_new();
	char *line = arena_alloc(d->arena, DMARC_ROW_BYTES + 1);
	struct dmarc_row row;
	size_t n;

	while (next_line(f, line, &n)) {
		if (n == 0)
			continue; /* what follows a torn line (cmd/evidence_file.h) */
		d->sum.lines++;
		if (!dmarc_row_read(view_of(line, n), scratch, &row))
			d->sum.damaged++;
		else if (!only.p || view_eq_nocase(row.domain, only))
			take_row(d, &row);
		arena_reset(scratch);
	}
	arena_free(scratch);
}

/* ---- order ---- */

static int
by_line(const void *a, const void *b)
{
	const struct dmarc_day_row *const *x = a, *const *y = b;

	return view_cmp((*x)->line, (*y)->line);
}

static int
by_name(const void *a, const void *b)
{
	const struct dmarc_day_domain *const *x = a, *const *y = b;

	return view_cmp((*x)->name, (*y)->name);
}

/* Whose a row is stands in its line. */
static void
hand_out(struct dmarc_day *d, struct dmarc_day_row *row, struct arena *scratch)
{
	struct dmarc_day_domain *domain;
	struct dmarc_row read;

	if (!dmarc_row_read(row->line, scratch, &read))
		log_die("a row that was written cannot be read");
	domain = map_get(d->domains, read.domain);
	domain->row[domain->n_rows++] = row;
	arena_reset(scratch);
}

static void
sort(struct dmarc_day *d)
{
	struct arena *scratch = arena_new();
	size_t n = 0;
	struct view key;
	void *value;

	d->sorted = arena_array(d->arena, map_count(d->domains) + 1, sizeof(struct dmarc_day_domain *));
	for (size_t at = 0; map_next(d->domains, &at, &key, &value);) {
		struct dmarc_day_domain *one = value;

		d->sorted[n++] = one;
		one->row = arena_array(d->arena, one->n_rows + 1, sizeof(struct dmarc_day_row *));
		one->n_rows = 0;
	}
	for (size_t at = 0; map_next(d->rows, &at, &key, &value);)
		hand_out(d, value, scratch);
	arena_free(scratch);
	for (size_t i = 0; i < n; i++)
		qsort(d->sorted[i]->row, d->sorted[i]->n_rows, sizeof(struct dmarc_day_row *), by_line);
	qsort(d->sorted, n, sizeof(struct dmarc_day_domain *), by_name);
}

struct dmarc_day *
dmarc_day_read(const char *path, struct view only)
{
	FILE *f = fopen(path, "re");
	struct dmarc_day *d = f ? calloc(1, sizeof(*d)) : NULL;
	bool broken;

	if (!f)
		return NULL;
	if (!d)
		log_die("out of memory");
	d->arena = arena_new();
	d->rows = map_new();
	d->domains = map_new();
	take_lines(d, f, only);
	broken = ferror(f);
	fclose(f);
	if (broken) { /* a report of half a day would be taken for the whole */
		dmarc_day_free(d);
		errno = EIO;
		return NULL;
	}
	sort(d);
	return d;
}

void
dmarc_day_free(struct dmarc_day *d)
{
	if (!d)
		return;
	map_free(d->rows);
	map_free(d->domains);
	arena_free(d->arena);
	free(d);
}

struct dmarc_day_sum
dmarc_day_sum(const struct dmarc_day *d)
{
	return d->sum;
}

struct dmarc_day_domain *const *
dmarc_day_domains(const struct dmarc_day *d, size_t *n_out)
{
	*n_out = map_count(d->domains);
	return d->sorted;
}
