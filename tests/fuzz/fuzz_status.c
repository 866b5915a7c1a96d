/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_status -- a worker's own lines, whatever they are, leave as printable text and as valid
 * JSON.
 */
#include "io/status.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct status_worker w = {.name = "w", .state = "serving", .lines = view_of(data, n)};
	const struct status s = {.phase = "serving",
		.generation = 1,
		.reload = "refused",
		.reload_text = view_of(data, n),
		.worker = &w,
		.n = 1};
	struct buf out;
	json_t *j;

	if (n > 4096)
		return 0;
	buf_init(&out, 1024 * 1024);
	status_text(&s, &out);
	for (size_t i = 0; i < out.n; i++)
		if (out.p[i] != '\n' && (out.p[i] < 0x20 || out.p[i] > 0x7e))
			abort();
	buf_reset(&out);
	status_json(&s, &out);
	j = json_loadb(out.p, out.n, 0, NULL);
	if (!j && !memchr(data, 0, n)) /* jansson takes no NUL in texts */
		abort();
	json_decref(j);
	buf_done(&out);
	return 0;
}
