/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/ceiling.h"

#include "engine/state.h"

struct judgement *
ceiling(struct session *s, const char *cause, int code, struct view enhanced, const char *text)
{
	struct judgement *j = arena_new_of(s->message, struct judgement);

	j->kind = code < 500 ? VERDICT_DEFER : VERDICT_REJECT;
	j->stage = s->stage;
	j->rule = SIZE_MAX;
	j->cause = view_str(cause);
	j->reply = smtp_reply_make(code, code, enhanced,
		arena_printf(s->message, "%s [%s]", text, s->t->id), s->message);
	return j;
}
