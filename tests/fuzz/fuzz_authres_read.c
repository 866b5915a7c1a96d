/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "mail/authres_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct authres_field f;

	authres_read(view_of(data, n), a, &f);
	if ((!f.id.p && f.n > 0) || f.n > AUTHRES_READ_MAX)
		abort();
	for (size_t i = 0; i < f.n; i++) {
		const struct authres_result *r = &f.result[i];

		if (r->method.n == 0 || r->result.n == 0 || r->n_props > AUTHRES_PROPS)
			abort();
		for (size_t k = 0; k < r->n_props; k++)
			if (r->prop[k].name.n == 0 || r->prop[k].value.n == 0)
				abort();
	}
	arena_free(a);
	return 0;
}
