/* SPDX-License-Identifier: BSD-2-Clause
 *
 * light -- events that only note what they are told.
 *
 * Such an event asks nobody, judges nothing and writes nothing down: a front-end may call it where nothing
 * may take long. All others belong on a thread that may compute, and wait for the store. Asked right before
 * the event, by the thread that the session belongs to. "No" is always right.
 */
#ifndef ENGINE_LIGHT_H
#define ENGINE_LIGHT_H

#include "engine/session.h"

/* That of this stage: HELO, MAIL, RCPT, DATA; HEADER: the fields, their end and the body; END. */
bool light_event(struct session *s, enum stage stage);
bool light_rcpt_answered(const struct session *s);
bool light_accepted(const struct session *s);
bool light_abort(const struct session *s); /* also session_free */
/* Until MAIL there is nothing to find out of any client: the session may begin with that. */
bool light_until_mail(const struct engine *e);

#endif
