/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reports -- what the checks found out about a message's origin: for Authentication-Results, and as it stands
 * in the evidence. Inner to the engine, like engine/state.h.
 */
#ifndef ENGINE_REPORTS_H
#define ENGINE_REPORTS_H

#include "mail/authres.h"

struct json;
struct session;

enum { REPORTS_MAX = 40 }; /* results in one field */

struct report {
	struct report *next;
	struct authres_result result;
};
struct reports { struct report *first, **last; };

/* By method: iprev, spf (of HELO first), dkim, arc, dmarc; returns how many, at most max. */
size_t reports_collect(const struct session *s, struct authres_result *out, size_t max);
/* The same as an array: {"method": "dkim", "result": "fail", "reason": "...", "header.d": "..."}. */
void reports_write(const struct session *s, struct json *j);

#endif
