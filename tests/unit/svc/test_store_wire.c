/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/store_wire.h"

#include "tests/lib/unit.h"

static const struct store_request good = {.op = STORE_ADD, .type = STORE_GREYLIST, .version = 7,
	.now = 1700000000, .expires = 1700000600, .amount = 5, .step = 60, .window = 3600,
	.key = {"key\0x", 5}, .value = {"value", 5}};

static void
request(void)
{
	char out[STORE_WIRE_REQUEST_MAX];
	size_t n = store_wire_write_request(&good, out), used = 0;
	struct store_request r;

	CU_ASSERT_EQUAL(store_wire_read_request(view_of(out, n), &r, &used), STORE_WIRE_OK);
	CU_ASSERT_EQUAL(used, n);
	CU_ASSERT(r.op == STORE_ADD && r.type == STORE_GREYLIST && r.version == 7);
	CU_ASSERT(r.now == good.now && r.expires == good.expires);
	CU_ASSERT(r.amount == 5 && r.step == 60 && r.window == 3600);
	CU_ASSERT(view_eq(r.key, good.key) && view_eq(r.value, good.value));
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(store_wire_read_request(view_of(out, i), &r, &used), STORE_WIRE_MORE);
}

static void
largest(void)
{
	static char key[STORE_KEY_MAX + 1], value[STORE_VALUE_MAX + 1], page[STORE_PAGE_MAX];
	static char back[STORE_WIRE_REPLY_MAX];
	const struct store_result full = {STORE_FOUND, view_of(page, sizeof(page))};
	struct store_request r = good, got;
	char out[STORE_WIRE_REQUEST_MAX];
	struct store_result result;
	size_t used;

	r.key = view_of(key, STORE_KEY_MAX);
	r.value = view_of(value, STORE_VALUE_MAX);
	CU_ASSERT(store_wire_fits(&r));
	CU_ASSERT_EQUAL(store_wire_write_request(&r, out), STORE_WIRE_REQUEST_MAX);
	CU_ASSERT_EQUAL(store_wire_read_request(view_of(out, sizeof(out)), &got, &used), STORE_WIRE_OK);
	CU_ASSERT_EQUAL(store_wire_write_reply(&full, back), STORE_WIRE_REPLY_MAX);
	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(back, sizeof(back)), &result, &used), STORE_WIRE_OK);
	CU_ASSERT_EQUAL(result.value.n, STORE_PAGE_MAX);
	r.key.n++;
	CU_ASSERT_FALSE(store_wire_fits(&r));
	r.key.n = 0;
	CU_ASSERT_FALSE(store_wire_fits(&r));
	r = good;
	r.value = view_of(value, STORE_VALUE_MAX + 1);
	CU_ASSERT_FALSE(store_wire_fits(&r));
}

/* Each case changes one byte of a good request: op 4, type 5, version 6, now 7-14, expires 15-22, amount 23-30,
 * step 31-34, window 35-38, key length 39-40, value length 46-47. */
static void
bad_request(void)
{
	static const struct {
		const char *name;
		size_t at;
		unsigned char byte;
		enum store_wire_status want;
	} cases[] = {
		{"length over all limits", 0, 1, STORE_WIRE_BAD},
		{"length just over the limit", 2, 0x13, STORE_WIRE_BAD},
		{"length one too long", 3, 50, STORE_WIRE_MORE},
		{"length one too short", 3, 48, STORE_WIRE_BAD},
		{"no operation 0", 4, 0, STORE_WIRE_BAD},
		{"no operation 7", 4, 7, STORE_WIRE_BAD},
		{"another operation", 4, STORE_TALLY, STORE_WIRE_OK},
		{"no type 0", 5, 0, STORE_WIRE_BAD},
		{"any version", 6, 255, STORE_WIRE_OK},
		{"negative now", 7, 0x80, STORE_WIRE_BAD},
		{"negative expires", 15, 0x80, STORE_WIRE_BAD},
		{"negative amount", 23, 0x80, STORE_WIRE_BAD},
		{"amount beyond what is counted", 24, 0x21, STORE_WIRE_BAD},
		{"key beyond the frame", 39, 1, STORE_WIRE_BAD},
		{"key shorter, rest shifted", 40, 4, STORE_WIRE_BAD},
		{"value beyond the frame", 47, 6, STORE_WIRE_BAD},
		{"bytes left over", 47, 4, STORE_WIRE_BAD},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char out[STORE_WIRE_REQUEST_MAX];
		size_t n = store_wire_write_request(&good, out), used;
		struct store_request r;

		out[cases[i].at] = (char)cases[i].byte;
		UNIT_CASE(store_wire_read_request(view_of(out, n), &r, &used) == cases[i].want,
			cases[i].name);
	}
}

/* A window has at least a step, and not more steps than a series has room for. */
static void
windows(void)
{
	static const struct {
		uint32_t step, window;
		bool want;
	} rows[] = {{0, 60, false}, {60, 59, false}, {60, 60, true}, {1, STORE_STEPS_MAX - 2, true},
		{1, STORE_STEPS_MAX - 1, false}, {3600, 86400, true}, {UINT32_MAX, UINT32_MAX, true}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct store_request r = good;

		r.op = STORE_TALLY;
		r.step = rows[i].step;
		r.window = rows[i].window;
		CU_ASSERT_EQUAL(store_wire_fits(&r), rows[i].want);
	}
}

static void
reply(void)
{
	static char out[STORE_WIRE_REPLY_MAX];
	const struct store_result found = {STORE_FOUND, VIEW("abc")}, empty = {STORE_FOUND, VIEW("")},
				  none = {STORE_NONE, {NULL, 0}};
	struct store_result got;
	size_t used, n = store_wire_write_reply(&found, out);

	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, n), &got, &used), STORE_WIRE_OK);
	CU_ASSERT(got.status == STORE_FOUND && used == n);
	UNIT_VIEW(got.value, "abc");
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, i), &got, &used), STORE_WIRE_MORE);
	out[4] = 3; /* no such status */
	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, n), &got, &used), STORE_WIRE_BAD);
	out[4] = 0;
	out[5] = 0; /* no value, and yet there is one */
	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, n), &got, &used), STORE_WIRE_BAD);
	out[5] = 1;
	out[7] = 2; /* a byte is left over */
	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, n), &got, &used), STORE_WIRE_BAD);
	n = store_wire_write_reply(&none, out);
	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, n), &got, &used), STORE_WIRE_OK);
	CU_ASSERT(got.status == STORE_NONE && got.value.p == NULL);
	n = store_wire_write_reply(&empty, out);
	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, n), &got, &used), STORE_WIRE_OK);
	CU_ASSERT(got.status == STORE_FOUND && got.value.p && got.value.n == 0);
}

static void
two(void)
{
	char out[2 * STORE_WIRE_REQUEST_MAX];
	size_t n = store_wire_write_request(&good, out), used;
	struct store_request r;

	memcpy(out + n, out, n);
	CU_ASSERT_EQUAL(store_wire_read_request(view_of(out, 2 * n), &r, &used), STORE_WIRE_OK);
	CU_ASSERT_EQUAL(used, n);
}

static const struct unit_test tests[] = {
	{"request", request},
	{"largest frames", largest},
	{"broken requests", bad_request},
	{"windows", windows},
	{"reply", reply},
	{"one frame at a time", two},
};

int
main(void)
{
	return unit_main("svc/store_wire", tests, sizeof(tests) / sizeof(*tests));
}
