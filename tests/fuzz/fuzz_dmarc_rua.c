/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "mail/dmarc/dmarc_rua.h"
#include "mail/domain.h"
#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What passes is a plain address: nothing in it ends a header line or begins an option. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view list = view_of(data, n);
	enum dmarc_rua_end end;
	struct dmarc_rua r;

	while ((end = dmarc_rua_next(&list, a, &r)) != DMARC_RUA_END) {
		if (end == DMARC_RUA_BAD)
			continue;
		if (r.address.n > LOCAL_PART_MAX + 1 + DOMAIN_MAX || r.address.p[0] == '-' ||
			!domain_syntax_ok(r.domain) || !view_ends_nocase(r.address, r.domain))
			abort();
		for (size_t i = 0; i < r.address.n; i++)
			if (r.address.p[i] <= ' ' || r.address.p[i] >= 0x7f || strchr("<>\"(),;:\\", r.address.p[i]))
				abort();
	}
	arena_free(a);
	return 0;
}
