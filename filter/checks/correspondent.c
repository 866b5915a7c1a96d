/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/correspondent.h"

#include "engine/known.h"
#include "mail/from_field.h"

enum row { SENDER, AUTHOR };

static const struct fact_def facts[] = {
	[SENDER] = {.name = "mail.known", .type = FACT_BOOL, .stage = STAGE_MAIL, .claimed = true,
		.help = "our users wrote to mail.from; missing for <>",
		.asks = "the store"},
	[AUTHOR] = {.name = "from.known", .type = FACT_BOOL, .stage = STAGE_HEADER, .claimed = true,
		.help = "our users wrote to from.address",
		.asks = "the store"},
};

static struct fact_value
ask(struct check_call *c, const struct address *x)
{
	struct view secret = check_settings(c)->known_secret;
	struct arena *a = check_arena(c);
	struct store_request q;
	struct store_result found;

	if (!check_store(c))
		return fact_unknown(VIEW("no store"));
	if (!secret.p)
		return fact_unknown(VIEW("no secret"));
	q = known_request(STORE_GET, known_key(KNOWN_ADDRESS, known_address(x, a), secret, a), check_now(c));
	store_do(check_store(c), &q, 1, a, &found);
	return found.status == STORE_TEMPFAIL ? fact_unknown(VIEW("store: no answer"))
		: fact_bool(found.status == STORE_FOUND);
}

static void
set_author(struct check_call *c)
{
	size_t count;
	const struct header_field *first = check_header(c, "From", &count);
	struct address from;

	from_field_read(first, count, check_arena(c), &from);
	check_set(c, AUTHOR, from.text.n ? ask(c, &from) : fact_missing());
}

static void
run(struct check_call *c)
{
	const struct check_envelope *e = check_envelope(c);

	if (!e)
		return;
	if (check_wants(c, SENDER))
		check_set(c, SENDER, e->has_from && !e->null_sender ? ask(c, &e->from) : fact_missing());
	if (check_wants(c, AUTHOR) && check_stage(c) >= STAGE_HEADER)
		set_author(c);
}

static const char *
lacks(const struct settings *s, size_t i)
{
	(void)i;
	return s->known_life ? NULL : "it needs the setting known-life";
}

const struct check correspondent_check = {
	.name = "correspondent",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_MAIL,
	.run = run,
	.lacks = lacks,
};
