/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_status_words -- words lie within their line, and come to an end.
 */
#include "cmd/status/status_words.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view line = view_of(data, n), rest = line, key, value;
	size_t words = 0;

	while (status_words_next(&rest, &key, &value)) {
		if (key.n == 0 || key.p < line.p || key.p + key.n >= line.p + line.n)
			abort();
		if (value.n && (value.p < line.p || value.p + value.n > line.p + line.n))
			abort();
		if (++words > n)
			abort();
	}
	return 0;
}
