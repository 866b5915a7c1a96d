/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_event_line -- whatever a process says, its event is one line of valid JSON within its ceiling, and
 * reads back as it was written.
 */
#include "io/event_line.h"

#include <jansson.h>
#include <stdlib.h>

#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct event_source from = {"milter-main", 7, 1795000000};
	struct event_line e, again;
	struct buf out;
	json_t *j;

	if (!event_line_read(view_of((const char *)data, n), &e))
		return 0;
	buf_init(&out, EVENT_JSON_MAX);
	event_line_write(&e, &out);
	if (!event_line_read(buf_view(&out), &again) || again.level != e.level || !view_eq(again.name, e.name) ||
		!view_eq(again.text, e.text))
		abort();
	buf_reset(&out);
	event_line_json(&e, &from, &out);
	if (out.over || memchr(out.p, '\n', out.n) != out.p + out.n - 1)
		abort();
	j = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (!j)
		abort();
	json_decref(j);
	buf_done(&out);
	return 0;
}
