/* SPDX-License-Identifier: BSD-2-Clause
 *
 * alarm -- an account that behaves as if its password were stolen: sudden volume, many rejects, many
 * networks.
 *
 * For each account that logged in, the store counts the recipients of accepted messages by the minute and by
 * the day, what was refused for good, and the networks that it came from. Over a limit of the settings the
 * alarm is raised: one line of the log, a warning, once an hour for an account and a reason, whichever worker
 * or node sees it; and a record that lives for that hour, which the fact auth.alarm reads. What exceeds the
 * limit of recipients rings only if it also is unusual for that account. One or two round trips of the store
 * a message; what it does not answer raises no alarm. Inner to the engine, but for what checks and tools ask.
 */
#ifndef ENGINE_ALARM_H
#define ENGINE_ALARM_H

#include "engine/session.h"

enum alarm { ALARM_VOLUME, ALARM_REJECTS, ALARM_NETWORKS, ALARM_COUNT };
const char *alarm_name(enum alarm a); /* "volume", "rejects", "networks" */

/* Is there an account in this transaction, and something to watch for? Then the others ask the store. */
bool alarm_is_due(const struct session *s);
void alarm_accepted(struct session *s); /* the message was acknowledged */
void alarm_refused(struct session *s);  /* it, or one recipient, was refused for good */

/* The recipients of the second busiest of the days (a series by the day) before today: what an account does
 * now and then is usual, what happened once is not. 0: there are no two. */
int64_t alarm_usual(struct view days, int64_t now);

/* Which were raised within the last hour. False: the store does not answer. */
bool alarm_raised(struct store *store, struct view user, int64_t now, struct arena *a,
	bool out[static ALARM_COUNT]);

/* ---- for tools ---- */

/* Finds all alarms: keys that alarm_read reads. */
struct store_request alarm_scan(void);
struct alarm_record {
	struct view user; /* long names are known by their hash */
	enum alarm reason;
	int64_t raised, count; /* when, and what was counted then */
};
bool alarm_read(struct view key, struct view value, struct alarm_record *out);
/* The requests that make an account begin anew, its habit kept. How many; live in a. */
size_t alarm_forget(struct view user, int64_t now, struct arena *a,
	struct store_request out[static STORE_CALLS_MAX]);

#endif
