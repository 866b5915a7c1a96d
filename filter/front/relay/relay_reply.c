/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/relay/relay_reply.h"

static const struct {
	int code;
	const char *enhanced, *text;
} own[] = {
	[RELAY_REPLY_OK] = {250, "2.0.0", "ok"},
	[RELAY_REPLY_AWAY] = {451, "4.4.1", "mail server cannot be reached, try again later"},
	[RELAY_REPLY_LOST] = {451, "4.4.2",
		"connection to the mail server was lost, try again later"},
	[RELAY_REPLY_GARBAGE] = {451, "4.3.0", "mail server gave no sound answer, try again later"},
	[RELAY_REPLY_LACKS] = {451, "4.3.0",
		"mail server lacks an extension in use, try again later"},
	[RELAY_REPLY_UTF8] = {550, "5.6.7", "internationalized mail is not supported here"},
	[RELAY_REPLY_REQUIRETLS] = {550, "5.7.30", "REQUIRETLS cannot be kept from here on"},
	[RELAY_REPLY_NO_ROUTE] = {451, "4.3.5",
		"no mail server is set up for this domain, try again later"},
	[RELAY_REPLY_ELSEWHERE] = {452, "4.5.3",
		"another server's recipient: send it a message of its own"},
	[RELAY_REPLY_TOO_MANY] = {452, "4.5.3", "too many recipients"},
	[RELAY_REPLY_CHANGED] = {451, "4.3.0",
		"a recipient is not accepted any more, try again later"},
	[RELAY_REPLY_NOBODY] = {554, "5.5.1", "no valid recipients"},
	[RELAY_REPLY_NOT_HELD] = {451, "4.3.5", "message cannot be put aside, try again later"},
	[RELAY_REPLY_SPOOL] = {451, "4.3.0", "local error, try again later"},
	[RELAY_REPLY_AUTH] = {454, "4.7.0", "temporary authentication failure"},
};

struct relay_answer
relay_reply_own(enum relay_reply kind)
{
	return (struct relay_answer){.source = RELAY_BY_PROXY,
		.reply = {own[kind].code, view_str(own[kind].enhanced), view_str(own[kind].text)}};
}

/* RFC 4954 section 4: "334 " and base64, the client's own affair but for what would end the line.
 */
static bool
challenge(const struct smtp_answer *a, struct arena *arena, struct relay_answer *out)
{
	for (size_t i = 0; i < a->text.n; i++)
		if (a->text.p[i] < ' ' || a->text.p[i] > 126)
			return false;
	if (a->lines != 1)
		return false;
	out->reply = (struct smtp_reply){334, {NULL, 0}, arena_copy(arena, a->text)};
	return true;
}

bool
relay_reply_clean(const struct smtp_answer *a, enum relay_source source, struct arena *arena,
	struct relay_answer *out)
{
	int class = a->code / 100, code = a->code == 421 ? 451 : a->code;
	struct view bare = class == 4 ? VIEW("4.0.0") : VIEW("5.0.0");
	struct relay_answer r = {.source = source};

	if (a->code == 334) {
		*out = r;
		return challenge(a, arena, out);
	}
	if (class != 2 && class != 4 && class != 5)
		return false;
	/* The writer knows failures only: a success is cleaned as one. */
	r.reply = smtp_reply_make(class == 2 ? 550 : code, 451,
		class == 2 || !a->enhanced.p ? bare : arena_copy(arena, a->enhanced),
		a->text.n || class != 2 ? a->text : VIEW("ok"), arena);
	if (class == 2)
		r.reply.enhanced = arena_copy(arena, a->enhanced);
	r.reply.code = code;
	*out = r;
	return true;
}
