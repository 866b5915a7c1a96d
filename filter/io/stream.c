/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/stream.h"

#include <errno.h>
#include <stdio.h>

#include "io/dial.h"
#include "io/stream_state.h"
#include "util/clock.h"
#include "util/limits.h"

struct stream *
stream_open(const struct stream_kind *k, int fd, void *ctx)
{
	struct stream *s = stream_state_new(k, fd, STREAM_OPEN, ctx);

	stream_state_watch(s);
	return s;
}

struct stream *
stream_connect(const struct stream_kind *k, const struct listener_address *to, const struct ip *source,
	int ms, void *ctx)
{
	int fd = dial_start(to, source), e = errno;
	struct stream *s = stream_state_new(k, fd, STREAM_CONNECTING, ctx);

	s->limit = clock_mono_ms() + ms;
	if (fd >= 0)
		stream_state_watch(s);
	else
		stream_state_fail_soon(s, STREAM_NETWORK, e);
	return s;
}

void
stream_free(struct stream *s)
{
	if (s)
		stream_state_free(s);
}

void
stream_close(struct stream *s)
{
	if (s->fault != STREAM_SOUND || (s->stage != STREAM_OPEN && s->stage != STREAM_BEFORE_TLS)) {
		stream_free(s); /* there is nothing it could say */
		return;
	}
	s->stage = STREAM_CLOSING;
	s->limit = clock_mono_ms() + s->kind->close_ms;
	s->read_on_write = false;
	fifo_done(&s->in);
	loop_hold(s->kind->loop);
	stream_state_watch(s);
	stream_state_soon(s);
}

struct view
stream_input(const struct stream *s)
{
	return fifo_view(&s->in);
}

void
stream_take(struct stream *s, size_t n)
{
	bool was_full = fifo_room(&s->in) == 0;

	fifo_take(&s->in, n);
	if (!was_full || n == 0)
		return;
	stream_state_watch(s);
	if (wire_has_more(&s->wire))
		stream_state_soon(s);
}

bool
stream_has_ended(const struct stream *s)
{
	return s->ended;
}

void
stream_send(struct stream *s, struct view bytes)
{
	if (s->stage != STREAM_OPEN && s->stage != STREAM_CONNECTING)
		return;
	if (s->out.n == 0)
		s->stuck_from = clock_mono_ms();
	if (!fifo_put(&s->out, bytes))
		stream_state_fail_soon(s, STREAM_OVERFLOW, ENOBUFS);
	else if (!s->blocked)
		stream_state_soon(s);
}

size_t
stream_room(const struct stream *s)
{
	return fifo_room(&s->out);
}

size_t
stream_unsent(const struct stream *s)
{
	return s->out.n;
}

void
stream_start_tls(struct stream *s, struct tls *t, const char *name, bool with_input)
{
	if (s->stage != STREAM_OPEN || s->wire.session)
		return;
	if (!wire_start_tls(&s->wire, t, name, with_input ? stream_input(s) : VIEW("")))
		stream_state_fail_soon(s, STREAM_TLS, 0);
	fifo_done(&s->in);
	stream_state_secure(s);
}

bool
stream_info(const struct stream *s, struct tls_info *out)
{
	if (s->wire.secured)
		tls_session_info(s->wire.session, out);
	return s->wire.secured;
}

enum stream_fault
stream_fault(const struct stream *s)
{
	return s->fault;
}

void
stream_why(const struct stream *s, char out[static STREAM_WHY_MAX])
{
	char why[TLS_WHY_MAX];

	switch (s->fault) {
	case STREAM_TLS:
		snprintf(why, sizeof(why), "there is no name to verify");
		if (s->wire.session)
			tls_session_why(s->wire.session, why);
		snprintf(out, STREAM_WHY_MAX, "tls: %s", why);
		break;
	case STREAM_BUSY:
		snprintf(out, STREAM_WHY_MAX, "tls: too many handshakes at once");
		break;
	case STREAM_OVERFLOW:
		snprintf(out, STREAM_WHY_MAX, "the peer takes too little");
		break;
	case STREAM_NETWORK:
	case STREAM_STUCK:
		snprintf(out, STREAM_WHY_MAX, "%s", strerror(s->error));
		break;
	case STREAM_SOUND:
		snprintf(out, STREAM_WHY_MAX, "nothing is wrong");
		break;
	}
}
