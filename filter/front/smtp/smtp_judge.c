/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_judge.h"

#include <errno.h>

#include "engine/light.h"
#include "util/limits.h"
#include "util/log.h"

enum { FIELD_MAX = HEADER_FIELD_MAX + 4096 }; /* more than the engine keeps: it sees that it is too long */

void
smtp_judge_init(struct smtp_judge *j, struct engine *engine, struct view listener, void (*wake)(void *ctx),
	void *wake_ctx)
{
	*j = (struct smtp_judge){.engine = engine, .listener = listener, .wake = wake, .wake_ctx = wake_ctx};
	buf_init(&j->name, HEADER_NAME_MAX);
	buf_init(&j->field, FIELD_MAX);
}

/* An idle client keeps nothing of a header. */
static void
drop_field(struct smtp_judge *j)
{
	j->in_field = false;
	buf_done(&j->name);
	buf_done(&j->field);
	buf_init(&j->name, HEADER_NAME_MAX);
	buf_init(&j->field, FIELD_MAX);
}

void
smtp_judge_done(struct smtp_judge *j)
{
	if (j->session && j->delivered)
		session_accepted(j->session);
	session_free(j->session);
	j->session = NULL;
	drop_field(j);
}

/* ---- events ---- */

static void
begin_message(struct smtp_judge *j)
{
	header_stream_init(&j->header);
	drop_field(j);
	j->in_body = j->refused = false;
}

static void
connect(struct smtp_judge *j, const struct smtp_client *c)
{
	struct session_client client = {.ip = c->ip, .name = c->name, .listener = j->listener,
		.asks_backend = true, .wake = j->wake, .wake_ctx = j->wake_ctx};

	session_free(j->session);
	j->session = session_new(j->engine, &client);
}

static void
tell_seen(struct smtp_judge *j, const struct smtp_seen *seen, bool esmtp)
{
	struct check_seen s = {.early_talk = seen->early_talk, .pipelining = seen->pipelining,
		.esmtp = esmtp, .bare_newline = seen->bare_newline, .connections = j->connections,
		.junk = seen->junk, .auth_failures = seen->auth_failures};

	session_seen(j->session, &s);
}

/* The verdict; NULL while the engine waits. */
static const struct verdict *
event(struct smtp_judge *j, const struct smtp_event *e)
{
	static const struct verdict go_on;
	struct session *s = j->session;

	switch (e->kind) {
	case SMTP_EVENT_CONNECT:
		return session_connect(s);
	case SMTP_EVENT_HELO:
		return session_helo(s, e->client->helo);
	case SMTP_EVENT_MAIL:
		return session_mail(s, e->mail);
	case SMTP_EVENT_RCPT:
		return session_rcpt(s, e->rcpt);
	case SMTP_EVENT_ANSWERED:
		return session_rcpt_answered(s, e->taken ? RCPT_TAKEN
			: e->valid == SMTP_VALID_NO ? RCPT_REFUSED : RCPT_PUT_OFF);
	case SMTP_EVENT_DATA:
		begin_message(j);
		return session_data(s);
	case SMTP_EVENT_END:
		return j->refused ? &j->refusal : session_end(s, (struct view){NULL, 0});
	case SMTP_EVENT_OVER:
		if (e->code / 100 == 2)
			session_accepted(s);
		session_abort(s);
		drop_field(j);
		return &go_on;
	}
	return &go_on;
}

static bool
is_judged(struct smtp_judge *j, const struct verdict *v)
{
	if (!v)
		return false;
	j->judged = (struct smtp_judged){.verdict = v, .id = session_id(j->session),
		.edits = j->refused ? NULL : session_edits(j->session),
		.names = session_names(j->session), .tarpit_ms = (int64_t)v->tarpit * 1000};
	return true;
}

/* The engine's session begins; it may have to hear what was said before there was anything to find out. */
static void
begin(struct smtp_judge *j, const struct smtp_event *e)
{
	connect(j, e->client);
	if (e->kind > SMTP_EVENT_HELO && e->client->helo.p)
		session_helo(j->session, e->client->helo);
}

static bool
judge(struct smtp_judge *j, const struct smtp_event *e)
{
	j->absorbing = j->ended = false;
	if (e->kind == SMTP_EVENT_CONNECT || !j->session)
		begin(j, e);
	if (e->seen)
		tell_seen(j, e->seen, e->client->esmtp);
	return is_judged(j, event(j, e));
}

bool
smtp_judge_event(struct smtp_judge *j, const struct smtp_event *e)
{
	j->end = NULL;
	return judge(j, e);
}

/* ---- the message ---- */

static void
end_field(struct smtp_judge *j)
{
	struct view v = buf_view(&j->field);

	if (!j->in_field)
		return;
	if (v.n && v.p[v.n - 1] == '\n')
		v.n--;
	if (v.n && v.p[v.n - 1] == '\r')
		v.n--;
	session_header(j->session, buf_view(&j->name), v);
	j->in_field = false;
}

/* False while the engine waits. */
static bool
took_header(struct smtp_judge *j, const struct verdict *v)
{
	if (!v)
		return false;
	j->refused = v->kind != VERDICT_NONE && v->kind != VERDICT_ACCEPT;
	j->refusal = *v;
	return true;
}

static bool
end_header(struct smtp_judge *j, struct view first_of_body)
{
	end_field(j);
	drop_field(j);
	j->in_body = true;
	j->first = first_of_body;
	return took_header(j, session_eoh(j->session));
}

static bool
read_header(struct smtp_judge *j)
{
	struct view name, piece;

	for (;;) {
		switch (header_stream_next(&j->header, &j->rest, &name, &piece)) {
		case HEADER_STREAM_FIELD:
			end_field(j);
			j->in_field = true;
			buf_reset(&j->name);
			buf_add(&j->name, name);
			buf_reset(&j->field);
			break;
		case HEADER_STREAM_VALUE:
			buf_add(&j->field, view_head(piece, FIELD_MAX - j->field.n)); /* still too long */
			break;
		case HEADER_STREAM_END:
			return end_header(j, VIEW(""));
		case HEADER_STREAM_BODY:
			return end_header(j, piece);
		case HEADER_STREAM_MORE:
			return !j->end || end_header(j, header_stream_rest(&j->header));
		}
	}
}

static void
read_body(struct smtp_judge *j)
{
	if (j->first.n)
		session_body(j->session, j->first);
	if (j->rest.n)
		session_body(j->session, j->rest);
	j->first.n = j->rest.n = 0;
}

static enum smtp_absorbed
keep(struct spool *spool, struct view bytes)
{
	static const enum smtp_absorbed answers[] = {[SPOOL_OK] = SMTP_ABSORBED,
		[SPOOL_TOO_BIG] = SMTP_ABSORB_FULL, [SPOOL_FULL] = SMTP_ABSORB_FULL,
		[SPOOL_FAILED] = SMTP_ABSORB_FAILED};
	enum spool_result r = spool ? spool_write(spool, bytes) : SPOOL_OK;

	if (r == SPOOL_FULL || r == SPOOL_FAILED)
		log_seldom(LOG_LEVEL_ERROR, "spool", "mail is put off: %s",
			errno ? strerrordesc_np(errno) : "spool-max is reached");
	return answers[r];
}

/* The header is over, or not yet. */
static bool
take_rest(struct smtp_judge *j)
{
	if (j->in_body)
		read_body(j);
	if (!j->end)
		return true;
	j->ended = judge(j, j->end);
	return j->ended;
}

bool
smtp_judge_absorb(struct smtp_judge *j, struct spool *spool, struct view bytes, const struct smtp_event *end)
{
	j->absorbed = keep(spool, bytes);
	j->absorbing = true;
	j->ended = false;
	j->rest = bytes;
	j->end = end;
	if (j->absorbed != SMTP_ABSORBED || j->unjudged)
		return true;
	return (j->in_body || read_header(j)) && take_rest(j);
}

bool
smtp_judge_resume(struct smtp_judge *j)
{
	const struct verdict *v = session_resume(j->session);

	if (j->absorbing)
		return took_header(j, v) && take_rest(j);
	j->ended = is_judged(j, v) && j->end;
	return v != NULL;
}

/* ---- what takes no time ---- */

bool
smtp_judge_is_light(struct smtp_judge *j, const struct smtp_event *e)
{
	if (e->kind == SMTP_EVENT_CONNECT)
		return false;
	if (!j->session)
		begin(j, e);
	switch (e->kind) {
	case SMTP_EVENT_HELO:
		return light_event(j->session, STAGE_HELO);
	case SMTP_EVENT_MAIL:
		return light_event(j->session, STAGE_MAIL);
	case SMTP_EVENT_RCPT:
		return light_event(j->session, STAGE_RCPT);
	case SMTP_EVENT_ANSWERED:
		return light_rcpt_answered(j->session);
	case SMTP_EVENT_DATA:
		return light_event(j->session, STAGE_DATA);
	case SMTP_EVENT_END:
		return j->refused || light_event(j->session, STAGE_END);
	case SMTP_EVENT_OVER:
		return light_abort(j->session) && (e->code / 100 != 2 || light_accepted(j->session));
	default:
		return false;
	}
}

bool
smtp_judge_absorbs_lightly(struct smtp_judge *j, const struct smtp_event *end)
{
	if (j->unjudged)
		return true;
	return light_event(j->session, STAGE_HEADER) && (!end || smtp_judge_is_light(j, end));
}

bool
smtp_judge_is_done_lightly(const struct smtp_judge *j)
{
	return !j->session || (!j->delivered && light_abort(j->session));
}

bool
smtp_judge_is_open(const struct smtp_judge *j)
{
	return j->session != NULL;
}

int64_t
smtp_judge_deadline(const struct smtp_judge *j)
{
	return session_deadline(j->session);
}
