/* SPDX-License-Identifier: BSD-2-Clause
 *
 * control_call -- a tool's end of the control socket: one question, one answer, or events as they come
 * (io/control.h).
 */
#ifndef IO_CONTROL_CALL_H
#define IO_CONTROL_CALL_H

#include "util/buf.h"

enum control_call_result {
	CONTROL_CALL_OK,
	CONTROL_CALL_FAILED, /* the daemon refused; the reply says why */
	CONTROL_CALL_AWAY,   /* no daemon listens there; errno */
	CONTROL_CALL_DENIED, /* the socket's mode says no */
	CONTROL_CALL_BROKEN  /* no whole reply within the time */
};

/* Sends request (one line, without its end) and adds the reply's text to out. timeout_ms: for all
 * of it. */
enum control_call_result control_call(
	const char *path, const char *request, int timeout_ms, struct buf *out);

/* Sends request and, once it is granted, hands take what comes, in pieces, until the daemon ends the
 * connection: CONTROL_CALL_OK. Else as control_call, and out gets why. timeout_ms: until it is granted. */
struct control_call_taker {
	void (*take)(void *ctx, struct view piece);
	void *ctx;
};
enum control_call_result control_call_watch(const char *path, const char *request, int timeout_ms,
	const struct control_call_taker *t, struct buf *out);

/* Reads "ok LENGTH\n" or "failed LENGTH\n" at the start of a reply: its length, 0 = it is not whole
 * yet, -1 = it is none. */
int control_call_head(struct view reply, bool *ok_out, size_t *length_out);

#endif
