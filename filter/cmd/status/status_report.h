/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status_report -- what the daemon's processes say of themselves, made into one answer: is all well?
 *
 * To what the supervisor wrote (io/status.h) it adds what follows from it: "state", "degraded" with what is
 * wrong and why, "lists" and "backends". The names are those of postern(8).
 */
#ifndef CMD_STATUS_REPORT_H
#define CMD_STATUS_REPORT_H

#include <jansson.h>

#include "util/view.h"

/* gives; NULL: it is no status. */
json_t *status_report(struct view json);
bool status_report_is_degraded(const json_t *report);

/* A member of an object; "", 0 or false if it is not there, or of another kind. */
const char *status_report_text(const json_t *object, const char *key);
int64_t status_report_number(const json_t *object, const char *key);
bool status_report_true(const json_t *object, const char *key);

#endif
