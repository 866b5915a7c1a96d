/* SPDX-License-Identifier: BSD-2-Clause
 *
 * credentials -- what evidence and log line say of our own signatures, and the log line of the results of
 * strangers' mail, in brief (with reasons they stand in the evidence: engine/reports.h).
 *
 * Inner to the engine, like engine/state.h.
 */
#ifndef ENGINE_CREDENTIALS_H
#define ENGINE_CREDENTIALS_H

#include "engine/session.h"

struct json;
struct log_line;

/* The members signed and unsigned of an open object; each is left out where there is nothing to say. */
void credentials_json(const struct session *s, struct json *j);
/* The same for the log, and auth=spf:pass,dkim:fail. */
void credentials_log(const struct session *s, struct log_line *l);

#endif
