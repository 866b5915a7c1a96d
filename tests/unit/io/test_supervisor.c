/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/mirror.h"
#include "io/supervisor.h"
#include "tests/lib/toy_daemon.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

enum { PATIENCE_MS = TOY_DAEMON_PATIENCE_MS };

/* How many names in that folder begin so. */
static size_t
entries(const char *path, const char *prefix)
{
	const struct dirent *e;
	DIR *dir = opendir(path);
	size_t n = 0;

	while (dir && (e = readdir(dir)))
		n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
	if (dir)
		closedir(dir);
	return n;
}

static void
serves_and_tells(void)
{
	struct toy_daemon d;
	struct toy_visit v;

	toy_daemon_prepare(&d, "one");
	toy_daemon_launch(&d);
	v = toy_daemon_visit(&d);
	CU_ASSERT_STRING_EQUAL(v.word, "one");
	CU_ASSERT_EQUAL(v.generation, 1);
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "status"), CONTROL_CALL_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.reply, "postern is on, serving, generation 1"));
	CU_ASSERT_PTR_NOT_NULL(strstr(d.reply, "sessions 7"));
	CU_ASSERT_PTR_NOT_NULL(strstr(d.reply, "mood calm\\x1b[31m"));
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "status json"), CONTROL_CALL_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.reply, "\"counters\":{\"sessions\":7"));
	CU_ASSERT_PTR_NOT_NULL(strstr(d.reply, "\"name\":\"store\",\"state\":\"serving\""));
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "dance"), CONTROL_CALL_FAILED);
	toy_daemon_leave(&v);
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
}

static void
restarts_what_was_killed(void)
{
	struct toy_daemon d;
	struct toy_visit first, second;

	toy_daemon_prepare(&d, "one");
	toy_daemon_launch(&d);
	first = toy_daemon_peek(&d);
	kill(first.pid, SIGKILL);
	second = toy_daemon_peek(&d); /* waits in the backlog meanwhile */
	CU_ASSERT_STRING_EQUAL(second.word, "one");
	CU_ASSERT_NOT_EQUAL(first.pid, second.pid);
	toy_daemon_ask(&d, "status json");
	CU_ASSERT_PTR_NOT_NULL(strstr(d.reply, "\"restarts\":1"));
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
}

static void
drains_the_old(void)
{
	struct toy_daemon d;
	struct toy_visit old, fresh;

	toy_daemon_prepare(&d, "one");
	toy_daemon_launch(&d);
	old = toy_daemon_visit(&d);
	toy_daemon_configure(&d, "two");
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "reload"), CONTROL_CALL_OK);
	fresh = toy_daemon_visit_of(&d, 2);
	CU_ASSERT_STRING_EQUAL(fresh.word, "two");
	CU_ASSERT_TRUE(toy_daemon_stays(&old));
	toy_daemon_leave(&fresh);
	toy_daemon_ask(&d, "status");
	CU_ASSERT_PTR_NOT_NULL(strstr(d.reply, "draining"));
	toy_daemon_leave(&old);
	for (int64_t end = clock_mono_ms() + PATIENCE_MS;
		clock_mono_ms() < end && strstr(d.reply, "draining"); usleep(5000))
		toy_daemon_ask(&d, "status");
	CU_ASSERT_PTR_NULL(strstr(d.reply, "draining"));
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
}

static void
refuses_what_does_not_work(void)
{
	static const struct {
		const char *word, *text;
	} cases[] = {
		{"bad", "toy:1:1: error: bad\n  1 | bad"},
		{"crash", "toy ended with status 4 before it was ready"},
		{"fail", "no resolver"},
		{"unreadable", "postern.conf:1: unreadable"},
	};
	struct toy_daemon d;
	struct toy_visit before, after;

	toy_daemon_prepare(&d, "one");
	toy_daemon_launch(&d);
	before = toy_daemon_peek(&d);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		toy_daemon_configure(&d, cases[i].word);
		UNIT_CASE(toy_daemon_ask(&d, "reload") == CONTROL_CALL_FAILED, cases[i].word);
		UNIT_CASE(strstr(d.reply, cases[i].text), cases[i].word);
		after = toy_daemon_peek(&d);
		UNIT_CASE(after.pid == before.pid, cases[i].word);
		toy_daemon_ask(&d, "status");
		UNIT_CASE(strstr(d.reply, "last reload: refused"), cases[i].word);
	}
	kill(before.pid, SIGKILL); /* the next reads what was accepted, not what lies there */
	after = toy_daemon_peek(&d);
	CU_ASSERT_STRING_EQUAL(after.word, "one");
	CU_ASSERT_EQUAL(after.generation, 1);
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
}

static void
lets_two_generations_drain(void)
{
	struct toy_daemon d;
	struct toy_visit v[4];

	toy_daemon_prepare(&d, "w");
	toy_daemon_launch(&d);
	for (int i = 0; i < 4; i++) {
		v[i] = toy_daemon_visit_of(&d, (unsigned)i + 1);
		CU_ASSERT_EQUAL(v[i].generation, (unsigned)i + 1);
		if (i < 3)
			CU_ASSERT_EQUAL(toy_daemon_ask(&d, "reload"), CONTROL_CALL_OK);
	}
	CU_ASSERT_TRUE(toy_daemon_hears(v[0].fd)); /* ended */
	for (int i = 1; i < 4; i++)
		CU_ASSERT_TRUE(toy_daemon_stays(&v[i]));
	for (int i = 0; i < 4; i++)
		toy_daemon_leave(&v[i]);
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
}

static void
ends_what_drains_too_long(void)
{
	struct toy_daemon d;
	struct toy_visit v;
	int64_t start;

	toy_daemon_prepare(&d, "w");
	d.drain_ms = 150;
	toy_daemon_launch(&d);
	v = toy_daemon_visit(&d);
	start = clock_mono_ms();
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "reload"), CONTROL_CALL_OK);
	CU_ASSERT_TRUE(toy_daemon_hears(v.fd));
	CU_ASSERT_TRUE(clock_mono_ms() - start >= 150);
	toy_daemon_leave(&v);
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
}

static void
remembers_off(void)
{
	struct toy_daemon d;
	struct toy_visit v;

	toy_daemon_prepare(&d, "w");
	toy_daemon_launch(&d);
	CU_ASSERT_STRING_EQUAL(toy_daemon_peek(&d).off, "on");
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "off"), CONTROL_CALL_OK);
	toy_daemon_ask(&d, "status json"); /* answered after off was obeyed */
	CU_ASSERT_PTR_NOT_NULL(strstr(d.reply, "\"off\":true"));
	v = toy_daemon_peek(&d);
	CU_ASSERT_STRING_EQUAL(v.off, "off");
	kill(v.pid, SIGKILL);
	CU_ASSERT_STRING_EQUAL(toy_daemon_peek(&d).off, "off");
	toy_daemon_ask(&d, "reload");
	CU_ASSERT_STRING_EQUAL(toy_daemon_peek(&d).off, "off");
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "on"), CONTROL_CALL_OK);
	toy_daemon_ask(&d, "status json");
	CU_ASSERT_STRING_EQUAL(toy_daemon_peek(&d).off, "on");
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
}

static size_t
descriptors(const struct toy_daemon *d)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)d->pid);
	return entries(path, "");
}

/* Only what serves is left: nothing is checked, kept or drained any more. */
static bool
settles(struct toy_daemon *d)
{
	static const char *const passing[] = {"check ", "keep ", "draining", "ending"};

	for (int64_t end = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < end; usleep(2000)) {
		bool busy = toy_daemon_ask(d, "status") != CONTROL_CALL_OK;

		for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
			busy = busy || strstr(d->reply, passing[i]);
		if (!busy && entries(d->run, "gen-") == 1)
			return true;
	}
	return false;
}

static void
leaks_nothing(void)
{
	struct toy_daemon d;
	struct toy_visit v;
	size_t before;

	toy_daemon_prepare(&d, "w");
	toy_daemon_launch(&d);
	toy_daemon_peek(&d);
	toy_daemon_ask(&d, "reload");
	CU_ASSERT_TRUE(settles(&d));
	before = descriptors(&d);
	for (int i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(toy_daemon_ask(&d, "reload"), CONTROL_CALL_OK);
	CU_ASSERT_TRUE(settles(&d));
	for (int64_t end = clock_mono_ms() + PATIENCE_MS;
		descriptors(&d) > before && clock_mono_ms() < end; usleep(2000))
		; /* the connection of the last question is being closed */
	CU_ASSERT_TRUE(descriptors(&d) <= before);
	v = toy_daemon_visit_of(&d, 22);
	CU_ASSERT_EQUAL(v.generation, 22);
	toy_daemon_leave(&v);
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
}

static void
obeys_hangup(void)
{
	struct toy_daemon d;
	struct toy_visit v;

	toy_daemon_prepare(&d, "one");
	toy_daemon_launch(&d);
	toy_daemon_peek(&d);
	toy_daemon_configure(&d, "two");
	kill(d.pid, SIGHUP);
	v = toy_daemon_visit_of(&d, 2);
	CU_ASSERT_STRING_EQUAL(v.word, "two");
	toy_daemon_leave(&v);
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
}

static void
starts_with_the_last_good(void)
{
	struct toy_daemon d;
	struct toy_visit v;
	int status;

	toy_daemon_prepare(&d, "fine");
	toy_daemon_launch(&d);
	toy_daemon_peek(&d);
	CU_ASSERT_TRUE(settles(&d));
	CU_ASSERT_EQUAL(access(d.last_good, F_OK), 0);
	kill(d.pid, SIGKILL); /* even so */
	waitpid(d.pid, &status, 0);
	toy_daemon_configure(&d, "bad");
	toy_daemon_launch(&d);
	v = toy_daemon_visit_of(&d, 2); /* the first is refused */
	CU_ASSERT_STRING_EQUAL(v.word, "fine");
	toy_daemon_leave(&v);
	toy_daemon_ask(&d, "status");
	CU_ASSERT_PTR_NOT_NULL(strstr(d.reply, "WARNING: the last good configuration serves"));
	CU_ASSERT_PTR_NOT_NULL(strstr(d.reply, "error: bad"));
	toy_daemon_configure(&d, "mended");
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "reload"), CONTROL_CALL_OK);
	v = toy_daemon_visit_of(&d, 3);
	CU_ASSERT_STRING_EQUAL(v.word, "mended");
	toy_daemon_leave(&v);
	toy_daemon_ask(&d, "status");
	CU_ASSERT_PTR_NULL(strstr(d.reply, "WARNING"));
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
}

static void
does_not_start_without(void)
{
	struct toy_daemon d;
	int status = 0;

	toy_daemon_prepare(&d, "bad");
	toy_daemon_launch(&d);
	CU_ASSERT_EQUAL(waitpid(d.pid, &status, 0), d.pid);
	CU_ASSERT_EQUAL(WEXITSTATUS(status), SUPERVISOR_EXIT_CONFIG);
	mirror_remove(d.dir);
}

static void
stops_in_order(void)
{
	struct toy_daemon d;
	struct toy_visit v;

	toy_daemon_prepare(&d, "w");
	toy_daemon_launch(&d);
	v = toy_daemon_visit(&d);
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0); /* after stop_ms, though a session is open */
	CU_ASSERT_TRUE(toy_daemon_hears(v.fd));
	CU_ASSERT_EQUAL(kill(v.pid, 0), -1);
	toy_daemon_leave(&v);
}

static void
workers_drain_without_supervisor(void)
{
	struct toy_daemon d;
	struct toy_visit v;
	int status;

	toy_daemon_prepare(&d, "w");
	toy_daemon_launch(&d);
	v = toy_daemon_visit(&d);
	kill(d.pid, SIGKILL);
	waitpid(d.pid, &status, 0);
	CU_ASSERT_EQUAL(waitpid(v.pid, &status, WNOHANG), 0);
	CU_ASSERT_TRUE(toy_daemon_stays(&v)); /* the session goes on */
	toy_daemon_leave(&v);
	CU_ASSERT_EQUAL(waitpid(v.pid, &status, 0), v.pid);
	mirror_remove(d.dir);
}

/* ---- subscribers ---- */

struct watcher {
	int fd;
	size_t n;
	char text[65536];
};

static void
watch(const struct toy_daemon *d, struct watcher *w)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", d->control);
	w->n = 0;
	w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(connect(w->fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	CU_ASSERT_EQUAL(write(w->fd, "watch\n", 6), 6);
}

/* Reads on until that was said; false if it is not in time. */
static bool
hears(struct watcher *w, const char *words)
{
	w->text[w->n] = 0;
	while (!strstr(w->text, words)) {
		ssize_t n = toy_daemon_hears(w->fd) ? read(w->fd, w->text + w->n, sizeof(w->text) - 1 - w->n) : 0;

		if (n <= 0)
			return false;
		w->n += (size_t)n;
		w->text[w->n] = 0;
	}
	return true;
}

/* Subscribers hear what the supervisor and its workers log, though the log itself shows errors only. */
static void
tells_subscribers(void)
{
	static struct watcher w, other;
	struct toy_daemon d;
	struct toy_visit v;

	toy_daemon_prepare(&d, "loud");
	toy_daemon_launch(&d);
	v = toy_daemon_peek(&d);
	watch(&d, &w);
	watch(&d, &other);
	CU_ASSERT_TRUE(hears(&w, "ok 0\n") && hears(&other, "ok 0\n"));
	v = toy_daemon_peek(&d);
	CU_ASSERT_TRUE(hears(&w, "\"level\":\"warning\",\"event\":\"client\",\"text\":"
		"\"mood=\\\"gr\\\\xc3\\\\xbcmpf\\\" generation=1\","
		"\"values\":{\"mood\":\"gr\xc3\xbcmpf\",\"generation\":\"1\"}}\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.text, "\"process\":\"toy\""));
	close(other.fd); /* nobody waits for it */
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "off"), CONTROL_CALL_OK);
	CU_ASSERT_TRUE(hears(&w, "\"process\":\"postern\"") && hears(&w, "\"event\":\"switch\""));
	toy_daemon_configure(&d, "bad");
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "reload"), CONTROL_CALL_FAILED);
	CU_ASSERT_TRUE(hears(&w, "\"event\":\"reload-refused\""));
	toy_daemon_configure(&d, "loud");
	CU_ASSERT_EQUAL(toy_daemon_ask(&d, "reload"), CONTROL_CALL_OK);
	CU_ASSERT_TRUE(hears(&w, "\"level\":\"notice\",\"event\":\"generation\""));
	v = toy_daemon_visit_of(&d, 2);
	kill(v.pid, SIGKILL);
	toy_daemon_leave(&v);
	CU_ASSERT_TRUE(hears(&w, "\"event\":\"ended\"") && hears(&w, "killed by signal 9"));
	CU_ASSERT_EQUAL(toy_daemon_stop(&d), 0);
	CU_ASSERT_FALSE(hears(&w, "what was never said")); /* the connection ends with the daemon */
	close(w.fd);
}

static const struct unit_test tests[] = {
	{"serves and tells its status", serves_and_tells},
	{"restarts a killed worker on the same socket", restarts_what_was_killed},
	{"reload lets the old worker finish", drains_the_old},
	{"a candidate that fails changes nothing", refuses_what_does_not_work},
	{"two generations drain, a third ends the oldest", lets_two_generations_drain},
	{"ends what drains too long", ends_what_drains_too_long},
	{"remembers off", remembers_off},
	{"leaks nothing over 20 reloads", leaks_nothing},
	{"SIGHUP is a reload", obeys_hangup},
	{"a broken configuration starts the last good one", starts_with_the_last_good},
	{"does not start without a configuration", does_not_start_without},
	{"stops in order", stops_in_order},
	{"tells subscribers what is logged", tells_subscribers},
	{"workers drain when the supervisor is gone", workers_drain_without_supervisor},
};

int
main(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* orphans of a killed supervisor come here */
	return unit_main("io/supervisor", tests, sizeof(tests) / sizeof(*tests));
}
