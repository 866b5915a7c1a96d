/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/triplet.h"

#include "mail/return_path.h"

struct triplet
triplet_of(struct check_call *c)
{
	const struct check_envelope *e = check_envelope(c);
	const struct address *from = e->null_sender ? NULL : &e->from;
	struct arena *a = check_arena(c);
	struct triplet t = {.recipient = arena_lower(a, e->rcpt[e->current].text)};

	if (!e->null_sender && !e->has_from) {
		t.sender = t.mailbox = arena_lower(a, e->from_raw); /* it cannot be read */
		return t;
	}
	t.sender = return_path_pattern(from, a);
	t.mailbox = return_path_mailbox(from, a);
	return t;
}
