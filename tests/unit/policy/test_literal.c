/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/literal.h"

#include "tests/lib/unit.h"

static const struct {
	const char *text;
	bool good;
	int32_t want;
} scores[] = {
	{"2", true, 200}, {"-1.5", true, -150}, {"+0.25", true, 25}, {"0.05", true, 5},
	{"-0.1", true, -10}, {"1000000", true, 100000000}, {"1000001", false, 0}, {"", false, 0},
	{"-", false, 0}, {"1.", false, 0}, {".5", false, 0}, {"1.234", false, 0}, {"1.2x", false, 0},
	{"1.-2", false, 0}, {"--1", false, 0}, {"1e3", false, 0}, {"2 ", false, 0},
	{"99999999999999999999999", false, 0},
};

static const struct {
	const char *text;
	bool good;
	uint64_t want;
} durations[] = {
	{"50ms", true, 50}, {"10s", true, 10000}, {"5m", true, 300000}, {"1h", true, 3600000},
	{"2d", true, 172800000}, {"1w", true, 604800000}, {"0s", true, 0}, {"3650d", true, 315360000000},
	{"3651d", false, 0}, {"18446744073709551615w", false, 0}, {"10", false, 0}, {"s", false, 0},
	{"", false, 0}, {"10S", false, 0}, {"1h30m", false, 0}, {"-1s", false, 0}, {"1.5h", false, 0},
}, sizes[] = {
	{"40B", true, 40}, {"512K", true, 524288}, {"1KB", true, 1024}, {"25MB", true, 26214400},
	{"1G", true, 1073741824}, {"25", false, 0}, {"MB", false, 0}, {"1TB", false, 0},
	{"1048576GB", true, 1ULL << 50}, {"1048577GB", false, 0}, {"1mb", false, 0},
};

static void
numbers(void)
{
	for (size_t i = 0; i < sizeof(scores) / sizeof(*scores); i++) {
		int32_t got = 0;

		UNIT_CASE(literal_score(view_str(scores[i].text), &got) == scores[i].good &&
				got == scores[i].want,
			scores[i].text);
	}
	for (size_t i = 0; i < sizeof(durations) / sizeof(*durations); i++) {
		uint64_t got = 0;

		UNIT_CASE(literal_duration(view_str(durations[i].text), &got) == durations[i].good &&
				got == durations[i].want,
			durations[i].text);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint64_t got = 0;

		UNIT_CASE(literal_size(view_str(sizes[i].text), &got) == sizes[i].good &&
				got == sizes[i].want,
			sizes[i].text);
	}
}

static void
names(void)
{
	CU_ASSERT(literal_is_symbol(VIEW("ZEN_2")));
	CU_ASSERT(!literal_is_symbol(VIEW("Z")));
	CU_ASSERT(!literal_is_symbol(VIEW("2Z")));
	CU_ASSERT(!literal_is_symbol(VIEW("_Z")));
	CU_ASSERT(!literal_is_symbol(VIEW("ZEn")));
	CU_ASSERT(!literal_is_symbol(VIEW("ZEN-A")));
	CU_ASSERT(!literal_is_symbol(VIEW("")));
	CU_ASSERT(literal_is_name(VIEW("own-nets2")));
	CU_ASSERT(literal_is_name(VIEW("a")));
	CU_ASSERT(!literal_is_name(VIEW("-a")));
	CU_ASSERT(!literal_is_name(VIEW("2a")));
	CU_ASSERT(!literal_is_name(VIEW("a.b")));
	CU_ASSERT(!literal_is_name(VIEW("aB")));
	CU_ASSERT(!literal_is_name(VIEW("")));
}

static const struct unit_test tests[] = {
	{"reads scores, durations and sizes", numbers},
	{"tells names from symbols", names},
};

int
main(void)
{
	return unit_main("policy/parser/literal", tests, sizeof(tests) / sizeof(*tests));
}
