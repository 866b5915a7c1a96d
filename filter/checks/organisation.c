/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/organisation.h"

#include "engine/client_network.h"
#include "mail/domain.h"

static const struct fact_def facts[] = {
	{.name = "client.organisation", .type = FACT_TEXT, .stage = STAGE_MAIL,
		.help = "registrable domain whose SPF passed, else of client.name, else the client's network",
		.asks = "SPF, PTR, A or AAAA of up to 10 names"},
};

enum need { SPF, SPF_OF, SPF_BY, NAME, DYNAMIC };
static const char *const needs[] = {"spf", "spf.domain", "spf.mechanism", "client.name", "client.dynamic"};

/* A public suffix whose own SPF passes answers for itself. */
static struct view
organisation(struct view domain)
{
	struct view r = domain_registrable(domain);

	return r.p ? r : domain;
}

/* "all", "+all": whoever likes may send for that domain. */
static bool
lets_all_pass(const struct fact_value *mechanism)
{
	struct view term = mechanism->state == FACT_KNOWN ? mechanism->text : VIEW("");

	return view_is(view_skip(term, term.n && *term.p == '+'), "all");
}

/* Absent: none; *open_out: not known yet. */
static struct view
verified(struct check_call *c, bool *open_out)
{
	const struct fact_value *spf = check_need(c, SPF), *of = check_need(c, SPF_OF);
	const struct fact_value *name = check_need(c, NAME), *dynamic = check_need(c, DYNAMIC);

	*open_out = false;
	if (spf->state == FACT_KNOWN && view_is(spf->text, "pass") && of->state == FACT_KNOWN &&
		!lets_all_pass(check_need(c, SPF_BY)))
		return organisation(of->text);
	*open_out = spf->state == FACT_PENDING || name->state == FACT_PENDING ||
		dynamic->state == FACT_PENDING;
	if (name->state != FACT_KNOWN || (dynamic->state == FACT_KNOWN && dynamic->yes))
		return (struct view){NULL, 0};
	return organisation(name->text);
}

static void
run(struct check_call *c)
{
	const struct check_client *client = check_client(c);
	struct view found;
	bool open;

	if (!client)
		return;
	if (!client->ip) {
		check_set(c, 0, fact_missing());
		return;
	}
	found = verified(c, &open);
	if (open && !check_is_late(c))
		return;
	check_set(c, 0, fact_text(found.n ? arena_copy(check_arena(c), found)
			: client_network(client->ip, check_arena(c))));
}

const struct check organisation_check = {
	.name = "organisation",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.needs = needs,
	.n_needs = sizeof(needs) / sizeof(*needs),
	.stage = STAGE_MAIL,
	.run = run,
};
