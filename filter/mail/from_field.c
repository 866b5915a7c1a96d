/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/from_field.h"

const char *
from_field_why(enum from_field_status s)
{
	static const char *const why[] = {"one author", "no author", "more than one author",
		"the From field is not well-formed"};

	return why[s];
}

enum from_field_status
from_field_read(
	const struct header_field *first, size_t count, struct arena *a, struct address *out)
{
	struct address_list list;

	*out = (struct address){0};
	if (!first)
		return FROM_FIELD_NONE;
	address_list(first->value, a, &list);
	if (list.n > 0)
		*out = list.item[0];
	if (count > 1 || list.n > 1 || list.cut)
		return FROM_FIELD_MANY;
	if (list.bad)
		return FROM_FIELD_BAD;
	if (list.n == 0)
		return FROM_FIELD_NONE;
	if (out->domain.n == 0 || out->domain.p[0] == '[')
		return FROM_FIELD_BAD;
	return FROM_FIELD_ONE;
}
