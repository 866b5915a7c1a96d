/* SPDX-License-Identifier: BSD-2-Clause
 *
 * conf_backend -- the `backend` statement of postern.conf: where an smtp listener hands mail on.
 *
 * ADDRESS is unix:/path, inet:PORT@ADDRESS, inet6:PORT@ADDRESS or inet:PORT@HOST.
 */
#ifndef POLICY_CONF_BACKEND_H
#define POLICY_CONF_BACKEND_H

#include "policy/conf.h"
#include "policy/parser/reader.h"

enum { CONF_BACKENDS_MAX = 32 };

/* Behind the keyword; `at` is its place. Appends to c->backends. */
void conf_backend_read(struct reader *r, const struct place *at, struct conf *c);
/* All of them, as they could be read again, each line ended by its origin. */
void conf_backend_write(const struct conf *c, FILE *out);
/* Whether they and the smtp listeners fit each other: every listener has where to hand mail on, and no
 * backend sees strangers with an address of its own host, which MTAs trust by default. */
void conf_backend_check(const struct conf *c, struct diag *d);

#endif
