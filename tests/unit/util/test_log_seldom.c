/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/log_capture.h"
#include "tests/lib/unit.h"
#include "util/log.h"

/* Lines written to stderr while three lists are reported, `rounds` times each. */
static size_t
lines(unsigned rounds)
{
	struct view text;
	size_t n = 0;

	log_capture_begin();
	for (unsigned i = 0; i < rounds; i++) {
		log_seldom(LOG_LEVEL_WARN, "test", "list=%s", "one");
		log_seldom(LOG_LEVEL_WARN, "test", "list=%s", "two");
		log_seldom(LOG_LEVEL_WARN, "other", "list=%s", "one");
	}
	text = log_capture_end();
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

static void
once(void)
{
	CU_ASSERT_EQUAL(lines(10), 3);
	CU_ASSERT_EQUAL(lines(10), 0); /* within the same minute */
}

static const struct unit_test tests[] = {{"each line once a minute", once}};

int
main(void)
{
	return unit_main("util/log_seldom", tests, sizeof(tests) / sizeof(*tests));
}
