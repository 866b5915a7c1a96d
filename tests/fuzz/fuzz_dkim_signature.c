/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "mail/dkim/dkim_signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct dkim_signature g;

	dkim_signature_read(view_of(data, n), 1700000000, a, &g);
	if ((g.status == DKIM_SIGNATURE_OK) != !g.why)
		abort();
	if (g.status == DKIM_SIGNATURE_OK &&
		(g.d.n == 0 || g.s.n == 0 || g.b.n == 0 || g.b.n > 8 || g.i.n > DKIM_I_MAX))
		abort();
	if (dkim_signature_key_name(&g, a).n != g.d.n + g.s.n + sizeof("._domainkey.") - 1)
		abort();
	arena_free(a);
	return 0;
}
