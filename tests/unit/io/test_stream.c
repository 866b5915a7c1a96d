/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/stream.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/stream_world.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

static struct stream_world w;

/* ---- bytes ---- */

static void
echo(struct stream_owner *o, enum stream_event e)
{
	struct view in = stream_input(o->s);

	if (e != STREAM_INPUT)
		return;
	stream_send(o->s, in);
	stream_take(o->s, in.n);
}

static void
carries_both_ways(void)
{
	struct stream_owner o = {.on = echo};
	struct buf got;

	buf_init(&got, 4000000);
	stream_world_begin(&w);
	stream_world_pair(&w, &o);
	stream_world_write(&w, &o, VIEW("hello"));
	stream_world_await(&w, &o, &got, 5);
	UNIT_VIEW(buf_view(&got), "hello");
	CU_ASSERT_EQUAL(stream_unsent(o.s), 0);
	CU_ASSERT_STRING_EQUAL(o.log, "IS");
	CU_ASSERT_EQUAL(stream_fault(o.s), STREAM_SOUND);
	stream_world_free(&o);
	stream_world_end(&w);
	buf_done(&got);
}

static void
keeps_what_is_not_taken(void)
{
	struct stream_owner o = {0};

	stream_world_begin(&w);
	stream_world_pair(&w, &o);
	stream_world_write(&w, &o, VIEW("one\r\ntw"));
	STREAM_UNTIL(&w, o.n[STREAM_INPUT] == 1);
	stream_take(o.s, 5);
	UNIT_VIEW(stream_input(o.s), "tw");
	stream_world_write(&w, &o, VIEW("o\r\n"));
	STREAM_UNTIL(&w, o.n[STREAM_INPUT] == 2);
	UNIT_VIEW(stream_input(o.s), "two\r\n");
	stream_take(o.s, 100);
	UNIT_VIEW(stream_input(o.s), "");
	stream_world_free(&o);
	stream_world_end(&w);
}

/* What is sent in one turn leaves at once: answers to pipelined commands are one packet. */
static void
sends_once_a_turn(void)
{
	struct stream_owner o = {0};
	char got[100];

	stream_world_begin(&w);
	stream_world_pair(&w, &o);
	stream_send(o.s, VIEW("250 a\r\n"));
	stream_send(o.s, VIEW("250 b\r\n"));
	CU_ASSERT_EQUAL(recv(o.peer, got, sizeof(got), 0), -1); /* not from within a call */
	stream_send(o.s, VIEW("354 c\r\n"));
	CU_ASSERT_EQUAL(stream_unsent(o.s), 21);
	stream_world_turn(&w);
	CU_ASSERT_EQUAL(recv(o.peer, got, sizeof(got), 0), 21);
	CU_ASSERT_STRING_EQUAL(o.log, "S");
	stream_world_free(&o);
	stream_world_end(&w);
}

static void
input_has_a_ceiling(void)
{
	enum { BYTES = 200000, CEILING = 3000 };
	struct stream_owner o = {0};
	struct buf got;
	size_t sent = 0, step = 1;

	buf_init(&got, BYTES);
	stream_world_begin(&w);
	w.kind.input_max = CEILING;
	stream_world_pair(&w, &o);
	while (got.n < BYTES) {
		ssize_t n = send(o.peer, stream_world_pattern(BYTES).p + sent, BYTES - sent, MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		for (int i = 0; i < 3; i++)
			stream_world_turn(&w);
		CU_ASSERT_TRUE_FATAL(stream_input(o.s).n <= CEILING);
		CU_ASSERT_TRUE_FATAL(stream_input(o.s).n > 0 || sent > got.n);
		step = step * 5 % 7919;
		buf_add(&got, view_head(stream_input(o.s), step));
		stream_take(o.s, step);
	}
	CU_ASSERT_TRUE(stream_world_is_pattern(&got, BYTES));
	stream_world_free(&o);
	stream_world_end(&w);
	buf_done(&got);
}

static void
output_has_a_ceiling(void)
{
	struct stream_owner o = {0};
	char why[STREAM_WHY_MAX];

	stream_world_begin(&w);
	w.kind.output_max = 1000;
	stream_world_pair(&w, &o);
	CU_ASSERT_EQUAL(stream_room(o.s), 1000);
	stream_send(o.s, stream_world_pattern(600));
	CU_ASSERT_EQUAL(stream_room(o.s), 400);
	stream_send(o.s, stream_world_pattern(401));
	CU_ASSERT_STRING_EQUAL(o.log, "");
	STREAM_UNTIL(&w, o.log[0]);
	CU_ASSERT_STRING_EQUAL(o.log, "F");
	CU_ASSERT_EQUAL(stream_fault(o.s), STREAM_OVERFLOW);
	stream_why(o.s, why);
	CU_ASSERT_STRING_EQUAL(why, "the peer takes too little");
	stream_send(o.s, VIEW("more")); /* harmless */
	stream_world_turn(&w);
	CU_ASSERT_STRING_EQUAL(o.log, "F");
	stream_world_free(&o);
	stream_world_end(&w);
}

static void
waits_for_slow_readers(void)
{
	enum { BYTES = 1500000 };
	struct stream_owner o = {0};
	struct buf got;

	buf_init(&got, BYTES);
	stream_world_begin(&w);
	w.kind.output_max = BYTES;
	stream_world_tcp(&w, &o);
	stream_send(o.s, stream_world_pattern(BYTES));
	for (int i = 0; i < 5; i++)
		stream_world_turn(&w);
	CU_ASSERT_TRUE(stream_unsent(o.s) > 0); /* more than the kernel holds */
	CU_ASSERT_EQUAL(o.n[STREAM_SENT], 0);
	stream_world_await(&w, &o, &got, BYTES);
	CU_ASSERT_TRUE(stream_world_is_pattern(&got, BYTES));
	CU_ASSERT_STRING_EQUAL(o.log, "S"); /* once, at the end */
	stream_world_free(&o);
	stream_world_end(&w);
	buf_done(&got);
}

/* ---- time ---- */

static void
gives_up_stuck_peers(void)
{
	struct stream_owner o = {0};
	int64_t start = clock_mono_ms();
	char why[STREAM_WHY_MAX];

	stream_world_begin(&w);
	w.kind.stuck_ms = 60;
	w.kind.output_max = 2000000;
	stream_world_tcp(&w, &o);
	STREAM_UNTIL(&w, clock_mono_ms() > start + 80); /* without output nobody is stuck */
	CU_ASSERT_STRING_EQUAL(o.log, "");
	start = clock_mono_ms();
	stream_send(o.s, stream_world_pattern(2000000));
	STREAM_UNTIL(&w, o.log[0]);
	CU_ASSERT_STRING_EQUAL(o.log, "F");
	CU_ASSERT_EQUAL(stream_fault(o.s), STREAM_STUCK);
	CU_ASSERT_TRUE(clock_mono_ms() >= start + 60);
	stream_why(o.s, why);
	CU_ASSERT_STRING_EQUAL(why, "Connection timed out");
	stream_world_free(&o);
	stream_world_end(&w);
}

/* Who takes a little now and then is not stuck: that is what deadlines are for. */
static void
slow_is_not_stuck(void)
{
	struct stream_owner o = {0};
	int64_t start = clock_mono_ms(), last = start, longest = 0;

	stream_world_begin(&w);
	w.kind.stuck_ms = 200;
	w.kind.output_max = 2000000;
	stream_world_tcp(&w, &o);
	stream_send(o.s, stream_world_pattern(2000000));
	for (int64_t now = start; now < start + 500; last = now) {
		char some[2000];

		stream_world_turn(&w);
		CU_ASSERT_TRUE_FATAL(recv(o.peer, some, sizeof(some), 0) != 0);
		now = clock_mono_ms();
		longest = now - last > longest ? now - last : longest;
	}
	/* On a machine so busy that this test itself did nothing for long, it would be. */
	CU_ASSERT_TRUE(o.log[0] == 0 || longest >= 100);
	stream_world_free(&o);
	stream_world_end(&w);
}

/* ---- ends ---- */

static void
hears_the_peers_end(void)
{
	struct stream_owner o = {0};
	struct buf got;

	buf_init(&got, 100);
	stream_world_begin(&w);
	stream_world_pair(&w, &o);
	CU_ASSERT_EQUAL(send(o.peer, "QUIT\r\n", 6, 0), 6);
	shutdown(o.peer, SHUT_WR);
	STREAM_UNTIL(&w, stream_has_ended(o.s));
	UNIT_VIEW(stream_input(o.s), "QUIT\r\n");
	for (int i = 0; i < 3; i++) /* and hears it once */
		stream_world_turn(&w);
	CU_ASSERT_EQUAL(o.n[STREAM_INPUT], 2);
	stream_take(o.s, 6);
	stream_send(o.s, VIEW("221 bye\r\n")); /* half closed: it still listens */
	stream_world_await(&w, &o, &got, 9);
	UNIT_VIEW(buf_view(&got), "221 bye\r\n");
	stream_close(o.s);
	o.s = NULL;
	STREAM_UNTIL(&w, stream_world_read(&o, &got) == STREAM_WORLD_END);
	stream_world_free(&o);
	stream_world_end(&w);
	buf_done(&got);
}

static void
hears_of_a_cut(void)
{
	struct stream_owner o = {0};
	const struct linger cut = {.l_onoff = 1};
	char why[STREAM_WHY_MAX];

	stream_world_begin(&w);
	stream_world_tcp(&w, &o);
	setsockopt(o.peer, SOL_SOCKET, SO_LINGER, &cut, sizeof(cut));
	close(o.peer);
	o.peer = -1;
	STREAM_UNTIL(&w, o.log[0]);
	CU_ASSERT_STRING_EQUAL(o.log, "F");
	CU_ASSERT_EQUAL(stream_fault(o.s), STREAM_NETWORK);
	stream_why(o.s, why);
	CU_ASSERT_STRING_EQUAL(why, "Connection reset by peer");
	stream_world_free(&o);
	stream_world_pair(&w, &o);
	close(o.peer); /* while we have something to say */
	o.peer = -1;
	memset(o.log, 0, sizeof(o.log));
	stream_send(o.s, VIEW("x"));
	STREAM_UNTIL(&w, strchr(o.log, 'F'));
	CU_ASSERT_EQUAL(stream_fault(o.s), STREAM_NETWORK);
	stream_world_free(&o);
	stream_world_end(&w);
}

static const struct unit_test tests[] = {
	{"carries both ways", carries_both_ways},
	{"keeps what is not taken", keeps_what_is_not_taken},
	{"sends once a turn", sends_once_a_turn},
	{"input has a ceiling, and nothing is lost", input_has_a_ceiling},
	{"output has a ceiling", output_has_a_ceiling},
	{"waits for slow readers", waits_for_slow_readers},
	{"gives up stuck peers", gives_up_stuck_peers},
	{"who is slow is not stuck", slow_is_not_stuck},
	{"hears the peer's end, and still answers", hears_the_peers_end},
	{"hears of a cut", hears_of_a_cut},
};

int
main(void)
{
	alarm(120); /* what never happens ends the test */
	return unit_main("io/stream", tests, sizeof(tests) / sizeof(*tests));
}
