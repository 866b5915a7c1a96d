/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store_page.h"

#include "tests/lib/unit.h"

static struct store_page p;

static void
there_and_back(void)
{
	const struct store_page_record a = {VIEW("a\0b"), VIEW("one"), 100}, b = {VIEW("c"), VIEW(""), 0};
	struct store_page_record r;
	struct view page, cursor;

	store_page_init(&p);
	CU_ASSERT(store_page_add(&p, &a) && store_page_add(&p, &b));
	page = store_page_end(&p, VIEW("next"));
	CU_ASSERT(store_page_cursor(&page, &cursor));
	UNIT_VIEW(cursor, "next");
	CU_ASSERT(store_page_next(&page, &r));
	CU_ASSERT(view_eq(r.key, a.key) && view_eq(r.value, a.value) && r.expires == 100);
	CU_ASSERT(store_page_next(&page, &r));
	CU_ASSERT(view_eq(r.key, b.key) && r.value.n == 0 && r.expires == 0);
	CU_ASSERT_FALSE(store_page_next(&page, &r));
}

/* The largest record fits, whatever the cursor; a page that is full says so. */
static void
full(void)
{
	static char key[STORE_KEY_MAX + 1], value[STORE_VALUE_MAX];
	struct store_page_record r = {view_of(key, STORE_KEY_MAX), view_of(value, sizeof(value)), 1};
	struct view page, cursor;
	size_t n = 0, found = 0;

	store_page_init(&p);
	while (store_page_add(&p, &r))
		n++;
	CU_ASSERT(n >= 6);
	page = store_page_end(&p, r.key);
	CU_ASSERT(page.n <= STORE_PAGE_MAX && store_page_cursor(&page, &cursor) && view_eq(cursor, r.key));
	while (store_page_next(&page, &r))
		found++;
	CU_ASSERT_EQUAL(found, n);
	store_page_init(&p);
	r.key.n = STORE_KEY_MAX + 1;
	CU_ASSERT_FALSE(store_page_add(&p, &r));
}

static void
cut(void)
{
	const struct store_page_record r = {VIEW("key"), VIEW("value"), 7};
	struct store_page_record got;
	struct view page, cursor, whole;

	store_page_init(&p);
	store_page_add(&p, &r);
	whole = store_page_end(&p, VIEW("c"));
	for (size_t i = 0; i < whole.n; i++) {
		page = view_head(whole, i);
		CU_ASSERT_FALSE(store_page_cursor(&page, &cursor) && store_page_next(&page, &got));
	}
	page = VIEW("\xff\xff");
	CU_ASSERT_FALSE(store_page_cursor(&page, &cursor));
}

static const struct unit_test tests[] = {
	{"records and a cursor", there_and_back},
	{"a full page", full},
	{"a cut page", cut},
};

int
main(void)
{
	return unit_main("svc/store_page", tests, sizeof(tests) / sizeof(*tests));
}
