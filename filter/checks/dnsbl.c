/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl.h"

#include "checks/dnsbl_answer.h"
#include "checks/dnsbl_watch.h"
#include "util/limits.h"

static const struct fact_def facts[] = {
	{.name = "dnsbl.*", .type = FACT_BOOL, .stage = STAGE_CONNECT,
		.help = "listed in the DNS list NAME (dnsbl.NAME), or there with CODE (dnsbl.NAME.CODE)",
		.asks = "the DNS list: A, for each value looked up and for its test entry"},
};

/* What is known of one value in one list. */
struct entry {
	enum { ABSENT, OPEN, UNKNOWN, LISTED } state;
	struct view why; /* UNKNOWN */
	const struct dns_answer *answer; /* LISTED */
	enum dnsbl_sight sight; /* what it tells of the list */
	struct view value;
};

/* A list, asked for one message. */
struct look {
	struct check_call *c;
	const struct dnsbl *d;
	struct dnsbl_watch *watch;
	size_t index;
};

static struct entry
unknown(struct view why)
{
	return (struct entry){.state = UNKNOWN, .why = why};
}

/* The answer as it stands, errors told apart. */
static struct entry
read_answer(const struct look *l, const struct dns_answer *a)
{
	const struct ip *error;
	char text[IP_TEXT_MAX];
	struct entry e;

	if (!a)
		return (struct entry){.state = OPEN};
	if (a->status == DNS_TEMPFAIL)
		return unknown(view_str(a->why));
	if (a->status == DNS_NONE || a->n == 0)
		return (struct entry){.state = ABSENT, .sight = DNSBL_SIGHT_ABSENT};
	error = dnsbl_answer_error(l->d, a->rr, a->n);
	if (!error)
		return (struct entry){.state = LISTED, .answer = a, .sight = DNSBL_SIGHT_LISTED};
	ip_format(error, text);
	e = unknown(arena_printf(check_arena(l->c), "error code %s", text));
	e.sight = DNSBL_SIGHT_ERROR;
	return e;
}

static const struct dns_answer *
ask_dns(const struct look *l, const char *name)
{
	return check_dns_for(l->c, view_str(name), DNS_A, l->d->timeout_ms,
		dnsbl_watch_ledger(l->watch, l->index));
}

/* ABSENT: the list is sane. An answer to the entry that must have none condemns the list. */
static struct entry
ask_test(const struct look *l, bool ipv6, bool *sick_out)
{
	char name[DNSBL_NAME_MAX];
	const struct dns_answer *a;
	struct entry e;

	*sick_out = false;
	if (!l->d->test_absent.p || !dnsbl_answer_test(l->d->test_absent, ipv6, l->d->zone, name))
		return (struct entry){.state = ABSENT};
	a = ask_dns(l, name);
	e = read_answer(l, a);
	if (!a || a->status != DNS_FOUND || a->n == 0)
		return e;
	*sick_out = true;
	/* An operator's error code (127.255.255.0/24) says more than that all is listed. */
	if (e.state == LISTED || !dnsbl_answer_refuses(&a->rr[0].ip))
		e = unknown(VIEW("list answers for everything"));
	e.sight = DNSBL_SIGHT_ERROR;
	return e;
}

static struct entry
ask(const struct look *l, struct view value)
{
	char name[DNSBL_NAME_MAX];
	struct entry test, found;
	bool sick;

	if (!dnsbl_answer_name(value, l->d->zone, name))
		return (struct entry){.state = ABSENT};
	test = ask_test(l, view_find(value, ':') < value.n, &sick);
	found = read_answer(l, ask_dns(l, name));
	found.value = test.value = value;
	if (sick || (test.state == OPEN && found.state != UNKNOWN))
		return test;
	if (found.state == LISTED && test.state == UNKNOWN) {
		found.state = UNKNOWN;
		found.why = arena_printf(check_arena(l->c), "test entry: %.*s", VIEW_ARG(test.why));
		found.sight = test.sight;
	}
	return found;
}

/* Sets a slot if the entries decide it: any listed one, else any unknown one once all have come. */
static void
decide(struct check_call *c, size_t slot, const struct entry *e, size_t n)
{
	const struct slot *s = &check_program(c)->slots[slot];
	const struct entry *doubt = NULL;
	bool open = false;

	for (size_t i = 0; i < n; i++) {
		if (e[i].state == LISTED &&
			dnsbl_answer_has(s->dnsbl, s->code, e[i].answer->rr, e[i].answer->n)) {
			check_set_slot(c, slot, fact_bool(true));
			return;
		}
		open |= e[i].state == OPEN;
		if (e[i].state == UNKNOWN)
			doubt = &e[i];
	}
	if (doubt && !open)
		check_set_slot(c, slot, fact_unknown(doubt->why));
	else if (!open)
		check_set_slot(c, slot, fact_bool(false));
}

static size_t
ask_all(const struct look *l, const struct fact_value *v, struct entry *out)
{
	const struct fact_def *def = check_program(l->c)->slots[l->d->lookup].def;
	struct view off;
	char text[IP_TEXT_MAX];
	size_t n = 0;

	if (v->state == FACT_MISSING)
		return 0;
	off = dnsbl_watch_suspended(l->watch, l->index, check_arena(l->c));
	if (v->state == FACT_UNKNOWN) {
		out[n++] = unknown(v->why);
	} else if (off.p) {
		out[n++] = unknown(off);
	} else if (def->list) {
		for (size_t i = 0; i < v->list.n && n < DNSBL_VALUES; i++)
			out[n++] = ask(l, v->list.item[i]);
		if (v->list.n > n) /* what was not asked may be listed */
			out[n++] = unknown(VIEW("too many values"));
	} else if (def->type == FACT_IP) {
		ip_format(&v->ip, text);
		out[n++] = ask(l, arena_copy(check_arena(l->c), view_str(text)));
	} else {
		out[n++] = ask(l, v->text);
	}
	return n;
}

/* Once: when all have answered, it is not asked again. */
static void
tell_watch(const struct look *l, const struct entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (e[i].state == OPEN)
			return;
	for (size_t i = 0; i < n; i++)
		dnsbl_watch_note(l->watch, l->index, e[i].value, e[i].sight);
}

static bool
wanted(const struct look *l, size_t slot)
{
	return check_program(l->c)->slots[slot].dnsbl == l->d && check_slot_wanted(l->c, slot);
}

static void
look_up(const struct look *l)
{
	struct entry entries[DNSBL_VALUES + 1];
	const struct fact_value *v;
	size_t slot = 0, n, n_slots = check_program(l->c)->n_slots;

	while (slot < n_slots && !wanted(l, slot))
		slot++;
	if (slot == n_slots)
		return;
	v = check_slot(l->c, l->d->lookup);
	if (v->state == FACT_PENDING)
		return;
	n = ask_all(l, v, entries);
	for (; slot < n_slots; slot++)
		if (wanted(l, slot))
			decide(l->c, slot, entries, n);
	tell_watch(l, entries, n);
}

static void
run(struct check_call *c)
{
	const struct program *p = check_program(c);
	struct dnsbl_watch *watch = check_dnsbl_watch(c);

	for (size_t i = 0; i < p->n_dnsbls; i++) {
		const struct look l = {c, &p->dnsbls[i], watch, i};

		look_up(&l);
	}
}

const struct check dnsbl_check = {
	.name = "dnsbl",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_CONNECT,
	.run = run,
};
