/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
unit_main(const char *suite, const struct unit_test *tests, size_t n)
{
	int failed = 0;
	CU_pSuite s;

	if (CU_initialize_registry() != CUE_SUCCESS || !(s = CU_add_suite(suite, NULL, NULL)))
		return 2;
	for (size_t i = 0; i < n; i++) {
		CU_pTest t = CU_add_test(s, tests[i].name, tests[i].run);
		CU_pFailureRecord f;

		if (!t || CU_run_test(s, t) != CUE_SUCCESS)
			return 2;
		f = CU_get_failure_list();
		printf("%s %s: %s\n", f ? "FAILED" : "ok", suite, tests[i].name);
		failed += f != NULL;
		for (; f; f = f->pNext)
			printf("  %s:%u: %s\n", f->strFileName ? f->strFileName : "?", f->uiLineNumber,
				f->strCondition ? f->strCondition : "");
		fflush(stdout);
	}
	CU_cleanup_registry();
	return failed ? 1 : 0;
}

void
unit_view(struct view got, const char *want, const char *file, int line)
{
	char text[600];
	bool ok = got.p && view_eq_str(got, want);

	snprintf(text, sizeof(text), "got \"%.*s\"%s, want \"%s\"", (int)(got.n < 250 ? got.n : 250),
		got.p ? got.p : "", got.p ? "" : " (absent)", want);
	CU_assertImplementation(ok, (unsigned)line, text, file, "", CU_FALSE);
}

void
unit_case(bool ok, const char *name, const char *text, const char *file, int line)
{
	char all[600];

	snprintf(all, sizeof(all), "%s: %s", name, text);
	CU_assertImplementation(ok, (unsigned)line, all, file, "", CU_FALSE);
}

const char *
unit_suite_file(const char *name)
{
	static char path[1024];
	const char *suites = getenv("SUITES");

	snprintf(path, sizeof(path), "%s/%s", suites ? suites : "../shared/suites", name);
	if (access(path, R_OK) == 0)
		return path;
	printf("skip: %s is not here (set SUITES)\n", name);
	return NULL;
}

struct view
unit_read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *p = NULL;
	size_t n = 0, cap = 0, got;

	if (!f)
		return (struct view){NULL, 0};
	do {
		cap += 65536;
		p = realloc(p, cap);
		if (!p)
			abort();
		got = fread(p + n, 1, cap - n, f);
		n += got;
	} while (got);
	fclose(f);
	return view_of(p, n);
}
