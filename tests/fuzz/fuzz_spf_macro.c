/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_spf_macro -- first line: the macro string; second: the sender's local part. Names stay
 * within their size and explanations printable.
 */
#include "mail/spf/spf_macro.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view rest = view_of(data, n), spec = VIEW(""), local = VIEW(""), got;
	struct spf_macro m = {.origin = VIEW("x.example"),
		.domain = VIEW("d.example"),
		.helo = VIEW("h"),
		.ip = {.family = n % 2 ? 4 : 6}};
	struct arena *a = arena_new();
	char out[DOMAIN_MAX];

	view_split(&rest, '\n', &spec);
	view_split(&rest, '\n', &local);
	m.local = m.sender = local;
	if (spf_macro_domain_ok(spec)) {
		if (!spf_macro_string_ok(spec))
			abort();
		got = spf_macro_domain(spec, &m, out);
		if (got.n > DOMAIN_MAX)
			abort();
	}
	got = spf_macro_explain(spec, &m, a);
	for (size_t i = 0; i < got.n; i++)
		if (got.p[i] < ' ' || got.p[i] > '~')
			abort();
	arena_free(a);
	return 0;
}
