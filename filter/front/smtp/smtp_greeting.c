/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_greeting.h"

#include "front/smtp/smtp_ask.h"
#include "front/smtp/smtp_kept.h"
#include "front/smtp/smtp_note.h"
#include "front/smtp/smtp_tell.h"
#include "mail/smtp/proxy_header.h"
#include "mail/smtp/xclient.h"

static void connect_client(struct smtp_session *s);

/* ---- the greeting ---- */

static void
open_for_commands(struct smtp_session *s)
{
	s->phase = SMTP_PHASE_COMMAND;
	s->stage = SMTP_STAGE_START;
}

static void
tell_early(struct smtp_session *s)
{
	smtp_tell(s, 503, "5.5.1", "what was sent before the greeting is not used");
}

/* RFC 5321 3.1: who is refused may only say QUIT. 421 ends the session itself. */
static void
refuse(struct smtp_session *s, struct smtp_reply r)
{
	r.code = r.code < 500 ? 421 : 554;
	if (r.code == 421) {
		smtp_tell_last(s, &r);
		return;
	}
	open_for_commands(s);
	s->refused = true;
	smtp_tell_reply(s, &r);
}

static void
greet(struct smtp_session *s)
{
	const struct verdict *v = s->judged.verdict;
	struct smtp_reply r = {220, {NULL, 0}, {NULL, 0}};

	s->delay_ms = s->judged.tarpit_ms;
	if (v && (v->kind == VERDICT_REJECT || v->kind == VERDICT_DEFER || v->kind == VERDICT_GREYLIST)) {
		refuse(s, v->reply);
		return;
	}
	r.text = arena_printf(s->a, "%.*s ESMTP Postern", VIEW_ARG(s->o->hostname));
	if (s->phase == SMTP_PHASE_GREETING && s->seen.early_talk)
		s->next = tell_early;
	open_for_commands(s);
	smtp_tell_reply(s, &r);
}

static void
connect_client(struct smtp_session *s)
{
	struct ehlo all;

	if (!s->h->capabilities(s->h->ctx, &all)) {
		smtp_tell_bye(s, 421, "4.3.2", "no mail server can be reached at the moment");
		return;
	}
	s->xclient_allowed |= s->h->listed(s->h->ctx, SMTP_LIST_XCLIENT, &s->client.ip);
	smtp_ask_event(s, SMTP_EVENT_CONNECT);
	smtp_ask_judge(s, greet);
}

static void
tease(struct smtp_session *s)
{
	struct view teaser = arena_printf(s->a, "220-%.*s ESMTP Postern\r\n", VIEW_ARG(s->o->hostname));

	if (s->o->greet_wait_ms <= 0) {
		connect_client(s);
		return;
	}
	smtp_tell_raw(s, teaser);
	smtp_ask_time(s, s->o->greet_wait_ms, connect_client);
}

static void
begin(struct smtp_session *s)
{
	s->phase = SMTP_PHASE_GREETING;
	if (s->implicit_tls)
		smtp_ask_tls(s, true, tease);
	else
		tease(s);
}

void
smtp_greeting_start(struct smtp_session *s)
{
	int64_t now = s->h->now(s->h->ctx);

	s->ends_at = now + s->o->session_ms;
	if (s->h->listed(s->h->ctx, SMTP_LIST_PROXY, &s->client.ip)) {
		s->phase = SMTP_PHASE_PROXY;
		s->idle_at = now + s->o->proxy_wait_ms;
		return;
	}
	s->idle_at = now + s->o->idle_ms;
	begin(s);
}

/* Else the client behind it would take each reply for that to its next command. */
bool
smtp_greeting_stray(struct smtp_session *s, struct view *input)
{
	if (!proxy_header_begins(*input))
		return false;
	*input = view_skip(*input, input->n);
	smtp_note_header(s, "sends a PROXY header, and is not in proxy-protocol-nets");
	smtp_tell_bye(s, 421, "4.7.0", "no PROXY header is expected from you");
	return true;
}

void
smtp_greeting_early(struct smtp_session *s, struct view *input)
{
	if (input->n == 0 || s->wait == SMTP_WAIT_TLS || smtp_greeting_stray(s, input))
		return;
	s->seen.early_talk = true;
	s->too_early = input->p[input->n - 1] != '\n';
	*input = view_skip(*input, input->n);
}

/* ---- who it is ---- */

/* TLS that ends at the proxy is the client's, unless ours comes yet. */
static void
adopt_tls(struct smtp_session *s, const struct proxy_header *h)
{
	if (!h->tls || s->implicit_tls)
		return;
	s->client.tls = true;
	smtp_kept_set(&s->client.tls_version, h->tls_version);
	smtp_kept_set(&s->client.tls_cipher, h->tls_cipher);
	if (h->tls_cert && h->tls_verified)
		smtp_kept_set(&s->client.tls_cert, h->tls_name);
}

static void
adopt(struct smtp_session *s, const struct proxy_header *h)
{
	struct smtp_client *c = &s->client;

	adopt_tls(s, h);
	if (h->source.family == 0)
		return;
	c->ip = h->source;
	c->port = h->source_port;
	c->local_ip = h->destination;
	c->local_port = h->destination_port;
}

bool
smtp_greeting_proxy(struct smtp_session *s, struct view *input)
{
	struct proxy_header h;
	size_t used;

	switch (proxy_header_read(*input, &used, &h)) {
	case PROXY_HEADER_MORE:
		return false;
	case PROXY_HEADER_BAD: /* a peer that is no proxy must not be taken for its client: not a word */
		smtp_note_header(s, "what it sent is no PROXY header");
		s->phase = SMTP_PHASE_CLOSED;
		s->h->close(s->h->ctx);
		return true;
	case PROXY_HEADER_OK:
		break;
	}
	*input = view_skip(*input, used);
	s->unread = input->n;
	adopt(s, &h);
	s->idle_at = s->h->now(s->h->ctx) + s->o->idle_ms;
	s->phase = SMTP_PHASE_GREETING;
	s->next = begin;
	return true;
}

bool
smtp_greeting_may_xclient(struct smtp_session *s)
{
	if (!s->xclient_allowed)
		smtp_tell(s, 550, "5.7.0", "XCLIENT is for listed neighbours only");
	return s->xclient_allowed;
}

static bool
given(const struct xclient *x, enum xclient_attribute a)
{
	return (x->given & 1U << a) != 0;
}

static void
adopt_told(struct smtp_session *s, const struct xclient *x)
{
	struct smtp_client *c = &s->client;

	if (given(x, XCLIENT_ADDR))
		c->ip = x->addr;
	if (given(x, XCLIENT_PORT))
		c->port = x->port;
	if (given(x, XCLIENT_DESTADDR))
		c->local_ip = x->destaddr;
	if (given(x, XCLIENT_DESTPORT))
		c->local_port = x->destport;
	if (given(x, XCLIENT_NAME))
		smtp_kept_set(&c->name, x->value[XCLIENT_NAME]);
	if (given(x, XCLIENT_REVERSE_NAME))
		smtp_kept_set(&c->reverse, x->value[XCLIENT_REVERSE_NAME]);
	if (given(x, XCLIENT_LOGIN) || given(x, XCLIENT_ADDR)) /* the one before is not this client's */
		smtp_kept_set(&c->login, x->value[XCLIENT_LOGIN]);
	if (given(x, XCLIENT_HELO))
		smtp_kept_set(&s->told_helo, x->value[XCLIENT_HELO]);
	if (given(x, XCLIENT_PROTO)) {
		s->told_proto = true;
		c->esmtp = view_is(x->value[XCLIENT_PROTO], "ESMTP");
	}
}

/* Postfix XCLIENT_README: the reply is the greeting, and the dialogue begins anew. */
void
smtp_greeting_xclient(struct smtp_session *s)
{
	struct xclient x;

	if (!xclient_read(s->c->text, s->a, &x)) {
		smtp_tell(s, 501, "5.5.4", "bad XCLIENT attributes");
		return;
	}
	adopt_told(s, &x);
	smtp_kept_set(&s->client.helo, (struct view){NULL, 0});
	s->stage = SMTP_STAGE_START;
	s->offered = 0;
	connect_client(s);
}
