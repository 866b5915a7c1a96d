/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event_line -- one event of the log on its way to the subscribers of the control socket.
 *
 *	event = level SP name [ SP text ]
 *	level = "error" / "warning" / "notice"
 *	name  = 1*( a-z / 0-9 / "-" )
 *	text  = printable ASCII, as log_escape leaves it
 *
 * A process says it to the supervisor (io/worker_control.h), which believes nothing of it.
 */
#ifndef IO_EVENT_LINE_H
#define IO_EVENT_LINE_H

#include "util/buf.h"
#include "util/log.h"

struct event_line {
	enum log_level level;
	struct view name, text; /* text may be empty */
};

void event_line_write(const struct event_line *e, struct buf *out);
/* False: it is none. Views live in message. */
bool event_line_read(struct view message, struct event_line *out);

struct event_source {
	const char *name; /* of the process */
	int pid;
	int64_t now; /* seconds since 1970 */
};

/* Adds a line of JSON: time, process, pid, level, event, text, and in "values" the pairs key=value of the
 * text as they were before they were escaped; at most EVENT_VALUES_MAX, the first of a key. */
void event_line_json(const struct event_line *e, const struct event_source *from, struct buf *out);

#endif
