/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/dmarc/dmarc_day.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/postern-dmarc-day.XXXXXX";

static void
add(FILE *f, const char *domain, unsigned n, const char *rua)
{
	struct dmarc_row row = {.time = n, .domain = view_str(domain), .header_from = view_str(domain),
		.record = {.p = DMARC_REJECT, .rua = view_str(rua)},
		.ip = {4, {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}}};
	struct buf out;

	buf_init(&out, DMARC_ROW_BYTES);
	dmarc_row_write(&row, &out);
	fprintf(f, "%.*s\n", VIEW_ARG(buf_view(&out)));
	buf_done(&out);
}

static void
sums(void)
{
	FILE *f = fopen(path, "w");
	struct dmarc_day *d;
	struct dmarc_day_domain *const *all;
	size_t n;

	add(f, "b.example", 1, "mailto:old@b.example");
	add(f, "a.example", 1, "mailto:x@a.example");
	add(f, "b.example", 2, "mailto:new@b.example");
	add(f, "b.example", 1, "mailto:new@b.example");
	fprintf(f, "junk\n\n%*s\n{\"time\":1", 2 * DMARC_ROW_BYTES, "x");
	fclose(f);
	d = dmarc_day_read(path, view_of(NULL, 0));
	CU_ASSERT_FATAL(d != NULL);
	all = dmarc_day_domains(d, &n);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	UNIT_VIEW(all[0]->name, "a.example");
	UNIT_VIEW(all[1]->record.rua, "mailto:new@b.example");
	CU_ASSERT(all[1]->n_rows == 2 && all[1]->messages == 3 && all[1]->left_out == 0);
	CU_ASSERT(all[1]->row[0]->count == 2 && all[1]->row[1]->count == 1);
	CU_ASSERT(dmarc_day_sum(d).lines == 7 && dmarc_day_sum(d).damaged == 3);
	dmarc_day_free(d);
	d = dmarc_day_read(path, VIEW("A.example"));
	CU_ASSERT_FATAL(d != NULL);
	all = dmarc_day_domains(d, &n);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	UNIT_VIEW(all[0]->name, "a.example");
	dmarc_day_free(d);
}

static void
ceilings(void)
{
	FILE *f = fopen(path, "w");
	struct dmarc_day *d;
	struct dmarc_day_domain *const *all;
	char name[40];
	size_t n;

	for (unsigned i = 0; i < DMARC_DOMAIN_ROWS + 5; i++)
		add(f, "a.example", i, "mailto:x@a.example");
	for (unsigned i = 0; i < DMARC_DAY_DOMAINS + 2; i++) {
		snprintf(name, sizeof(name), "d%u.example", i);
		add(f, name, 1, "mailto:x@a.example");
	}
	fclose(f);
	d = dmarc_day_read(path, view_of(NULL, 0));
	CU_ASSERT_FATAL(d != NULL);
	all = dmarc_day_domains(d, &n);
	CU_ASSERT_EQUAL(n, DMARC_DAY_DOMAINS);
	CU_ASSERT(all[0]->n_rows == DMARC_DOMAIN_ROWS && all[0]->left_out == 5);
	CU_ASSERT_EQUAL(all[0]->messages, DMARC_DOMAIN_ROWS + 5);
	CU_ASSERT_EQUAL(dmarc_day_sum(d).left_out, 3);
	dmarc_day_free(d);
}

static void
no_file(void)
{
	CU_ASSERT(dmarc_day_read("/nonexistent/day", view_of(NULL, 0)) == NULL && errno == ENOENT);
	CU_ASSERT(dmarc_day_read("/tmp", view_of(NULL, 0)) == NULL); /* opens, but cannot be read */
}

static const struct unit_test tests[] = {
	{"rows are summed, damaged lines counted", sums},
	{"what is beyond the ceilings is counted", ceilings},
	{"no file, no day", no_file},
};

int
main(void)
{
	int fd = mkstemp(path), status;

	if (fd < 0)
		return 1;
	close(fd);
	status = unit_main("cmd/dmarc/dmarc_day", tests, sizeof(tests) / sizeof(*tests));
	unlink(path);
	return status;
}
