/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_twins -- both SPF engines over one made-up DNS: they must agree in all they say and ask.
 *
 * The first line of the DNS is the record of x.example; the others are the rest of it: a question's
 * hash tells which of them, if any, is its answer. Each engine is run with all answers there, and with
 * every one pending first; questions stay within their bound; libspf2 is watched (tests/lib/spf_watch.h).
 */
#ifndef TESTS_LIB_SPF_TWINS_H
#define TESTS_LIB_SPF_TWINS_H

#include "mail/spf/spf_query.h"

/* What two of the runs differ in, or NULL. a@x.example sends from ip. *result_out: of the first run. */
const char *spf_twins_differ(struct view dns, const struct ip *ip, enum spf_result *result_out);

#endif
