/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_list -- a list of any type from lines of bytes, then look-ups; phrases against the plain
 * search.
 *
 * First byte: the type. Lines up to an empty one: items ("a b" is a pair). The rest: values.
 */
#include <stdlib.h>

#include "policy/list.h"
#include "util/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct view
second_of(struct view *item)
{
	size_t at = view_find(*item, ' ');
	struct view second = {NULL, 0};

	if (at < item->n) {
		second = view_skip(*item, at + 1);
		*item = view_head(*item, at);
	}
	return second;
}

static void
look_up(const struct list *l, struct view value, struct view items)
{
	bool found = false;
	struct view item, first = value, second = second_of(&first);

	list_has_text(l, value);
	list_has_pair(l, first, second.p ? second : value);
	if (list_kind(l) != LIST_PHRASES)
		return;
	while (view_split(&items, '\n', &item) && item.n)
		found |= item.n <= 512 && view_search_nocase(value, item) < value.n;
	if ((list_search(l, value) == LIST_YES) != found)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest, items, item, second;
	struct list_note note;
	struct list *l;

	if (size < 1)
		return 0;
	l = list_new((enum list_type)(data[0] % (LIST_PAIRS + 1)), LIST_ADDRESSES, LIST_NETS);
	rest = items = view_of(data + 1, size - 1);
	while (view_split(&rest, '\n', &item) && item.n) {
		struct view whole = item;

		second = list_kind(l) == LIST_PAIRS ? second_of(&item) : (struct view){NULL, 0};
		if (!list_add(l, item, second, &note) && !note.text[0])
			abort();
		if (whole.p[0] == '-' && list_kind(l) != LIST_PHRASES)
			list_remove(l, item, second);
	}
	if (list_seal(l, &note)) {
		while (view_split(&rest, '\n', &item))
			look_up(l, item, items);
	}
	list_free(l);
	return 0;
}
