/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/rates.h"

#include "engine/rate_key.h"
#include "svc/store_series.h"
#include "util/limits.h"

static const struct fact_def facts[] = {
	{.name = "rate.*", .type = FACT_NUMBER, .stage = STAGE_CONNECT,
		.help = "what the rate NAME counted in its time, with what is under way",
		.asks = "the store"},
};

/* Rates whose counts are asked for in one round trip. */
struct questions {
	size_t n, slot[STORE_CALLS_MAX];
	struct store_request request[STORE_CALLS_MAX];
};

static const struct rate *
rate_of(const struct check_call *c, size_t slot)
{
	return check_program(c)->slots[slot].rate;
}

static const struct fact_value *
value(void *ctx, size_t slot)
{
	return check_slot(ctx, slot);
}

/* What this connection or message adds, should it be accepted. */
static int64_t
under_way(struct check_call *c, const struct rate *r)
{
	const struct check_envelope *e = check_envelope(c);

	switch (r->count) {
	case RATE_MESSAGES:
		return 1;
	case RATE_RECIPIENTS:
		return e && !r->per_rcpt ? (int64_t)e->n_rcpt : 1;
	case RATE_BYTES:
		return (int64_t)check_message_size(c);
	default:
		return 0;
	}
}

static void
answer(struct check_call *c, const struct questions *q)
{
	struct store_result result[STORE_CALLS_MAX];

	store_do(check_store(c), q->request, q->n, check_arena(c), result);
	for (size_t i = 0; i < q->n; i++) {
		const struct rate *r = rate_of(c, q->slot[i]);
		int64_t sum = store_series_sum(result[i].value);

		if (result[i].status == STORE_TEMPFAIL) {
			check_set_slot(c, q->slot[i], fact_unknown(VIEW("store: no answer")));
			continue;
		}
		if (r->count == RATE_CONNECTIONS)
			*check_counted(c, r) = sum;
		check_set_slot(c, q->slot[i], fact_number(sum + under_way(c, r)));
	}
}

/* Into q, unless it can be answered at once, or not yet. */
static void
ask(struct check_call *c, size_t slot, struct questions *q)
{
	const struct rate *r = rate_of(c, slot);
	bool connections = r->count == RATE_CONNECTIONS;
	struct view key, why = VIEW("");
	enum fact_state s = rate_key(check_program(c), r, value, c, check_arena(c), &key, &why);

	if (s == FACT_PENDING)
		return;
	if (s == FACT_MISSING)
		check_set_slot(c, slot, fact_missing());
	else if (s == FACT_UNKNOWN)
		check_set_slot(c, slot, fact_unknown(why));
	else if (!check_store(c))
		check_set_slot(c, slot, fact_unknown(VIEW("no store")));
	else if (connections && *check_counted(c, r))
		check_set_slot(c, slot, fact_number(*check_counted(c, r)));
	else {
		q->slot[q->n] = slot;
		q->request[q->n++] = rate_key_request(r, key, check_now(c), connections);
	}
}

static void
run(struct check_call *c)
{
	size_t n;
	const size_t *slot = check_own_slots(c, &n);
	struct questions q = {.n = 0};

	for (size_t i = 0; i < n; i++) {
		const struct rate *r = rate_of(c, slot[i]);

		if (!r || !check_slot_wanted(c, slot[i]) ||
			check_stage(c) < check_program(c)->slots[slot[i]].def->stage)
			continue;
		ask(c, slot[i], &q);
		if (q.n == STORE_CALLS_MAX) {
			answer(c, &q);
			q.n = 0;
		}
	}
	if (q.n)
		answer(c, &q);
}

const struct check rates_check = {
	.name = "rates",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_CONNECT,
	.run = run,
};
