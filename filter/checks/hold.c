/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/hold.h"

#include "checks/greylist_record.h"
#include "checks/triplet.h"

enum { REST = 24 * 60 * 60 }; /* seconds after a hold in which there is none */

static const struct fact_def facts[] = {
	{.name = "hold.age", .type = FACT_DURATION, .stage = STAGE_RCPT, .per_rcpt = true,
		.help = "time since `if unknown defer` first held this client network, sender and recipient",
		.asks = "the store"},
};

static void
run(struct check_call *c)
{
	const struct check_client *client = check_client(c);
	const struct check_envelope *e = check_envelope(c);
	struct greylist_record r = {.first = check_now(c), .used = check_now(c)};
	int64_t now = r.first, expires = now + check_settings(c)->unknown_defer_max + REST;
	char bytes[GREYLIST_RECORD_SIZE];
	enum store_status status;
	struct view found;

	if (!client || !e || e->current >= e->n_rcpt)
		return;
	if (!client->ip || !check_store(c)) {
		check_set(c, 0, client->ip ? fact_unknown(VIEW("no store")) : fact_missing());
		return;
	}
	greylist_record_write(&r, bytes);
	status = store_add(check_store(c), STORE_HOLD, GREYLIST_RECORD_VERSION, triplet_key(c, client->ip),
		view_of(bytes, sizeof(bytes)), now, expires, check_arena(c), &found);
	if (status == STORE_FOUND && !greylist_record_read(found, &r))
		status = STORE_TEMPFAIL;
	if (status == STORE_TEMPFAIL)
		check_set(c, 0, fact_unknown(VIEW("store: no answer")));
	else
		check_set(c, 0, fact_number(now > r.first ? now - r.first : 0));
}

const struct check hold_check = {
	.name = "hold",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_RCPT,
	.per_rcpt = true,
	.run = run,
};
