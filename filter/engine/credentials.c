/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/credentials.h"

#include "engine/signing.h"
#include "engine/state.h"
#include "util/json.h"
#include "util/log.h"

enum { LOG_RESULTS = 16 };

void
credentials_json(const struct session *s, struct json *j)
{
	struct view names = signing_names(s), why = signing_why_not(s);

	if (names.p) {
		json_key(j, "signed");
		json_text(j, names);
	}
	if (why.p) {
		json_key(j, "unsigned");
		json_text(j, why);
	}
}

/* Without reasons and domains: a line of the log is no report. */
static struct view
brief(const struct session *s)
{
	struct authres_result r[LOG_RESULTS];
	size_t n = reports_collect(s, r, LOG_RESULTS);
	struct view all = VIEW("");

	for (size_t i = 0; i < n; i++)
		all = arena_printf(s->message, "%.*s%s%.*s:%.*s", VIEW_ARG(all), i ? "," : "",
			VIEW_ARG(r[i].method), VIEW_ARG(r[i].result));
	return all;
}

void
credentials_log(const struct session *s, struct log_line *l)
{
	struct view names = signing_names(s), why = signing_why_not(s), all = brief(s);

	if (all.n)
		log_view(l, "auth", all);
	if (names.p)
		log_view(l, "signed", names);
	if (why.p)
		log_view(l, "unsigned", why);
}
