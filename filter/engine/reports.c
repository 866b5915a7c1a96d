/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/reports.h"

#include "engine/state.h"
#include "util/json.h"

/* Not as the answers came in: who reads many wants to find things in their places. */
static const char *const order[] = {"iprev", "spf", "dkim", "arc", "dmarc"};
enum { METHODS = sizeof(order) / sizeof(*order) };

/* METHODS: none of them. */
static size_t
place_of(const struct authres_result *r)
{
	size_t i = 0;

	while (i < METHODS && !view_eq_str(r->method, order[i]))
		i++;
	return i;
}

static size_t
collect(const struct reports *r, size_t place, struct authres_result *out, size_t n, size_t max)
{
	for (const struct report *p = r->first; p && n < max; p = p->next)
		if (place_of(&p->result) == place)
			out[n++] = p->result;
	return n;
}

size_t
reports_collect(const struct session *s, struct authres_result *out, size_t max)
{
	size_t n = 0;

	for (size_t place = 0; place <= METHODS; place++) {
		n = collect(&s->reports, place, out, n, max);
		n = collect(&s->t->reports, place, out, n, max);
	}
	return n;
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
