/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/checks/fake_check.h"

#include <stdio.h>
#include <stdlib.h>

enum stage
check_stage(const struct check_call *c)
{
	return c->stage;
}
const struct settings *
check_settings(const struct check_call *c)
{
	return &c->settings;
}
const struct program *
check_program(const struct check_call *c)
{
	return &c->program;
}
int64_t
check_now(const struct check_call *c)
{
	return c->now;
}
const struct check_client *
check_client(const struct check_call *c)
{
	return &c->client;
}
const struct check_seen *
check_seen(const struct check_call *c)
{
	return c->seen;
}

const struct check_envelope *
check_envelope(const struct check_call *c)
{
	return c->has_envelope ? &c->envelope : NULL;
}
uint64_t
check_message_size(const struct check_call *c)
{
	return c->size;
}
const struct fact_value *
check_slot(struct check_call *c, size_t slot)
{
	return &c->slot[slot];
}
struct arena *
check_arena(struct check_call *c)
{
	return c->arena;
}
struct store *
check_store(struct check_call *c)
{
	return c->store;
}
bool
check_wants(const struct check_call *c, size_t i)
{
	return !c->unwanted[i] && c->value[i].state == FACT_PENDING;
}
struct greylist_terms
check_greylist_terms(const struct check_call *c)
{
	const struct settings *s = &c->settings;

	return (struct greylist_terms){s->greylist_wait, s->greylist_window, s->greylist_life,
		s->greylist_cap};
}
bool
check_is_late(const struct check_call *c)
{
	return c->late;
}
void
check_set(struct check_call *c, size_t i, struct fact_value v)
{
	if (check_wants(c, i))
		c->value[i] = v;
}
const size_t *
check_own_slots(const struct check_call *c, size_t *n_out)
{
	*n_out = c->n_own;
	return c->own;
}
bool
check_slot_wanted(const struct check_call *c, size_t slot)
{
	return c->slot[slot].state == FACT_PENDING;
}
void
check_set_slot(struct check_call *c, size_t slot, struct fact_value v)
{
	if (check_slot_wanted(c, slot))
		c->slot[slot] = v;
}
void
check_report(struct check_call *c, const struct authres_result *r)
{
	c->report = *r;
	c->reports++;
}
void
check_dmarc(struct check_call *c, const struct check_dmarc *d)
{
	c->dmarc = d;
}
void
check_newcomer(struct check_call *c, const struct store_request *q)
{
	c->newcomer = q;
}
void **
check_state(struct check_call *c)
{
	return &c->state;
}

static struct dns_answer *
fake_answer(struct check_call *c, const struct fake_dns *d)
{
	struct dns_answer *a = arena_new_of(c->arena, struct dns_answer);
	struct view rest = view_str(d ? d->data : NULL), item;
	struct dns_rr *rr = arena_array(c->arena, 64, sizeof(*rr));

	a->status = DNS_NONE;
	a->nxdomain = !d;
	a->rr = rr;
	if (d && d->data[0] == '!') {
		a->status = DNS_TEMPFAIL;
		a->why = d->data + 1;
		return a;
	}
	if (rest.n && d->type == DNS_TXT) { /* one record */
		rr[a->n++].text = rest;
		a->status = DNS_FOUND;
		return a;
	}
	while (rest.n && view_split(&rest, ' ', &item)) {
		a->status = DNS_FOUND;
		if (d->type == DNS_A || d->type == DNS_AAAA)
			ip_parse(item, &rr[a->n].ip);
		else
			rr[a->n].name = view_eq_str(item, ".") ? VIEW("") : item;
		a->n++;
	}
	return a;
}

const struct dns_answer *
check_dns_for(struct check_call *c, struct view name, enum dns_type type, uint32_t timeout_ms,
	struct dns_ledger *ledger)
{
	const struct fake_dns *d = NULL;
	size_t i;

	for (size_t k = 0; k < c->n_dns; k++)
		if (view_is(name, c->dns[k].name) && c->dns[k].type == type)
			d = &c->dns[k];
	for (i = 0; i < c->n_asked; i++)
		if (view_is(name, c->asked[i].name) && c->asked[i].type == type)
			break;
	if (i == c->n_asked && c->n_asked < FAKE_ASKED) {
		snprintf(c->asked[i].name, sizeof(c->asked[i].name), "%.*s", VIEW_ARG(name));
		c->asked[i].type = type;
		c->asked[i].round = c->rounds;
		c->asked[i].timeout_ms = timeout_ms;
		c->n_asked++;
	}
	if (c->asked[i].round == c->rounds || (d && d->data[0] == '~'))
		return NULL;
	return fake_answer(c, d);
}
const struct dns_answer *
check_dns(struct check_call *c, struct view name, enum dns_type type)
{
	return check_dns_for(c, name, type, 0, NULL);
}

struct dnsbl_watch *
check_dnsbl_watch(struct check_call *c)
{
	return NULL;
}

struct check_call *
fake_new(const struct check *check, enum stage stage, const struct fake_dns *dns, size_t n_dns)
{
	struct check_call *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->arena = arena_new();
	c->check = check;
	c->stage = stage;
	c->dns = dns;
	c->n_dns = n_dns;
	c->settings.hostname = VIEW("mx.example.org");
	return c;
}
void
fake_done(struct check_call *c)
{
	arena_free(c->arena);
	free(c);
}
void
fake_run(struct check_call *c)
{
	bool open = true;

	for (size_t i = 0; i < 6 && open; i++) {
		c->rounds++;
		c->check->run(c);
		open = false;
		for (size_t k = 0; k < c->check->n_facts; k++)
			open |= check_wants(c, k);
	}
}
const char *
fake_text(struct check_call *c, const struct fact_def *def, const struct fact_value *v)
{
	struct view t = VIEW("...");

	if (v->state == FACT_MISSING)
		t = VIEW("-");
	else if (v->state == FACT_UNKNOWN)
		t = arena_printf(c->arena, "?%.*s", VIEW_ARG(v->why));
	else if (v->state == FACT_KNOWN)
		t = fact_format(def, v, c->arena);
	return arena_cstr(c->arena, t);
}
bool
fake_is(struct check_call *c, size_t row, const char *want)
{
	const char *got = fake_text(c, &c->check->facts[row], &c->value[row]);

	if (strcmp(got, want) == 0)
		return true;
	printf("  %s: got %s, want %s\n", c->check->facts[row].name, got, want);
	return false;
}
