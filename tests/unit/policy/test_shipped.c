/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/shipped.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/unit.h"

/* A checkout's rules, and those of a site beside it. */
static void
by_place(void)
{
	static const struct {
		const char *file;
		bool shipped;
	} cases[] = {
		{"%s/rules/a.rules", true}, {"%s/rules/retired.rules", true}, {"%s/rules/lists/b.rules", true},
		{"%s/site/c.rules", false}, {"%s/c.rules", false}, {"c.rules", false},
		{RULES_DIR "/host.rules", true}, {RULES_DIR "/dnsbl/x.rules", true}, {RULES_DIR "-site/x.rules", false},
	};
	static const char *const folders[] = {"%s/rules", "%s/rules/lists", "%s/site"};
	char folder[] = "/tmp/postern-test.XXXXXX";
	struct arena *a = arena_new();
	const char *retired;
	FILE *f;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(mkdir(arena_printf(a, "%s%s", folder, folders[i] + 2).p, 0700), 0);
	retired = arena_printf(a, "%s/rules/retired.rules", folder).p;
	f = fopen(retired, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fclose(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *file = cases[i].file;
		struct view path = *file == '%' ? arena_printf(a, "%s%s", folder, file + 2) : view_str(file);

		UNIT_CASE(shipped_file(NULL, path, a) == cases[i].shipped, file);
	}
	unlink(retired);
	for (size_t i = 3; i-- > 0;)
		rmdir(arena_printf(a, "%s%s", folder, folders[i] + 2).p);
	rmdir(folder);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"by place", by_place},
};

int
main(void)
{
	return unit_main("policy/shipped", tests, sizeof(tests) / sizeof(*tests));
}
