/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/question_memory.h"

#include "engine/state.h"
#include "util/limits.h"

struct dns_session *
question_memory_new(const struct session *s)
{
	struct dns_session *d = s->info.closed ? NULL : dns_session_new(s->e->o.dns);

	if (d && s->info.wake)
		dns_session_wake(d, s->info.wake, s->info.wake_ctx);
	return d;
}

void
question_memory_renew(struct session *s)
{
	if (!s->dns || dns_session_questions(s->dns) < DNS_QUERIES_SESSION / 5)
		return;
	dns_session_free(s->dns);
	s->dns = question_memory_new(s);
}
