/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/recipient.h"

enum row { TO, DOMAIN, LOCAL, VALID };

static const struct fact_def facts[] = {
	[TO] = {.name = "rcpt.to", .type = FACT_ADDRESS, .stage = STAGE_RCPT, .per_rcpt = true,
		.help = "this recipient (the rule runs per recipient)"},
	[DOMAIN] = {.name = "rcpt.domain", .type = FACT_DOMAIN, .stage = STAGE_RCPT, .per_rcpt = true,
		.help = "its domain"},
	[LOCAL] = {.name = "rcpt.local", .type = FACT_TEXT, .stage = STAGE_RCPT, .per_rcpt = true,
		.help = "its local part"},
	[VALID] = {.name = "rcpt.valid", .type = FACT_BOOL, .stage = STAGE_RCPT, .per_rcpt = true,
		.help = "the backend takes this recipient; missing in a milter"},
};

static void
run(struct check_call *c)
{
	const struct check_envelope *e = check_envelope(c);
	const struct address *rcpt;

	if (!e || e->current >= e->n_rcpt)
		return;
	rcpt = &e->rcpt[e->current];
	check_set(c, TO, fact_text(rcpt->text));
	check_set(c, DOMAIN, fact_text(rcpt->domain));
	check_set(c, LOCAL, fact_text(rcpt->local));
	if (e->answer != CHECK_ANSWER_AWAITED)
		check_set(c, VALID, e->answer == CHECK_ANSWER_TAKEN ? fact_bool(true) : fact_missing());
}

const struct check recipient_check = {
	.name = "recipient",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_RCPT,
	.per_rcpt = true,
	.light = true,
	.run = run,
};
