/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl.h"

#include "checks/dnsbl_answer.h"
#include "util/limits.h"
#include "util/log.h"

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
};

static struct entry
unknown(struct view why)
{
	return (struct entry){.state = UNKNOWN, .why = why};
}

/* The answer as it stands, errors told apart. */
static struct entry
read_answer(struct check_call *c, const struct dnsbl *d, const struct dns_answer *a)
{
	const struct ip *error;
	char text[IP_TEXT_MAX];

	if (!a)
		return (struct entry){.state = OPEN};
	if (a->status == DNS_TEMPFAIL)
		return unknown(view_str(a->why));
	if (a->status == DNS_NONE || a->n == 0)
		return (struct entry){.state = ABSENT};
	error = dnsbl_answer_error(d, a->rr, a->n);
	if (!error)
		return (struct entry){.state = LISTED, .answer = a};
	ip_format(error, text);
	return unknown(arena_printf(check_arena(c), "error code %s", text));
}

/* ABSENT: the list is sane. An answer to the entry that must have none condemns the list. */
static struct entry
ask_test(struct check_call *c, const struct dnsbl *d, bool ipv6, bool *sick_out)
{
	char name[DNSBL_NAME_MAX];
	const struct dns_answer *a;

	*sick_out = false;
	if (!d->test_absent.p || !dnsbl_answer_test(d->test_absent, ipv6, d->zone, name))
		return (struct entry){.state = ABSENT};
	a = check_dns_for(c, view_str(name), DNS_A, d->timeout_ms);
	if (!a || a->status != DNS_FOUND || a->n == 0)
		return read_answer(c, d, a);
	*sick_out = true;
	log_seldom(LOG_LEVEL_WARN, "dnsbl-sick", "list=%.*s zone=%.*s its absent test entry is listed",
		VIEW_ARG(d->name), VIEW_ARG(d->shown));
	/* An operator's error code (127.255.255.0/24) says more than that all is listed. */
	if (a->rr[0].ip.family == 4 && a->rr[0].ip.b[0] == 127 && dnsbl_answer_error(d, a->rr, a->n))
		return read_answer(c, d, a);
	return unknown(VIEW("list answers for everything"));
}

static struct entry
ask(struct check_call *c, const struct dnsbl *d, struct view value)
{
	char name[DNSBL_NAME_MAX];
	struct entry test, found;
	bool sick;

	if (!dnsbl_answer_name(value, d->zone, name))
		return (struct entry){.state = ABSENT};
	test = ask_test(c, d, view_find(value, ':') < value.n, &sick);
	found = read_answer(c, d, check_dns_for(c, view_str(name), DNS_A, d->timeout_ms));
	if (sick || (test.state == OPEN && found.state != UNKNOWN))
		return test;
	if (found.state == LISTED && test.state == UNKNOWN)
		return unknown(arena_printf(check_arena(c), "test entry: %.*s", VIEW_ARG(test.why)));
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
ask_all(struct check_call *c, const struct dnsbl *d, const struct fact_value *v, struct entry *out)
{
	const struct fact_def *def = check_program(c)->slots[d->lookup].def;
	char text[IP_TEXT_MAX];
	size_t n = 0;

	if (v->state == FACT_MISSING)
		return 0;
	if (v->state == FACT_UNKNOWN) {
		out[n++] = unknown(v->why);
	} else if (def->list) {
		for (size_t i = 0; i < v->list.n && n < DNSBL_VALUES; i++)
			out[n++] = ask(c, d, v->list.item[i]);
		if (v->list.n > n) /* what was not asked may be listed */
			out[n++] = unknown(VIEW("too many values"));
	} else if (def->type == FACT_IP) {
		ip_format(&v->ip, text);
		out[n++] = ask(c, d, view_str(text));
	} else {
		out[n++] = ask(c, d, v->text);
	}
	return n;
}

static bool
wanted(struct check_call *c, const struct dnsbl *d, size_t slot)
{
	return check_program(c)->slots[slot].dnsbl == d && check_slot_wanted(c, slot);
}

static void
look_up(struct check_call *c, const struct dnsbl *d)
{
	struct entry entries[DNSBL_VALUES + 1];
	const struct fact_value *v;
	size_t slot = 0, n, n_slots = check_program(c)->n_slots;

	while (slot < n_slots && !wanted(c, d, slot))
		slot++;
	if (slot == n_slots)
		return;
	v = check_slot(c, d->lookup);
	if (v->state == FACT_PENDING)
		return;
	n = ask_all(c, d, v, entries);
	for (; slot < n_slots; slot++)
		if (wanted(c, d, slot))
			decide(c, slot, entries, n);
}

static void
run(struct check_call *c)
{
	const struct program *p = check_program(c);

	for (size_t i = 0; i < p->n_dnsbls; i++)
		look_up(c, &p->dnsbls[i]);
}

const struct check dnsbl_check = {
	.name = "dnsbl",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_CONNECT,
	.run = run,
};
