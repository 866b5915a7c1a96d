/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_session.h"

#include <stdlib.h>

#include "front/smtp/smtp_auth.h"
#include "front/smtp/smtp_greeting.h"
#include "front/smtp/smtp_kept.h"
#include "front/smtp/smtp_message.h"
#include "front/smtp/smtp_note.h"
#include "front/smtp/smtp_tell.h"
#include "front/smtp/smtp_verbs.h"
#include "util/limits.h"
#include "util/log.h"

/* ---- lines ---- */

/* What is left of a line that began before the greeting. */
static bool
skip_early(struct smtp_session *s, struct view *input)
{
	size_t n = view_find(*input, '\n');

	s->too_early = n == input->n;
	*input = view_skip(*input, s->too_early ? n : n + 1);
	return input->n > 0;
}

static void
bad_line(struct smtp_session *s, enum smtp_line_status status)
{
	if (status == SMTP_LINE_LONG)
		smtp_tell(s, 500, "5.5.6", "the line is too long");
	else if (status == SMTP_LINE_NUL)
		smtp_tell(s, 500, "5.5.2", "a NUL is no part of a command");
	else
		smtp_tell_bye(s, 521, "5.5.2", "a line ends in CR and LF, and neither stands alone");
}

static size_t
line_max(const struct smtp_session *s, struct view input)
{
	bool auth = s->phase == SMTP_PHASE_AUTH ||
		    ((s->offered & EHLO_AUTH) && view_starts_nocase(input, "AUTH "));

	return auth ? AUTH_LINE_MAX : s->o->line_max;
}

/* False: there is no whole line. */
static bool
take_line(struct smtp_session *s, struct view *input)
{
	enum smtp_line_status status;
	struct view line;

	if (s->too_early && !skip_early(s, input))
		return false;
	if (s->stage == SMTP_STAGE_START && s->phase == SMTP_PHASE_COMMAND && smtp_greeting_stray(s, input))
		return false;
	status = smtp_line_next(&s->line, line_max(s, *input), input, &line);
	if (status == SMTP_LINE_MORE)
		return false;
	s->unread = input->n;
	if (s->phase == SMTP_PHASE_AUTH) {
		if (status == SMTP_LINE_BARE_LF || status == SMTP_LINE_BARE_CR)
			bad_line(s, status);
		else
			smtp_auth_line(s, status, line);
		return true;
	}
	arena_reset(s->a);
	if (status == SMTP_LINE_OK)
		smtp_verbs_run(s, line);
	else
		bad_line(s, status);
	return true;
}

/* ---- the loop ---- */

static void
run(struct smtp_session *s)
{
	while (s->wait == SMTP_WAIT_NONE && s->next) {
		smtp_step *step = s->next;

		s->next = NULL;
		step(s);
	}
}

/* Takes what there is a use for now; false: nothing. */
static bool
take(struct smtp_session *s, struct view *input)
{
	switch (s->phase) {
	case SMTP_PHASE_PROXY:
		return smtp_greeting_proxy(s, input);
	case SMTP_PHASE_GREETING:
		smtp_greeting_early(s, input);
		return false;
	case SMTP_PHASE_CLOSED:
		*input = view_skip(*input, input->n);
		return false;
	case SMTP_PHASE_COMMAND:
	case SMTP_PHASE_AUTH:
		return s->wait == SMTP_WAIT_NONE && take_line(s, input);
	case SMTP_PHASE_DATA:
	case SMTP_PHASE_CHUNK:
		break;
	}
	if (s->wait != SMTP_WAIT_NONE || input->n == 0)
		return false;
	smtp_message_input(s, input);
	return true;
}

static void
arm(struct smtp_session *s)
{
	int64_t at = INT64_MAX;

	if (s->phase == SMTP_PHASE_CLOSED)
		at = INT64_MAX;
	else if (s->wait == SMTP_WAIT_TIME)
		at = s->wait_until;
	else if (s->wait == SMTP_WAIT_NONE || s->wait == SMTP_WAIT_TLS)
		at = s->idle_at < s->ends_at ? s->idle_at : s->ends_at;
	if (at != s->timer_at) {
		s->timer_at = at;
		s->h->timer(s->h->ctx, at);
	}
}

/* Nothing is under way: no request, no command, no message. */
static bool
is_idle(const struct smtp_session *s)
{
	return s->wait == SMTP_WAIT_NONE && !s->next && s->phase == SMTP_PHASE_COMMAND;
}

/* The memory of one command and the time to wait for the next. */
static void
enter(struct smtp_session *s)
{
	s->running = true;
	if (!s->a)
		s->a = arena_new();
}

static void
leave(struct smtp_session *s)
{
	if (s->drains && is_idle(s) && !s->transaction)
		smtp_tell_bye(s, 421, "4.3.2", "we are about to stop, please come again");
	if (s->wait == SMTP_WAIT_NONE && !s->next && s->phase != SMTP_PHASE_AUTH) {
		arena_free(s->a);
		s->a = NULL;
	}
	arm(s);
	s->running = false;
}

static void
extend(struct smtp_session *s)
{
	bool data = s->phase == SMTP_PHASE_DATA || s->phase == SMTP_PHASE_CHUNK;

	s->idle_at = s->h->now(s->h->ctx) + (data ? s->o->data_idle_ms : s->o->idle_ms);
}

static void
go_on(struct smtp_session *s)
{
	if (s->running)
		return; /* an answer from within its request: the loop is below us */
	enter(s);
	run(s);
	extend(s);
	leave(s);
}

/* ---- what the surroundings say ---- */

struct smtp_session *
smtp_session_new(const struct smtp_options *o, const struct smtp_host *h, const struct smtp_client *c,
	bool implicit_tls)
{
	struct smtp_session *s = calloc(1, sizeof(*s));

	if (!s)
		log_die("out of memory");
	s->o = o;
	s->h = h;
	s->stage = SMTP_STAGE_START;
	s->implicit_tls = implicit_tls;
	s->timer_at = INT64_MAX;
	s->client = (struct smtp_client){.ip = c->ip, .local_ip = c->local_ip, .port = c->port,
		.local_port = c->local_port};
	smtp_kept_set(&s->client.name, c->name);
	return s;
}

void
smtp_session_free(struct smtp_session *s)
{
	struct smtp_client *c;

	if (!s)
		return;
	c = &s->client;
	struct view *kept[] = {&c->name, &c->reverse, &c->helo, &c->login, &c->tls_version, &c->tls_cipher,
		&c->tls_cert, &s->told_helo};

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		smtp_kept_set(kept[i], (struct view){NULL, 0});
	arena_free(s->a);
	arena_free(s->transaction);
	free(s);
}

void
smtp_session_start(struct smtp_session *s)
{
	enter(s);
	smtp_greeting_start(s);
	run(s);
	leave(s);
}

size_t
smtp_session_input(struct smtp_session *s, struct view bytes)
{
	struct view rest = bytes;
	bool taken = false;

	if (s->running)
		return 0;
	enter(s);
	while (take(s, &rest)) {
		taken = true;
		run(s);
	}
	s->unread = rest.n;
	if (taken)
		extend(s);
	leave(s);
	return bytes.n - rest.n;
}

static void
expire(struct smtp_session *s, int64_t now)
{
	if (s->phase == SMTP_PHASE_PROXY || s->wait == SMTP_WAIT_TLS) {
		if (s->phase == SMTP_PHASE_PROXY)
			smtp_note_header(s, "no PROXY header came in time");
		s->phase = SMTP_PHASE_CLOSED;
		s->h->close(s->h->ctx);
	} else if (now >= s->ends_at) {
		smtp_tell_bye(s, 421, "4.4.2", "this session has lasted too long");
	} else if (now >= s->idle_at) {
		smtp_tell_bye(s, 421, "4.4.2", "nothing has come for too long");
	}
}

void
smtp_session_timer(struct smtp_session *s)
{
	int64_t now = s->h->now(s->h->ctx);

	s->timer_at = INT64_MAX;
	if (s->phase == SMTP_PHASE_CLOSED)
		return;
	if (s->wait == SMTP_WAIT_TIME && now >= s->wait_until) {
		s->wait = SMTP_WAIT_NONE;
		smtp_tell_held(s);
		go_on(s);
		return;
	}
	enter(s);
	if ((s->wait == SMTP_WAIT_NONE || s->wait == SMTP_WAIT_TLS) &&
		(now >= s->ends_at || now >= s->idle_at))
		expire(s, now);
	leave(s);
}

void
smtp_session_gone(struct smtp_session *s, struct view why)
{
	if (s->phase != SMTP_PHASE_CLOSED && (s->stage >= SMTP_STAGE_RCPT || s->wait == SMTP_WAIT_TLS))
		smtp_note_lost(s, why);
	s->phase = SMTP_PHASE_CLOSED;
	s->next = NULL;
}

void
smtp_session_end(struct smtp_session *s, bool now)
{
	if (s->phase == SMTP_PHASE_CLOSED)
		return;
	s->drains = true;
	if (s->running)
		return;
	enter(s);
	if (s->phase == SMTP_PHASE_PROXY || s->wait == SMTP_WAIT_TLS) {
		s->phase = SMTP_PHASE_CLOSED;
		s->h->close(s->h->ctx);
	} else if (now || s->phase == SMTP_PHASE_GREETING) {
		smtp_tell_bye(s, 421, "4.3.2", "we are about to stop, please come again");
	}
	leave(s);
}

void
smtp_session_secured(struct smtp_session *s, struct view version, struct view cipher, struct view cert)
{
	if (s->wait != SMTP_WAIT_TLS)
		return;
	s->client.tls = true;
	smtp_kept_set(&s->client.tls_version, version);
	smtp_kept_set(&s->client.tls_cipher, cipher);
	smtp_kept_set(&s->client.tls_cert, cert);
	s->wait = SMTP_WAIT_NONE;
	go_on(s);
}

void
smtp_session_judged(struct smtp_session *s, const struct smtp_judged *j)
{
	s->judged = *j;
	s->wait = SMTP_WAIT_NONE;
	go_on(s);
}

void
smtp_session_absorbed(struct smtp_session *s, enum smtp_absorbed a)
{
	s->absorbed = a;
	s->wait = SMTP_WAIT_NONE;
	go_on(s);
}

static bool
makes_sense(enum relay_verb verb, int code)
{
	bool auth = verb == RELAY_AUTH || verb == RELAY_LINE;

	return auth ? code == 334 || code == 235 || code / 100 == 4 || code / 100 == 5
		    : code / 100 == 2 || code / 100 == 4 || code / 100 == 5;
}

void
smtp_session_answered(struct smtp_session *s, const struct relay_answer *a)
{
	s->answer = *a;
	if (!makes_sense(s->order.verb, a->reply.code))
		s->answer.reply = (struct smtp_reply){
			451, VIEW("4.3.0"), VIEW("the mail server gave an answer that makes no sense")};
	s->wait = SMTP_WAIT_NONE;
	go_on(s);
}

const struct smtp_client *
smtp_session_client(const struct smtp_session *s)
{
	return &s->client;
}

bool
smtp_session_busy(const struct smtp_session *s)
{
	return s->wait == SMTP_WAIT_JUDGE || s->wait == SMTP_WAIT_ABSORB || s->wait == SMTP_WAIT_RELAY;
}
