/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/relay/relay_hello.h"

#include "front/relay/relay_wire.h"
#include "mail/smtp/proxy_header.h"
#include "mail/smtp/xclient.h"
#include "util/limits.h"

static enum relay_step
broken(struct smtp_relay *r, enum relay_trouble what)
{
	r->what = what;
	return RELAY_BROKEN;
}

/* ---- who the client is ---- */

static void
attribute(struct xclient *x, enum xclient_attribute a, struct view value)
{
	x->given |= 1u << a;
	x->value[a] = value;
}

static void
describe(const struct relay_client *c, struct xclient *x)
{
	*x = (struct xclient){.addr = c->ip, .port = c->port};
	attribute(x, XCLIENT_NAME, c->name);
	attribute(x, XCLIENT_REVERSE_NAME, c->reverse.p ? c->reverse : c->name);
	if (c->names_unsure)
		x->tempunavail |= 1u << XCLIENT_NAME | 1u << XCLIENT_REVERSE_NAME;
	attribute(x, XCLIENT_PROTO, c->esmtp ? VIEW("ESMTP") : VIEW("SMTP"));
	attribute(x, XCLIENT_HELO, c->helo);
	attribute(x, XCLIENT_LOGIN, c->login);
	attribute(x, XCLIENT_SOURCE, VIEW("REMOTE"));
	x->given |= 1u << XCLIENT_ADDR | 1u << XCLIENT_PORT;
	if (c->local_ip.family) {
		x->given |= 1u << XCLIENT_DESTADDR | 1u << XCLIENT_DESTPORT;
		x->destaddr = c->local_ip;
		x->destport = c->local_port;
	}
}

static void
proxy_header(struct smtp_relay *r)
{
	const struct relay_client *c = r->client;
	struct proxy_header h = {.source = c->ip,
		.destination = c->local_ip,
		.source_port = c->port,
		.destination_port = c->local_port};
	struct buf b;

	/* Without two addresses of a kind it would be "UNKNOWN", and the backend takes the client for us. */
	if (h.destination.family != h.source.family) {
		h.destination = (struct ip){.family = h.source.family};
		h.destination_port = 0;
	}
	buf_init(&b, PROXY_HEADER_MAX);
	if (r->terms->identity == RELAY_IDENTITY_PROXY_V1)
		proxy_header_write_v1(&h, &b);
	else
		proxy_header_write_v2(&h, &b);
	r->host.send(r->host.ctx, buf_view(&b));
	buf_done(&b);
}

unsigned
relay_hello_forward(const struct smtp_relay *r, struct buf *out)
{
	struct xclient x;

	if (r->terms->identity != RELAY_IDENTITY_XFORWARD || !(r->caps.has & EHLO_XFORWARD))
		return 0;
	describe(r->client, &x);
	return (unsigned)xclient_write_forward(&x, r->caps.xforward, out);
}

/* A name that other servers take for one: a client's EHLO must not make ours look broken. */
static bool
is_name(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] > 126)
			return false;
	return v.n > 0 && v.n <= DOMAIN_MAX + 2;
}

/* ---- the dialogue ---- */

static enum relay_step
say_ehlo(struct smtp_relay *r, bool as_client)
{
	r->caps = (struct ehlo){0};
	r->hello = RELAY_SAYS_EHLO;
	r->as_client = as_client && r->introduced && is_name(r->client->helo);
	relay_wire_command(r, "EHLO", r->as_client ? r->client->helo : r->hostname);
	return RELAY_WAIT;
}

static enum relay_step
say_xclient(struct smtp_relay *r)
{
	unsigned needed = 1u << XCLIENT_ADDR | (r->authenticated ? 1u << XCLIENT_LOGIN : 0);
	struct xclient x;

	describe(r->client, &x);
	buf_reset(&r->lines);
	r->lines_at = 0;
	if (!(r->caps.has & EHLO_XCLIENT) || (r->caps.xclient & needed) != needed ||
		xclient_write(&x, r->caps.xclient, &r->lines) == 0 || r->lines.over)
		return broken(r, RELAY_NO_IDENTITY);
	r->login_passes = r->caps.xclient & 1u << XCLIENT_LOGIN;
	r->hello = RELAY_SAYS_XCLIENT;
	relay_wire_next(r, &r->lines, &r->lines_at);
	return RELAY_WAIT;
}

/* The answer to EHLO or HELO is in caps: what now? */
static enum relay_step
greeted(struct smtp_relay *r)
{
	bool plain = r->plain & 1u << r->backend;

	if (!r->tls && r->terms->tls != RELAY_TLS_NONE && !plain) {
		if (r->caps.has & EHLO_STARTTLS) {
			r->hello = RELAY_SAYS_STARTTLS;
			relay_wire_command(r, "STARTTLS", (struct view){NULL, 0});
			return RELAY_WAIT;
		}
		if (r->terms->tls != RELAY_TLS_OPPORTUNISTIC)
			return broken(r, RELAY_NO_TLS);
	}
	if (r->terms->identity == RELAY_IDENTITY_XCLIENT && !r->introduced)
		return say_xclient(r);
	/* Who logged in on an earlier connection can be told by XCLIENT only. */
	if (r->authenticated && r->terms->identity != RELAY_IDENTITY_XCLIENT)
		return broken(r, RELAY_NO_IDENTITY);
	return RELAY_DONE;
}

static enum relay_step
hears_ehlo(struct smtp_relay *r, const struct smtp_answer *a)
{
	if (a->code / 100 == 2) {
		ehlo_parse(a->text, &r->caps);
		return greeted(r);
	}
	if (a->code / 100 != 5)
		return broken(r, RELAY_REFUSED);
	if (r->as_client)
		return say_ehlo(r, false);
	r->hello = RELAY_SAYS_HELO; /* RFC 5321 3.2: servers without extensions */
	relay_wire_command(r, "HELO", r->hostname);
	return RELAY_WAIT;
}

static enum relay_step
hears_starttls(struct smtp_relay *r, const struct smtp_answer *a)
{
	if (a->code / 100 == 2) {
		r->hello = RELAY_SHAKES_HANDS;
		r->host.start_tls(r->host.ctx);
		return RELAY_WAIT;
	}
	if (r->terms->tls != RELAY_TLS_OPPORTUNISTIC)
		return broken(r, RELAY_NO_TLS);
	r->plain |= 1u << r->backend;
	return greeted(r);
}

static enum relay_step
hears_xclient(struct smtp_relay *r, const struct smtp_answer *a)
{
	if (a->code / 100 != 2)
		return broken(r, RELAY_NO_IDENTITY);
	if (relay_wire_next(r, &r->lines, &r->lines_at))
		return RELAY_WAIT;
	r->introduced = true;
	return say_ehlo(r, true);
}

enum relay_step
relay_hello_begin(struct smtp_relay *r)
{
	enum relay_identity i = r->terms->identity;

	r->hello = RELAY_SAYS_NOTHING;
	if (i == RELAY_IDENTITY_PROXY_V1 || i == RELAY_IDENTITY_PROXY_V2)
		proxy_header(r);
	r->introduced = i != RELAY_IDENTITY_NONE && i != RELAY_IDENTITY_XCLIENT &&
			i != RELAY_IDENTITY_XFORWARD;
	return RELAY_WAIT;
}

enum relay_step
relay_hello_reply(struct smtp_relay *r, const struct smtp_answer *a)
{
	if (a->code == 421)
		return broken(r, RELAY_LOST);
	if (a->code / 100 == 3)
		return broken(r, RELAY_GARBAGE);
	switch (r->hello) {
	case RELAY_SAYS_NOTHING:
		return a->code / 100 == 2 ? say_ehlo(r, true) : broken(r, RELAY_REFUSED);
	case RELAY_SAYS_EHLO:
		return hears_ehlo(r, a);
	case RELAY_SAYS_HELO:
		return a->code / 100 == 2 ? greeted(r) : broken(r, RELAY_REFUSED);
	case RELAY_SAYS_STARTTLS:
		return hears_starttls(r, a);
	case RELAY_SAYS_XCLIENT:
		return hears_xclient(r, a);
	case RELAY_SHAKES_HANDS:
		break;
	}
	return broken(r, RELAY_GARBAGE);
}

enum relay_step
relay_hello_secured(struct smtp_relay *r, bool verified)
{
	r->tls = true;
	r->tls_verified = verified;
	if (r->terms->tls == RELAY_TLS_VERIFIED && !verified)
		return broken(r, RELAY_NO_TLS);
	return say_ehlo(r, true);
}
