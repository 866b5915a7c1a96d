/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/addressees.h"

enum row { COUNT, UNDISCLOSED };

static const struct fact_def facts[] = {
	[COUNT] = {.name = "to.count", .type = FACT_NUMBER, .stage = STAGE_HEADER, .claimed = true,
		.help = "addresses in To and Cc, at most 100 of a field"},
	[UNDISCLOSED] = {.name = "to.undisclosed", .type = FACT_BOOL, .stage = STAGE_HEADER, .claimed = true,
		.help = "there is none"},
};

static void
run(struct check_call *c)
{
	size_t n, count = 0;
	const struct header_field *h = check_headers(c, &n);

	for (size_t i = 0; i < n; i++) {
		struct address_list list;

		if (!view_is(h[i].name, "To") && !view_is(h[i].name, "Cc"))
			continue;
		address_list(h[i].value, check_arena(c), &list);
		count += list.n;
	}
	check_set(c, COUNT, fact_number((int64_t)count));
	check_set(c, UNDISCLOSED, fact_bool(count == 0));
}

const struct check addressees_check = {
	.name = "addressees",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_HEADER,
	.run = run,
};
