/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/greylist_record.h"

#include "tests/lib/unit.h"

static const struct settings settings = {.greylist_wait = 120, .greylist_window = 86400,
	.greylist_life = 3200000, .greylist_cap = 3600};

static void
bytes(void)
{
	static const struct greylist_record rows[] = {{0, 0, false}, {1700000000, 1700000001, true},
		{INT64_MAX, INT64_MAX, false}};
	char out[GREYLIST_RECORD_SIZE];
	struct greylist_record got;

	for (size_t i = 0; i < 3; i++) {
		greylist_record_write(&rows[i], out);
		CU_ASSERT_FATAL(greylist_record_read(view_of(out, sizeof(out)), &got));
		CU_ASSERT(got.first == rows[i].first && got.used == rows[i].used &&
			got.passed == rows[i].passed);
	}
	CU_ASSERT_FALSE(greylist_record_read(view_of(out, sizeof(out) - 1), &got));
	CU_ASSERT_FALSE(greylist_record_read(VIEW(""), &got));
	out[16] = 2;
	CU_ASSERT_FALSE(greylist_record_read(view_of(out, sizeof(out)), &got));
	out[16] = 0;
	out[0] = (char)0x80;
	CU_ASSERT_FALSE(greylist_record_read(view_of(out, sizeof(out)), &got));
}

static void
decide(void)
{
	static const struct {
		const char *name;
		struct greylist_record r;
		int64_t now;
		enum greylist_state state;
		int64_t age;
		bool write, passed;
		int64_t lives;
	} rows[] = {
		{"at once", {1000, 1000, false}, 1000, GREYLIST_EARLY, 0, false, false, 86400},
		{"a second early", {1000, 1000, false}, 1119, GREYLIST_EARLY, 119, false, false, 86400},
		{"in time", {1000, 1000, false}, 1120, GREYLIST_PASSED, 120, true, true, 3200000},
		{"late", {1000, 1000, false}, 80000, GREYLIST_PASSED, 79000, true, true, 3200000},
		{"known", {1000, 2000, true}, 3000, GREYLIST_KNOWN, 2000, false, true, 3200000},
		{"known for long", {1000, 2000, true}, 102000, GREYLIST_KNOWN, 101000, true, true, 3200000},
		{"clock set back", {5000, 5000, false}, 1000, GREYLIST_EARLY, 0, true, false, 86400},
		{"clock set back, known", {5000, 5000, true}, 1000, GREYLIST_KNOWN, 0, true, true, 3200000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct greylist_record r = rows[i].r;
		struct greylist_decision d = greylist_record_decide(&r, rows[i].now, &settings);

		UNIT_CASE(d.state == rows[i].state, rows[i].name);
		UNIT_CASE(d.age == rows[i].age, rows[i].name);
		UNIT_CASE(d.write == rows[i].write, rows[i].name);
		UNIT_CASE(r.passed == rows[i].passed, rows[i].name);
		UNIT_CASE(d.expires == rows[i].now + rows[i].lives, rows[i].name);
		UNIT_CASE(!d.write || r.used == rows[i].now, rows[i].name);
	}
}

static void
cap(void)
{
	struct settings long_wait = settings;
	struct greylist_record r = {1000, 1000, false};

	long_wait.greylist_wait = 7200;
	CU_ASSERT_EQUAL(greylist_record_decide(&r, 1000 + 3599, &long_wait).state, GREYLIST_EARLY);
	CU_ASSERT_EQUAL(greylist_record_decide(&r, 1000 + 3600, &long_wait).state, GREYLIST_PASSED);
}

static const struct unit_test tests[] = {
	{"written and read", bytes},
	{"states", decide},
	{"the cap ends every wait", cap},
};

int
main(void)
{
	return unit_main("checks/greylist_record", tests, sizeof(tests) / sizeof(*tests));
}
