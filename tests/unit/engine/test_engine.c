/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/engine.h"

#include "tests/lib/unit.h"

static const struct fact_def rows[] = {
	{.name = "sky.colour", .type = FACT_WORD, .help = ""},
	{.name = "sky.clouds", .type = FACT_NUMBER, .help = ""},
};

static const char *
lacks(const struct settings *s, size_t i)
{
	return i == 1 && !s->dry_run ? "set dry-run" : NULL;
}

static const struct check sky = {.name = "sky", .facts = rows, .n_facts = 2, .lacks = lacks};
static const struct check plain = {.name = "plain", .facts = rows, .n_facts = 1};

/* What a check cannot compute with these settings is told by name, with the remedy. */
static void
tells_what_settings_leave_out(void)
{
	const struct check *const checks[] = {&plain, &sky, NULL};
	struct settings settings = {.dry_run = false};
	const struct engine_options o = {.settings = &settings, .checks = checks};
	struct arena *a = arena_new();
	const struct program_lack *found;
	size_t n;

	found = engine_lacks(&o, a, &n);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_STRING_EQUAL(found[0].fact, "sky.clouds");
	CU_ASSERT_STRING_EQUAL(found[0].remedy, "set dry-run");
	settings.dry_run = true;
	engine_lacks(&o, a, &n);
	CU_ASSERT_EQUAL(n, 0);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"tells what settings leave out", tells_what_settings_leave_out},
};

int
main(void)
{
	return unit_main("engine/engine", tests, sizeof(tests) / sizeof(*tests));
}
