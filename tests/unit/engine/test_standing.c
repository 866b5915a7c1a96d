/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/standing.h"

#include <stdio.h>

#include "svc/store_series.h"
#include "tests/lib/unit.h"

enum { DAY = 24 * 3600 };

static const int64_t T = 1700006400; /* a midnight */

/* ---- names ---- */

static struct view
key_of(const char *text, enum standing_kind k, struct arena *a)
{
	struct standing_names names = {.n = 0};
	struct ip ip;

	CU_ASSERT_FATAL(ip_parse(view_str(text), &ip));
	(k == STANDING_ADDRESS ? standing_names_address : standing_names_network)(&names, &ip, a);
	CU_ASSERT_EQUAL_FATAL(names.n, 1);
	CU_ASSERT_EQUAL(names.item[0].kind, k);
	return names.item[0].key;
}

static void
names_of_hosts(void)
{
	static const struct {
		const char *ip, *address, *network;
	} rows[] = {
		{"192.0.2.77", "192.0.2.77", "192.0.2.0/24"},
		{"::ffff:192.0.2.77", "192.0.2.77", "192.0.2.0/24"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1:2::/64"},
		{"::1", "::/64", "::/64"},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum standing_kind kind;
		struct view name;

		CU_ASSERT(standing_key_read(key_of(rows[i].ip, STANDING_ADDRESS, a), &kind, &name));
		UNIT_CASE(kind == STANDING_ADDRESS && view_eq_str(name, rows[i].address), rows[i].ip);
		CU_ASSERT(standing_key_read(key_of(rows[i].ip, STANDING_NETWORK, a), &kind, &name));
		UNIT_CASE(kind == STANDING_NETWORK && view_eq_str(name, rows[i].network), rows[i].ip);
	}
	arena_free(a);
}

/* An organisation that is only a network is none; a domain counts once, and a flood of signatures is cut. */
static void
names_of_domains(void)
{
	static const struct view signers[] = {VIEW("a.example"), VIEW("b.example"), VIEW("a.example"),
		VIEW("c.example"), VIEW("d.example"), VIEW("e.example"), VIEW("f.example")};
	struct standing_names names = {.n = 0};
	struct arena *a = arena_new();

	standing_names_organisation(&names, VIEW("192.0.2.0/24"), a);
	CU_ASSERT_EQUAL(names.n, 0);
	standing_names_organisation(&names, VIEW("a.example"), a);
	standing_names_dkim(&names, signers, sizeof(signers) / sizeof(*signers), a);
	CU_ASSERT_EQUAL(names.n, 1 + STANDING_DKIM_MAX);
	CU_ASSERT(view_eq(names.item[0].key, VIEW("organisation\0a.example")));
	CU_ASSERT(view_eq(names.item[1].key, VIEW("dkim\0a.example")));
	CU_ASSERT(view_eq(names.item[5].key, VIEW("dkim\0e.example")));
	for (int i = 0; i < 2 * STANDING_NAMES_MAX; i++)
		standing_names_organisation(&names, arena_printf(a, "o%d.example", i), a);
	CU_ASSERT_EQUAL(names.n, STANDING_NAMES_MAX);
	names.n = 0;
	standing_names_organisation(&names, view_of(memset(arena_alloc(a, STORE_KEY_MAX), 'x', STORE_KEY_MAX),
		STORE_KEY_MAX), a);
	CU_ASSERT_EQUAL(names.n, 0);
	arena_free(a);
}

static void
foreign_keys(void)
{
	static const struct view rows[] = {VIEW(""), VIEW("address"), VIEW("addres\0x"), VIEW("\0x")};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum standing_kind kind;
		struct view name;

		UNIT_CASE(!standing_key_read(rows[i], &kind, &name), rows[i].p);
	}
}

/* ---- counts ---- */

/* As the store does it. */
static struct view
counted(struct view series, int64_t now, enum standing_mail m, int64_t n, struct arena *a)
{
	struct store_request r = standing_count(VIEW("k"), now, m, n);
	char *out = arena_alloc(a, STORE_SERIES_MAX);

	return view_of(out, store_series_add(series, now, r.step, r.window, r.amount, out));
}

static void
expect(struct view series, int64_t now, uint32_t half_life, double ham, double spam)
{
	struct standing s = standing_of(series, now, half_life);

	CU_ASSERT_DOUBLE_EQUAL(s.ham, ham, 0.001);
	CU_ASSERT_DOUBLE_EQUAL(s.spam, spam, 0.001);
}

static void
decay(void)
{
	struct arena *a = arena_new();
	struct view s = VIEW("");

	CU_ASSERT_EQUAL(standing_of(s, T, 0).since, 0);
	for (int i = 0; i < 3; i++)
		s = counted(s, T + i, STANDING_HAM, 1, a);
	s = counted(s, T, STANDING_SPAM, 8, a);
	expect(s, T, 14 * DAY, 3, 8);
	expect(s, T + 14 * DAY, 14 * DAY, 1.5, 4);
	expect(s, T + 28 * DAY, 14 * DAY, 0.75, 2);
	expect(s, T + 28 * DAY, 0, 3, 8);
	expect(s, T - 5, 14 * DAY, 3, 8); /* the clock was put back */
	s = counted(s, T + 14 * DAY, STANDING_HAM, 1, a);
	expect(s, T + 14 * DAY, 14 * DAY, 2.5, 4);
	CU_ASSERT_EQUAL(standing_of(s, T + 14 * DAY, 0).since, T);
	CU_ASSERT_EQUAL(standing_of(s, T + 14 * DAY, 0).today, 1);
	CU_ASSERT_EQUAL(standing_of(s, T, 0).today, 12);
	expect(s, T + STANDING_DAYS * DAY, 0, 1, 0); /* what is too old is gone, and when it is written too */
	CU_ASSERT_EQUAL(standing_of(s, T + STANDING_DAYS * DAY, 0).since, T + 14 * DAY);
	s = counted(s, T + STANDING_DAYS * DAY, STANDING_HAM, 1, a);
	expect(s, T + STANDING_DAYS * DAY, 0, 2, 0);
	expect(view_head(s, s.n - 1), T + STANDING_DAYS * DAY, 0, 1, 0); /* broken at its end */
	arena_free(a);
}

/* A series that no store of ours wrote. */
static void
foreign_series(void)
{
	char series[3 * STORE_SERIES_PAIR];

	store_series_put(series, INT64_MIN, 5);
	store_series_put(series + STORE_SERIES_PAIR, -1, 5);
	store_series_put(series + 2 * STORE_SERIES_PAIR, INT64_MAX, STORE_COUNT_MAX);
	expect(view_of(series, sizeof(series)), T, 14 * DAY, 0, 1 << 27);
}

/* Every day of two months has its place; large counts do not run into each other. */
static void
long_and_large(void)
{
	struct arena *a = arena_new();
	struct view s = VIEW("");

	for (int i = 0; i < 2 * STANDING_DAYS; i++) {
		s = counted(s, T + i * DAY, STANDING_HAM, 60000000, a);
		s = counted(s, T + i * DAY, STANDING_SPAM, 100000000, a);
	}
	expect(s, T + (2 * STANDING_DAYS - 1) * DAY, 0, 60e6 * STANDING_DAYS, 100e6 * STANDING_DAYS);
	arena_free(a);
}

static void
shares(void)
{
	static const struct {
		double ham, spam;
		int percent, confidence; /* with a minimum of 10 */
		bool known;
	} rows[] = {
		{0, 0, 50, 0, false},
		{1, 0, 33, 9, false},
		{9.9, 0, 8, 49, false},
		{10, 0, 8, 50, true},
		{0, 10, 92, 50, true},
		{5, 5, 50, 50, true},
		{0, 19, 95, 65, true},
		{90, 0, 1, 90, true},
		{300, 0, 0, 96, true},
		{1e9, 1e9, 50, 99, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct standing s = {.ham = rows[i].ham, .spam = rows[i].spam};
		char name[64];

		snprintf(name, sizeof(name), "%g ham, %g spam", s.ham, s.spam);
		UNIT_CASE(standing_percent(&s) == rows[i].percent, name);
		UNIT_CASE(standing_confidence(&s, 10) == rows[i].confidence, name);
		UNIT_CASE(standing_is_known(&s, 10) == rows[i].known, name);
	}
	CU_ASSERT(!standing_is_known(&(struct standing){0}, 0));
	CU_ASSERT_EQUAL(standing_confidence(&(struct standing){0}, 0), 0);
}

/* Taken from the day it was counted on, and never more than is there. */
static void
taking_back(void)
{
	struct arena *a = arena_new();
	struct view s = counted(VIEW(""), T, STANDING_HAM, 2, a);

	s = counted(s, T + 100, STANDING_SPAM, 9, a);
	s = counted(s, T + 3 * DAY, STANDING_SPAM, 7, a);
	s = standing_take_back(s, T + 50, STANDING_SPAM, 5, a);
	expect(s, T + 3 * DAY, 0, 2, 11);
	expect(s, T, 0, 2, 11);
	s = standing_take_back(s, T, STANDING_SPAM, 5, a);
	expect(s, T + 3 * DAY, 0, 2, 7);
	s = standing_take_back(s, T, STANDING_HAM, 2, a);
	s = standing_take_back(s, T + DAY, STANDING_SPAM, 7, a); /* nothing was counted then */
	expect(s, T + 3 * DAY, 0, 0, 7);
	CU_ASSERT_EQUAL(standing_of(s, T + 3 * DAY, 0).since, T + 3 * DAY);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"addresses and networks", names_of_hosts},
	{"organisations and signers", names_of_domains},
	{"keys of others", foreign_keys},
	{"counts decay, and end", decay},
	{"a foreign series", foreign_series},
	{"two full months", long_and_large},
	{"shares and confidence", shares},
	{"taking back", taking_back},
};

int
main(void)
{
	return unit_main("engine/standing", tests, sizeof(tests) / sizeof(*tests));
}
