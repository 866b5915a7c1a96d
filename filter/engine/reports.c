/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/reports.h"

#include "engine/state.h"
#include "util/json.h"

static size_t
collect(const struct reports *r, struct authres_result *out, size_t n, size_t max)
{
	for (const struct report *p = r->first; p && n < max; p = p->next)
		out[n++] = p->result;
	return n;
}

size_t
reports_collect(const struct session *s, struct authres_result *out, size_t max)
{
	return collect(&s->t->reports, out, collect(&s->reports, out, 0, max), max);
}

static void
text(struct json *j, struct view key, struct view v)
{
	json_key_view(j, key);
	json_text(j, v);
}

void
reports_write(const struct session *s, struct json *j)
{
	struct authres_result r[REPORTS_MAX];
	size_t n = reports_collect(s, r, REPORTS_MAX);

	json_open(j, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(j, '{');
		text(j, VIEW("method"), r[i].method);
		text(j, VIEW("result"), r[i].result);
		if (r[i].reason.p)
			text(j, VIEW("reason"), r[i].reason);
		if (r[i].mechanism.p)
			text(j, VIEW("mechanism"), r[i].mechanism);
		for (size_t k = 0; k < r[i].n_props; k++)
			text(j, r[i].prop[k].name, r[i].prop[k].value);
		json_close(j, '}');
	}
	json_close(j, ']');
}
