/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/session.h"

#include "engine/state.h"

/* Behind a trusted relay, facts of the client are those of another hop, and not the session's. */
static struct view
name_of(const struct session *s, size_t slot, bool *unsure)
{
	const struct fact_value *v = slot == SIZE_MAX ? NULL : &s->values[slot];

	*unsure |= !v || (v->state != FACT_KNOWN && v->state != FACT_MISSING);
	return v && v->state == FACT_KNOWN ? v->text : (struct view){NULL, 0};
}

struct session_names
session_names(const struct session *s)
{
	struct session_names n = {.unsure = false};

	n.verified = name_of(s, s->e->client_name, &n.unsure);
	n.claimed = name_of(s, s->e->client_ptr, &n.unsure);
	return n;
}
