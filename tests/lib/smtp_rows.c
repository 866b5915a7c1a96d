/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/smtp_rows.h"

#include <stdio.h>

static void
compare(const struct smtp_row *row, int way, const char *what, struct view got, const char *want)
{
	char name[100];

	if (view_eq_str(got, want))
		return;
	snprintf(name, sizeof(name), "%s (%s, %s): %s", row->name, way & 2 ? "byte by byte" : "at once",
		way & 1 ? "late" : "early", what);
	unit_case(false, name, "differs", __FILE__, __LINE__);
	printf("  %s: got\n%.*s\n  want\n%s\n", name, VIEW_ARG(got), want);
}

void
smtp_rows_one(struct smtp_play *p, int way, void (*set)(struct smtp_play *p), struct view client)
{
	p->late = way & 1;
	p->bytewise = way & 2;
	if (set)
		set(p);
	smtp_play_run(p, client);
}

void
smtp_rows_play(const struct smtp_row *rows, size_t n, void (*set)(struct smtp_play *p))
{
	for (size_t i = 0; i < n * 4; i++) {
		const struct smtp_row *row = &rows[i / 4];
		struct smtp_play p;
		int way = i % 4;

		smtp_play_init(&p);
		p.script = row->script;
		smtp_rows_one(&p, way, set, view_str(row->client));
		compare(row, way, "codes", buf_view(&p.codes), row->codes);
		if (row->asked)
			compare(row, way, "asked", buf_view(&p.asked), row->asked);
		compare(row, way, "broken", view_str(p.broken), "");
		smtp_play_done(&p);
	}
}
