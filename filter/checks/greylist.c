/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/greylist.h"

#include "checks/greylist_record.h"
#include "checks/triplet.h"
#include "engine/client_network.h"
#include "engine/known.h"

enum row { STATE, AGE };

static const struct fact_def facts[] = {
	[STATE] = {.name = "grey.state", .type = FACT_ENUM, .stage = STAGE_RCPT, .per_rcpt = true,
		.values = "new early passed known",
		.help = "greylist state of client.organisation, sender and recipient",
		.asks = "the store"},
	[AGE] = {.name = "grey.age", .type = FACT_DURATION, .stage = STAGE_RCPT, .per_rcpt = true,
		.help = "time since first seen",
		.asks = "the store"},
};

enum need { ORGANISATION, SPF };
static const char *const needs[] = {[ORGANISATION] = "client.organisation", [SPF] = "spf"};

/* Where a mail may be on record. */
enum spot { WHOSE, NETWORK, ANYWHERE, PLACES };

struct mail {
	struct check_call *c;
	struct view organisation, network;
	bool verified; /* the organisation is more than the network */
	struct triplet t;
	struct greylist_terms terms;
	int64_t now;
	struct view key[PLACES];
	struct greylist_decision d;
};

static void
set_unknown(struct check_call *c, struct view why)
{
	check_set(c, STATE, fact_unknown(why));
	check_set(c, AGE, fact_unknown(why));
}

/* ---- requests ---- */

/* Writes bytes that live as long as the request. */
static struct view
bytes(const struct mail *m, const struct greylist_record *r)
{
	return greylist_record_write(r, arena_alloc(check_arena(m->c), GREYLIST_RECORD_MAX));
}

static struct store_request
request(const struct mail *m, enum store_op op, enum spot p, const struct greylist_record *r, int64_t expires)
{
	return (struct store_request){.op = op, .type = STORE_GREYLIST, .version = GREYLIST_RECORD_VERSION,
		.key = m->key[p], .value = bytes(m, r), .now = m->now, .expires = expires};
}

static struct store_request
organisation_get(const struct mail *m, struct view organisation)
{
	const struct view none = {NULL, 0};

	return known_request(STORE_GET,
		known_key(KNOWN_ORGANISATION, organisation, none, check_arena(m->c)), m->now);
}

static struct store_request
organisation_put(const struct mail *m, struct view organisation, const struct greylist_record *r)
{
	struct store_request q = organisation_get(m, organisation);

	q.op = STORE_PUT;
	q.value = bytes(m, r);
	q.expires = m->now + m->terms.life;
	return q;
}

/* ---- known mail ---- */

/* Refreshes its record now and then. */
static bool
passed_before(struct mail *m, struct view organisation, const struct store_result *found)
{
	struct store_result ignored;
	struct store_request q;
	struct greylist_record r;

	if (found->status != STORE_FOUND || !greylist_record_read(found->value, &r) || !r.passed)
		return false;
	m->d = greylist_record_decide(&r, m->now, &m->terms);
	q = organisation_put(m, organisation, &r);
	if (m->d.write)
		store_do(check_store(m->c), &q, 1, check_arena(m->c), &ignored);
	return true;
}

/* Does it say who sends it, and nobody says that it is somebody else? */
static bool
is_from_somebody(const struct mail *m)
{
	const struct check_envelope *e = check_envelope(m->c);
	const struct fact_value *spf = check_need(m->c, SPF);

	return e->has_from && !e->null_sender && !(spf->state == FACT_KNOWN && view_is(spf->text, "fail"));
}

/* Asks in one round trip for all that makes it known. STORE_NONE: it is not. */
static enum store_status
find_known(struct mail *m)
{
	enum { OWN, ITS_NETWORK, DOMAIN, ADDRESS, ASKED };
	const struct check_envelope *e = check_envelope(m->c);
	struct view secret = check_settings(m->c)->known_secret;
	struct store_request q[ASKED];
	struct store_result found[ASKED];
	struct arena *a = check_arena(m->c);
	size_t n = 0;

	q[n++] = organisation_get(m, m->organisation);
	q[n++] = organisation_get(m, m->network);
	if (secret.p && m->verified)
		q[n++] = known_request(STORE_GET,
			known_key(KNOWN_DOMAIN, m->organisation, secret, a), m->now);
	if (secret.p && is_from_somebody(m))
		q[n++] = known_request(STORE_GET,
			known_key(KNOWN_ADDRESS, known_address(&e->from, a), secret, a), m->now);
	store_do(check_store(m->c), q, n, a, found);
	for (size_t i = 0; i < n; i++)
		if (found[i].status == STORE_TEMPFAIL)
			return STORE_TEMPFAIL;
	m->d = (struct greylist_decision){.state = GREYLIST_KNOWN};
	if (passed_before(m, m->organisation, &found[OWN]) ||
		passed_before(m, m->network, &found[ITS_NETWORK]))
		return STORE_FOUND;
	for (size_t i = DOMAIN; i < n; i++)
		if (found[i].status == STORE_FOUND)
			return STORE_FOUND;
	return STORE_NONE;
}

/* ---- other mail ---- */

/* From now on this sender to this recipient passes from there. */
static void
keep(const struct mail *m, const struct greylist_record *r)
{
	struct store_request q[PLACES];
	struct store_result ignored[PLACES];
	int64_t expires = m->now + m->terms.life;
	struct greylist_record beside = *r;
	size_t n = 0;

	beside.organisation = (struct view){NULL, 0};
	q[n++] = request(m, STORE_PUT, WHOSE, r, expires);
	if (m->verified)
		q[n++] = request(m, STORE_PUT, NETWORK, &beside, expires);
	/* If this fails, a sender that waited still passes; the store counts the failure. */
	store_do(check_store(m->c), q, n, check_arena(m->c), ignored);
}

/* The organisation as a whole is known when the message is accepted: whoever sends spam can wait, too. */
static void
introduce(const struct mail *m, const struct greylist_record *r)
{
	struct store_request *q = arena_new_of(check_arena(m->c), struct store_request);

	*q = organisation_put(m, m->organisation, r);
	check_newcomer(m->c, q);
}

static void
pass(const struct mail *m, struct greylist_record *r)
{
	r->passed = true;
	r->used = m->now;
	if (m->d.write)
		keep(m, r);
	if (m->verified)
		introduce(m, r);
}

/* What a record that was there says of the mail; a damaged one as if it had just been made. */
static void
weigh(struct mail *m, enum spot p, struct view found)
{
	struct greylist_terms t = m->terms;
	struct greylist_decision d = {.state = GREYLIST_NEW};
	struct greylist_record r;

	if (p == ANYWHERE)
		t.wait = t.cap;
	if (greylist_record_read(found, &r))
		d = greylist_record_decide(&r, m->now, &t);
	if (p == ANYWHERE && d.state == GREYLIST_EARLY)
		return; /* somebody else's first try */
	if (d.age > m->d.age)
		m->d.age = d.age;
	if (d.state > m->d.state)
		m->d.state = d.state;
	m->d.write |= d.write;
}

static enum store_status
find_records(struct mail *m)
{
	struct greylist_record r = {.first = m->now, .used = m->now, .sender = m->t.sender,
		.recipient = m->t.recipient}, whole = r;
	struct store_request q[PLACES];
	struct store_result found[PLACES];
	enum spot spot[PLACES];
	size_t n = 0;

	whole.organisation = m->organisation;
	for (enum spot p = WHOSE; p < PLACES; p++) {
		if (p == NETWORK && !m->verified)
			continue;
		spot[n] = p;
		q[n++] = request(m, STORE_ADD, p, p == WHOSE ? &whole : &r, m->now + m->terms.window);
	}
	store_do(check_store(m->c), q, n, check_arena(m->c), found);
	m->d = (struct greylist_decision){.state = GREYLIST_NEW, .write = found[WHOSE].status == STORE_NONE};
	for (size_t i = 0; i < n; i++) {
		if (found[i].status == STORE_TEMPFAIL)
			return STORE_TEMPFAIL;
		if (found[i].status == STORE_FOUND)
			weigh(m, spot[i], found[i].value);
	}
	whole.first = m->now - m->d.age;
	if (m->d.state >= GREYLIST_PASSED)
		pass(m, &whole);
	return STORE_FOUND;
}

/* ---- the check ---- */

static void
begin(struct mail *m, struct check_call *c, const struct fact_value *organisation)
{
	struct arena *a = check_arena(c);

	*m = (struct mail){.c = c, .t = triplet_of(c), .terms = check_greylist_terms(c), .now = check_now(c)};
	m->network = client_network(check_client(c)->ip, a);
	m->organisation = organisation->state == FACT_KNOWN ? organisation->text : m->network;
	m->verified = !client_network_is(m->organisation);
	m->key[WHOSE] = greylist_record_key(m->organisation, m->t.sender, m->t.recipient, a);
	m->key[NETWORK] = greylist_record_key(m->network, m->t.sender, m->t.recipient, a);
	m->key[ANYWHERE] = greylist_record_key(GREYLIST_ANYWHERE, m->t.mailbox, m->t.recipient, a);
}

static void
run(struct check_call *c)
{
	const struct check_client *client = check_client(c);
	const struct check_envelope *e = check_envelope(c);
	const struct fact_value *organisation;
	enum store_status status;
	struct mail m;

	if (!client || !e || e->current >= e->n_rcpt)
		return;
	if (!client->ip) {
		check_set(c, STATE, fact_missing());
		check_set(c, AGE, fact_missing());
		return;
	}
	if (!check_store(c)) {
		set_unknown(c, VIEW("no store"));
		return;
	}
	organisation = check_need(c, ORGANISATION);
	if (organisation->state == FACT_PENDING && !check_is_late(c))
		return;
	begin(&m, c, organisation);
	status = find_known(&m);
	if (status == STORE_NONE)
		status = find_records(&m);
	if (status == STORE_TEMPFAIL) {
		set_unknown(c, VIEW("store: no answer"));
		return;
	}
	check_set(c, STATE, fact_text(view_str(greylist_record_state(m.d.state))));
	check_set(c, AGE, fact_number(m.d.age));
}

const struct check greylist_check = {
	.name = "greylist",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.needs = needs,
	.n_needs = sizeof(needs) / sizeof(*needs),
	.stage = STAGE_RCPT,
	.per_rcpt = true,
	.run = run,
};
