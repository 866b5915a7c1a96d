/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/event_line.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/unit.h"
#include "util/limits.h"

#define NAME40 "a234567890123456789012345678901234567890"

static const struct {
	const char *line, *values; /* NULL: it is no event */
} rows[] = {
	{"warning alarm user=kim reason=volume recipients=812",
		"{\"user\":\"kim\",\"reason\":\"volume\",\"recipients\":\"812\"}"},
	{"notice redis-up", "{}"},
	{"notice redis-up ", "{}"},
	{"error store-unavailable file=/x why=\"disk full\"", "{\"file\":\"/x\",\"why\":\"disk full\"}"},
	{"error x why=\"no end", "{\"why\":\"no end\"}"},
	{"error x why=\"\" b=", "{\"why\":\"\",\"b\":\"\"}"},
	{"error x a=1 a=2 b=a=3", "{\"a\":\"1\",\"b\":\"a=3\"}"},
	{"error x generation=3: milter-main was killed by signal 9", "{\"generation\":\"3:\"}"},
	{"error x words, no=pairs but=one  Key=2 =3 -=4", "{\"no\":\"pairs\",\"but\":\"one\",\"-\":\"4\"}"},
	{"error x user=k\\xc3\\xa4the raw=\\xff\\x00 odd=\\xg1\\x",
		"{\"user\":\"k\xc3\xa4the\",\"raw\":{\"b64\":\"/wA=\"},\"odd\":\"\\\\xg1\\\\x\"}"},
	{"error " NAME40 " a=1", "{\"a\":\"1\"}"},
	{"error x " NAME40 "=1 " NAME40 "5=2", "{\"" NAME40 "\":\"1\"}"},
	{"error " NAME40 "1 a=1", NULL},
	{"info transaction id=1", NULL},
	{"", NULL},
	{"error", NULL},
	{"error ", NULL},
	{"error  x", NULL},
	{"error Name", NULL},
	{"error x tab\there", NULL},
	{"error x line\nend", NULL},
	{"error x \x80", NULL},
	{"errors x", NULL},
};

static void
reads_and_shows(void)
{
	const struct event_source from = {"milter-main", 7, 1795000000};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct event_line e, again;
		bool is = event_line_read(view_str(rows[i].line), &e);
		char want[1000];
		struct buf b;

		UNIT_CASE(is == (rows[i].values != NULL), rows[i].line);
		if (!is)
			continue;
		buf_init(&b, EVENT_JSON_MAX);
		event_line_write(&e, &b);
		UNIT_CASE(event_line_read(buf_view(&b), &again) && view_eq(again.text, e.text) &&
			view_eq(again.name, e.name) && again.level == e.level, rows[i].line);
		buf_reset(&b);
		event_line_json(&e, &from, &b);
		snprintf(want, sizeof(want), ",\"values\":%s}\n", rows[i].values);
		UNIT_CASE(view_ends_nocase(buf_view(&b), view_str(want)), rows[i].line);
		buf_done(&b);
	}
}

static void
shows_all_of_it(void)
{
	const struct event_line e = {LOG_LEVEL_WARN, VIEW("alarm"), VIEW("user=kim")};
	const struct event_source from = {"smtp-mx", 12, 1795000000};
	struct buf b;

	buf_init(&b, EVENT_JSON_MAX);
	event_line_json(&e, &from, &b);
	UNIT_VIEW(buf_view(&b), "{\"time\":1795000000,\"process\":\"smtp-mx\",\"pid\":12,\"level\":\"warning\","
		"\"event\":\"alarm\",\"text\":\"user=kim\",\"values\":{\"user\":\"kim\"}}\n");
	buf_done(&b);
}

/* The longest, and the one that grows most, fit. */
static void
ceilings(void)
{
	const struct event_source from = {"milter-main", 7, 1795000000};
	char line[EVENT_LINE_MAX + 2];
	struct event_line e;
	struct buf b;

	buf_init(&b, EVENT_JSON_MAX);
	memset(line, '\\', sizeof(line));
	memcpy(line, "error x a=", 10);
	CU_ASSERT_FALSE(event_line_read(view_of(line, EVENT_LINE_MAX + 1), &e));
	CU_ASSERT_TRUE_FATAL(event_line_read(view_of(line, EVENT_LINE_MAX), &e));
	event_line_json(&e, &from, &b);
	CU_ASSERT_FALSE(b.over);
	buf_reset(&b);
	for (size_t i = 0; i + 8 <= EVENT_LINE_MAX - 8; i += 8)
		snprintf(line + 8 + i, 9, "%c%c=\\xff ", 'a' + (int)(i / 8 % 26), 'a' + (int)(i / 208 % 26));
	CU_ASSERT_TRUE_FATAL(event_line_read(view_of(line, EVENT_LINE_MAX - 8), &e));
	event_line_json(&e, &from, &b);
	CU_ASSERT_FALSE(b.over);
	buf_done(&b);
}

static const struct unit_test tests[] = {
	{"reads a line and shows its pairs", reads_and_shows},
	{"shows all of it", shows_all_of_it},
	{"the longest fit", ceilings},
};

int
main(void)
{
	return unit_main("io/event_line", tests, sizeof(tests) / sizeof(*tests));
}
