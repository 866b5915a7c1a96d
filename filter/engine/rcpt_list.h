/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rcpt_list -- the recipients of a transaction: one comes, or goes because it was refused.
 *
 * Inner to the engine, like engine/state.h. The newest is the current one; facts about all of them are
 * forgotten with each change.
 */
#ifndef ENGINE_RCPT_LIST_H
#define ENGINE_RCPT_LIST_H

#include "engine/state.h"

/* A recipient that a rule refused after the backend had taken it. */
struct withdrawn {
	struct withdrawn *next;
	struct view raw;
};

/* to: as RCPT named it. The recipient may move when the next one comes. */
struct recipient *rcpt_list_add(struct session *s, struct view to);
/* The newest is none: later ones, and the message, are judged without it. */
void rcpt_list_drop_last(struct session *s);
/* The newest, which is to be dropped, is remembered for the front-end: the backend has it. */
void rcpt_list_withdraw(struct session *s);

#endif
