/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits_control -- ceilings of the control socket: its questions, and the events for its subscribers.
 */
#ifndef UTIL_LIMITS_CONTROL_H
#define UTIL_LIMITS_CONTROL_H

enum {
	CONTROL_LINE_MAX = 64 * 1024,
	CONTROL_CLIENTS = 16,        /* at once; a tool asks one question and leaves */
	CONTROL_REPLY_MAX = 1024 * 1024,
	CONTROL_WAIT_MS = 5000,      /* to send a request, or to take a reply */
	CONTROL_SUBSCRIBERS = 8,     /* of these clients: the others are for questions */
	CONTROL_EVENTS_MAX = 256 * 1024, /* bytes of events that wait for one of them; then it loses some */
	CONTROL_EVENTS_SECOND = 100, /* of one process: LOG_HEARD_BURST of each of ten kinds */
	EVENT_LINE_MAX = 2200,       /* bytes of an event: a line of the log has 2000 */
	EVENT_NAME_MAX = 40,
	EVENT_VALUES_MAX = 20,       /* pairs of one event; a line of the log has ten */
	EVENT_JSON_MAX = 32 * 1024,  /* an event whose every byte is written in six */
};

#endif
