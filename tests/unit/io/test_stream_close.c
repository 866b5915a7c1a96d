/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How streams end. */
#include "io/stream.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/stream_world.h"
#include "tests/lib/unit.h"
#include "util/clock.h"
#include "util/limits.h"

static struct stream_world w;

static void
closing_says_the_last_words(void)
{
	enum { BYTES = 1000000 };
	struct stream_owner o = {0};
	struct buf got;

	buf_init(&got, BYTES);
	stream_world_begin(&w);
	w.kind.output_max = BYTES;
	stream_world_tcp(&w, &o);
	stream_send(o.s, stream_world_pattern(BYTES));
	stream_close(o.s); /* nothing has left yet */
	o.s = NULL;
	stream_world_await(&w, &o, &got, BYTES);
	CU_ASSERT_TRUE(stream_world_is_pattern(&got, BYTES));
	STREAM_UNTIL(&w, stream_world_read(&o, &got) == STREAM_WORLD_END);
	CU_ASSERT_EQUAL(loop_held(w.loop), 1); /* waits for the peer's end */
	close(o.peer);
	o.peer = -1;
	STREAM_UNTIL(&w, loop_held(w.loop) == 0);
	CU_ASSERT_STRING_EQUAL(o.log, "");
	stream_world_end(&w);
	buf_done(&got);
}

/* A client in the middle of its message is refused: what it still sends must not make the kernel forget
 * the answer. */
static void
last_words_survive_what_still_comes(void)
{
	struct stream_owner o = {0};
	struct buf got;

	buf_init(&got, 1000);
	stream_world_begin(&w);
	w.kind.input_max = 1000;
	stream_world_tcp(&w, &o);
	stream_world_write(&w, &o, stream_world_pattern(30000));
	stream_send(o.s, VIEW("552 too big\r\n"));
	stream_close(o.s);
	o.s = NULL;
	stream_world_write(&w, &o, stream_world_pattern(500000));
	stream_world_await(&w, &o, &got, 13);
	UNIT_VIEW(buf_view(&got), "552 too big\r\n");
	CU_ASSERT_EQUAL(stream_world_read(&o, &got), STREAM_WORLD_END); /* not cut */
	stream_world_free(&o);
	stream_world_end(&w);
	buf_done(&got);
}

static void
closing_has_its_time(void)
{
	struct stream_owner deaf = {0}, silent = {0};
	int64_t start = clock_mono_ms();

	stream_world_begin(&w);
	w.kind.close_ms = 50;
	w.kind.output_max = 2000000;
	stream_world_tcp(&w, &deaf);
	stream_world_pair(&w, &silent);
	stream_send(deaf.s, stream_world_pattern(2000000)); /* it never reads */
	stream_close(deaf.s);
	stream_close(silent.s); /* it never ends */
	CU_ASSERT_EQUAL(loop_held(w.loop), 2);
	STREAM_UNTIL(&w, loop_held(w.loop) == 0);
	CU_ASSERT_TRUE(clock_mono_ms() >= start + 50);
	CU_ASSERT_STRING_EQUAL(deaf.log, "");
	CU_ASSERT_STRING_EQUAL(silent.log, "");
	deaf.s = silent.s = NULL;
	stream_world_free(&deaf);
	stream_world_free(&silent);
	stream_world_end(&w);
}

static void
the_loop_waits_for_last_words(void)
{
	struct stream_owner o = {0};
	struct buf got;

	buf_init(&got, 100);
	stream_world_begin(&w);
	w.kind.close_ms = 30;
	stream_world_pair(&w, &o);
	stream_send(o.s, VIEW("421 going\r\n"));
	stream_close(o.s);
	o.s = NULL;
	stream_world_end(&w); /* stops, runs until nothing holds it, frees */
	CU_ASSERT_EQUAL(stream_world_read(&o, &got), STREAM_WORLD_END);
	UNIT_VIEW(buf_view(&got), "421 going\r\n");
	stream_world_free(&o);
	buf_done(&got);
}

/* Too many that linger: then they end without waiting. */
static void
few_linger(void)
{
	const size_t n = STREAM_CLOSING_MAX + 50;
	struct stream_owner *o = calloc(n, sizeof(*o));
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	stream_world_begin(&w);
	for (size_t i = 0; i < n; i++)
		stream_world_pair(&w, &o[i]);
	for (size_t i = 0; i < n; i++) {
		stream_close(o[i].s);
		o[i].s = NULL;
	}
	stream_world_turn(&w);
	CU_ASSERT_EQUAL(loop_held(w.loop), STREAM_CLOSING_MAX);
	for (size_t i = 0; i < n; i++)
		stream_world_free(&o[i]);
	stream_world_end(&w);
	free(o);
}

/* ---- an owner may leave in any event ---- */

static enum stream_event leave_in;
static bool leave_by_close;

static void
leave(struct stream_owner *o, enum stream_event e)
{
	if (e != leave_in)
		return;
	if (leave_by_close)
		stream_close(o->s);
	else
		stream_free(o->s);
	o->s = NULL;
}

static void
leaves_in(enum stream_event e, bool by_close)
{
	struct stream_owner o = {.on = leave};

	leave_in = e;
	leave_by_close = by_close;
	stream_world_begin(&w);
	w.kind.output_max = 100;
	stream_world_pair(&w, &o);
	if (e == STREAM_INPUT)
		CU_ASSERT_EQUAL(send(o.peer, "x", 1, 0), 1);
	if (e == STREAM_SENT)
		stream_send(o.s, VIEW("x"));
	if (e == STREAM_FAILED)
		stream_send(o.s, stream_world_pattern(101));
	STREAM_UNTIL(&w, !o.s);
	CU_ASSERT_EQUAL(strlen(o.log), 1);
	CU_ASSERT_EQUAL(o.n[e], 1);
	stream_world_free(&o);
	STREAM_UNTIL(&w, loop_held(w.loop) == 0);
	CU_ASSERT_EQUAL(strlen(o.log), 1);
	stream_world_end(&w);
}

static void
leaves_in_any_event(void)
{
	static const enum stream_event rows[] = {STREAM_INPUT, STREAM_SENT, STREAM_FAILED};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		leaves_in(rows[i], false);
		leaves_in(rows[i], true);
	}
	stream_free(NULL);
}

static const struct unit_test tests[] = {
	{"closing says the last words", closing_says_the_last_words},
	{"last words survive what still comes", last_words_survive_what_still_comes},
	{"closing has its time", closing_has_its_time},
	{"the loop waits for last words", the_loop_waits_for_last_words},
	{"not too many linger", few_linger},
	{"an owner may leave in any event", leaves_in_any_event},
};

int
main(void)
{
	alarm(120); /* what never happens ends the test */
	return unit_main("io/stream_close", tests, sizeof(tests) / sizeof(*tests));
}
