/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_spf_query -- first line: the domain's record; the other lines are the rest of the DNS. Both
 * engines agree, whether answers are there or pending first.
 */
#include <stdlib.h>

#include "tests/lib/spf_twins.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ip ip = {n % 2 ? 6 : 4, {192, 0, 2, 1}};
	enum spf_result ignored;

	if (spf_twins_differ(view_of(data, n), &ip, &ignored))
		abort();
	return 0;
}
