/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_breaker.h"

#include <stdlib.h>

#include "tests/lib/unit.h"

static const struct dnsbl_probe sane = {.drawn = 12, .drawn_listed = 4, .answers = 14,
	.listed = DNSBL_SIGHT_LISTED};

/* A generated series: the same in each run. */
struct series {
	struct dnsbl_breaker *b;
	uint64_t state;
	int64_t now;
};

static uint32_t
next(struct series *s)
{
	s->state = s->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(s->state >> 33);
}

/* Sees n distinct values, so many of a thousand listed. How often was the list suspected? Each time it proves
 * sane. */
static unsigned
see(struct series *s, unsigned n, unsigned per_mille)
{
	unsigned suspected = 0;

	for (unsigned i = 0; i < n; i++, s->now += 100) {
		enum dnsbl_sight sight = next(s) % 1000 < per_mille ? DNSBL_SIGHT_LISTED : DNSBL_SIGHT_ABSENT;
		uint64_t hash = (uint64_t)next(s) << 32 | next(s);

		if (!dnsbl_breaker_note(s->b, hash, sight, s->now))
			continue;
		suspected++;
		CU_ASSERT_EQUAL(dnsbl_breaker_probed(s->b, &sane, s->now), DNSBL_TURN_NONE);
	}
	return suspected;
}

static struct series
begin(struct dnsbl_breaker *b)
{
	dnsbl_breaker_init(b, 1000);
	CU_ASSERT_EQUAL(dnsbl_breaker_due(b), 1000);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(b, &sane, 1000), DNSBL_TURN_NONE);
	CU_ASSERT_EQUAL(dnsbl_breaker_due(b), INT64_MAX);
	return (struct series){.b = b, .state = 42, .now = 1000};
}

/* Values that it takes until the list is suspect; 0: it is not. */
static unsigned
until_suspect(struct series *s, unsigned max, unsigned per_mille)
{
	for (unsigned i = 1; i <= max; i++, s->now += 100) {
		enum dnsbl_sight sight = next(s) % 1000 < per_mille ? DNSBL_SIGHT_LISTED : DNSBL_SIGHT_ABSENT;

		if (dnsbl_breaker_note(s->b, (uint64_t)next(s) << 32 | next(s), sight, s->now))
			return i;
	}
	return 0;
}

static const struct {
	const char *name;
	unsigned usual;       /* of a thousand */
	unsigned all, nobody; /* values that it may take until it is suspect; 0: never */
} shares[] = {
	{"almost nobody is listed", 5, 5, 0},
	{"one of a hundred", 10, 5, 0},
	{"some are", 100, 5, 150},
	{"half of all", 500, 15, 15},
	{"most, as at an MX", 800, 40, 10},
	{"nine of ten", 900, 100, 5},
	{"everybody, from the first", 1000, 0, 5},
};

/* Held against its own past: a healthy list of any share is suspected once in 1000 values at most, and found sane;
 * a broken one is suspected soon. */
static void
own_past(void)
{
	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
		for (unsigned per_mille = 0; per_mille <= 1000; per_mille += 1000) {
			unsigned may = per_mille ? shares[i].all : shares[i].nobody, took;
			struct dnsbl_breaker b;
			struct series s = begin(&b);

			UNIT_CASE(see(&s, 20000, shares[i].usual) <= 20, shares[i].name);
			UNIT_CASE(abs(dnsbl_breaker_share(&b) - (int)shares[i].usual / 10) <= 3, shares[i].name);
			s.now += DNSBL_BREAKER_QUIET_MS;
			took = until_suspect(&s, 2000, per_mille);
			UNIT_CASE(may ? took > 0 && took <= may : took == 0, shares[i].name);
		}
	}
}

/* One client that comes a thousand times is one value. */
static void
distinct(void)
{
	struct dnsbl_breaker b;
	struct series s = begin(&b);

	see(&s, 1000, 300);
	for (int i = 0; i < 1000; i++)
		CU_ASSERT_FALSE(dnsbl_breaker_note(&b, 0x1234567890abcdef, DNSBL_SIGHT_LISTED, s.now));
	/* in each hour */
	CU_ASSERT_EQUAL(b.all > 0, true);
	for (int hour = 1; hour < 100 && !b.suspect; hour++)
		dnsbl_breaker_note(&b, 0x1234567890abcdef, DNSBL_SIGHT_LISTED,
			s.now + hour * (DNSBL_BREAKER_SEEN_MS + (int64_t)1));
	CU_ASSERT_TRUE(b.suspect);
}

/* What a list was long ago weighs less than what it is of late. */
static void
memory(void)
{
	struct dnsbl_breaker b;
	struct series s = begin(&b);

	see(&s, 50000, 300);
	CU_ASSERT_TRUE(abs(dnsbl_breaker_share(&b) - 30) <= 3);
	for (int i = 0; i < 10; i++, s.now += DNSBL_BREAKER_QUIET_MS)
		see(&s, DNSBL_BREAKER_MEMORY, 400);
	CU_ASSERT_TRUE(abs(dnsbl_breaker_share(&b) - 40) <= 3);
}

/* One that has everybody, or nobody, from the first is not doubted for that: neither what mail sees nor what is
 * drawn by lot tells anything. */
static void
of_all_or_none(void)
{
	static const struct dnsbl_probe all = {.drawn = 12, .drawn_listed = 12, .answers = 12};
	struct dnsbl_breaker b;
	struct series s = begin(&b);

	CU_ASSERT_EQUAL(see(&s, 2000, 1000), 0);
	CU_ASSERT_TRUE(b.all == 0 && b.nobody == 0);
	CU_ASSERT_TRUE(dnsbl_breaker_note(&b, 1, DNSBL_SIGHT_ERROR, s.now));
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &all, s.now), DNSBL_TURN_NONE);
	s = begin(&b);
	CU_ASSERT_EQUAL(see(&s, 2000, 0), 0);
	CU_ASSERT_TRUE(b.all == 0 && b.nobody == 0);
}

/* The entry for tests that a list never had is not gone. */
static void
untested(void)
{
	static const struct dnsbl_probe without = {.answers = 2, .listed = DNSBL_SIGHT_ABSENT};
	struct dnsbl_breaker b;

	dnsbl_breaker_init(&b, 1000);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &without, 1000), DNSBL_TURN_NONE);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &sane, 2000), DNSBL_TURN_NONE);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &without, 3000), DNSBL_TURN_SUSPENDED);
	CU_ASSERT_EQUAL(b.fault, DNSBL_FAULT_EMPTY);
}

/* Listed bots alone: the list is probed once, stays in use, and is left in peace; what was seen is learned. */
static void
spam_wave(void)
{
	struct dnsbl_breaker b;
	struct series s = begin(&b);

	CU_ASSERT_EQUAL(see(&s, 3000, 300), 0);
	CU_ASSERT_EQUAL(see(&s, 1000, 990), 1);
	CU_ASSERT_EQUAL(b.fault, DNSBL_FAULT_NONE);
	CU_ASSERT_TRUE(dnsbl_breaker_share(&b) < 40);
	s.now += DNSBL_BREAKER_QUIET_MS; /* it lasts: the next probe lets it be learned */
	CU_ASSERT_EQUAL(see(&s, 200, 990), 1);
	CU_ASSERT_TRUE(dnsbl_breaker_share(&b) > 40);
}

static unsigned
gaps(struct dnsbl_breaker *b, const struct dnsbl_probe *p, int64_t *now)
{
	unsigned n = 0;

	for (; n < 20; n++) {
		int64_t due = dnsbl_breaker_due(b);

		CU_ASSERT_TRUE(due > *now && due - *now <= DNSBL_BREAKER_GAP_MAX_MS);
		*now = due;
		CU_ASSERT_EQUAL(dnsbl_breaker_probed(b, p, due), DNSBL_TURN_NONE);
	}
	return n;
}

static const struct {
	const char *name;
	struct dnsbl_probe found;
	enum dnsbl_fault fault;
} probes[] = {
	{"sane", {.answers = 2, .listed = DNSBL_SIGHT_LISTED}, DNSBL_FAULT_NONE},
	{"the absent entry is listed", {.answers = 2, .absent_listed = true, .listed = DNSBL_SIGHT_LISTED},
		DNSBL_FAULT_LISTS_ALL},
	{"all that is drawn is listed", {.drawn = 12, .drawn_listed = 12, .answers = 14,
		.listed = DNSBL_SIGHT_LISTED}, DNSBL_FAULT_LISTS_ALL},
	{"all but one", {.drawn = 12, .drawn_listed = 11, .answers = 14, .listed = DNSBL_SIGHT_LISTED},
		DNSBL_FAULT_NONE},
	{"too few were drawn", {.drawn = 3, .drawn_listed = 3, .answers = 5, .listed = DNSBL_SIGHT_LISTED},
		DNSBL_FAULT_NONE},
	{"error codes", {.answers = 2, .errors = 2, .listed = DNSBL_SIGHT_ERROR}, DNSBL_FAULT_REFUSES},
	{"the listed entry is gone", {.answers = 2, .listed = DNSBL_SIGHT_ABSENT}, DNSBL_FAULT_EMPTY},
	{"silence", {.answers = 0}, DNSBL_FAULT_SILENT},
	{"silence of the resolver", {.answers = 0, .outage = true}, DNSBL_FAULT_NONE},
};

static void
suspensions(void)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(*probes); i++) {
		bool bad = probes[i].fault != DNSBL_FAULT_NONE;
		struct dnsbl_breaker b;
		struct series s = begin(&b);
		int share;

		see(&s, 500, 600);
		share = dnsbl_breaker_share(&b);
		dnsbl_breaker_silence(&b, DNSBL_BREAKER_SILENT, s.now);
		UNIT_CASE(dnsbl_breaker_due(&b) == 0, probes[i].name);
		UNIT_CASE(dnsbl_breaker_probed(&b, &probes[i].found, s.now) ==
			(bad ? DNSBL_TURN_SUSPENDED : DNSBL_TURN_NONE), probes[i].name);
		UNIT_CASE(b.fault == probes[i].fault, probes[i].name);
		if (!bad)
			continue;
		gaps(&b, &probes[i].found, &s.now);
		CU_ASSERT_FALSE(dnsbl_breaker_note(&b, 1, DNSBL_SIGHT_ERROR, s.now)); /* that is known */
		UNIT_CASE(dnsbl_breaker_probed(&b, &sane, s.now) == DNSBL_TURN_BACK, probes[i].name);
		UNIT_CASE(b.fault == DNSBL_FAULT_NONE && dnsbl_breaker_share(&b) == share, probes[i].name);
	}
}

/* What a broken list said is not learned: afterwards its share is what it was. */
static void
not_learned(void)
{
	struct dnsbl_breaker b;
	struct series s = begin(&b);
	int share;

	see(&s, 2000, 300);
	share = dnsbl_breaker_share(&b);
	CU_ASSERT_TRUE(until_suspect(&s, 100, 1000) > 0);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &probes[1].found, s.now), DNSBL_TURN_SUSPENDED);
	CU_ASSERT_TRUE(b.held_n == 0 && b.held_listed == 0);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &sane, s.now), DNSBL_TURN_BACK);
	CU_ASSERT_TRUE(abs(dnsbl_breaker_share(&b) - share) <= 1);
}

/* Once it has been sane for long it is probed again as soon as at first; before, later and later. */
static void
relapse(void)
{
	struct dnsbl_breaker b;
	struct series s = begin(&b);

	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &probes[1].found, s.now), DNSBL_TURN_SUSPENDED);
		CU_ASSERT_EQUAL(dnsbl_breaker_due(&b) - s.now, i == 1 ? 2 * DNSBL_BREAKER_GAP_MS : DNSBL_BREAKER_GAP_MS);
		s.now = dnsbl_breaker_due(&b);
		CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &sane, s.now), DNSBL_TURN_BACK);
		s.now += i ? DNSBL_BREAKER_GAP_MAX_MS + 1 : 1000;
	}
}

static void
silence(void)
{
	struct dnsbl_breaker b;
	struct series s = begin(&b);

	/* at a start nothing was asked for mail yet: a lost packet or two suspend nothing */
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &probes[7].found, s.now), DNSBL_TURN_NONE);
	dnsbl_breaker_silence(&b, DNSBL_BREAKER_SILENT - 1, s.now + 6000);
	CU_ASSERT_FALSE(b.suspect);
	dnsbl_breaker_silence(&b, DNSBL_BREAKER_SILENT, s.now + 6000);
	CU_ASSERT_TRUE(b.suspect);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &probes[7].found, s.now + 6000), DNSBL_TURN_SUSPENDED);
	dnsbl_breaker_silence(&b, DNSBL_BREAKER_SILENT, s.now + 6000); /* it is: not probed at once again */
	CU_ASSERT_TRUE(!b.suspect && dnsbl_breaker_due(&b) > s.now + 6000);
}

static void
one_error(void)
{
	struct dnsbl_breaker b;
	struct series s = begin(&b);

	CU_ASSERT_TRUE(dnsbl_breaker_note(&b, 1, DNSBL_SIGHT_ERROR, s.now));
	CU_ASSERT_FALSE(dnsbl_breaker_note(&b, 2, DNSBL_SIGHT_ERROR, s.now)); /* it is suspect already */
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &sane, s.now), DNSBL_TURN_NONE);
	CU_ASSERT_FALSE(dnsbl_breaker_note(&b, 3, DNSBL_SIGHT_ERROR, s.now + DNSBL_BREAKER_CALM_MS - 1));
	CU_ASSERT_TRUE(dnsbl_breaker_note(&b, 3, DNSBL_SIGHT_ERROR, s.now + DNSBL_BREAKER_CALM_MS));
}

/* A past is held against what comes from the first value on, and moves as ever. */
static void
recalled(void)
{
	struct dnsbl_breaker b;
	struct series s = begin(&b);

	CU_ASSERT_EQUAL(see(&s, 500, 1000), 0);
	dnsbl_breaker_recall(&b, 5e6, 1.5e6);
	CU_ASSERT_TRUE(b.n == DNSBL_BREAKER_MEMORY && b.new_listed == 0 && b.new_absent == 0);
	CU_ASSERT_EQUAL(dnsbl_breaker_share(&b), 30);
	CU_ASSERT_EQUAL(see(&s, 200, 300), 0);
	CU_ASSERT_EQUAL(b.new_listed + b.new_absent + (uint64_t)b.held_n, 200);
	CU_ASSERT_TRUE(until_suspect(&s, 20, 1000) > 0);
	see(&s, 50000, 300);
	CU_ASSERT_TRUE(b.n <= DNSBL_BREAKER_MEMORY);
}

/* What was suspended before is so until a probe tells. */
static void
resumed(void)
{
	struct dnsbl_breaker b;

	for (size_t i = 0; i < sizeof(probes) / sizeof(*probes); i++) {
		bool bad = probes[i].fault != DNSBL_FAULT_NONE, outage = probes[i].found.outage;

		dnsbl_breaker_init(&b, 1000);
		dnsbl_breaker_recall(&b, 100, 50);
		dnsbl_breaker_resume(&b, true, true, 2000);
		CU_ASSERT_TRUE(dnsbl_breaker_due(&b) == 2000 && dnsbl_breaker_draws(&b));
		UNIT_CASE(dnsbl_breaker_probed(&b, &probes[i].found, 3000) ==
			(bad ? DNSBL_TURN_SUSPENDED : outage ? DNSBL_TURN_NONE : DNSBL_TURN_BACK), probes[i].name);
		UNIT_CASE(b.fault == (outage ? DNSBL_FAULT_REMEMBERED : probes[i].fault), probes[i].name);
		UNIT_CASE(dnsbl_breaker_due(&b) == (bad || outage ? 3000 + DNSBL_BREAKER_GAP_MS : INT64_MAX),
			probes[i].name);
	}
	/* what this worker found out itself counts */
	dnsbl_breaker_init(&b, 1000);
	dnsbl_breaker_note(&b, 1, DNSBL_SIGHT_ERROR, 1000);
	dnsbl_breaker_probed(&b, &probes[1].found, 1000);
	dnsbl_breaker_resume(&b, true, true, 2000);
	CU_ASSERT_EQUAL(b.fault, DNSBL_FAULT_LISTS_ALL);
}

/* One that was under way when the list became suspect clears it of nothing; another is due, and does. */
static void
early(void)
{
	static const struct dnsbl_probe plain = {.answers = 2, .listed = DNSBL_SIGHT_LISTED, .early = true},
		lost = {.outage = true, .early = true},
		bad = {.answers = 2, .absent_listed = true, .early = true};
	const struct dnsbl_probe *clear[] = {&plain, &lost};
	struct dnsbl_breaker b;
	struct series s = begin(&b);

	see(&s, 500, 300);
	for (size_t i = 0; i < 2; i++, s.now += DNSBL_BREAKER_QUIET_MS) {
		CU_ASSERT_TRUE(until_suspect(&s, 100, 1000) > 0);
		CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, clear[i], s.now), DNSBL_TURN_NONE);
		CU_ASSERT_TRUE(b.suspect && dnsbl_breaker_due(&b) == 0 && dnsbl_breaker_draws(&b));
		CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &sane, s.now), DNSBL_TURN_NONE);
		CU_ASSERT_FALSE(b.suspect);
	}
	CU_ASSERT_TRUE(until_suspect(&s, 100, 1000) > 0);
	CU_ASSERT_EQUAL(dnsbl_breaker_probed(&b, &bad, s.now), DNSBL_TURN_SUSPENDED);
}

static const struct unit_test tests[] = {
	{"a list is held against its own past", own_past},
	{"a value counts once an hour", distinct},
	{"what is long ago weighs less", memory},
	{"a list of all, or of nobody", of_all_or_none},
	{"a list without entries for tests", untested},
	{"a wave of spam suspends nothing", spam_wave},
	{"what a probe finds", suspensions},
	{"a broken list is not learned from", not_learned},
	{"a list that is sick again", relapse},
	{"the past is recalled", recalled},
	{"a suspension is resumed", resumed},
	{"a probe that began before", early},
	{"silence", silence},
	{"one error is enough to look", one_error},
};

int
main(void)
{
	return unit_main("checks/dnsbl_breaker", tests, sizeof(tests) / sizeof(*tests));
}
