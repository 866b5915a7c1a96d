/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/greylist.h"

#include "checks/greylist_record.h"
#include "checks/triplet.h"

enum row { STATE, AGE };

static const struct fact_def facts[] = {
	[STATE] = {.name = "grey.state", .type = FACT_ENUM, .stage = STAGE_RCPT, .per_rcpt = true,
		.values = "new early passed known",
		.help = "greylist state of client network, sender and recipient",
		.asks = "the store"},
	[AGE] = {.name = "grey.age", .type = FACT_DURATION, .stage = STAGE_RCPT, .per_rcpt = true,
		.help = "time since first seen",
		.asks = "the store"},
};

static void
set_unknown(struct check_call *c, struct view why)
{
	check_set(c, STATE, fact_unknown(why));
	check_set(c, AGE, fact_unknown(why));
}

static void
put(struct check_call *c, struct view key, const struct greylist_record *r, int64_t expires)
{
	char bytes[GREYLIST_RECORD_SIZE];

	greylist_record_write(r, bytes);
	/* If this fails, a sender that waited still passes; the store counts the failure. */
	store_put(check_store(c), STORE_GREYLIST, GREYLIST_RECORD_VERSION, key, view_of(bytes, sizeof(bytes)),
		check_now(c), expires, check_arena(c));
}

static struct greylist_decision
judge(struct check_call *c, struct view key, struct view found, const struct greylist_record *fresh)
{
	const struct settings *s = check_settings(c);
	struct greylist_decision d = {.state = GREYLIST_NEW, .expires = fresh->first + s->greylist_window};
	struct greylist_record r = *fresh;

	if (greylist_record_read(found, &r))
		d = greylist_record_decide(&r, fresh->first, s);
	else
		d.write = true; /* damaged: as if there were none */
	if (d.write)
		put(c, key, &r, d.expires);
	return d;
}

static enum store_status
first_sight(struct check_call *c, struct view key, const struct greylist_record *fresh,
	struct view *found_out)
{
	int64_t expires = fresh->first + check_settings(c)->greylist_window;
	char bytes[GREYLIST_RECORD_SIZE];

	greylist_record_write(fresh, bytes);
	return store_add(check_store(c), STORE_GREYLIST, GREYLIST_RECORD_VERSION, key,
		view_of(bytes, sizeof(bytes)), fresh->first, expires, check_arena(c), found_out);
}

/* A pool whose every retry comes from another network would wait for ever: after greylist-cap since the
 * first attempt from anywhere this sender may pass to this recipient. */
static void
apply_cap(struct check_call *c, const struct check_envelope *e, const struct greylist_record *fresh,
	struct greylist_decision *d)
{
	struct greylist_record r;
	struct view found;

	if (first_sight(c, triplet_key(c, NULL), fresh, &found) != STORE_FOUND ||
		!greylist_record_read(found, &r))
		return;
	if (fresh->first - r.first < check_settings(c)->greylist_cap)
		return;
	d->state = GREYLIST_PASSED;
	d->age = fresh->first - r.first;
}

static void
run(struct check_call *c)
{
	const struct check_client *client = check_client(c);
	const struct check_envelope *e = check_envelope(c);
	struct greylist_record fresh = {.first = check_now(c), .used = check_now(c)};
	struct greylist_decision d = {.state = GREYLIST_NEW};
	struct view key, found;
	enum store_status status;

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
	key = triplet_key(c, client->ip);
	status = first_sight(c, key, &fresh, &found);
	if (status == STORE_TEMPFAIL) {
		set_unknown(c, VIEW("store: no answer"));
		return;
	}
	if (status == STORE_FOUND)
		d = judge(c, key, found, &fresh);
	if (d.state == GREYLIST_NEW || d.state == GREYLIST_EARLY)
		apply_cap(c, e, &fresh, &d);
	check_set(c, STATE, fact_text(view_str(greylist_record_state(d.state))));
	check_set(c, AGE, fact_number(d.age));
}

const struct check greylist_check = {
	.name = "greylist",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_RCPT,
	.per_rcpt = true,
	.run = run,
};
