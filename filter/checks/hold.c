/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/hold.h"

#include "checks/greylist_record.h"
#include "checks/triplet.h"
#include "engine/client_network.h"

enum { REST = 24 * 60 * 60 }; /* seconds after a hold in which there is none */

static const struct fact_def facts[] = {
	{.name = "hold.age", .type = FACT_DURATION, .stage = STAGE_RCPT, .per_rcpt = true,
		.help = "time since `if unknown defer` first held this client network, sender and recipient",
		.asks = "the store"},
};

/* When this was held first; a time to come, since the clock was set back, is now: nobody waits for it to
 * catch up. STORE_TEMPFAIL: not known. */
static enum store_status
first_held(struct check_call *c, struct view key, int64_t *first_out)
{
	struct greylist_record r = {.first = check_now(c), .used = check_now(c)}, found = r;
	int64_t now = r.first, expires = now + check_settings(c)->unknown_defer_max + REST;
	char bytes[GREYLIST_RECORD_MAX];
	struct view fresh = greylist_record_write(&r, bytes), old;
	enum store_status status = store_add(check_store(c), STORE_HOLD, GREYLIST_RECORD_VERSION, key, fresh,
		now, expires, check_arena(c), &old);

	if (status == STORE_FOUND && !greylist_record_read(old, &found))
		return STORE_TEMPFAIL;
	if (found.first > now)
		store_put(check_store(c), STORE_HOLD, GREYLIST_RECORD_VERSION, key, fresh, now, expires,
			check_arena(c));
	*first_out = found.first < now ? found.first : now;
	return status;
}

static void
run(struct check_call *c)
{
	const struct check_client *client = check_client(c);
	const struct check_envelope *e = check_envelope(c);
	int64_t first;
	struct view key;
	struct triplet t;

	if (!client || !e || e->current >= e->n_rcpt)
		return;
	if (!client->ip || !check_store(c)) {
		check_set(c, 0, client->ip ? fact_unknown(VIEW("no store")) : fact_missing());
		return;
	}
	t = triplet_of(c);
	key = greylist_record_key(client_network(client->ip, check_arena(c)), t.sender, t.recipient,
		check_arena(c));
	if (first_held(c, key, &first) == STORE_TEMPFAIL)
		check_set(c, 0, fact_unknown(VIEW("store: no answer")));
	else
		check_set(c, 0, fact_number(check_now(c) - first));
}

const struct check hold_check = {
	.name = "hold",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_RCPT,
	.per_rcpt = true,
	.run = run,
};
