/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store_wire.h"

#include "tests/lib/unit.h"

static const struct store_request good = {.op = STORE_ADD, .type = STORE_GREYLIST, .version = 7,
	.now = 1700000000, .expires = 1700000600, .key = {"key\0x", 5}, .value = {"value", 5}};

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
	CU_ASSERT(view_eq(r.key, good.key) && view_eq(r.value, good.value));
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(store_wire_read_request(view_of(out, i), &r, &used), STORE_WIRE_MORE);
}

static void
largest(void)
{
	static char key[STORE_KEY_MAX + 1], value[STORE_VALUE_MAX + 1];
	char out[STORE_WIRE_REQUEST_MAX], back[STORE_WIRE_REPLY_MAX];
	struct store_request r = good, got;
	enum store_status status;
	struct view v;
	size_t used;

	r.key = view_of(key, STORE_KEY_MAX);
	r.value = view_of(value, STORE_VALUE_MAX);
	CU_ASSERT(store_wire_fits(&r));
	CU_ASSERT_EQUAL(store_wire_write_request(&r, out), STORE_WIRE_REQUEST_MAX);
	CU_ASSERT_EQUAL(store_wire_read_request(view_of(out, sizeof(out)), &got, &used), STORE_WIRE_OK);
	CU_ASSERT_EQUAL(store_wire_write_reply(STORE_FOUND, r.value, back), STORE_WIRE_REPLY_MAX);
	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(back, sizeof(back)), &status, &v, &used),
		STORE_WIRE_OK);
	r.key.n++;
	CU_ASSERT_FALSE(store_wire_fits(&r));
	r.key.n = 0;
	CU_ASSERT_FALSE(store_wire_fits(&r));
	r = good;
	r.value = view_of(value, STORE_VALUE_MAX + 1);
	CU_ASSERT_FALSE(store_wire_fits(&r));
}

/* Each case changes one byte of a good request: op 4, type 5, version 6, now 7-14, expires 15-22, key length
 * 23-24, value length 30-31. */
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
		{"length one too long", 3, 34, STORE_WIRE_MORE},
		{"length one too short", 3, 32, STORE_WIRE_BAD},
		{"no operation 0", 4, 0, STORE_WIRE_BAD},
		{"no operation 4", 4, 4, STORE_WIRE_BAD},
		{"no type 0", 5, 0, STORE_WIRE_BAD},
		{"any version", 6, 255, STORE_WIRE_OK},
		{"negative now", 7, 0x80, STORE_WIRE_BAD},
		{"negative expires", 15, 0x80, STORE_WIRE_BAD},
		{"key beyond the frame", 23, 1, STORE_WIRE_BAD},
		{"key shorter, rest shifted", 24, 4, STORE_WIRE_BAD},
		{"value beyond the frame", 31, 6, STORE_WIRE_BAD},
		{"bytes left over", 31, 4, STORE_WIRE_BAD},
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

static void
reply(void)
{
	char out[STORE_WIRE_REPLY_MAX];
	enum store_status status;
	struct view value;
	size_t used, n = store_wire_write_reply(STORE_FOUND, VIEW("abc"), out);

	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, n), &status, &value, &used), STORE_WIRE_OK);
	CU_ASSERT(status == STORE_FOUND && used == n);
	UNIT_VIEW(value, "abc");
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, i), &status, &value, &used),
			STORE_WIRE_MORE);
	out[4] = 3; /* no such status */
	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, n), &status, &value, &used), STORE_WIRE_BAD);
	out[4] = 0;
	out[6] = 2; /* a byte is left over */
	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, n), &status, &value, &used), STORE_WIRE_BAD);
	n = store_wire_write_reply(STORE_NONE, VIEW(""), out);
	CU_ASSERT_EQUAL(store_wire_read_reply(view_of(out, n), &status, &value, &used), STORE_WIRE_OK);
	CU_ASSERT(status == STORE_NONE && value.n == 0);
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
	{"reply", reply},
	{"one frame at a time", two},
};

int
main(void)
{
	return unit_main("svc/store_wire", tests, sizeof(tests) / sizeof(*tests));
}
