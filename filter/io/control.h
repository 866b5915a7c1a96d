/* SPDX-License-Identifier: BSD-2-Clause
 *
 * control -- the supervisor's end of the control socket, for the tools.
 *
 * A client sends one line and gets one reply, "ok LENGTH" or "failed LENGTH", a line end and that
 * many bytes, then the connection ends. Root, the service user and members of the socket's group
 * may ask; the file mode (0660) and SO_PEERCRED both say so. Nothing here blocks: a client that
 * does not send its line, or take its reply, in CONTROL_WAIT_MS is dropped; at most CONTROL_CLIENTS
 * are served at once. A client may become a subscriber: after its "ok 0" it gets what is published, lines of
 * JSON, until it leaves. One that does not take them loses lines, and is told how many.
 */
#ifndef IO_CONTROL_H
#define IO_CONTROL_H

#include <poll.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/limits.h"

enum { CONTROL_POLL = CONTROL_CLIENTS + 1 };

struct control;

/* uid: the service user; gid: the group that may ask beside root. gives. NULL: why says the
 * remedy. */
struct control *control_open(const char *path, uid_t uid, gid_t gid, struct buf *why);
void control_close(struct control *c); /* removes the socket's name too; NULL is legal */

/* Called with a client's line, without its end; control_reply may be called from within, or
 * later. */
typedef void control_handler(void *ctx, uint64_t client, struct view line);

/* Fills out (room for CONTROL_POLL) with what to wait for; how many. */
size_t control_poll(const struct control *c, struct pollfd *out);
/* The earliest deadline of a client (clock_mono_ms); INT64_MAX = none. */
int64_t control_due(const struct control *c);
/* Does what can be done without waiting. */
void control_work(struct control *c, int64_t now, control_handler *handler, void *ctx);
/* A client that has left meanwhile gets nothing. Text over CONTROL_REPLY_MAX becomes a failure. */
void control_reply(struct control *c, uint64_t client, bool ok, struct view text);

/* Makes a subscriber of a client that waits for its answer; more than CONTROL_SUBSCRIBERS are refused. */
void control_subscribe(struct control *c, uint64_t client);
bool control_has_subscribers(const struct control *c);
/* To every subscriber: one line, with its end. Never waits, and logs nothing. */
void control_publish(struct control *c, struct view line);

#endif
