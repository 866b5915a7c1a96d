/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "cmd/postgrey_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Of a triplet, sender and recipient are what stands in the key behind the network; what is broken stays so. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct postgrey_dump d;
	struct view rest = view_of(data, n), line;
	bool bad = false;

	postgrey_dump_init(&d);
	while (view_split(&rest, '\n', &line)) {
		struct postgrey_record r;
		enum postgrey_event e = postgrey_dump_line(&d, line, &r);

		if (bad && e != POSTGREY_BAD)
			abort();
		bad = e == POSTGREY_BAD;
		if (e == POSTGREY_TRIPLET && (r.first > r.last || r.recipient.n == 0 ||
			r.sender.p + r.sender.n + 1 != r.recipient.p ||
			r.recipient.p + r.recipient.n != d.key + d.n))
			abort();
		if (e == POSTGREY_CLIENT && r.net.family == 0)
			abort();
	}
	if (bad && postgrey_dump_is_whole(&d))
		abort();
	return 0;
}
