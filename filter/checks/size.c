/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/size.h"

static const struct fact_def facts[] = {
	{.name = "msg.size", .type = FACT_SIZE, .stage = STAGE_BODY, .help = "bytes of the message"},
};

static void
run(struct check_call *c)
{
	check_set(c, 0, fact_number((int64_t)check_message_size(c)));
}

const struct check size_check = {
	.name = "size",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_BODY,
	.run = run,
};
