/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_fleet -- how much a member may say. The test is the supervisor, and what it calls now is its clock.
 */
#include "io/fleet.h"

#include <sys/socket.h>
#include <unistd.h>

#include "io/worker_control.h"
#include "tests/lib/log_capture.h"
#include "tests/lib/unit.h"

enum { LIMIT = CONTROL_EVENTS_SECOND, NOW = 5000 };

/* What a test sees. */
struct seen {
	unsigned ready, gone, loud, quiet, other; /* the last three: events, by who told them */
	struct fleet_member *member;              /* that was ready last */
};

static void
on_ready(void *ctx, struct fleet_member *m)
{
	struct seen *seen = ctx;

	seen->ready++;
	seen->member = m;
}

static void
on_failed(void *ctx, struct fleet_member *m, struct view text)
{
}

static void
on_gone(void *ctx, struct fleet_member *m, int status)
{
	struct seen *seen = ctx;

	seen->gone++;
}

static void
on_event(void *ctx, const struct fleet_member *m, struct view text)
{
	struct seen *seen = ctx;

	if (!view_eq_str(text, "4 alarm user=kim"))
		seen->other++;
	else if (strcmp(m->name, "loud") == 0)
		seen->loud++;
	else
		seen->quiet++;
}

static void
shout(int fd, int n)
{
	for (int i = 0; i < n; i++)
		worker_control_say(fd, "event", VIEW("4 alarm user=kim"));
}

static void
wait_for_word(int fd)
{
	char word[40];

	(void)!recv(fd, word, sizeof(word), 0);
}

/* Three times what it may, at once; some when it serves, and more when it shall end, which it does not. */
static int
loud(const struct worker_start *start)
{
	shout(start->control_fd, 3 * LIMIT);
	worker_control_say(start->control_fd, "ready", VIEW("x"));
	wait_for_word(start->control_fd);
	shout(start->control_fd, 5);
	worker_control_say(start->control_fd, "status", VIEW("x"));
	wait_for_word(start->control_fd);
	shout(start->control_fd, LIMIT + 7);
	worker_control_say(start->control_fd, "status", VIEW("x"));
	wait_for_word(start->control_fd);
	return 0;
}

static int
quiet(const struct worker_start *start)
{
	shout(start->control_fd, 3);
	worker_control_say(start->control_fd, "ready", VIEW("x"));
	wait_for_word(start->control_fd);
	return 0;
}

static struct fleet *
fleet_of(struct seen *seen)
{
	const struct fleet_events events = {on_ready, on_failed, on_gone, seen};
	struct fleet_options o = {.log_level = LOG_LEVEL_ERROR};
	struct fleet *f;

	privileges_own(&o.privileges);
	if (geteuid() == 0)
		privileges_find("nobody", &o.privileges);
	*seen = (struct seen){.ready = 0};
	f = fleet_new(&o, &events);
	fleet_on_event(f, on_event, seen);
	return f;
}

static struct fleet_member *
start(struct fleet *f, const char *name, worker_run *run)
{
	struct fleet_member *m = fleet_add(f, &(struct worker_start){.name = name, .listen_fd = -1}, run, false, NOW);

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	return m;
}

/* Waits for something to hear, and hears it. */
static void
turn(struct fleet *f, int64_t now)
{
	struct pollfd p[FLEET_MAX];

	poll(p, fleet_poll(f, p), -1);
	fleet_work(f, now);
}

static void
hear_status(struct fleet *f, struct fleet_member *m)
{
	m->asked = 1;
	while (m->asked)
		turn(f, NOW + 1000);
}

static bool
has(struct view log, const char *words)
{
	return view_search_nocase(log, view_str(words)) < log.n;
}

static void
flood(void)
{
	struct seen seen;
	struct fleet *f = fleet_of(&seen);
	struct fleet_member *m = start(f, "loud", loud);
	struct view log;

	while (seen.ready == 0)
		turn(f, NOW);
	CU_ASSERT_EQUAL(seen.loud, LIMIT);
	CU_ASSERT_EQUAL(fleet_due(f), NOW + 1000); /* then it is said */
	start(f, "quiet", quiet);
	while (seen.ready == 1)
		turn(f, NOW);
	CU_ASSERT_EQUAL(seen.quiet, 3); /* one's flood is not another's */

	log_capture_begin();
	fleet_work(f, NOW + 1000);
	log = log_capture_end();
	CU_ASSERT(has(log, "event=events-dropped name=loud dropped=200 limit=100"));
	CU_ASSERT(!has(log, "name=quiet"));
	CU_ASSERT_EQUAL(fleet_due(f), INT64_MAX);

	fleet_serve(f, m, NOW + 1000);
	hear_status(f, m);
	CU_ASSERT_EQUAL(seen.loud, LIMIT + 5); /* a new second */

	log_capture_begin();
	fleet_end(f, m, NOW + 1000);
	hear_status(f, m);
	fleet_kill(f, m);
	while (seen.gone == 0)
		fleet_work(f, NOW + 1000);
	log = log_capture_end();
	CU_ASSERT(has(log, "event=events-dropped name=loud dropped=12 limit=100")); /* it has gone */
	CU_ASSERT_EQUAL(seen.loud, 2 * LIMIT);
	CU_ASSERT_EQUAL(seen.other, 0);
	fleet_free(f);
}

static const struct unit_test tests[] = {{"a member that says too much", flood}};

int
main(void)
{
	log_open(LOG_TO_STDERR, "postern", LOG_LEVEL_WARN, false);
	return unit_main("io/fleet", tests, sizeof(tests) / sizeof(*tests));
}
