/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_watch.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "svc/dns/dns_backend.h"
#include "svc/dns/dns_ledger.h"
#include "svc/dns_zone.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

enum { PATIENCE_MS = 30000 };

/* A world whose list changes its mind: one zone for each mood. */
enum mood { SANE, ALL, REFUSES, PARKED, SILENT };
static const char *const zones[SILENT] = {
	[SANE] = "2.0.0.127.z.example. A 127.0.0.2\n",
	[ALL] = "*.z.example. A 127.0.0.2\n",
	[REFUSES] = "*.z.example. A 127.255.255.254\n",
	[PARKED] = "*.z.example. A 192.0.2.80\n",
};

struct moody {
	struct dns_backend backend; /* first */
	struct dns_backend *zone[SILENT];
	atomic_int mood;
	atomic_uint asked;
};

static void
moody_ask(struct dns_backend *b, const char *name, enum dns_type type, dns_done *done, void *ctx,
	void **handle_out)
{
	struct moody *m = (struct moody *)b;
	enum mood mood = (enum mood)atomic_load(&m->mood);

	if (mood == SILENT && view_ends_nocase(view_str(name), VIEW(".z.example"))) {
		done(ctx, (struct view){NULL, 0}, false, "SERVFAIL");
		atomic_fetch_add(&m->asked, 1);
		return;
	}
	mood = mood == SILENT ? SANE : mood;
	m->zone[mood]->ask(m->zone[mood], name, type, done, ctx, handle_out);
	atomic_fetch_add(&m->asked, 1); /* it is answered */
}

static bool
moody_cancel(struct dns_backend *b, void *handle)
{
	return false; /* all is answered at once */
}

static void
moody_free(struct dns_backend *b)
{
	struct moody *m = (struct moody *)b;

	for (int i = 0; i < SILENT; i++)
		m->zone[i]->free(m->zone[i]);
	free(m);
}

static struct moody *
moody_new(enum mood mood)
{
	struct moody *m = calloc(1, sizeof(*m));
	char why[200];

	if (!m)
		abort();
	m->backend = (struct dns_backend){moody_ask, moody_cancel, moody_free};
	atomic_init(&m->mood, mood);
	for (int i = 0; i < SILENT; i++) {
		m->zone[i] = dns_zone_new();
		if (dns_zone_read(m->zone[i], view_str(zones[i]), "zone", why, sizeof(why)) != 0)
			CU_FAIL(why);
	}
	return m;
}

static const struct fact_def ip_def = {.name = "client.ip", .type = FACT_IP};
static const struct fact_def bool_def = {.name = "dnsbl.z", .type = FACT_BOOL};

struct world {
	struct moody *moody;
	struct dns *dns;
	struct dnsbl list;
	struct slot slots[2];
	struct program program;
	struct dnsbl_watch *watch;
	struct store *store;
	struct arena *arena;
	unsigned seen;
};

static void
open_world(struct world *w, enum mood mood, bool tested)
{
	const struct dns_options o = {.cache_bytes = 0};

	*w = (struct world){.moody = moody_new(mood), .arena = arena_new()};
	w->dns = dns_new(&w->moody->backend, &o);
	w->list = (struct dnsbl){.name = VIEW("z"), .zone = VIEW("z.example"), .shown = VIEW("z.example")};
	if (tested) {
		w->list.test_absent = VIEW("127.0.0.1");
		w->list.test_listed = VIEW("127.0.0.2");
	}
	w->slots[0] = (struct slot){.def = &ip_def};
	w->slots[1] = (struct slot){.def = &bool_def, .dnsbl = &w->list, .code = SIZE_MAX};
	w->program = (struct program){.slots = w->slots, .n_slots = 2, .dnsbls = &w->list, .n_dnsbls = 1};
	w->watch = dnsbl_watch_new(&w->program, w->dns, NULL);
}

static void
close_world(struct world *w)
{
	dnsbl_watch_free(w->watch);
	dns_free(w->dns);
	arena_free(w->arena);
}

static bool
waits_until(bool (*is)(struct world *w), struct world *w)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;

	while (!is(w) && clock_mono_ms() < until)
		sched_yield();
	return is(w);
}

static bool
is_suspended(struct world *w)
{
	return dnsbl_watch_suspended(w->watch, 0, w->arena).p != NULL;
}

static bool
has_probed(struct world *w)
{
	return atomic_load(&w->moody->asked) >= 3; /* two test entries, and the control */
}

/* Distinct values, from number `from` on: all listed, or every other one. */
static void
see(struct world *w, bool all, unsigned n, unsigned from)
{
	for (unsigned i = from; i < from + n; i++) {
		char value[20];

		snprintf(value, sizeof(value), "10.%u.%u.%u", i / 62500 % 250, i / 250 % 250, i % 250);
		dnsbl_watch_note(w->watch, 0, view_str(value),
			all || i % 2 ? DNSBL_SIGHT_LISTED : DNSBL_SIGHT_ABSENT);
	}
}

static const struct {
	const char *name, *want;
	enum mood mood;
} moods[] = {
	{"lists everybody", "suspended: it lists everybody", ALL},
	{"refuses", "suspended: error code 127.255.255.254", REFUSES},
	{"parked", "suspended: it answers 192.0.2.80", PARKED},
};

/* Found by the probe at the start, before any mail. */
static void
sick_at_start(void)
{
	for (size_t i = 0; i < sizeof(moods) / sizeof(*moods); i++) {
		struct world w;
		struct buf out;

		open_world(&w, moods[i].mood, true);
		UNIT_CASE(waits_until(is_suspended, &w), moods[i].name);
		UNIT_VIEW(dnsbl_watch_suspended(w.watch, 0, w.arena), moods[i].want);
		buf_init(&out, 1000);
		dnsbl_watch_status(w.watch, &out);
		UNIT_CASE(view_search_nocase(buf_view(&out), VIEW("dnsbl-z state=suspended seconds=")) == 0,
			moods[i].name);
		buf_done(&out);
		close_world(&w);
	}
}

/* One at a time: a probe under way may have asked while the list was sane. */
static bool
is_suspended_by_more(struct world *w)
{
	see(w, true, 1, w->seen++);
	return is_suspended(w);
}

/* Half of all are listed, then everybody seems to be. */
static void
turns(enum mood mood, bool tested)
{
	struct world w;

	open_world(&w, SANE, tested);
	see(&w, false, 500, 0);
	CU_ASSERT_FALSE(is_suspended(&w));
	atomic_store(&w.moody->mood, mood);
	w.seen = 1000;
	CU_ASSERT_TRUE(waits_until(is_suspended_by_more, &w));
	UNIT_VIEW(dnsbl_watch_suspended(w.watch, 0, w.arena), "suspended: it lists everybody");
	close_world(&w);
}

static void
suddenly_all(void)
{
	turns(ALL, true);
	turns(ALL, false); /* without test entries too: by what is drawn */
}

static void
ask_often(struct world *w)
{
	struct dns_session *s = dns_session_new(w->dns);

	for (unsigned i = 0; i < DNSBL_BREAKER_SILENT; i++) {
		char name[40];

		snprintf(name, sizeof(name), "%u.2.0.192.z.example", i);
		dns_ask_for(s, view_str(name), DNS_A, 0, dnsbl_watch_ledger(w->watch, 0));
	}
	dns_session_free(s);
}

/* Its servers fail, and nothing else does. */
static void
silence(void)
{
	struct world w;

	open_world(&w, SANE, true);
	CU_ASSERT_TRUE(waits_until(has_probed, &w));
	atomic_store(&w.moody->mood, SILENT);
	ask_often(&w);
	CU_ASSERT_TRUE(waits_until(is_suspended, &w));
	UNIT_VIEW(dnsbl_watch_suspended(w.watch, 0, w.arena), "suspended: no answer: SERVFAIL");
	close_world(&w);
}

static bool
status_has(const struct world *w, const char *words)
{
	struct buf out;
	bool yes;

	buf_init(&out, 1000);
	dnsbl_watch_status(w->watch, &out);
	yes = view_search_nocase(buf_view(&out), view_str(words)) < out.n;
	buf_done(&out);
	return yes;
}

/* What leaves for mail and probes together is no more than its limit, and then it says so. */
static void
limit(void)
{
	struct world w;

	open_world(&w, SANE, true);
	CU_ASSERT_TRUE(waits_until(has_probed, &w));
	CU_ASSERT_TRUE(status_has(&w, "dnsbl-z state=well "));
	dnsbl_watch_free(w.watch);
	w.list.limit = 5;
	w.watch = dnsbl_watch_new(&w.program, w.dns, NULL);
	ask_often(&w);
	CU_ASSERT_TRUE(status_has(&w, "dnsbl-z state=limit "));
	CU_ASSERT_TRUE(status_has(&w, " queries=5 limit=5 "));
	close_world(&w);
}

/* A list that no rule reads is never asked, nor shown. */
static void
unread(void)
{
	struct world w;
	struct dnsbl both[2];
	unsigned asked;

	open_world(&w, SANE, true);
	CU_ASSERT_TRUE(waits_until(has_probed, &w));
	dnsbl_watch_free(w.watch);
	asked = atomic_load(&w.moody->asked);
	both[0] = both[1] = w.list;
	both[1].name = VIEW("other");
	both[1].zone = both[1].shown = VIEW("other.example");
	w.program.dnsbls = both;
	w.program.n_dnsbls = 2;
	w.slots[1].dnsbl = &both[0];
	w.watch = dnsbl_watch_new(&w.program, w.dns, NULL);
	CU_ASSERT_TRUE(status_has(&w, "dnsbl-z ") && !status_has(&w, "dnsbl-other "));
	dnsbl_watch_free(w.watch); /* which ends the probe */
	CU_ASSERT_TRUE(atomic_load(&w.moody->asked) - asked <= 3);
	w.watch = NULL;
	close_world(&w);
}

/* What workers before this one left: half of 400 values were listed, and perhaps a suspension. */
static void
open_remembered(struct world *w, enum mood mood, bool tested, struct view state)
{
	static const char *const keys[] = {"z.example/client.ip/listed", "z.example/client.ip/absent"};
	struct store_request r[2];
	struct store_result result[2];

	open_world(w, mood, tested);
	dnsbl_watch_free(w->watch);
	w->store = store_local();
	for (int i = 0; i < 2; i++)
		r[i] = (struct store_request){.op = STORE_TALLY, .type = STORE_DNSBL, .version = 1,
			.key = view_str(keys[i]), .now = clock_wall(), .amount = 200, .step = DNSBL_PAST_STEP,
			.window = DNSBL_PAST_SECONDS};
	store_do(w->store, r, 2, w->arena, result);
	store_put(w->store, STORE_DNSBL, 1,
		tested ? VIEW("z.example/client.ip/state/127.0.0.2") : VIEW("z.example/client.ip/state/"), state, clock_wall(),
		clock_wall() + DNSBL_PAST_SECONDS, w->arena);
	w->watch = dnsbl_watch_new(&w->program, w->dns, w->store);
}

static void
close_remembered(struct world *w)
{
	dnsbl_watch_free(w->watch);
	w->watch = NULL;
	store_free(w->store);
	close_world(w);
}

static bool
has_heard(struct world *w)
{
	return status_has(w, " listed=50 remembered=400 ");
}

/* It lists everybody from the moment on at which a worker begins: a few values tell. */
static void
remembered(void)
{
	struct world w;

	open_remembered(&w, ALL, false, VIEW("untested"));
	CU_ASSERT_TRUE(waits_until(has_heard, &w));
	CU_ASSERT_FALSE(is_suspended(&w));
	see(&w, true, 40, 0); /* 20 would do, but for a first probe that ends between them */
	CU_ASSERT_TRUE(waits_until(is_suspended, &w));
	UNIT_VIEW(dnsbl_watch_suspended(w.watch, 0, w.arena), "suspended: it lists everybody");
	close_remembered(&w);
}

static bool
told_as_sane(struct world *w)
{
	struct view v;

	return store_get(w->store, STORE_DNSBL, 1, VIEW("z.example/client.ip/state/127.0.0.2"), clock_wall(), w->arena, &v) ==
		STORE_FOUND && view_eq(v, VIEW("tested"));
}

/* It begins as it ended, without any mail; and a sane one is back. */
static void
suspended_before(void)
{
	struct world w;

	open_remembered(&w, ALL, false, VIEW("untested suspended"));
	CU_ASSERT_TRUE(waits_until(is_suspended, &w));
	close_remembered(&w);
	open_remembered(&w, SANE, true, VIEW("tested suspended"));
	CU_ASSERT_TRUE(waits_until(told_as_sane, &w));
	CU_ASSERT_FALSE(is_suspended(&w));
	close_remembered(&w);
}

static const struct unit_test tests[] = {
	{"a list that is sick at the start", sick_at_start},
	{"a list that suddenly lists everybody", suddenly_all},
	{"a list that does not answer", silence},
	{"a list at its limit", limit},
	{"a list that nobody reads", unread},
	{"a list with a past", remembered},
	{"a list that was suspended before", suspended_before},
};

int
main(void)
{
	return unit_main("checks/dnsbl_watch", tests, sizeof(tests) / sizeof(*tests));
}
