/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/relay/relay_reader.h"

/* Answers that may come now. */
static unsigned
awaited(const struct smtp_relay *r)
{
	switch (r->phase) {
	case RELAY_GREETING:
	case RELAY_EXCHANGE:
	case RELAY_RESETTING:
	case RELAY_CONTENT: /* within the message too: an early end */
		return 1;
	case RELAY_ENVELOPE:
		return r->envelope.sent - r->envelope.answered;
	case RELAY_AWAY:
	case RELAY_DIALLING:
	case RELAY_READY:
		break;
	}
	return 0;
}

static bool
is_farewell(struct view bytes)
{
	return view_starts_nocase(bytes, "421");
}

enum relay_heard
relay_reader_next(
	struct smtp_relay *r, struct view bytes, size_t *used_out, struct smtp_answer *out)
{
	size_t used = 0;
	struct view rest;

	*used_out = bytes.n;
	*out = (struct smtp_answer){0};
	if (r->hello == RELAY_SHAKES_HANDS)
		return RELAY_HEARD_IGNORED;
	if (awaited(r) == 0)
		return is_farewell(bytes) ? RELAY_HEARD_FAREWELL : RELAY_HEARD_GARBAGE;
	arena_reset(r->scratch);
	switch (smtp_answer_read(bytes, r->scratch, &used, out)) {
	case SMTP_ANSWER_MORE:
		*used_out = 0;
		return RELAY_HEARD_PART;
	case SMTP_ANSWER_BAD:
		return RELAY_HEARD_GARBAGE;
	case SMTP_ANSWER_OK:
		break;
	}
	rest = view_skip(bytes, used);
	if (used == bytes.n || awaited(r) > 1 || r->hello == RELAY_SAYS_STARTTLS) {
		*used_out = used;
		return RELAY_HEARD_ANSWER;
	}
	return is_farewell(rest) ? RELAY_HEARD_FAREWELL : RELAY_HEARD_MORE;
}
