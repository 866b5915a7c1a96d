/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/check.h"

#include "engine/gather.h"
#include "engine/state.h"
#include "engine/wait.h"
#include "util/clock.h"

enum stage
check_stage(const struct check_call *c)
{
	return c->s->stage;
}

const struct settings *
check_settings(const struct check_call *c)
{
	return c->s->e->o.settings;
}

const struct program *
check_program(const struct check_call *c)
{
	return c->s->e->program;
}

int64_t
check_now(const struct check_call *c)
{
	int64_t now = c->s->e->o.settings->now;

	return now >= 0 ? now : clock_wall();
}

const struct check_client *
check_client(const struct check_call *c)
{
	return &c->s->t->client;
}

const struct check_seen *
check_seen(const struct check_call *c)
{
	return c->s->has_seen ? &c->s->seen : NULL;
}

const struct check_envelope *
check_envelope(const struct check_call *c)
{
	struct transaction *t = c->s->t;

	if (!t->open)
		return NULL;
	t->envelope.current = t->current;
	t->envelope.answer = t->current >= t->n_rcpt ? CHECK_ANSWER_NONE : t->rcpt[t->current].answer;
	return &t->envelope;
}

const struct header_field *
check_headers(const struct check_call *c, size_t *n_out)
{
	*n_out = c->s->stage >= STAGE_HEADER ? c->s->t->n_headers : 0;
	return c->s->t->headers;
}

const struct header_field *
check_header(const struct check_call *c, const char *name, size_t *count_out)
{
	size_t n, count = 0;
	const struct header_field *h = check_headers(c, &n), *first = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!view_is(h[i].name, name))
			continue;
		if (count++ == 0)
			first = &h[i];
	}
	if (count_out)
		*count_out = count;
	return first;
}

uint64_t
check_message_size(const struct check_call *c)
{
	return c->s->t->size;
}

const struct fact_value *
check_slot(struct check_call *c, size_t slot)
{
	return values_at(c->s, slot);
}

const struct fact_value *
check_need(struct check_call *c, size_t i)
{
	static const struct fact_value none = {.state = FACT_MISSING};
	size_t slot = c->check->need_slot[i];

	return slot == SIZE_MAX ? &none : values_at(c->s, slot);
}

static bool
of_session(const struct check_call *c)
{
	return c->check->per_session && !c->s->relayed;
}

struct arena *
check_arena(struct check_call *c)
{
	return of_session(c) ? c->s->arena : c->s->message;
}

const struct dns_answer *
check_dns(struct check_call *c, struct view name, enum dns_type type)
{
	return check_dns_for(c, name, type, 0, NULL);
}

const struct dns_answer *
check_dns_for(struct check_call *c, struct view name, enum dns_type type, uint32_t timeout_ms,
	struct dns_ledger *ledger)
{
	static const struct dns_answer closed = {.status = DNS_TEMPFAIL, .why = "not asked"};

	return c->s->dns ? dns_ask_for(c->s->dns, name, type, timeout_ms, ledger) : &closed;
}

struct dnsbl_watch *
check_dnsbl_watch(struct check_call *c)
{
	return c->s->e->o.dnsbl_watch;
}

int64_t *
check_counted(struct check_call *c, const struct rate *r)
{
	struct session *s = c->s;

	if (!s->counted)
		s->counted = arena_array(s->arena, check_program(c)->n_rates, sizeof(*s->counted));
	return &s->counted[r - check_program(c)->rates];
}

struct store *
check_store(struct check_call *c)
{
	return c->s->info.closed ? NULL : c->s->e->o.store;
}

struct greylist_terms
check_greylist_terms(const struct check_call *c)
{
	return wait_terms(c->s);
}

const size_t *
check_own_slots(const struct check_call *c, size_t *n_out)
{
	*n_out = c->check->n_slots;
	return c->check->slots;
}

bool
check_slot_wanted(const struct check_call *c, size_t slot)
{
	return slot != SIZE_MAX && (gather_needs(c->s, slot) || c->s->forced == c->index) &&
		!values_settled(c->s, slot);
}

bool
check_wants(const struct check_call *c, size_t i)
{
	return check_slot_wanted(c, c->check->row_slot[i]);
}

bool
check_is_late(const struct check_call *c)
{
	return c->s->late;
}

void
check_set_slot(struct check_call *c, size_t slot, struct fact_value v)
{
	if (slot == SIZE_MAX || v.state == FACT_PENDING || values_settled(c->s, slot))
		return;
	/* The reason often points into a DNS answer, which may go before the fact does. */
	if (v.state == FACT_UNKNOWN)
		v.why = arena_copy(check_arena(c), v.why);
	*values_at(c->s, slot) = v;
	c->s->progress = true;
}

void
check_set(struct check_call *c, size_t i, struct fact_value v)
{
	check_set_slot(c, c->check->row_slot[i], v);
}

void
check_report(struct check_call *c, const struct authres_result *r)
{
	struct reports *all = of_session(c) ? &c->s->reports : &c->s->t->reports;
	struct report *one = arena_new_of(check_arena(c), struct report);

	one->result = *r;
	*all->last = one;
	all->last = &one->next;
}

void
check_dmarc(struct check_call *c, const struct check_dmarc *d)
{
	c->s->t->dmarc = d;
}

void
check_newcomer(struct check_call *c, const struct store_request *q)
{
	struct transaction *t = c->s->t;

	if (t->current < t->n_rcpt)
		t->rcpt[t->current].newcomer = q;
}

void **
check_state(struct check_call *c)
{
	struct transaction *t = c->s->t;

	if (of_session(c))
		return &c->s->state[c->index];
	if (c->check->check->per_rcpt && t->current < t->n_rcpt)
		return &t->rcpt[t->current].state[c->index];
	return &t->state[c->index];
}
