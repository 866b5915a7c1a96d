/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/domain.h"

#include <stdlib.h>

#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* A normal name is bounded, stays as it is, and its parts are parts of it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view in = view_of(data, n), name = domain_normal(in, a), part;

	domain_labels(in);
	domain_tail(in, 2);
	domain_has_known_suffix(in);
	part = domain_registrable(in);
	check(!part.p || view_ends_nocase(in, part));
	check(!domain_syntax_ok(in) || name.p);
	part = domain_find(in, a);
	check(!part.p || (domain_registrable(part).p && view_eq(domain_find(part, a), part)));
	if (name.p) {
		check(name.n > 0 && name.n <= DOMAIN_MAX);
		check(view_eq(domain_normal(name, a), name));
		part = domain_registrable(name);
		check(!part.p || (domain_under(name, part) && domain_labels(part) >= 2));
		check(domain_labels(domain_tail(name, 1)) == 1);
		check(domain_under(name, domain_tail(name, 2)));
	}
	arena_free(a);
	return 0;
}
