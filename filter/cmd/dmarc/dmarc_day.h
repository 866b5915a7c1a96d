/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_day -- one day of the DMARC history, summed up for aggregate reports: domains, rows, counts.
 *
 * Read as a stream. Memory is bounded by DMARC_DAY_DOMAINS, DMARC_DOMAIN_ROWS and DMARC_DAY_BYTES; messages
 * of rows that are beyond are counted and not reported. Of a record that changed, the last counts.
 */
#ifndef CMD_DMARC_DAY_H
#define CMD_DMARC_DAY_H

#include "mail/dmarc/dmarc_row.h"

struct dmarc_day;

struct dmarc_day_row {
	struct view line; /* for dmarc_row_read; its time and record mean nothing */
	uint64_t count;
};

struct dmarc_day_domain {
	struct view name;
	struct dmarc_record record;
	struct dmarc_day_row **row; /* sorted by line */
	size_t n_rows;
	uint64_t messages, left_out; /* left_out: of those, how many are in no row */
};

struct dmarc_day_sum {
	uint64_t lines, damaged;
	uint64_t left_out; /* of domains that are in no report */
};

/* only: one domain, or absent = all. NULL with errno. gives. */
struct dmarc_day *dmarc_day_read(const char *path, struct view only);
void dmarc_day_free(struct dmarc_day *d); /* NULL is legal */
struct dmarc_day_sum dmarc_day_sum(const struct dmarc_day *d);
/* The domains, sorted; *n_out of them. Live in d. */
struct dmarc_day_domain *const *dmarc_day_domains(const struct dmarc_day *d, size_t *n_out);

#endif
