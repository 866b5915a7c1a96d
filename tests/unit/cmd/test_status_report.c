/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/status/status_report.h"

#include <stdio.h>

#include "cmd/status/status_screen.h"
#include "tests/lib/unit.h"

#define WORKER(name, state, more) \
	"{\"name\":\"" name "\",\"state\":\"" state "\",\"pid\":7,\"generation\":3,\"restarts\":1,\"seconds\":5," \
	"\"memory\":1,\"silent\":" more "}"
#define STORE(state, more) \
	"{\"name\":\"store\",\"state\":\"" state "\",\"pid\":6,\"generation\":0,\"restarts\":2,\"seconds\":5,\"memory\":1," \
	"\"silent\":" more "}"
#define ALIVE "false,\"counters\":{}"
#define HAS(line) "false,\"counters\":{" line "}"
#define SITE(top, workers) \
	"{\"version\":1,\"off\":false,\"phase\":\"serving\",\"generation\":3,\"seconds\":100,\"pid\":5,\"memory\":1," \
	"\"fallback\":null,\"doubts\":null,\"reload\":\"none\",\"reload_seconds\":0,\"reload_text\":\"\"," top \
	"\"workers\":[" workers "]}"
#define SERVES WORKER("smtp-mx", "serving", ALIVE)

static const struct {
	const char *name, *json, *state;
	const char *degraded; /* "what: why" of each, joined by "; " */
} cases[] = {
	{"all is well", SITE("", STORE("serving", ALIVE) "," SERVES), "serving", ""},
	{"starting", "{\"phase\":\"starting\",\"generation\":0,\"workers\":[]}", "starting", ""},
	{"stopping", "{\"phase\":\"stopping\",\"generation\":3,\"workers\":[]}", "stopping", ""},
	{"off", "{\"phase\":\"serving\",\"generation\":3,\"off\":true,\"workers\":[]}", "degraded",
		"all mail: passes unjudged, until 'postern on'"},
	{"fallen back", "{\"phase\":\"serving\",\"generation\":3,\"fallback\":\"x\",\"doubts\":\"y\",\"workers\":[]}",
		"degraded", "settings: the present ones were refused: the last good ones serve; rules: tests of them fail"},
	{"a store that hangs", SITE("", STORE("serving", "true,\"counters\":{}") "," SERVES), "degraded",
		"store: it does not answer (pid 6)"},
	{"a store that died", SITE("", STORE("waiting", ALIVE) "," SERVES), "degraded",
		"store: it is waiting, restarted 2 times"},
	{"a worker that died", SITE("", WORKER("smtp-mx", "waiting", ALIVE)), "degraded",
		"smtp-mx: it is waiting, restarted 1 times"},
	{"old ones drain", SITE("", SERVES "," WORKER("smtp-mx", "draining", "true,\"counters\":{}")), "serving", ""},
	{"a checker is no worker", SITE("", SERVES "," WORKER("check", "starting", ALIVE)), "serving", ""},
	{"the resolver", SITE("", WORKER("smtp-mx", "serving", HAS("\"dns-outage\":1,\"dns-hijacked\":1"))), "degraded",
		"dns: the resolver does not answer; dns: the resolver invents addresses for names that do not exist"},
	{"calls of the store", SITE("\"counts\":{\"minute\":{\"store-calls\":9,\"store-failed\":2}},", SERVES), "degraded",
		"store: 2 of 9 calls failed in the last minute"},
	{"the store's file", SITE("", STORE("serving", HAS("\"in-memory\":1"))), "degraded",
		"store: its file cannot be had or written: memory holds what is new"},
	{"Redis is away", SITE("", STORE("serving", HAS("\"redis-up\":0"))), "degraded",
		"store: Redis is away (redis-away in the log says why): its own file carries on"},
	{"Redis is up", SITE("", STORE("serving", HAS("\"redis-up\":1,\"in-memory\":0"))), "serving", ""},
	{"a certificate", SITE("", WORKER("smtp-mx", "serving", HAS("\"certificate-days\":6"))), "degraded",
		"smtp-mx: its certificate ends in 6 days"},
	{"one backend of two", SITE("", WORKER("smtp-mx", "serving",
		HAS("\"backend-a\":\"state=ill seconds=4 used=yes why=\\\"refused\\\"\",\"backend-b\":\"state=well used=yes\""))),
		"degraded", "backend a: ill: refused"},
	{"all backends", SITE("", WORKER("smtp-mx", "serving",
		HAS("\"backend-a\":\"state=ill why=\\\"refused\\\"\",\"backend-b\":\"state=well used=no open-relay=yes\""))),
		"degraded", "all backends: none takes mail: clients are told to come again; backend a: ill: refused; "
			    "backend b: not used: it relays strangers' mail"},
	{"lists", SITE("", WORKER("smtp-mx", "serving",
		HAS("\"dnsbl-a\":\"state=suspended seconds=9 why=\\\"it lists everybody\\\"\","
		    "\"dnsbl-b\":\"state=limit queries=8 limit=7\",\"dnsbl-c\":\"state=well\""))), "degraded",
		"list a: suspended: it lists everybody; list b: at its limit of 7 queries"},
};

static void
gather(const json_t *report, char *out, size_t n)
{
	const json_t *all = json_object_get(report, "degraded");
	size_t used = 0;

	*out = 0;
	for (size_t i = 0; i < json_array_size(all) && used < n; i++)
		used += (size_t)snprintf(out + used, n - used, "%s%s: %s", i ? "; " : "",
			status_report_text(json_array_get(all, i), "what"),
			status_report_text(json_array_get(all, i), "why"));
}

static void
degraded(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *r = status_report(view_str(cases[i].json));
		char got[1000];

		UNIT_CASE(r != NULL, cases[i].name);
		gather(r, got, sizeof(got));
		if (strcmp(got, cases[i].degraded) != 0)
			printf("  got %s\n", got);
		UNIT_CASE(strcmp(got, cases[i].degraded) == 0, cases[i].name);
		UNIT_CASE(strcmp(status_report_text(r, "state"), cases[i].state) == 0, cases[i].name);
		UNIT_CASE(status_report_is_degraded(r) == (*cases[i].degraded != 0), cases[i].name);
		json_decref(r);
	}
	CU_ASSERT_PTR_NULL(status_report(VIEW("")));
	CU_ASSERT_PTR_NULL(status_report(VIEW("[]")));
	CU_ASSERT_PTR_NULL(status_report(VIEW("{\"workers\":1}")));
}

/* Two workers ask one list: the worse state counts, sent queries are summed; a draining one does not count. */
static void
joins(void)
{
	json_t *r = status_report(view_str(SITE("",
		WORKER("smtp-a", "serving", HAS("\"dnsbl-z\":\"state=well queries=20 sent=11 listed=40\"")) ","
		WORKER("smtp-b", "serving", HAS("\"dnsbl-z\":\"state=suspended why=\\\"x\\\" queries=20 sent=9\"")) ","
		WORKER("smtp-b", "draining", HAS("\"dnsbl-z\":\"state=well queries=20 sent=500\"")))));
	const json_t *lists = json_object_get(r, "lists"), *z = json_array_get(lists, 0);

	CU_ASSERT_EQUAL(json_array_size(lists), 1);
	CU_ASSERT_STRING_EQUAL(status_report_text(z, "state"), "suspended");
	CU_ASSERT_STRING_EQUAL(status_report_text(z, "worker"), "smtp-b");
	CU_ASSERT_EQUAL(status_report_number(z, "sent"), 20);
	CU_ASSERT_EQUAL(status_report_number(z, "queries"), 20);
	json_decref(r);
}

#define COUNTS \
	"\"counts\":{\"minute\":{\"transactions\":1234567,\"rejected\":3,\"dns-asked\":200}," \
	"\"ten-minutes\":{\"dns-asked\":200,\"dns-cached\":150,\"dns-failed\":1,\"dns-mean-us\":12345,\"dns-p95-us\":1536," \
	"\"dns-p99-us\":98304,\"store-calls\":5,\"store-failed\":0,\"store-mean-us\":164}},"
static const char screen[] =
	"postern serves, DEGRADED, up 1m, generation 3, last reload: none\n"
	"  ! backend a: ill: \\x1b[2J (for 4s)\n"
	"\n"
	"process                state         pid       age restarts    memory     open\n"
	"supervisor             serving         5        1m        0      0 kB         \n"
	"smtp-mx                serving         7        5s        1      0 kB       12\n"
	"smtp-old (gen 2)       draining        8        5s        0     20 MB         \n"
	"\n"
	"mail      total  accept  tagged greylist   defer  reject    hold discard unknown\n"
	"minute    1234k       0       0       0       0       3       0       0       0\n"
	"10 min        0       0       0       0       0       0       0       0       0\n"
	"hour          0       0       0       0       0       0       0       0       0\n"
	"since up      0       0       0       0       0       0       0       0       0\n"
	"\n"
	"last 10 min       asked   cached   failed      mean       p95       p99\n"
	"dns                 200     75 %        1     12 ms    1.5 ms     98 ms\n"
	"store                 5                 0    0.1 ms    0.0 ms    0.0 ms\n"
	"\n"
	"DNS list               state      listed    queries/limit      mean       p95\n"
	"z                      well         63 %           20/100    1.0 ms    0.0 ms\n"
	"\n"
	"backend                state         for   used  open relay\n"
	"a                      ill            4s    yes          no\n"
	"b                      well          20m    yes          no\n";

static void
shows(void)
{
	json_t *r = status_report(view_str(SITE(COUNTS, WORKER("smtp-mx", "serving",
		HAS("\"open\":12,\"dnsbl-z\":\"state=well listed=63 queries=20 limit=100 mean-us=1000\","
		    "\"backend-a\":\"state=ill seconds=4 used=yes open-relay=no why=\\\"\\u001b[2J\\\"\","
		    "\"backend-b\":\"state=well seconds=1200 used=yes open-relay=no\""))
		",{\"name\":\"smtp-old\",\"state\":\"draining\",\"pid\":8,\"generation\":2,\"restarts\":0,\"seconds\":5,"
		"\"memory\":21000000}")));
	struct buf out;

	buf_init(&out, 100000);
	status_screen(r, &out);
	UNIT_VIEW(buf_view(&out), screen);
	buf_done(&out);
	json_decref(r);
}

/* What was counted for years, or by nobody. */
static void
percents(void)
{
	static const struct {
		const char *cached, *asked, *shown;
	} rows[] = {
		{"0", "0", " - "},
		{"1", "3", " 33 % "},
		{"29", "100", " 29 % "},
		{"199", "200", " 99 % "},
		{"5", "4", " 100 % "},
		{"92233720368547759", "184467440737095518", " 50 % "},
		{"9223372036854775807", "9223372036854775807", " 100 % "},
		{"6917529027641081855", "9223372036854775807", " 75 % "},
		{"9223372036854775807", "1", " 100 % "},
		{"-9223372036854775807", "9223372036854775807", " - "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char report[300];
		struct view text, line;
		struct buf out;
		json_t *r;

		snprintf(report, sizeof(report), "{\"workers\":[],\"counts\":{\"ten-minutes\":{\"dns-cached\":%s,"
			"\"dns-asked\":%s}}}", rows[i].cached, rows[i].asked);
		r = status_report(view_str(report));
		buf_init(&out, 100000);
		status_screen(r, &out);
		text = buf_view(&out);
		while (view_split(&text, '\n', &line) && !view_starts_nocase(line, "dns"))
			;
		UNIT_CASE(view_search_nocase(line, view_str(rows[i].shown)) < line.n, rows[i].shown);
		buf_done(&out);
		json_decref(r);
	}
}

static const struct unit_test tests[] = {
	{"what is wrong", degraded},
	{"opinions of workers are joined", joins},
	{"one screen", shows},
	{"parts of large counts", percents},
};

int
main(void)
{
	return unit_main("cmd/status/status_report", tests, sizeof(tests) / sizeof(*tests));
}
