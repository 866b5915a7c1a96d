/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_worker_control -- the test is the supervisor; each message is answered by a note in a pipe.
 */
#include "io/worker_control.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/unit.h"
#include "util/limits.h"
#include "util/log.h"

static struct {
	int pair[2], notes[2];
	struct worker_control *w;
} t;

static void
note(char c)
{
	if (write(t.notes[1], &c, 1) != 1)
		abort();
}

static void
on_drain(void *ctx)
{
	note('d');
}

static void
on_end(void *ctx)
{
	note('e');
}

static void
on_off(void *ctx, bool off)
{
	note(off ? '0' : '1');
}

static void
on_status(void *ctx, struct buf *out)
{
	buf_printf(out, "sessions %d\n", *(int *)ctx);
}

static void
begin(void)
{
	static int sessions = 42;
	const struct worker_callbacks cb = {on_drain, on_end, on_off, on_status, &sessions};

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, t.pair) != 0 || pipe(t.notes) != 0)
		abort();
	t.w = worker_control_start(t.pair[1], &cb);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t.w);
}

static void
finish(void)
{
	worker_control_free(t.w);
	for (int i = 0; i < 2; i++) {
		if (t.pair[i] >= 0)
			close(t.pair[i]);
		close(t.notes[i]);
	}
}

static void
say(const char *text)
{
	CU_ASSERT_EQUAL(send(t.pair[0], text, strlen(text), 0), (ssize_t)strlen(text));
}

static char
next_note(void)
{
	struct pollfd p = {t.notes[0], POLLIN, 0};
	char c = '?';

	if (poll(&p, 1, 20000) == 1 && read(t.notes[0], &c, 1) != 1)
		c = '!';
	return c;
}

static bool
is_quiet(void)
{
	struct pollfd p = {t.notes[0], POLLIN, 0};

	return poll(&p, 1, 0) == 0;
}

static struct view
hear(void)
{
	static char text[CONTROL_LINE_MAX + 10];
	struct pollfd p = {t.pair[0], POLLIN, 0};
	ssize_t n = poll(&p, 1, 20000) == 1 ? recv(t.pair[0], text, sizeof(text), 0) : -1;

	return view_of(text, n > 0 ? (size_t)n : 0);
}

static void
obeys(void)
{
	begin();
	say("off");
	CU_ASSERT_EQUAL(next_note(), '0');
	say("on");
	CU_ASSERT_EQUAL(next_note(), '1');
	say("status");
	UNIT_VIEW(hear(), "status sessions 42\n");
	say("dance");
	say("a word that is far longer than any verb that a supervisor would ever say to its "
	    "worker");
	say("drain");
	CU_ASSERT_EQUAL(next_note(), 'd');
	say("drain");
	say("end");
	CU_ASSERT_EQUAL(next_note(), 'e'); /* drained only once */
	finish();
}

static void
drains_at_end_of_file(void)
{
	begin();
	close(t.pair[0]);
	t.pair[0] = -1;
	CU_ASSERT_EQUAL(next_note(), 'd');
	finish();
}

static void
free_is_no_drain(void)
{
	begin();
	worker_control_free(t.w);
	t.w = NULL;
	CU_ASSERT_TRUE(is_quiet());
	finish();
}

static void *
get_ready(void *arg)
{
	note(worker_control_ready(t.w) ? 's' : 'x');
	return NULL;
}

static void
waits_for_its_turn(void)
{
	static const struct {
		const char *order;
		const char *notes; /* in any order */
	} cases[] = {{"serve", "s"}, {"drain", "dx"}, {"end", "ex"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char got[3] = "";
		pthread_t thread;

		begin();
		pthread_create(&thread, NULL, get_ready, NULL);
		UNIT_VIEW(hear(), "ready");
		UNIT_CASE(is_quiet(), cases[i].order);
		say(cases[i].order);
		for (size_t k = 0; k < strlen(cases[i].notes); k++) {
			got[k] = next_note();
			UNIT_CASE(strchr(cases[i].notes, got[k]), cases[i].order);
		}
		UNIT_CASE(got[0] != got[1], cases[i].order);
		pthread_join(thread, NULL);
		finish();
	}
}

/* What is logged becomes a message; a socket that nobody empties is no reason to wait. */
static void
says_events(void)
{
	begin();
	log_listen(worker_control_event, &t.pair[1]);
	log_warn("alarm", "user=%s", "kim\n");
	UNIT_VIEW(hear(), "event warning alarm user=kim\\x0a");
	log_info("quiet", "n=1");
	log_notice("redis-up", "%s", "");
	UNIT_VIEW(hear(), "event notice redis-up");
	for (int i = 0; i < 5000; i++) {
		char name[10];

		snprintf(name, sizeof(name), "n%d", i);
		worker_control_event(&t.pair[1], LOG_LEVEL_ERROR, name, VIEW("filling"));
	}
	log_listen(NULL, NULL);
	UNIT_VIEW(hear(), "event error n0 filling");
	while (!view_eq_str(hear(), "event error n9 filling"))
		;
	finish();
}

static void
says_why_it_failed(void)
{
	char *text = malloc(2 * CONTROL_LINE_MAX);
	struct view heard;

	begin();
	worker_control_failed(t.w, VIEW("one\ntwo\n"));
	UNIT_VIEW(hear(), "failed one\ntwo\n");
	memset(text, 'x', 2 * CONTROL_LINE_MAX);
	worker_control_failed(t.w, view_of(text, 2 * CONTROL_LINE_MAX));
	heard = hear();
	CU_ASSERT_EQUAL(heard.n, CONTROL_LINE_MAX);
	close(t.pair[0]);
	t.pair[0] = -1;
	CU_ASSERT_EQUAL(worker_control_say(t.pair[1], "ready", VIEW("")), -1); /* and no SIGPIPE */
	finish();
	free(text);
}

static const struct unit_test tests[] = {
	{"obeys", obeys},
	{"end of file is drain", drains_at_end_of_file},
	{"free is no drain", free_is_no_drain},
	{"waits for its turn", waits_for_its_turn},
	{"says what is logged", says_events},
	{"says why it failed", says_why_it_failed},
};

int
main(void)
{
	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_ERROR, false);
	return unit_main("io/worker_control", tests, sizeof(tests) / sizeof(*tests));
}
