/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/ladder.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/unit.h"

/* A record with these facts; line: what it must print, NULL: nothing that begins so. */
static const struct {
	const char *name, *facts, *line;
} rows[] = {
	{"one alarm", "{\"auth.alarm\": [\"volume\"]}", "\n  alarms  volume\n"},
	{"two alarms", "{\"auth.user\": \"kim\", \"auth.alarm\": [\"rejects\", \"networks\"]}",
		"\n  alarms  rejects, networks\n"},
	{"no alarm is on", "{\"auth.alarm\": null}", NULL},
	{"nobody knows", "{\"auth.alarm\": {\"unknown\": \"store: no answer\"}}", NULL},
	{"nobody asked", "{}", NULL},
	{"no account speaks to a terminal", "{\"auth.alarm\": [\"a\\u001b[2J\", 7]}", "\n  alarms  a\\x1b[2J, ?\n"},
};

static void
alarms(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char record[300], *printed = NULL;
		size_t n;
		FILE *out = open_memstream(&printed, &n);
		json_t *r;

		snprintf(record, sizeof(record), "{\"id\": \"abc\", \"verdict\": \"defer\", \"stage\": \"mail\","
			" \"facts\": %s}", rows[i].facts);
		r = json_loads(record, 0, NULL);
		CU_ASSERT_FATAL(r && out);
		ladder_print(r, out);
		fclose(out);
		UNIT_CASE(rows[i].line ? strstr(printed, rows[i].line) != NULL
			: strstr(printed, "alarms") == NULL, rows[i].name);
		UNIT_CASE(strstr(printed, "defer at mail") != NULL, rows[i].name);
		json_decref(r);
		free(printed);
	}
}

static const struct unit_test tests[] = {{"which alarms were on", alarms}};

int
main(void)
{
	return unit_main("cmd/ladder", tests, sizeof(tests) / sizeof(*tests));
}
