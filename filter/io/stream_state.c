/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/stream_state.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "io/dial.h"
#include "util/clock.h"
#include "util/limits.h"
#include "util/log.h"

/* ---- life ---- */

static bool
is_in_pool(const struct stream *s)
{
	return s->securing && s->securing->in_pool;
}

static void
silence(struct stream *s)
{
	event_del(&s->readable);
	event_del(&s->writable);
	loop_timer_cancel(&s->timer);
	loop_cancel(s->kind->loop, &s->soon);
}

static void
destroy(struct stream *s)
{
	silence(s);
	wire_done(&s->wire);
	fifo_done(&s->in);
	fifo_done(&s->out);
	free(s->securing);
	free(s);
}

/* The end of a stream whose owner has closed it. */
static void
leave(struct stream *s)
{
	loop_release(s->kind->loop);
	destroy(s);
}

void
stream_state_free(struct stream *s)
{
	silence(s);
	s->freed = true;
	if (is_in_pool(s))
		shutdown(s->wire.fd, SHUT_RDWR);
	else if (!s->in_event)
		destroy(s);
}

/* The owner may do anything with s now: false if it is no longer there. */
static bool
tell(struct stream *s, enum stream_event e)
{
	s->in_event = true;
	s->kind->event(s->ctx, s, e);
	s->in_event = false;
	if (!s->freed)
		return true;
	if (!is_in_pool(s))
		destroy(s);
	return false;
}

/* To be called last: s may be gone afterwards. */
static void
fail(struct stream *s, enum stream_fault fault, int error)
{
	if (s->stage == STREAM_CLOSING || s->stage == STREAM_LINGERING) {
		leave(s);
		return;
	}
	silence(s);
	fifo_done(&s->out);
	s->stage = STREAM_OVER;
	s->fault = fault;
	s->error = error;
	tell(s, STREAM_FAILED);
}

void
stream_state_soon(struct stream *s)
{
	loop_post(s->kind->loop, &s->soon);
}

void
stream_state_fail_soon(struct stream *s, enum stream_fault fault, int error)
{
	s->fault = fault;
	s->error = error;
	stream_state_soon(s);
}

/* ---- time ---- */

/* Output waits for the peer, and that is not TLS's doing. */
static bool
is_pushing(const struct stream *s)
{
	return s->kind->stuck_ms && s->out.n > 0 &&
	       (s->stage == STREAM_OPEN || s->stage == STREAM_BEFORE_TLS);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a && (!b || a < b) ? a : b;
}

/* Times mostly move away: the timer is then left as it is, and finds out when it runs. */
void
stream_state_plan(struct stream *s)
{
	int64_t at = s->limit;

	if (is_pushing(s))
		at = earlier(at, s->stuck_from + s->kind->stuck_ms);
	if (at && s->stage != STREAM_OVER && (!s->timer.at || at < s->timer.at))
		loop_timer_at(&s->timer, at);
}

static void
time_has_come(void *ctx)
{
	struct stream *s = ctx;
	int64_t now = clock_mono_ms();

	if ((s->limit && now >= s->limit) ||
		(is_pushing(s) && now >= s->stuck_from + s->kind->stuck_ms)) {
		fail(s, STREAM_STUCK, ETIMEDOUT);
		return;
	}
	stream_state_plan(s);
}

/* ---- the socket ---- */

void
stream_state_watch(struct stream *s)
{
	bool read = s->stage == STREAM_LINGERING ||
		    (s->stage == STREAM_OPEN && !s->ended && fifo_room(&s->in) > 0);
	bool write = s->stage == STREAM_CONNECTING || s->blocked || s->read_on_write;

	if (s->stage == STREAM_OVER || is_in_pool(s))
		return;
	if (s->stage == STREAM_HANDSHAKE) {
		read = s->securing->step == TLS_WANT_READ;
		write = s->securing->step == TLS_WANT_WRITE;
	}
	if (read)
		event_add(&s->readable, NULL);
	else if (s->stage != STREAM_CLOSING || s->blocked) /* mostly it lingers in a moment: left as it is */
		event_del(&s->readable);
	if (write)
		event_add(&s->writable, NULL);
	else
		event_del(&s->writable);
	stream_state_plan(s);
}

/* As much as there is and fits. False: s has failed, and may be gone. */
static bool
fill(struct stream *s)
{
	char bytes[STREAM_PIECE];
	enum tls_step step = TLS_DONE;
	size_t got, room, before = s->in.n;

	while (step == TLS_DONE && (room = fifo_room(&s->in)) > 0) {
		got = 0;
		step = wire_read(&s->wire, bytes, room < sizeof(bytes) ? room : sizeof(bytes), &got);
		fifo_put(&s->in, view_of(bytes, got));
		if (!wire_has_more(&s->wire))
			break;
	}
	s->read_on_write = step == TLS_WANT_WRITE;
	s->ended = step == TLS_ENDED;
	if (step == TLS_FAILED) {
		fail(s, s->wire.secured ? STREAM_TLS : STREAM_NETWORK, s->wire.error);
		return false;
	}
	stream_state_watch(s);
	return (s->in.n == before && !s->ended) || tell(s, STREAM_INPUT);
}

/* All that the socket takes. False: s has failed, and may be gone. */
static bool
push(struct stream *s)
{
	enum tls_step step = TLS_DONE;
	size_t sent;

	while (s->out.n > 0 && step == TLS_DONE) {
		sent = 0;
		step = wire_write(&s->wire, fifo_view(&s->out), &sent);
		fifo_take(&s->out, sent);
		if (sent > 0)
			s->stuck_from = clock_mono_ms();
	}
	if (step == TLS_FAILED || step == TLS_ENDED) {
		fail(s, s->wire.secured ? STREAM_TLS : STREAM_NETWORK, s->wire.error);
		return false;
	}
	s->blocked = step == TLS_WANT_WRITE;
	stream_state_watch(s);
	return true;
}

/* ---- the handshake ---- */

static void
step_work(void *ctx)
{
	struct stream *s = ctx;

	s->securing->step = wire_handshake(&s->wire);
}

static void
step_done(void *ctx)
{
	struct stream *s = ctx;

	s->securing->in_pool = false;
	if (s->freed) {
		destroy(s);
		return;
	}
	if (s->stage != STREAM_HANDSHAKE)
		return;
	if (s->securing->step == TLS_FAILED) {
		fail(s, STREAM_TLS, 0);
		return;
	}
	if (s->securing->step == TLS_DONE) {
		wire_secured(&s->wire);
		s->stage = STREAM_OPEN;
		free(s->securing);
		s->securing = NULL;
	}
	stream_state_watch(s);
	if (s->stage == STREAM_OPEN)
		tell(s, STREAM_SECURED);
}

/* The work with the private key is long: it has no place on the loop. */
static void
step_begin(struct stream *s)
{
	struct stream_securing *t = s->securing;

	event_del(&s->readable);
	event_del(&s->writable);
	if (!t->begun && !pool_submit(s->kind->pool, &t->job)) {
		fail(s, STREAM_BUSY, 0);
		return;
	}
	if (t->begun)
		pool_continue(s->kind->pool, &t->job);
	t->begun = true;
	t->in_pool = true;
}

void
stream_state_secure(struct stream *s)
{
	s->securing = calloc(1, sizeof(*s->securing));
	if (!s->securing)
		log_die("out of memory");
	pool_job_init(&s->securing->job, s->kind->loop, step_work, step_done, s);
	s->stage = STREAM_BEFORE_TLS;
	stream_state_watch(s);
	stream_state_soon(s);
}

/* ---- what happens ---- */

/* The owner's last words have left. */
static void
say_end(struct stream *s)
{
	wire_end(&s->wire);
	if (s->ended || loop_held(s->kind->loop) > STREAM_CLOSING_MAX) {
		leave(s);
		return;
	}
	s->stage = STREAM_LINGERING;
	stream_state_watch(s);
}

/* Sends what there is, and then does what waits for that. */
static void
flush(struct stream *s)
{
	bool had = s->out.n > 0;

	if (!push(s) || s->out.n > 0)
		return;
	if (s->stage == STREAM_BEFORE_TLS) {
		s->stage = STREAM_HANDSHAKE;
		step_begin(s);
	} else if (s->stage == STREAM_CLOSING) {
		say_end(s);
	} else if (had) {
		tell(s, STREAM_SENT);
	}
}

static void
connected(struct stream *s)
{
	int e = dial_result(s->wire.fd);

	if (e != 0) {
		fail(s, STREAM_NETWORK, e);
		return;
	}
	s->stage = STREAM_OPEN;
	s->limit = 0;
	stream_state_watch(s);
	if (tell(s, STREAM_CONNECTED))
		stream_state_soon(s); /* what was sent meanwhile */
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;
	enum tls_step step;

	if (s->stage == STREAM_HANDSHAKE) {
		step_begin(s);
	} else if (s->stage == STREAM_LINGERING) {
		step = wire_drain(&s->wire);
		if (step != TLS_WANT_READ)
			leave(s);
	} else if (s->stage == STREAM_CLOSING) {
		event_del(&s->readable); /* the last words first */
	} else if (s->stage == STREAM_OPEN && !s->ended && fill(s) && s->out.n > 0 && !s->blocked) {
		stream_state_soon(s); /* TLS may have had to read before it could write */
	}
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	if (s->stage == STREAM_CONNECTING)
		connected(s);
	else if (s->stage == STREAM_HANDSHAKE)
		step_begin(s);
	else if (!s->read_on_write || fill(s))
		flush(s);
}

static void
on_soon(void *ctx)
{
	struct stream *s = ctx;

	if (s->fault != STREAM_SOUND) {
		if (s->stage != STREAM_OVER)
			fail(s, s->fault, s->error);
		return;
	}
	if (s->stage == STREAM_OPEN && !s->ended && wire_has_more(&s->wire) && !fill(s))
		return;
	if (s->stage == STREAM_OPEN || s->stage == STREAM_BEFORE_TLS || s->stage == STREAM_CLOSING)
		flush(s);
}

struct stream *
stream_state_new(const struct stream_kind *k, int fd, enum stream_stage stage, void *ctx)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct event_base *base = loop_base(k->loop);

	if (!s)
		log_die("out of memory");
	s->kind = k;
	s->ctx = ctx;
	s->stage = stage;
	wire_init(&s->wire, fd);
	event_assign(&s->readable, base, fd, EV_READ | EV_PERSIST, on_readable, s);
	event_assign(&s->writable, base, fd, EV_WRITE | EV_PERSIST, on_writable, s);
	loop_task_init(&s->soon, on_soon, s);
	loop_timer_init(&s->timer, k->loop, time_has_come, s);
	fifo_init(&s->in, k->input_max);
	fifo_init(&s->out, k->output_max);
	return s;
}
