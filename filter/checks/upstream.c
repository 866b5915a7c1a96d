/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/upstream.h"

#include "mail/authres_read.h"
#include "mail/domain.h"

static const struct fact_def facts[] = {
	{.name = "upstream.spf", .type = FACT_ENUM, .stage = STAGE_HEADER,
		.values = "none neutral pass fail softfail policy permerror",
		.help = "spf= in the Authentication-Results of a trusted server"},
	{.name = "upstream.dkim", .type = FACT_ENUM, .stage = STAGE_HEADER,
		.values = "none pass fail policy neutral permerror",
		.help = "dkim= in the Authentication-Results of a trusted server"},
	{.name = "upstream.dmarc", .type = FACT_ENUM, .stage = STAGE_HEADER,
		.values = "none pass fail permerror",
		.help = "dmarc= in the Authentication-Results of a trusted server"},
};
static const char *const methods[] = {"spf", "dkim", "dmarc"}; /* a row each */

static const char *
lacks(const struct settings *s, size_t i)
{
	return s->n_trusted_ids ? NULL : "it needs the setting trusted-authserv-ids";
}

static bool
is_trusted_id(struct check_call *c, struct view id)
{
	const struct settings *s = check_settings(c);
	struct view name = domain_normal(id, check_arena(c));

	for (size_t i = 0; name.p && i < s->n_trusted_ids; i++)
		if (view_eq(name, s->trusted_ids[i]))
			return true;
	return false;
}

/* The topmost field of those that we believe, NULL if there is none. */
static const struct authres_field *
results(struct check_call *c)
{
	struct authres_field *f;
	const struct header_field *h;
	size_t n;

	if (!check_client(c)->from_trusted)
		return NULL;
	h = check_headers(c, &n);
	for (size_t i = 0; i < n; i++) {
		if (!view_is(h[i].name, "Authentication-Results") ||
			!is_trusted_id(c, authres_id(h[i].value, check_arena(c))))
			continue;
		f = arena_new_of(check_arena(c), struct authres_field);
		authres_read(h[i].value, check_arena(c), f);
		return f;
	}
	return NULL;
}

static struct fact_value
value_of(const struct fact_def *def, const struct authres_result *r)
{
	if (r && view_eq_str(r->result, "temperror"))
		return fact_unknown(VIEW("temperror"));
	return r && fact_value_listed(def, r->result) ? fact_text(r->result) : fact_missing();
}

static void
run(struct check_call *c)
{
	const struct authres_field *f = results(c);

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		check_set(c, i, value_of(&facts[i], f ? authres_read_find(f, methods[i]) : NULL));
}

const struct check upstream_check = {
	.name = "upstream",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_HEADER,
	.run = run,
	.lacks = lacks,
};
