/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/reputation.h"

#include "engine/standing.h"

enum need { ORGANISATION, DOMAINS };
static const char *const needs[] = {[ORGANISATION] = "client.organisation", [DOMAINS] = "dkim.domain"};

static const struct fact_def facts[] = { /* by enum standing_kind */
	[STANDING_ADDRESS] = {.name = "reputation.address", .type = FACT_NUMBER, .stage = STAGE_MAIL,
		.help = "share of spam in what its address sent, in percent; unknown: too few messages",
		.asks = "the store"},
	[STANDING_NETWORK] = {.name = "reputation.network", .type = FACT_NUMBER, .stage = STAGE_MAIL,
		.help = "the same of its /24 or /64",
		.asks = "the store"},
	[STANDING_ORGANISATION] = {.name = "reputation.organisation", .type = FACT_NUMBER,
		.stage = STAGE_MAIL,
		.help = "the same of its verified organisation",
		.asks = "the store"},
	[STANDING_DKIM] = {.name = "reputation.dkim", .type = FACT_NUMBER, .stage = STAGE_BODY,
		.help = "the same of the domain that signed it; of several, the one known best",
		.asks = "the store"},
};

static void
name_client(struct check_call *c, struct standing_names *names)
{
	const struct check_client *client = check_client(c);

	for (size_t k = STANDING_ADDRESS; k <= STANDING_NETWORK; k++)
		if (!client->ip)
			check_set(c, k, fact_missing());
	if (check_wants(c, STANDING_ADDRESS))
		standing_names_address(names, client->ip, check_arena(c));
	if (check_wants(c, STANDING_NETWORK))
		standing_names_network(names, client->ip, check_arena(c));
}

/* False: not yet. Else it is settled, or its names are among those to ask for. */
static bool
name_others(struct check_call *c, enum standing_kind kind, enum need need, struct standing_names *names)
{
	const struct fact_value *v = check_need(c, need);
	size_t before = names->n;

	if (v->state == FACT_PENDING && !check_is_late(c))
		return false;
	if (v->state == FACT_KNOWN && need == ORGANISATION)
		standing_names_organisation(names, v->text, check_arena(c));
	else if (v->state == FACT_KNOWN)
		standing_names_dkim(names, v->list.item, v->list.n, check_arena(c));
	if (v->state == FACT_PENDING)
		check_set(c, kind, fact_unknown(VIEW("timeout")));
	else if (v->state == FACT_UNKNOWN)
		check_set(c, kind, *v);
	else if (names->n == before)
		check_set(c, kind, fact_missing());
	return true;
}

static bool
name_all(struct check_call *c, struct standing_names *names)
{
	bool all = true;

	name_client(c, names);
	if (check_wants(c, STANDING_ORGANISATION))
		all &= name_others(c, STANDING_ORGANISATION, ORGANISATION, names);
	if (check_stage(c) >= STAGE_BODY && check_wants(c, STANDING_DKIM))
		all &= name_others(c, STANDING_DKIM, DOMAINS, names);
	return all;
}

static void
set_all(struct check_call *c, const struct standing_names *names, struct fact_value v)
{
	for (size_t i = 0; i < names->n; i++)
		check_set(c, names->item[i].kind, v);
}

static void
answer(struct check_call *c, const struct standing_names *names, const struct store_result *result)
{
	const struct settings *s = check_settings(c);
	struct standing best[STANDING_KINDS] = {{0}};

	for (size_t i = 0; i < names->n; i++) {
		struct standing one = standing_of(result[i].value, check_now(c), s->reputation_half_life);
		struct standing *have = &best[names->item[i].kind];

		if (result[i].status == STORE_TEMPFAIL)
			check_set(c, names->item[i].kind, fact_unknown(VIEW("store: no answer")));
		else if (one.ham + one.spam > have->ham + have->spam)
			*have = one;
	}
	for (size_t i = 0; i < names->n; i++) {
		const struct standing *one = &best[names->item[i].kind];

		check_set(c, names->item[i].kind, standing_is_known(one, s->reputation_minimum)
			? fact_number(standing_percent(one)) : fact_few());
	}
}

/* What is known at this stage is asked for together, in one round trip. */
static void
run(struct check_call *c)
{
	struct standing_names names = {.n = 0};
	struct store_request request[STANDING_NAMES_MAX];
	struct store_result result[STANDING_NAMES_MAX];

	if (!name_all(c, &names) || names.n == 0)
		return;
	if (!check_store(c)) {
		set_all(c, &names, fact_unknown(VIEW("no store")));
		return;
	}
	for (size_t i = 0; i < names.n; i++)
		request[i] = standing_record(STORE_GET, names.item[i].key, check_now(c));
	store_do(check_store(c), request, names.n, check_arena(c), result);
	answer(c, &names, result);
}

const struct check reputation_check = {
	.name = "reputation",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.needs = needs,
	.n_needs = sizeof(needs) / sizeof(*needs),
	.stage = STAGE_MAIL,
	.run = run,
};
