/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_past.h"

#include "tests/lib/unit.h"

enum { T = 1700000000, MONTH = DNSBL_PAST_SECONDS };

static const struct dnsbl list = {.name = {"z", 1}, .shown = {"z.example", 9},
	.test_listed = {"127.0.0.2", 9}};
static const struct dnsbl_probe sane = {.drawn = 12, .drawn_listed = 4, .answers = 14,
	.listed = DNSBL_SIGHT_LISTED};
static const struct dnsbl_probe sick = {.drawn = 12, .drawn_listed = 12, .answers = 12};

/* A worker's view of one list. */
struct worker {
	struct dnsbl_breaker b;
	struct dnsbl_past past;
	int64_t now;
	uint64_t hash;
};

static struct store *store;
static struct arena *arena;

static void
open_store(void)
{
	store = store_local();
	arena = arena_new();
}

static void
close_store(void)
{
	store_free(store);
	arena_free(arena);
}

/* How many requests there were. along: those of the quota go, too. */
static size_t
tell_with(struct worker *w, bool along, struct store *s)
{
	struct store_request r[DNSBL_PAST_REQUESTS];
	struct store_result result[DNSBL_PAST_REQUESTS];
	size_t n = dnsbl_past_requests(&w->past, &w->b, along, w->now, T + w->now / 1000, r);

	for (size_t i = 0; i < n; i++)
		result[i] = (struct store_result){.status = STORE_TEMPFAIL};
	if (n && s)
		store_do(s, r, n, arena, result);
	if (n)
		dnsbl_past_heard(&w->past, &w->b, result, n, w->now);
	return n;
}

static size_t
tell(struct worker *w, struct store *s)
{
	return tell_with(w, false, s);
}

static struct worker
begin(int64_t now)
{
	struct worker w = {.now = now, .hash = (uint64_t)now};

	dnsbl_breaker_init(&w.b, now);
	dnsbl_past_init(&w.past, &list, "client.ip", arena);
	return w;
}

/* So many distinct values, of a hundred so many listed; is it suspect then? */
static bool
see(struct worker *w, unsigned n, unsigned percent)
{
	for (unsigned i = 0; i < n; i++) {
		bool listed = i * percent / 100 != (i + 1) * percent / 100;

		w->hash = w->hash * 6364136223846793005u + 1442695040888963407u;
		dnsbl_breaker_note(&w->b, w->hash, listed ? DNSBL_SIGHT_LISTED : DNSBL_SIGHT_ABSENT, w->now);
	}
	return w->b.suspect;
}

static void
tell_later(struct worker *w)
{
	w->now += 10000;
	CU_ASSERT_TRUE(tell_with(w, true, store) > 0);
}

/* One that began, learned, told, and is gone. */
static void
learned(int64_t now, unsigned n, unsigned percent)
{
	struct worker w = begin(now);

	CU_ASSERT_EQUAL(tell(&w, store), DNSBL_PAST_REQUESTS);
	CU_ASSERT_FALSE(see(&w, n, percent));
	tell_later(&w);
}

static struct view
state(void)
{
	struct view v = {NULL, 0};

	store_get(store, STORE_DNSBL, 1, VIEW("z.example/client.ip/state/127.0.0.2"), T, arena, &v);
	return v;
}

/* The next worker judges by it from its first value on; one without a past does not. */
static void
outlives(void)
{
	struct worker with, without;

	open_store();
	learned(1000, 200, 30);
	with = begin(100000);
	without = begin(100000);
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&with.b), -1);
	CU_ASSERT_EQUAL(tell(&with, store), DNSBL_PAST_REQUESTS);
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&with.b), 30);
	CU_ASSERT_EQUAL(with.past.values, 200);
	CU_ASSERT_TRUE(see(&with, 10, 100));
	CU_ASSERT_FALSE(see(&without, 10, 100));
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&with.b, &sick, with.now), DNSBL_TURN_SUSPENDED);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&without.b, &sick, with.now), DNSBL_TURN_NONE);
	close_store();
}

/* What each learned is added once; what a sick list said is not. */
static void
merged(void)
{
	struct worker one, two, three;

	open_store();
	one = begin(1000);
	two = begin(1000);
	tell(&one, store);
	tell(&two, store);
	see(&one, 100, 50);
	see(&two, 300, 10);
	CU_ASSERT_EQUAL(tell(&one, store), 0); /* not for that alone */
	tell_later(&one);
	tell_later(&two);
	CU_ASSERT_EQUAL(tell_with(&one, true, store), 0); /* nothing is new */
	see(&one, 100, 50);
	CU_ASSERT_TRUE(see(&one, 20, 100));
	dnsbl_breaker_probed(&one.b, &sick, one.now);
	tell_later(&one);
	three = begin(200000);
	tell(&three, store);
	CU_ASSERT_TRUE(three.past.values >= 500 && three.past.values <= 505); /* a few before the odds mount */
	CU_ASSERT_TRUE(dnsbl_breaker_share(&three.b) >= 26 && dnsbl_breaker_share(&three.b) <= 27);
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&two.b), 10); /* who knows enough keeps its own */
	close_store();
}

/* Several that see little know together what none knows alone. */
static void
few_each(void)
{
	struct worker w[3];

	open_store();
	for (size_t i = 0; i < 3; i++) {
		w[i] = begin(1000 + (int64_t)i);
		tell(&w[i], store);
		see(&w[i], 20, 50);
		tell_later(&w[i]);
	}
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&w[0].b), -1);
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&w[2].b), 50);
	see(&w[0], 1, 100);
	tell_later(&w[0]);
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&w[0].b), 51);
	CU_ASSERT_EQUAL(w[0].past.values, 61);
	close_store();
}

/* It begins without a past, and asks each second. What it learned meanwhile is worth less than the past, */
static void
store_away(void)
{
	struct worker w;

	open_store();
	learned(1000, 100, 40);
	w = begin(100000);
	CU_ASSERT_EQUAL(tell(&w, NULL), DNSBL_PAST_REQUESTS);
	CU_ASSERT_EQUAL(tell(&w, NULL), 0);
	CU_ASSERT_FALSE(see(&w, 500, 100));
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&w.b), 100);
	w.now += 1000;
	CU_ASSERT_EQUAL(tell(&w, store), DNSBL_PAST_REQUESTS);
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&w.b), 40);
	CU_ASSERT_EQUAL(tell_with(&w, true, store), 0); /* and not told */
	/* later on nothing is lost */
	see(&w, 10, 40);
	CU_ASSERT_TRUE(tell_with(&w, true, NULL) > 0);
	see(&w, 10, 40);
	tell_later(&w);
	CU_ASSERT_EQUAL(w.past.values, 120);
	close_store();
}

/* but more than nothing. */
static void
no_past(void)
{
	struct worker w;

	open_store();
	w = begin(1000);
	tell(&w, NULL);
	see(&w, 500, 80);
	w.now += 1000;
	tell(&w, store);
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&w.b), 80);
	tell_later(&w);
	CU_ASSERT_EQUAL(w.past.values, 500);
	close_store();
}

/* A month later; and what was learned on the way is still known. */
static void
forgotten(void)
{
	struct worker w;

	open_store();
	learned(1000, 100, 40);
	learned(1000 * (int64_t)(MONTH / 2), 70, 40);
	w = begin(1000 * (MONTH + (int64_t)DNSBL_PAST_STEP));
	tell(&w, store);
	CU_ASSERT_EQUAL(w.past.values, 70);
	w = begin(1000 * (2 * (int64_t)MONTH));
	tell(&w, store);
	CU_ASSERT_EQUAL(w.past.values, 0);
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&w.b), -1);
	close_store();
}

/* It is not asked until a probe, due at once, has found it sane. */
static void
suspended(void)
{
	struct worker w;

	open_store();
	w = begin(1000);
	tell(&w, store);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&w.b, &sane, w.now), DNSBL_TURN_NONE);
	w.now += 1000;
	tell(&w, store);
	UNIT_VIEW(state(), "tested");
	see(&w, 100, 50);
	see(&w, 20, 100);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&w.b, &sick, w.now), DNSBL_TURN_SUSPENDED);
	w.now += 1000;
	tell(&w, store);
	UNIT_VIEW(state(), "tested suspended");
	w = begin(100000);
	dnsbl_breaker_probed(&w.b, &sane, w.now);
	CU_ASSERT_EQUAL(dnsbl_breaker_due(&w.b), INT64_MAX);
	tell(&w, store);
	CU_ASSERT_EQUAL(w.b.fault, DNSBL_FAULT_REMEMBERED);
	CU_ASSERT_TRUE(dnsbl_breaker_due(&w.b) == w.now && dnsbl_breaker_draws(&w.b));
	w.now += 1000;
	CU_ASSERT_EQUAL(tell(&w, store), 0); /* that is no news */
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&w.b, &sane, w.now), DNSBL_TURN_BACK);
	CU_ASSERT_EQUAL(tell(&w, store), DNSBL_PAST_REQUESTS);
	UNIT_VIEW(state(), "tested");
	close_store();
}

/* That of another is not contradicted by who has seen nothing; in a day it is told again, for else it ends. */
static void
state_of_others(void)
{
	struct worker one, two;

	open_store();
	one = begin(1000);
	two = begin(1000);
	tell(&one, store);
	tell(&two, store);
	one.b.fault = DNSBL_FAULT_LISTS_ALL;
	one.now += 1000;
	tell(&one, store);
	UNIT_VIEW(state(), "untested suspended");
	see(&two, 10, 50);
	tell_later(&two);
	UNIT_VIEW(state(), "untested suspended");
	two.now += (int64_t)86400 * 1000;
	see(&two, 10, 50);
	CU_ASSERT_EQUAL(tell_with(&two, true, NULL), DNSBL_PAST_REQUESTS);
	tell_later(&two);
	UNIT_VIEW(state(), "untested");
	close_store();
}

/* The entry for tests that another worker saw is gone. Of another entry nobody has seen anything. */
static void
tested(void)
{
	static const struct dnsbl_probe without = {.answers = 2, .listed = DNSBL_SIGHT_ABSENT};
	struct dnsbl other = list;
	struct worker w;

	open_store();
	w = begin(1000);
	tell(&w, store);
	dnsbl_breaker_probed(&w.b, &sane, w.now);
	w.now += 1000;
	tell(&w, store);
	w = begin(100000);
	tell(&w, store);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&w.b, &without, w.now), DNSBL_TURN_SUSPENDED);
	CU_ASSERT_EQUAL(w.b.fault, DNSBL_FAULT_EMPTY);
	other.test_listed = VIEW("127.0.0.3");
	w = begin(200000);
	dnsbl_past_init(&w.past, &other, "client.ip", arena);
	tell(&w, store);
	CU_ASSERT_TRUE(!w.b.was_tested && !w.b.fault);
	close_store();
}

static const struct {
	const char *name;
	struct view value;
} damages[] = {
	{"a letter", {"x", 1}},
	{"text", {"tested suspended and more: this is no row of pairs", 50}},
	{"a negative count", {"\0\0\0\0\x65\x53\xf1\0\xff\xff\xff\xff\xff\xff\xff\xff", 16}},
	{"a count beyond all", {"\0\0\0\0\x65\x53\xf1\0\x7f\xff\xff\xff\xff\xff\xff\xff", 16}},
};

/* As none; and what is learned then is kept. */
static void
damaged(void)
{
	static const char *const keys[] = {"listed", "absent", "state"};

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct worker w;

		open_store();
		for (size_t k = 0; k < 3; k++)
			store_put(store, STORE_DNSBL, 1, arena_printf(arena, "z.example/client.ip/%s", keys[k]),
				damages[i].value, T, T + MONTH, arena);
		w = begin(1000);
		tell(&w, store);
		UNIT_CASE(w.past.heard && w.past.values == 0 && !w.b.fault && !w.b.was_tested, damages[i].name);
		see(&w, 100, 50);
		dnsbl_breaker_probed(&w.b, &sane, w.now);
		tell_later(&w);
		UNIT_CASE(w.past.values == 100, damages[i].name);
		UNIT_VIEW(state(), "tested");
		close_store();
	}
}

/* Other zones, and other facts that are looked up, have their own. */
static void
apart(void)
{
	static const struct dnsbl other = {.name = {"z", 1}, .shown = {"y.example", 9}};
	struct worker w;

	open_store();
	learned(1000, 100, 40);
	w = begin(2000);
	dnsbl_past_init(&w.past, &list, "mail.domain", arena);
	tell(&w, store);
	CU_ASSERT_EQUAL(w.past.values, 0);
	dnsbl_past_init(&w.past, &other, "client.ip", arena);
	tell(&w, store);
	CU_ASSERT_EQUAL(w.past.values, 0);
	close_store();
}

static const struct unit_test tests[] = {
	{"what was usual outlives its worker", outlives},
	{"what several learned", merged},
	{"several that see little", few_each},
	{"the store is away", store_away},
	{"the store knows nothing", no_past},
	{"a month later", forgotten},
	{"a suspended list stays so until it is probed", suspended},
	{"the state that others told", state_of_others},
	{"its test entry is remembered", tested},
	{"damaged records", damaged},
	{"lists apart", apart},
};

int
main(void)
{
	return unit_main("checks/dnsbl_past", tests, sizeof(tests) / sizeof(*tests));
}
