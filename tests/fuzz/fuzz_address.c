/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address.h"

#include <stdlib.h>

#include "mail/domain.h"
#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Each address found is whole: bounded, without control characters, its domain normal or a literal.
 */
static void
check(const struct address *x, struct arena *a, bool domain)
{
	bool ok = x->local.p && x->text.p && x->local.n <= PATH_MAX_SMTP;

	if (domain)
		ok = ok && x->domain.n && x->text.n == x->local.n + 1 + x->domain.n &&
		     x->text.p[x->local.n] == '@' &&
		     (x->domain.p[0] == '[' || view_eq(domain_normal(x->domain, a), x->domain));
	for (size_t i = 0; ok && i < x->text.n; i++)
		ok = (unsigned char)x->text.p[i] >= ' ';
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct address_list list;
	struct address one;

	if (address_path(view_of(data, n), a, &one) == ADDRESS_OK)
		check(&one, a, one.domain.p != NULL);
	address_list(view_of(data, n), a, &list);
	if (list.n > ADDRESSES_MAX)
		abort();
	for (size_t i = 0; i < list.n; i++) {
		check(&list.item[i], a, true);
		if (list.item[i].display.n > n)
			abort();
	}
	arena_free(a);
	return 0;
}
