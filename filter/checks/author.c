/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/author.h"

#include "mail/domain.h"
#include "mail/mime/encoded_word.h"
#include "mail/from_field.h"

enum row {
	ADDRESS,
	DOMAIN,
	NAME,
	NAME_DOMAIN,
	NAME_ALIGNED,
	REPLY_ADDRESS,
	REPLY_DOMAIN,
	REPLY_ALIGNED,
	MAIL_ALIGNED
};

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
		.help = "its display name, decoded"},
	[NAME_DOMAIN] = {.name = "from.name-domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = "first domain, or domain of an address, written in the display name"},
	[NAME_ALIGNED] = {.name = "from.name-aligned",
		.type = FACT_BOOL,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = "from.name-domain and from.domain are of one organisation"},
	[REPLY_ADDRESS] = {.name = "reply-to.address",
		.type = FACT_ADDRESS,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = "header Reply-To"},
	[REPLY_DOMAIN] = {.name = "reply-to.domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = "its domain"},
	[REPLY_ALIGNED] = {.name = "reply-to.aligned",
		.type = FACT_BOOL,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = "reply-to.domain and from.domain are of one organisation"},
	[MAIL_ALIGNED] = {.name = "mail.aligned",
		.type = FACT_BOOL,
		.stage = STAGE_HEADER,
		.claimed = true,
		.help = "mail.domain and from.domain are of one organisation"},
};

/* An empty view is as good as none. */
static struct fact_value
text(struct view v)
{
	return v.n > 0 ? fact_text(v) : fact_missing();
}

/* Absent if there is none, or only an address literal. */
static struct view
domain_of(const struct address *a)
{
	return a->domain.n > 0 && a->domain.p[0] != '[' ? a->domain : (struct view){NULL, 0};
}

static struct fact_value
aligned(struct view a, struct view b)
{
	return a.p && b.p ? fact_bool(domain_related(a, b)) : fact_missing();
}

static void
set_name(struct check_call *c, const struct address *from)
{
	struct view name = encoded_word_decode(from->display, check_arena(c));
	struct view domain = domain_find(name, check_arena(c));

	check_set(c, NAME, text(name));
	check_set(c, NAME_DOMAIN, text(domain));
	check_set(c, NAME_ALIGNED, aligned(domain, domain_of(from)));
}

static void
set_reply_to(struct check_call *c, struct view from)
{
	const struct header_field *h = check_header(c, "Reply-To", NULL);
	struct address_list list = {0};
	struct address first = {0};

	if (h)
		address_list(h->value, check_arena(c), &list);
	if (list.n > 0)
		first = list.item[0];
	check_set(c, REPLY_ADDRESS, text(first.text));
	check_set(c, REPLY_DOMAIN, text(domain_of(&first)));
	check_set(c, REPLY_ALIGNED, aligned(domain_of(&first), from));
}

static void
run(struct check_call *c)
{
	const struct check_envelope *e = check_envelope(c);
	struct address from;
	size_t count;
	const struct header_field *first = check_header(c, "From", &count);

	from_field_read(first, count, check_arena(c), &from);
	check_set(c, ADDRESS, text(from.text));
	check_set(c, DOMAIN, text(domain_of(&from)));
	if (check_wants(c, NAME) || check_wants(c, NAME_DOMAIN) || check_wants(c, NAME_ALIGNED))
		set_name(c, &from);
	if (check_wants(c, REPLY_ADDRESS) || check_wants(c, REPLY_DOMAIN) || check_wants(c, REPLY_ALIGNED))
		set_reply_to(c, domain_of(&from));
	if (check_wants(c, MAIL_ALIGNED))
		check_set(c, MAIL_ALIGNED,
			aligned(e && e->has_from ? domain_of(&e->from) : (struct view){NULL, 0},
				domain_of(&from)));
}

const struct check author_check = {
	.name = "author",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_HEADER,
	.run = run,
};
