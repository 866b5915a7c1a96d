/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/rcpt_list.h"

static void
more_room(struct session *s)
{
	struct transaction *t = s->t;
	size_t cap = t->cap_rcpt ? t->cap_rcpt * 2 : 4;
	struct recipient *r = arena_array(s->message, cap, sizeof(*r));
	struct address *address = arena_array(s->message, cap, sizeof(*address));
	struct view *raw = arena_array(s->message, cap, sizeof(*raw));

	if (t->n_rcpt) {
		memcpy(r, t->rcpt, t->n_rcpt * sizeof(*r));
		memcpy(address, t->addresses, t->n_rcpt * sizeof(*address));
		memcpy(raw, t->raws, t->n_rcpt * sizeof(*raw));
	}
	t->rcpt = r;
	t->addresses = address;
	t->raws = raw;
	t->cap_rcpt = cap;
}

/* Facts about all recipients change with each of them. */
static void
forget(struct session *s)
{
	const struct program *p = s->e->program;

	for (size_t i = 0; i < p->n_slots; i++)
		if (p->slots[i].def->stage == STAGE_RCPT && !p->slots[i].def->per_rcpt &&
			!p->slots[i].dnsbl)
			s->t->values[i] = values_initial(s, i);
}

struct recipient *
rcpt_list_add(struct session *s, struct view to)
{
	struct transaction *t = s->t;
	struct recipient *r;

	forget(s);
	if (t->n_rcpt == t->cap_rcpt)
		more_room(s);
	r = &t->rcpt[t->n_rcpt];
	*r = (struct recipient){.raw = arena_copy(s->message, to)};
	if (address_path(r->raw, s->message, &r->address) != ADDRESS_OK)
		r->address = (struct address){.text = r->raw};
	r->values = values_of_rcpt(s, s->message);
	r->state = arena_array(s->message, s->e->n_checks + 1, sizeof(*r->state));
	t->addresses[t->n_rcpt] = r->address;
	t->raws[t->n_rcpt] = r->raw;
	t->current = t->n_rcpt++;
	t->envelope.rcpt = t->addresses;
	t->envelope.rcpt_raw = t->raws;
	t->envelope.n_rcpt = t->n_rcpt;
	return r;
}

void
rcpt_list_drop_last(struct session *s)
{
	struct transaction *t = s->t;

	t->n_rcpt--;
	t->current = SIZE_MAX;
	t->envelope.n_rcpt = t->n_rcpt;
	forget(s);
}

void
rcpt_list_withdraw(struct session *s)
{
	struct withdrawn *w = arena_new_of(s->message, struct withdrawn);

	*w = (struct withdrawn){s->t->withdrawn, s->t->rcpt[s->t->n_rcpt - 1].raw};
	s->t->withdrawn = w;
	s->t->n_withdrawn++;
}
