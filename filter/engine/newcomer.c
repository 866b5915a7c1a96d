/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/newcomer.h"

#include "engine/state.h"

static bool
is_welcome(const struct judgement *j)
{
	return j->kind == VERDICT_ACCEPT && !j->tagged && !j->spared;
}

const struct store_request *
newcomer_request(const struct session *s)
{
	for (size_t i = 0; i < s->t->n_rcpt; i++)
		if (s->t->rcpt[i].newcomer && is_welcome(&s->t->rcpt[i].judged))
			return s->t->rcpt[i].newcomer;
	return NULL;
}
