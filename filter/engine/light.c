/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/light.h"

#include "engine/correspondence.h"
#include "engine/counting.h"
#include "engine/gather.h"
#include "engine/newcomer.h"
#include "engine/state.h"

/* Nothing is new since the event before: no fact is of this stage. */
static bool
has_no_answers(struct session *s)
{
	int64_t due = INT64_MAX;

	return !s->dns || (!dns_poll(s->dns, &due) && due == INT64_MAX);
}

/* Nobody looks at the message. */
static bool
is_unread(const struct session *s)
{
	for (size_t i = 0; i < s->e->n_checks; i++) {
		const struct engine_check *c = &s->e->checks[i];

		if (c->active && (c->check->header || c->check->eoh || c->check->body))
			return false;
	}
	return !s->e->o.settings->sign;
}

static bool
is_unrecorded(const struct engine *e)
{
	return !e->o.sink && !e->o.dmarc_sink && !e->o.settings->sign;
}

bool
light_event(struct session *s, enum stage stage)
{
	const struct program *p = s->e->program;

	if (s->relayed || p->at_stage[stage])
		return false;
	switch (stage) {
	case STAGE_HELO:
		return gather_is_light(s, stage);
	case STAGE_MAIL:
		return light_abort(s) && gather_is_light(s, stage);
	case STAGE_RCPT:
		return p->n_rules == 0 && !s->e->greylists && gather_is_light(s, stage);
	case STAGE_DATA:
		return has_no_answers(s);
	case STAGE_HEADER:
		return is_unread(s) && gather_is_light(s, stage);
	case STAGE_END:
		return p->n_rules == 0 && is_unrecorded(s->e) && gather_is_light(s, stage);
	default:
		return false;
	}
}

bool
light_rcpt_answered(const struct session *s)
{
	return !counting_is_due(s) && (s->e->rcpt_valid == SIZE_MAX || !s->e->wanted[s->e->rcpt_valid]);
}

bool
light_accepted(const struct session *s)
{
	return !counting_is_due(s) && !correspondence_is_due(s) && !newcomer_request(s);
}

bool
light_abort(const struct session *s)
{
	return !s->t->refusal; /* else it is put on record */
}

bool
light_until_mail(const struct engine *e)
{
	for (size_t i = 0; i < e->n_checks; i++) {
		const struct check *c = e->checks[i].check;

		if (e->checks[i].active && c->stage <= STAGE_HELO && !c->light)
			return false;
	}
	return !e->program->at_stage[STAGE_CONNECT] && !e->program->at_stage[STAGE_HELO];
}
