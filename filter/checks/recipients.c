/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/recipients.h"

enum row { COUNT, REJECTED, DOMAINS, ADDRESSES };

static const struct fact_def facts[] = {
	[COUNT] = {.name = "rcpt.count", .type = FACT_NUMBER, .stage = STAGE_RCPT,
		.help = "recipients so far"},
	[REJECTED] = {.name = "rcpt.rejected", .type = FACT_NUMBER, .stage = STAGE_RCPT,
		.help = "refused recipients so far"},
	[DOMAINS] = {.name = "rcpts.domain", .type = FACT_DOMAIN, .stage = STAGE_RCPT, .list = true,
		.help = "domains of all recipients"},
	[ADDRESSES] = {.name = "rcpts.address", .type = FACT_ADDRESS, .stage = STAGE_RCPT, .list = true,
		.help = "all recipients"},
};

/* The texts or the domains of all recipients; what has no domain is left out there. */
static struct fact_value
collect(struct check_call *c, const struct check_envelope *e, bool domains)
{
	struct view *item = arena_array(check_arena(c), e->n_rcpt, sizeof(*item));
	size_t n = 0;

	for (size_t i = 0; i < e->n_rcpt; i++) {
		item[n] = domains ? e->rcpt[i].domain : e->rcpt[i].text;
		n += item[n].p != NULL;
	}
	return fact_list(item, n);
}

static void
run(struct check_call *c)
{
	const struct check_envelope *e = check_envelope(c);

	if (!e)
		return;
	check_set(c, COUNT, fact_number((int64_t)e->n_rcpt));
	check_set(c, REJECTED, fact_number((int64_t)e->n_rejected));
	if (check_wants(c, DOMAINS))
		check_set(c, DOMAINS, collect(c, e, true));
	if (check_wants(c, ADDRESSES))
		check_set(c, ADDRESSES, collect(c, e, false));
}

const struct check recipients_check = {
	.name = "recipients",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_RCPT,
	.light = true,
	.run = run,
};
