/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/author.h"

#include "mail/from_field.h"

enum row { ADDRESS, DOMAIN, NAME };

static const struct fact_def facts[] = {
	[ADDRESS] = {.name = "from.address",
		.type = FACT_ADDRESS,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = "header From"},
	[DOMAIN] = {.name = "from.domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = "its domain"},
	[NAME] = {.name = "from.name",
		.type = FACT_TEXT,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = "its display name"},
};

/* An empty view is as good as none. */
static struct fact_value
text(struct view v)
{
	return v.n > 0 ? fact_text(v) : fact_missing();
}

static void
run(struct check_call *c)
{
	struct address from;
	size_t count;
	const struct header_field *first = check_header(c, "From", &count);

	from_field_read(first, count, check_arena(c), &from);
	check_set(c, ADDRESS, text(from.text));
	check_set(c, DOMAIN,
		from.domain.n > 0 && from.domain.p[0] != '[' ? text(from.domain) : fact_missing());
	check_set(c, NAME, text(from.display));
}

const struct check author_check = {
	.name = "author",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_HEADER,
	.run = run,
};
