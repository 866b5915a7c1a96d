/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/greylist_record.h"

#include "tests/lib/unit.h"

static const struct greylist_terms terms = {.wait = 120, .window = 86400, .life = 3200000, .cap = 3600};

static bool
same(const struct greylist_record *a, const struct greylist_record *b)
{
	return a->first == b->first && a->used == b->used && a->passed == b->passed &&
		view_eq(a->organisation, b->organisation) && view_eq(a->sender, b->sender) &&
		view_eq(a->recipient, b->recipient);
}

static void
bytes(void)
{
	static const struct greylist_record rows[] = {{.first = 0}, {.first = 1700000000, .used = 1700000001,
			.passed = true}, {.first = ((int64_t)1 << 40) - 1, .used = ((int64_t)1 << 40) - 1},
		{.first = 1, .organisation = VIEW("x.example"), .sender = VIEW("<>"), .recipient = VIEW("kim@y.example")},
		{.first = 1, .organisation = VIEW("x.example")}};
	char out[GREYLIST_RECORD_MAX];
	struct greylist_record got;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct view v = greylist_record_write(&rows[i], out);

		CU_ASSERT_FATAL(greylist_record_read(v, &got));
		CU_ASSERT(same(&got, &rows[i]));
		for (size_t n = 0; n < v.n; n++) /* 11 bytes are a record without texts */
			CU_ASSERT_EQUAL(greylist_record_read(view_head(v, n), &got), n == 11);
	}
}

static void
damaged(void)
{
	struct greylist_record r = {.first = 1, .organisation = VIEW("x"), .sender = VIEW("y"), .recipient = VIEW("z")};
	char out[GREYLIST_RECORD_MAX + 1];
	struct view v = greylist_record_write(&r, out);

	CU_ASSERT_FALSE(greylist_record_read(VIEW(""), &r));
	CU_ASSERT(greylist_record_read(greylist_record_write(&(struct greylist_record){.first = -1,
		.used = INT64_MAX}, (char[GREYLIST_RECORD_MAX]){0}), &r) && r.first == 0 &&
		r.used == ((int64_t)1 << 40) - 1);
	out[v.n] = 0;
	CU_ASSERT_FALSE(greylist_record_read(view_of(out, v.n + 1), &r));
	out[11] = GREYLIST_TEXT + 1;
	CU_ASSERT_FALSE(greylist_record_read(v, &r));
	out[11] = 1;
	CU_ASSERT(greylist_record_read(v, &r));
	out[10] = 2;
	CU_ASSERT_FALSE(greylist_record_read(v, &r));
	memset(out, 0, sizeof(out));
	CU_ASSERT_FALSE(greylist_record_read(view_of(out, 14), &r)); /* as one without texts is not written */
}

/* Long texts are cut, and ten million records of usual mail fit in 2 GB with their keys. */
static void
ceilings(void)
{
	static const char text[300];
	struct greylist_record r = {.organisation = VIEW("x.example"), .sender = VIEW("x"), .recipient = VIEW("x")};
	char out[GREYLIST_RECORD_MAX];

	r.sender = r.recipient = r.organisation = view_of(text, sizeof(text));
	CU_ASSERT_EQUAL(greylist_record_write(&r, out).n, GREYLIST_RECORD_MAX);
	CU_ASSERT(greylist_record_read(view_of(out, GREYLIST_RECORD_MAX), &r));
	CU_ASSERT_EQUAL(r.sender.n, GREYLIST_TEXT);
	r = (struct greylist_record){.organisation = VIEW("newsletter.example"),
		.sender = VIEW("bounce-#@mail.newsletter.example"), .recipient = VIEW("kim.smith@example.org")};
	CU_ASSERT(greylist_record_write(&r, out).n + 32 <= 150);
	r.first = r.used = INT64_MAX;
	CU_ASSERT(greylist_record_read(greylist_record_write(&r, out), &r));
	CU_ASSERT_EQUAL(r.first, ((int64_t)1 << 40) - 1);
}

static void
keys(void)
{
	struct arena *a = arena_new();
	struct view a_sender = VIEW("a@x.example"), kim = VIEW("kim@y.example");
	struct view key = greylist_record_key(VIEW("x.example"), a_sender, kim, a);

	CU_ASSERT_EQUAL(key.n, 32);
	CU_ASSERT(view_eq(key, greylist_record_key(VIEW("X.example"), VIEW("A@x.example"), VIEW("KIM@y.example"), a)));
	CU_ASSERT_FALSE(view_eq(key, greylist_record_key(VIEW("x.example"), VIEW("b@x.example"), kim, a)));
	CU_ASSERT_FALSE(view_eq(key, greylist_record_key(VIEW("x.example"), VIEW(""), kim, a)));
	CU_ASSERT_FALSE(view_eq(key, greylist_record_key(VIEW("x.examplea"), VIEW("@x.example"), kim, a)));
	CU_ASSERT_FALSE(view_eq(key, greylist_record_key(GREYLIST_ANYWHERE, a_sender, kim, a)));
	arena_free(a);
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
		{"at once", {.first = 1000, .used = 1000}, 1000, GREYLIST_EARLY, 0, false, false, 86400},
		{"a second early", {.first = 1000, .used = 1000}, 1119, GREYLIST_EARLY, 119, false, false, 86400},
		{"in time", {.first = 1000, .used = 1000}, 1120, GREYLIST_PASSED, 120, true, true, 3200000},
		{"late", {.first = 1000, .used = 1000}, 80000, GREYLIST_PASSED, 79000, true, true, 3200000},
		{"known", {.first = 1000, .used = 2000, .passed = true}, 3000, GREYLIST_KNOWN, 2000, false, true, 3200000},
		{"known for long", {.first = 1000, .used = 2000, .passed = true}, 102000, GREYLIST_KNOWN, 101000,
			true, true, 3200000},
		{"clock set back", {.first = 5000, .used = 5000}, 1000, GREYLIST_PASSED, 0, true,
			true, 3200000},
		{"another node's clock", {.first = 1060, .used = 1060}, 1000, GREYLIST_EARLY, 0, false,
			false, 86400},
		{"clock set back, known", {.first = 5000, .used = 5000, .passed = true}, 1000, GREYLIST_KNOWN, 0, true,
			true, 3200000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct greylist_record r = rows[i].r;
		struct greylist_decision d = greylist_record_decide(&r, rows[i].now, &terms);

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
	struct greylist_terms long_wait = terms;
	struct greylist_record r = {.first = 1000, .used = 1000};

	long_wait.wait = 7200;
	CU_ASSERT_EQUAL(greylist_record_decide(&r, 1000 + 3599, &long_wait).state, GREYLIST_EARLY);
	CU_ASSERT_EQUAL(greylist_record_decide(&r, 1000 + 3600, &long_wait).state, GREYLIST_PASSED);
}

static const struct unit_test tests[] = {
	{"written and read", bytes},
	{"damaged", damaged},
	{"ceilings", ceilings},
	{"keys", keys},
	{"states", decide},
	{"the cap ends every wait", cap},
};

int
main(void)
{
	return unit_main("checks/greylist_record", tests, sizeof(tests) / sizeof(*tests));
}
