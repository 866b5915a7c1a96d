/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Callbacks of one connection run on different threads, one at a time: all state hangs on smfi_setpriv.
 * Where we never answer, libmilter is told so at negotiation, which saves the MTA a round trip.
 */
#include "front/milter.h"

#include <errno.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "front/milter_edit.h"
#include "front/milter_socket.h"
#include "util/log.h"

/* The one exception to "no mutable globals": libmilter's callbacks carry no context. */
static struct milter {
	struct milter_options o;
	int fd; /* libmilter's listening descriptor */
	atomic_bool off, ending;
	atomic_size_t waiting;
	atomic_uint_least64_t connections, open, overloaded;
} milter;

struct connection {
	struct session *session; /* NULL: passed unjudged */
	struct milter_edit_terms terms;
};

static struct view
macro(SMFICTX *ctx, const char *name)
{
	const char *v = smfi_getsymval(ctx, (char *)(uintptr_t)name);

	return v && *v ? view_str(v) : (struct view){NULL, 0};
}

/* ---- connection ---- */

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2, unsigned long f3,
	unsigned long *pf0, unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	const struct milter_options *o = &milter.o;
	unsigned long quiet = SMFIP_NR_HDR | SMFIP_NR_BODY | SMFIP_NR_UNKN;
	struct connection *c = calloc(1, sizeof(*c));

	(void)f2, (void)f3;
	if (!c)
		return SMFIS_TEMPFAIL;
	quiet |= o->connect_replies ? 0 : SMFIP_NR_CONN;
	quiet |= o->helo_replies ? 0 : SMFIP_NR_HELO;
	quiet |= o->data_replies ? 0 : SMFIP_NR_DATA;
	quiet |= o->header_replies ? 0 : SMFIP_NR_EOH;
	*pf0 = f0 & MILTER_EDIT_ACTIONS;
	*pf1 = f1 & (quiet | SMFIP_HDR_LEADSPC | SMFIP_RCPT_REJ | SMFIP_NOUNKNOWN);
	*pf2 = *pf3 = 0;
	c->terms = (struct milter_edit_terms){(*pf1 & SMFIP_HDR_LEADSPC) != 0, *pf0};
	atomic_fetch_add(&milter.connections, 1);
	atomic_fetch_add(&milter.open, 1);
	smfi_setpriv(ctx, c);
	return SMFIS_CONTINUE;
}

/* An MTA that does not negotiate (protocol 2) comes here first. */
static struct connection *
connection(SMFICTX *ctx)
{
	struct connection *c = smfi_getpriv(ctx);

	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		log_die("out of memory");
	atomic_fetch_add(&milter.connections, 1);
	atomic_fetch_add(&milter.open, 1);
	smfi_setpriv(ctx, c);
	return c;
}

static struct ip
address_of(const _SOCK_ADDR *sa)
{
	struct ip ip = {0};

	if (sa && sa->sa_family == AF_INET) {
		ip.family = 4;
		memcpy(ip.b, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	} else if (sa && sa->sa_family == AF_INET6) {
		char text[IP_TEXT_MAX];

		ip.family = 6;
		memcpy(ip.b, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
		ip_format(&ip, text); /* and back: a mapped address becomes IPv4 */
		if (!ip_parse(view_str(text), &ip))
			ip.family = 0;
	}
	return ip;
}

static void
progress(void *ctx)
{
	smfi_progress(ctx);
}

/* What the event's verdict means to libmilter before the end of the message. */
static sfsistat
act(SMFICTX *ctx, const struct verdict *v, sfsistat go_on)
{
	if (v->kind == VERDICT_NONE || v->kind == VERDICT_ACCEPT)
		return go_on;
	milter_edit_reply(ctx, &v->reply);
	return v->kind == VERDICT_REJECT ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

/* No answer where none was agreed upon; where one was, "go on". */
static sfsistat
quiet(bool replies)
{
	return replies ? SMFIS_CONTINUE : SMFIS_NOREPLY;
}

static sfsistat
overloaded(SMFICTX *ctx)
{
	struct smtp_reply r = {451, VIEW("4.3.2"), VIEW("too many messages at once, please try again later")};

	atomic_fetch_add(&milter.overloaded, 1);
	log_warn("milter-sessions", "more than %zu callbacks wait", milter.o.sessions_max);
	milter_edit_reply(ctx, &r);
	return SMFIS_TEMPFAIL;
}

/* Callbacks that may wait hold a thread each: only so many at once. */
static bool
enter(SMFICTX *ctx, sfsistat *answer_out)
{
	if (atomic_fetch_add(&milter.waiting, 1) < milter.o.sessions_max)
		return true;
	atomic_fetch_sub(&milter.waiting, 1);
	*answer_out = overloaded(ctx);
	return false;
}

static void
leave(void)
{
	atomic_fetch_sub(&milter.waiting, 1);
}

/* An event that waits only when a rule decides at its stage: then it is answered, and counted. */
static sfsistat
event(SMFICTX *ctx, struct session *s, const struct verdict *(*fn)(struct session *), bool replies)
{
	sfsistat answer;

	if (!replies) {
		fn(s);
		return SMFIS_NOREPLY;
	}
	if (!enter(ctx, &answer))
		return answer;
	answer = act(ctx, fn(s), SMFIS_CONTINUE);
	leave();
	return answer;
}

static sfsistat
on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *sa)
{
	struct connection *c = connection(ctx);
	struct view daemon = macro(ctx, "{daemon_name}"), port = macro(ctx, "{daemon_port}");
	struct session_client client = {.ip = address_of(sa), .name = view_str(host),
		.listener = daemon.p ? daemon : port.p ? port : view_str(milter.o.name),
		.progress = progress, .progress_ctx = ctx};

	if (atomic_load(&milter.off))
		return quiet(milter.o.connect_replies);
	c->session = session_new(milter.o.engine, &client);
	return event(ctx, c->session, session_connect, milter.o.connect_replies);
}

static sfsistat
on_helo(SMFICTX *ctx, char *name)
{
	struct connection *c = connection(ctx);

	const struct verdict *v;
	sfsistat answer;

	if (!c->session)
		return quiet(milter.o.helo_replies);
	if (milter.o.helo_replies && !enter(ctx, &answer))
		return answer;
	v = session_helo(c->session, view_str(name)); /* also when off: `on` may come before MAIL */
	answer = atomic_load(&milter.off) ? quiet(milter.o.helo_replies)
					  : act(ctx, v, quiet(milter.o.helo_replies));
	if (milter.o.helo_replies)
		leave();
	return answer;
}

/* ---- envelope ---- */

/* The session, or NULL with what to answer: off passes all, ending and overload put off. */
static struct session *
ready(SMFICTX *ctx, sfsistat *answer_out)
{
	struct connection *c = connection(ctx);

	*answer_out = SMFIS_ACCEPT;
	if (atomic_load(&milter.ending)) {
		*answer_out = SMFIS_TEMPFAIL;
		return NULL;
	}
	return atomic_load(&milter.off) ? NULL : c->session;
}

static sfsistat
on_mail(SMFICTX *ctx, char **argv)
{
	sfsistat answer;
	struct session *s = ready(ctx, &answer);
	struct session_mail m = {.from = view_str(argv[0]), .auth_user = macro(ctx, "{auth_authen}"),
		.tls_version = macro(ctx, "{tls_version}"), .tls_cipher = macro(ctx, "{cipher}"),
		.tls_cert = macro(ctx, "{cert_subject}"),
		.queue_id = macro(ctx, "i")};

	if (!s)
		return answer;
	for (char **a = argv + 1; *a; a++)
		if (view_starts_nocase(view_str(*a), "SIZE="))
			view_number(view_skip(view_str(*a), 5), INT64_MAX, &m.size);
	if (!enter(ctx, &answer))
		return answer;
	answer = act(ctx, session_mail(s, &m), SMFIS_CONTINUE);
	leave();
	return answer;
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **argv)
{
	sfsistat answer;
	struct session *s = ready(ctx, &answer);

	if (!s)
		return answer;
	if (view_is(macro(ctx, "{rcpt_mailer}"), "error")) {
		session_rcpt_refused(s, view_str(argv[0]));
		return SMFIS_CONTINUE;
	}
	if (!enter(ctx, &answer))
		return answer;
	answer = act(ctx, session_rcpt(s, view_str(argv[0])), SMFIS_CONTINUE);
	leave();
	return answer;
}

static sfsistat
on_data(SMFICTX *ctx)
{
	struct connection *c = connection(ctx);

	if (!c->session)
		return quiet(milter.o.data_replies);
	return event(ctx, c->session, session_data, milter.o.data_replies);
}

/* ---- message ---- */

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct connection *c = connection(ctx);
	char *spaced;

	if (!c->session)
		return SMFIS_NOREPLY;
	if (c->terms.lead_space) {
		session_header(c->session, view_str(name), view_str(value));
	} else if (asprintf(&spaced, " %s", value) >= 0) {
		session_header(c->session, view_str(name), view_str(spaced));
		free(spaced);
	}
	return SMFIS_NOREPLY;
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	struct connection *c = connection(ctx);

	if (!c->session)
		return quiet(milter.o.header_replies);
	return event(ctx, c->session, session_eoh, milter.o.header_replies);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *p, size_t n)
{
	struct connection *c = connection(ctx);

	if (c->session)
		session_body(c->session, view_of(p, n));
	return SMFIS_NOREPLY;
}

static sfsistat
finish(SMFICTX *ctx, struct session *s, const struct milter_edit_terms *terms)
{
	int failed = 0;
	const struct verdict *v = session_end(s, macro(ctx, "i"));

	switch (v->kind) {
	case VERDICT_DISCARD:
		return SMFIS_DISCARD;
	case VERDICT_QUARANTINE:
		failed = milter_edit_quarantine(ctx, v->reason, terms);
		break;
	case VERDICT_DEFER:
	case VERDICT_REJECT:
	case VERDICT_GREYLIST:
		return act(ctx, v, SMFIS_CONTINUE);
	default:
		break;
	}
	failed |= milter_edit_apply(ctx, session_edits(s), terms);
	if (failed) {
		log_warn("edit-failed", "id=%.*s the MTA did not take a header or recipient change",
			VIEW_ARG(session_id(s)));
		return SMFIS_TEMPFAIL;
	}
	return SMFIS_CONTINUE;
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	sfsistat answer;
	struct session *s = ready(ctx, &answer);

	if (!s)
		return answer;
	if (enter(ctx, &answer)) {
		answer = finish(ctx, s, &connection(ctx)->terms);
		leave();
	}
	session_abort(s); /* the transaction is over; its memory goes now */
	return answer;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	struct connection *c = connection(ctx);

	if (c->session)
		session_abort(c->session);
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	struct connection *c = smfi_getpriv(ctx);

	if (!c)
		return SMFIS_CONTINUE;
	smfi_setpriv(ctx, NULL);
	session_free(c->session);
	free(c);
	atomic_fetch_sub(&milter.open, 1);
	return SMFIS_CONTINUE;
}

/* ---- the worker ---- */

int
milter_open(const struct milter_options *o)
{
	static char name[] = "postern";
	struct smfiDesc desc = {.xxfi_name = name, .xxfi_version = SMFI_VERSION,
		.xxfi_flags = MILTER_EDIT_ACTIONS, .xxfi_connect = on_connect, .xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail, .xxfi_envrcpt = on_rcpt, .xxfi_header = on_header,
		.xxfi_eoh = on_eoh, .xxfi_body = on_body, .xxfi_eom = on_eom, .xxfi_abort = on_abort,
		.xxfi_close = on_close, .xxfi_data = on_data, .xxfi_negotiate = on_negotiate};

	milter.o = *o;
	atomic_store(&milter.off, o->off);
	if (smfi_register(desc) != MI_SUCCESS) {
		errno = EINVAL;
		return -1;
	}
	return milter_socket_adopt(o->listen_fd, o->work_dir, &milter.fd);
}

int
milter_serve(void)
{
	return smfi_main() == MI_SUCCESS ? 0 : -1;
}

void
milter_drain(void)
{
	enum { LOOK_MS = 50, QUIET_LOOKS = 3 };
	int empty = 0;

	if (milter_socket_silence(milter.fd) != 0)
		log_die("cannot drain: no descriptor for a pipe");
	/* Looked at, not waited for: libmilter tells nobody that a connection was accepted. */
	while (empty < QUIET_LOOKS) {
		poll(NULL, 0, LOOK_MS);
		empty = milter_socket_open(milter.o.listen_fd) == 0 ? empty + 1 : 0;
	}
	_exit(0);
}

void
milter_end(void)
{
	enum { GRACE_MS = 2000 };

	atomic_store(&milter.ending, true);
	poll(NULL, 0, GRACE_MS); /* callbacks under way still say their answer */
	_exit(0);
}

void
milter_set_off(bool off)
{
	atomic_store(&milter.off, off);
}

void
milter_count(struct milter_counters *out)
{
	*out = (struct milter_counters){atomic_load(&milter.connections), atomic_load(&milter.open),
		atomic_load(&milter.overloaded)};
}
