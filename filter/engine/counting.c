/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/counting.h"

#include "engine/alarm.h"
#include "engine/correspondence.h"
#include "engine/gather.h"
#include "engine/newcomer.h"
#include "engine/rate_key.h"
#include "engine/state.h"
#include "util/clock.h"
#include "util/limits.h"

struct batch {
	struct session *s;
	int64_t now;
	size_t n;
	struct store_request request[STORE_CALLS_MAX];
};

static void
begin(struct batch *b, struct session *s)
{
	b->s = s;
	b->n = 0;
	b->now = s->e->o.settings->now >= 0 ? s->e->o.settings->now : clock_wall();
}

static void
carry_out(struct batch *b)
{
	struct store_result ignored[STORE_CALLS_MAX];

	if (b->n)
		store_do(b->s->e->o.store, b->request, b->n, b->s->message, ignored);
	b->n = 0;
}

static void
put(struct batch *b, const struct store_request *r)
{
	if (b->n == STORE_CALLS_MAX)
		carry_out(b);
	b->request[b->n++] = *r;
}

static const struct fact_value *
value(void *ctx, size_t slot)
{
	return values_at(ctx, slot);
}

static void
add(struct batch *b, const struct rate *r, int64_t amount)
{
	struct session *s = b->s;
	struct store_request q;
	struct view key, why;

	if (amount <= 0 || rate_key(s->e->program, r, value, s, s->message, &key, &why) != FACT_KNOWN)
		return;
	q = rate_key_request(r, key, b->now, amount);
	put(b, &q);
}

static int64_t
amount(const struct session *s, const struct rate *r, size_t recipients)
{
	switch (r->count) {
	case RATE_MESSAGES:
		return 1;
	case RATE_RECIPIENTS:
		return (int64_t)recipients;
	case RATE_BYTES:
		return (int64_t)s->t->size;
	default:
		return 0;
	}
}

static bool
is_counted(const struct session *s, size_t slot)
{
	return s->e->o.store && s->e->program->slots[slot].rate && gather_needs(s, slot);
}

/* For each recipient what is his. */
static void
add_each(struct batch *b, const struct rate *r, int64_t amount)
{
	struct transaction *t = b->s->t;
	size_t current = t->current;

	for (t->current = 0; t->current < t->n_rcpt; t->current++)
		add(b, r, amount);
	t->current = current;
}

bool
counting_is_due(const struct session *s)
{
	return (s->outbound ? s->e->counts_outbound : s->e->counts_inbound) || alarm_is_due(s);
}

void
counting_accepted(struct session *s)
{
	const struct program *p = s->e->program;
	const struct store_request *newcomer = newcomer_request(s);
	struct store_request *more;
	struct batch b;
	size_t n;

	begin(&b, s);
	for (size_t i = 0; i < p->n_slots; i++) {
		const struct rate *r = p->slots[i].rate;

		if (!is_counted(s, i))
			continue;
		if (r->per_rcpt)
			add_each(&b, r, amount(s, r, 1));
		else
			add(&b, r, amount(s, r, s->t->n_rcpt));
	}
	n = correspondence_requests(s, b.now, &more);
	for (size_t i = 0; i < n; i++)
		put(&b, &more[i]);
	if (newcomer)
		put(&b, newcomer);
	carry_out(&b);
	alarm_accepted(s);
}

void
counting_refused(struct session *s, bool by_mta)
{
	const struct program *p = s->e->program;
	struct batch b;

	begin(&b, s);
	for (size_t i = 0; i < p->n_slots; i++) {
		const struct rate *r = p->slots[i].rate;

		if (!is_counted(s, i) || r->count != RATE_REJECTS || (r->per_rcpt && by_mta))
			continue;
		if (r->per_rcpt && s->stage > STAGE_RCPT)
			add_each(&b, r, 1);
		else
			add(&b, r, 1);
	}
	carry_out(&b);
	alarm_refused(s);
}
