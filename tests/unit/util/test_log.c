/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/log_capture.h"
#include "tests/lib/unit.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/limits.h"
#include "util/log.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t
count_lines(struct view v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += v.p[i] == '\n';
	return n;
}

/* The text of a single line behind "event=NAME ", without its line end. */
static struct view
text_of(struct view line, const char *event)
{
	char head[100];
	size_t at;

	snprintf(head, sizeof(head), "event=%s ", event);
	at = view_search_nocase(line, view_str(head));
	CU_ASSERT_FATAL(at < line.n && line.p[line.n - 1] == '\n');
	return view_head(view_skip(line, at + strlen(head)), line.n - at - strlen(head) - 1);
}

static void
formats(void)
{
	char want[200];

	log_capture_begin();
	log_open(LOG_TO_STDERR, "worker", LOG_LEVEL_INFO, false);
	log_info("first", "n=%d", 5);
	log_debug("hidden", "x=1");
	log_warn("second", "%s", "");
	log_open(LOG_TO_STDERR, "store", LOG_LEVEL_DEBUG, true);
	log_error("third", "a=b");
	log_debug("fourth", "c=d");
	snprintf(want, sizeof(want),
		"worker[%d]: info: event=first n=5\nworker[%d]: warning: event=second\n"
		"<3>store[%d]: error: event=third a=b\n<7>store[%d]: debug: event=fourth c=d\n",
		(int)getpid(), (int)getpid(), (int)getpid(), (int)getpid());
	UNIT_VIEW(log_capture_end(), want);
	log_open(LOG_TO_STDERR, "unit", LOG_LEVEL_INFO, false);
}

/* Every byte value through every way in: nothing but printable ASCII comes out, on one line. */
static void
never_raw(void)
{
	char all[255];
	struct log_line l;
	struct view out;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)(i + 1);
	log_capture_begin();
	log_info("raw", "v=%.*s", (int)sizeof(all), all);
	log_begin(&l, LOG_LEVEL_INFO, "raw");
	log_view(&l, "v", view_of(all, sizeof(all)));
	log_view(&l, "nul", VIEW("a\0b"));
	log_end(&l);
	out = log_capture_end();
	CU_ASSERT_EQUAL(count_lines(out), 2);
	for (size_t i = 0; i < out.n; i++)
		CU_ASSERT(out.p[i] == '\n' || (out.p[i] >= ' ' && out.p[i] < 127));
	CU_ASSERT(view_search_nocase(out, VIEW("nul=a\\x00b")) < out.n);
	CU_ASSERT(view_search_nocase(out, VIEW("\\x1b")) < out.n);
}

static void
pairs(void)
{
	static const struct {
		const char *name;
		struct view in;
		const char *want;
	} t[] = {
		{"plain", VIEW("a.b@c"), "v=a.b@c"},
		{"blank", VIEW("a b"), "v=\"a b\""},
		{"empty", VIEW(""), "v=\"\""},
		{"absent", {NULL, 0}, "v=\"\""},
		{"equals sign", VIEW("x=y"), "v=\"x=y\""},
		{"quote cannot end the value", VIEW("a\" verdict=accept x=\""),
			"v=\"a' verdict=accept x='\""},
		{"line end", VIEW("a\r\nb"), "v=a\\x0d\\x0ab"},
		{"backslash", VIEW("a\\x0a"), "v=a\\x5cx0a"},
		{"terminal sequence", VIEW("\x1b[2J"), "v=\\x1b[2J"},
		{"8-bit", VIEW("\xc3\xbc"), "v=\\xc3\\xbc"},
		{"per cent signs", VIEW("%s%n"), "v=%s%n"},
	};
	struct log_line l;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		log_capture_begin();
		log_begin(&l, LOG_LEVEL_INFO, "pair");
		log_view(&l, "v", t[i].in);
		log_end(&l);
		UNIT_CASE(view_eq_str(text_of(log_capture_end(), "pair"), t[i].want), t[i].name);
	}
	log_capture_begin();
	log_begin(&l, LOG_LEVEL_INFO, "pair");
	log_view(&l, "a", VIEW("x"));
	log_number(&l, "n", -12);
	log_view(&l, "b", VIEW("y"));
	log_end(&l);
	UNIT_VIEW(text_of(log_capture_end(), "pair"), "a=x n=-12 b=y");
}

static void
long_lines(void)
{
	static char big[4000];
	struct log_line l;
	struct view out;

	memset(big, 'x', sizeof(big));
	log_capture_begin();
	log_begin(&l, LOG_LEVEL_INFO, "long");
	for (int i = 0; i < 5; i++)
		log_view(&l, "key", view_of(big, sizeof(big)));
	log_number(&l, "late", 1);
	log_end(&l);
	out = log_capture_end();
	CU_ASSERT_EQUAL(count_lines(out), 1);
	CU_ASSERT(view_ends_nocase(out, VIEW(" ...\n")));
	CU_ASSERT(view_search_nocase(out, VIEW("late")) == out.n);
	memset(big, 0xff, sizeof(big));
	log_capture_begin();
	log_info("long", "%.*s", (int)sizeof(big), big);
	out = log_capture_end();
	CU_ASSERT_EQUAL(count_lines(out), 1);
	CU_ASSERT(out.n < 2100);
}

static void
escapes(void)
{
	char out[10];

	CU_ASSERT_STRING_EQUAL(log_escape(VIEW("a\n\\"), out, sizeof(out)), "a\\x0a\\x5c");
	CU_ASSERT_STRING_EQUAL(log_escape(VIEW("abcdefghijkl"), out, sizeof(out)), "abcdefghi");
	CU_ASSERT_STRING_EQUAL(log_escape(VIEW("abcdef\n"), out, sizeof(out)), "abcdef");
	CU_ASSERT_STRING_EQUAL(log_escape(VIEW("abcde\n"), out, sizeof(out)), "abcde\\x0a");
	CU_ASSERT_STRING_EQUAL(log_escape(VIEW("a"), out, 1), "");
	out[0] = 'z';
	log_escape(VIEW("a"), out, 0);
	CU_ASSERT_EQUAL(out[0], 'z');
}

static int64_t
second(void)
{
	return clock_mono_ms() / 1000;
}

/* A flood within one second of the clock leaves LOG_RATE_BURST lines, another event is not held up
 * by it, and the next second says how many are missing. */
static void
rate(void)
{
	static const char *const name[] = {"flood0", "flood1", "flood2", "flood3", "flood4"};
	struct view out = {NULL, 0};
	size_t i = 0;
	int64_t start;

	do { /* again if the second changed in between */
		CU_ASSERT_FATAL(i < sizeof(name) / sizeof(*name));
		log_capture_begin();
		start = second();
		for (int n = 0; n < LOG_RATE_BURST + 50; n++)
			log_info(name[i], "n=%d", n);
		log_info("other", "x=1");
		out = log_capture_end();
		i++;
	} while (second() != start);
	CU_ASSERT_EQUAL(count_lines(out), LOG_RATE_BURST + 1);
	CU_ASSERT(view_search_nocase(out, VIEW("event=other")) < out.n);
	CU_ASSERT(view_search_nocase(out, VIEW("suppressed=")) == out.n);
	while (second() == start)
		usleep(10000);
	log_capture_begin();
	log_info(name[i - 1], "n=%d", 1);
	log_info(name[i - 1], "n=%d", 2);
	out = log_capture_end();
	CU_ASSERT_EQUAL(count_lines(out), 2);
	CU_ASSERT(view_search_nocase(out, VIEW("n=1 suppressed=50\n")) < out.n);
	CU_ASSERT(view_search_nocase(out, VIEW("n=2\n")) < out.n);
}

/* More event names than the table has: still logged, and the table does not overflow. */
static void
many_events(void)
{
	static char names[LOG_RATE_EVENTS + 40][16];

	log_capture_begin();
	for (size_t i = 0; i < LOG_RATE_EVENTS + 40; i++) {
		snprintf(names[i], sizeof(names[i]), "event%zu", i);
		log_info(names[i], "i=%zu", i);
	}
	CU_ASSERT_EQUAL(count_lines(log_capture_end()), LOG_RATE_EVENTS + 40);
}

static void *
chatter(void *arg)
{
	for (int i = 0; i < 40; i++)
		log_info("thread", "who=%s-%s-%s", (char *)arg, (char *)arg, (char *)arg);
	return NULL;
}

static void
threads(void)
{
	static char who[4][2] = {"a", "b", "c", "d"};
	pthread_t t[4];
	struct view rest, line;

	log_capture_begin();
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_FATAL(pthread_create(&t[i], NULL, chatter, who[i]) == 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	rest = log_capture_end();
	CU_ASSERT_EQUAL(count_lines(rest), 160);
	while (view_split(&rest, '\n', &line) && line.n) {
		size_t at = view_search_nocase(line, VIEW("who="));

		CU_ASSERT(at + 9 == line.n && line.p[at + 4] == line.p[at + 6] &&
			  line.p[at + 4] == line.p[at + 8]);
	}
}

static void
dies(void)
{
	int status = 0;
	struct view out;
	pid_t pid;

	log_capture_begin();
	pid = fork();
	if (pid == 0)
		log_die("no %s\n", "luck");
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	out = log_capture_end();
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 70);
	UNIT_VIEW(text_of(out, "fatal"), "no luck\\x0a");
}

static void
die_too(void *ctx, enum log_level level, const char *event, struct view text)
{
	log_die("no memory to say %s", event);
}

/* When a listener has to die of what it hears, that is the end. */
static void
dies_once(void)
{
	int status = 0;
	struct view out;
	pid_t pid;

	log_capture_begin();
	pid = fork();
	if (pid == 0) {
		log_listen(die_too, NULL);
		log_die("no luck");
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	out = log_capture_end();
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 70);
	UNIT_VIEW(text_of(out, "fatal"), "no luck");
}

static void
note(void *ctx, enum log_level level, const char *event, struct view text)
{
	struct buf *b = ctx;

	buf_printf(b, "%s %s %.*s\n", log_level_name(level), event, VIEW_ARG(text));
}

/* A listener hears errors, warnings and notices, whatever is written; and not too many of one kind. */
static void
listened_to(void)
{
	struct log_line l;
	struct buf b;

	buf_init(&b, 100000);
	log_capture_begin();
	log_open(LOG_TO_STDERR, "unit", LOG_LEVEL_ERROR, false);
	log_listen(note, &b);
	log_warn("alarm", "user=%s", "a\nb");
	log_info("dull", "n=1");
	log_begin(&l, LOG_LEVEL_NOTICE, "well");
	log_view(&l, "name", VIEW("x y"));
	log_end(&l);
	log_seldom(LOG_LEVEL_WARN, "seldom", "n=%d", 1);
	log_seldom(LOG_LEVEL_WARN, "seldom", "n=%d", 1);
	log_error("bad", "%s", "");
	CU_ASSERT(view_ends_nocase(log_capture_end(), VIEW("error: event=bad\n")));
	UNIT_VIEW(buf_view(&b),
		"warning alarm user=a\\x0ab\nnotice well name=\"x y\"\nwarning seldom n=1\nerror bad \n");
	log_open(LOG_TO_STDERR, "unit", LOG_LEVEL_ERROR, false); /* and hears nothing from now on */
	buf_reset(&b);
	log_warn("unheard", "n=1");
	log_open(LOG_TO_STDERR, "unit", LOG_LEVEL_INFO, false);
	CU_ASSERT_EQUAL(b.n, 0);
	buf_done(&b);
}

static void
heard_seldom(void)
{
	struct buf b;
	size_t lines;

	buf_init(&b, 100000);
	log_capture_begin();
	log_listen(note, &b);
	for (int i = 0; i < 40 * LOG_HEARD_BURST; i++)
		log_warn("flood", "%d", i);
	log_warn("other", "n=1");
	log_listen(NULL, NULL);
	log_capture_end();
	lines = count_lines(buf_view(&b));
	CU_ASSERT(lines >= LOG_HEARD_BURST + 1 && lines < 20 * LOG_HEARD_BURST);
	CU_ASSERT(view_ends_nocase(buf_view(&b), VIEW("warning other n=1\n")));
	buf_done(&b);
}

/* A line is kept back for itself alone, however many others there are. */
static void
many_seldom_ones(void)
{
	enum { MANY = 3 * LOG_SELDOM };
	static char event[MANY][16];

	log_capture_begin();
	for (int i = 0; i < MANY; i++) {
		snprintf(event[i], sizeof(event[i]), "seldom-%d", i);
		log_seldom(LOG_LEVEL_WARN, event[i], "n=1");
		log_seldom(LOG_LEVEL_WARN, event[i], "n=1");
	}
	CU_ASSERT_EQUAL(count_lines(log_capture_end()), MANY);
}

static const struct unit_test tests[] = {
	{"a listener hears what matters", listened_to},
	{"not all of a flood", heard_seldom},
	{"each of many once a minute", many_seldom_ones},
	{"levels, roles and priorities", formats},
	{"no byte leaves raw", never_raw},
	{"values cannot pass for other pairs", pairs},
	{"long lines are cut", long_lines},
	{"escapes", escapes},
	{"a flood is cut and counted", rate},
	{"more events than places", many_events},
	{"threads do not mix lines", threads},
	{"dying says why", dies},
	{"dying while somebody listens", dies_once},
};

int
main(void)
{
	return unit_main("util/log", tests, sizeof(tests) / sizeof(*tests));
}
