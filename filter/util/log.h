/* SPDX-License-Identifier: BSD-2-Clause
 *
 * log -- one `key=value` line per event, to stderr, syslog or the journal.
 *
 * Every byte that is not printable ASCII leaves as \xNN and values with blanks are quoted, so no
 * outsider can forge a line or a terminal sequence. An event (its name) is written at most
 * LOG_RATE_BURST times a second; what was left out is counted and said in the next line. Thread-safe.
 * The one exception to "no mutable globals" outside cmd/: a log that had to be passed everywhere
 * would be left out where it matters.
 */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include "util/view.h"

/* A notice is good news that an administrator waits for: what was away is back. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
const char *log_level_name(enum log_level l);
enum log_target { LOG_TO_STDERR, LOG_TO_SYSLOG };

/* stderr carries sd-daemon(3) priorities when journal is true (the unit's journal reads them). */
void log_open(enum log_target target, const char *role, enum log_level level, bool journal);

/* One event: name is a constant, the text after it is formatted and escaped as a whole. */
void log_event(enum log_level level, const char *event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same line at most once a minute: for a state that every session runs into. */
void log_seldom(enum log_level level, const char *event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define log_error(event, ...) log_event(LOG_LEVEL_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...)  log_event(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_notice(event, ...) log_event(LOG_LEVEL_NOTICE, event, __VA_ARGS__)
#define log_info(event, ...)  log_event(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) log_event(LOG_LEVEL_DEBUG, event, __VA_ARGS__)

/* A line built of pairs, for untrusted values. */
struct log_line {
	enum log_level level;
	const char *event;
	bool always; /* set after log_begin: not held back when there are many */
	size_t n;
	char text[2000]; /* longer lines end in "..." */
};
void log_begin(struct log_line *l, enum log_level level, const char *event);
void log_view(struct log_line *l, const char *key, struct view value);
void log_number(struct log_line *l, const char *key, long long value);
void log_end(struct log_line *l);

/* Hears errors, warnings and notices, whatever level is written: at most LOG_HEARD_BURST of one event a
 * second, text as in the log. Called from any thread; it must not log. */
typedef void log_listener(void *ctx, enum log_level level, const char *event, struct view text);
/* Set by log_open to NULL: none. */
void log_listen(log_listener *listener, void *ctx);

/* Writes v into out (n bytes with the NUL) with every byte outside printable ASCII, and the backslash,
 * as \xNN. What does not fit is cut. Returns out. */
char *log_escape(struct view v, char *out, size_t n);

/* Says why and ends the process with status 70 (EX_SOFTWARE). */
_Noreturn void log_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
