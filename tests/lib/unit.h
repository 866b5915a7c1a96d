/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unit -- CUnit with one line a test and a status: what every tests/unit file ends with.
 *
 *	static const struct unit_test tests[] = {{"splits at commas", splits}, ...};
 *	int main(void) { return unit_main("util/view", tests, sizeof(tests) / sizeof(*tests)); }
 */
#ifndef TESTS_LIB_UNIT_H
#define TESTS_LIB_UNIT_H

#include <CUnit/CUnit.h>

#include "util/view.h"

struct unit_test {
	const char *name;
	void (*run)(void);
};

/* 0 if all passed; prints "ok NAME" or "FAILED NAME" and each failed assertion with file and line. */
int unit_main(const char *suite, const struct unit_test *tests, size_t n);

/* Asserts that got has the bytes of want; shows both when it has not. */
#define UNIT_VIEW(got, want) unit_view((got), (want), __FILE__, __LINE__)
void unit_view(struct view got, const char *want, const char *file, int line);
/* As CU_ASSERT, naming the table row that failed. */
#define UNIT_CASE(ok, name) unit_case((ok), (name), #ok, __FILE__, __LINE__)
void unit_case(bool ok, const char *name, const char *text, const char *file, int line);

/* A file of ../shared/suites (or $SUITES), or NULL with a message when the suites are absent. The path
 * lives until the next call. */
const char *unit_suite_file(const char *name);
/* The whole of a file, or absent. Give back with free((void *)v.p). */
struct view unit_read_file(const char *path);

#endif
