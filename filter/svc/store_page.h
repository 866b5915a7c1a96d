/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_page -- what STORE_SCAN answers: some records, and where the next page begins.
 *
 * The cursor (two bytes of length, and as many; empty: this was the last page), then records: key and value,
 * each as two bytes of length and as many, and eight bytes, the second at which it expires. Network order.
 */
#ifndef SVC_STORE_PAGE_H
#define SVC_STORE_PAGE_H

#include "util/limits.h"
#include "util/view.h"

struct store_page_record {
	struct view key, value;
	int64_t expires;
};

struct store_page {
	char bytes[STORE_PAGE_MAX];
	size_t n;
};

/* Begins a page; its cursor (at most STORE_KEY_MAX bytes) is set at the end. */
void store_page_init(struct store_page *p);
/* False: it does not fit any more, and belongs to the next page. A first record always fits. */
bool store_page_add(struct store_page *p, const struct store_page_record *r);
/* The whole page. Lives in p. */
struct view store_page_end(struct store_page *p, struct view cursor);

/* Takes the cursor from the front of page, which then holds the records. False: broken. */
bool store_page_cursor(struct view *page, struct view *cursor_out);
/* Takes the next record; false when there is none, or the page is broken. Views live in page. */
bool store_page_next(struct view *page, struct store_page_record *out);

#endif
