/* SPDX-License-Identifier: BSD-2-Clause
 *
 * conf_listener -- the `listener` statement of postern.conf: where a front-end waits for an MTA or clients.
 *
 * ADDRESS is unix:/path, inet:PORT@ADDRESS or inet6:PORT@ADDRESS, as the MTA's own setting writes it.
 */
#ifndef POLICY_CONF_LISTENER_H
#define POLICY_CONF_LISTENER_H

#include "policy/conf.h"
#include "policy/parser/reader.h"

/* Behind the keyword; `at` is its place. Appends to c->listeners. */
void conf_listener_read(struct reader *r, const struct place *at, struct conf *c);
/* All of them, as they could be read again, each line ended by its origin. */
void conf_listener_write(const struct conf *c, FILE *out);
/* "milter", "smtp", "submission", "submissions" */
const char *conf_listener_protocol(enum conf_protocol p);

#endif
