/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_query.h"

#include "mail/spf/spf_eval.h"
#include "mail/spf/spf_libspf2.h"

static const char *const names[] = {
	[SPF_PENDING] = "pending",
	[SPF_NONE] = "none",
	[SPF_NEUTRAL] = "neutral",
	[SPF_PASS] = "pass",
	[SPF_FAIL] = "fail",
	[SPF_SOFTFAIL] = "softfail",
	[SPF_TEMPERROR] = "temperror",
	[SPF_PERMERROR] = "permerror",
};

const char *
spf_query_result_name(enum spf_result r)
{
	return names[r];
}

static struct view
without_dot(struct view name)
{
	return name.n > 0 && name.p[name.n - 1] == '.' ? view_head(name, name.n - 1) : name;
}

static struct view
join_sender(struct arena *a, struct view local, struct view origin)
{
	char *p = arena_alloc(a, local.n + 1 + origin.n);

	memcpy(p, local.p, local.n);
	p[local.n] = '@';
	if (origin.n > 0)
		memcpy(p + local.n + 1, origin.p, origin.n);
	return view_of(p, local.n + 1 + origin.n);
}

/* Sections 2.4 and 4.3: whom the check is about. */
static void
set_identity(struct spf_run *r, const struct spf_query *q)
{
	struct spf_macro *m = &r->macro;

	m->local = q->local.n > 0 ? q->local : VIEW("postmaster");
	m->origin = without_dot(q->domain.p ? q->domain : q->helo);
	m->sender = join_sender(r->a, m->local, m->origin);
	m->ip = q->ip;
	m->helo = q->helo.p ? q->helo : VIEW("");
	m->receiver = q->receiver;
	m->now = q->now;
}

enum spf_result
spf_query_run(const struct spf_query *q, struct arena *a, struct spf_outcome *out)
{
	struct spf_run r = {.q = q, .a = a};
	enum spf_result result;

	if (q->ip.family == 0) {
		*out = (struct spf_outcome){.terms = 0};
		return SPF_NONE;
	}
	set_identity(&r, q);
	result = q->engine == SPF_NATIVE ? spf_eval_domain(&r, r.macro.origin)
					 : spf_libspf2_domain(&r, r.macro.origin);
	if (result == SPF_PENDING)
		return result;
	*out = (struct spf_outcome){.domain = r.macro.origin, .terms = r.terms, .voids = r.voids};
	if (result == SPF_FAIL)
		out->explanation = r.explanation;
	if (result == SPF_TEMPERROR || result == SPF_PERMERROR) {
		out->why = r.why;
		out->where = r.where;
	} else if (r.mechanism.p) {
		out->mechanism = arena_copy(a, r.mechanism);
	}
	return result;
}
