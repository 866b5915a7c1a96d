/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/relay/relay_envelope.h"

#include "front/relay/relay_hello.h"
#include "front/relay/relay_reply.h"
#include "front/relay/relay_wire.h"
#include "mail/address.h"
#include "util/limits.h"
#include "util/limits_relay.h"

enum { LINES_MAX = 4096 };

/* ---- what is kept ---- */

void
relay_envelope_init(struct relay_envelope *e)
{
	*e = (struct relay_envelope){0};
	buf_init(&e->lines, LINES_MAX);
}

void
relay_envelope_close(struct relay_envelope *e)
{
	arena_free(e->a);
	buf_done(&e->lines);
	relay_envelope_init(e);
}

static struct relay_path
copy(const struct smtp_command *c, struct arena *a)
{
	return (struct relay_path){arena_copy(a, c->mailbox), arena_copy(a, c->params)};
}

static void
grow(struct relay_envelope *e)
{
	size_t cap = e->cap ? e->cap * 2 : 4;
	struct relay_path *more;

	if (e->n < e->cap)
		return;
	more = arena_array(e->a, cap, sizeof(*more));
	if (e->n)
		memcpy(more, e->rcpt, e->n * sizeof(*more));
	e->rcpt = more;
	e->cap = cap;
}

/* What every further recipient is answered; false: it may be asked. */
static bool
refused(const struct smtp_relay *r, uint32_t among, struct relay_answer *out)
{
	const struct relay_envelope *e = &r->envelope;
	bool told = e->begun && r->phase == RELAY_READY, here = among & 1u << r->backend;

	if (e->refusal.reply.code)
		*out = e->refusal;
	else if (e->failed)
		*out = relay_reply_own(RELAY_REPLY_CHANGED);
	else if (among == 0)
		*out = relay_reply_own(RELAY_REPLY_NO_ROUTE);
	else if (e->n && (told ? !here : !(e->among & among)))
		*out = relay_reply_own(RELAY_REPLY_ELSEWHERE);
	else if (e->n >= RCPT_MAX || (told && r->caps.rcpt_max && e->n >= r->caps.rcpt_max))
		*out = relay_reply_own(RELAY_REPLY_TOO_MANY);
	else
		return false;
	return true;
}

bool
relay_envelope_add(struct smtp_relay *r, const struct smtp_command *mail,
	const struct smtp_command *rcpt, uint32_t among)
{
	struct relay_envelope *e = &r->envelope;

	if (refused(r, among, &r->result))
		return false;
	if (!(among & 1u << r->backend))
		e->begun = false; /* none was taken there: another backend is told */
	if (!e->a) {
		e->a = arena_new();
		e->mail = copy(mail, e->a);
		e->among = UINT32_MAX;
	}
	grow(e);
	e->rcpt[e->n++] = copy(rcpt, e->a);
	e->asked = among;
	return true;
}

/* The commands that were sent for it are answered, or none was. */
void
relay_envelope_forget_new(struct smtp_relay *r)
{
	struct relay_envelope *e = &r->envelope;

	if (!e->asked)
		return;
	e->n--;
	e->asked = 0;
	if (e->sent > e->n_lines + 1 + e->n)
		e->sent = e->answered = e->n_lines + 1 + (unsigned)e->n;
}

static struct view
bare(struct view path)
{
	if (path.n > 1 && path.p[0] == '<' && path.p[path.n - 1] == '>')
		return view_of(path.p + 1, path.n - 2);
	return path;
}

static bool
dropped(const struct edits *e, struct view path)
{
	for (size_t i = 0; i < e->n_drop; i++)
		if (view_eq(bare(e->drop_rcpt[i]), bare(path)))
			return true;
	return false;
}

void
relay_envelope_drop(struct smtp_relay *r, const struct edits *edits)
{
	struct relay_envelope *e = &r->envelope;
	size_t kept = 0, n = e->n;

	for (size_t i = 0; i < n; i++)
		if (!dropped(edits, e->rcpt[i].mailbox))
			e->rcpt[kept++] = e->rcpt[i];
	e->n = kept;
	e->begun &= kept == n; /* else told anew */
}

void
relay_envelope_redirect(struct smtp_relay *r, struct view address)
{
	struct relay_envelope *e = &r->envelope;
	struct address to;
	uint32_t there = 0;

	if (address_path(address, e->a, &to) == ADDRESS_OK && to.domain.p)
		there = r->host.route(r->host.ctx, to.domain);
	e->among = there ? there : e->among;
	e->n = 0;
	grow(e);
	e->rcpt[e->n++] =
		(struct relay_path){arena_copy(e->a, bare(address)), VIEW("NOTIFY=NEVER")};
	e->redirected = true;
	e->begun = false;
}

uint32_t
relay_envelope_among(const struct smtp_relay *r)
{
	const struct relay_envelope *e = &r->envelope;

	return e->asked ? e->among & e->asked : e->among;
}

/* ---- what is told ---- */

/* Extensions of EHLO_* that the backend lacks, as the client is told. */
static struct relay_answer
lacks(unsigned missing)
{
	if (missing & EHLO_SMTPUTF8)
		return relay_reply_own(RELAY_REPLY_UTF8);
	if (missing & EHLO_REQUIRETLS)
		return relay_reply_own(RELAY_REPLY_REQUIRETLS);
	return relay_reply_own(RELAY_REPLY_LACKS);
}

static void
begin(struct smtp_relay *r)
{
	struct relay_envelope *e = &r->envelope;

	buf_reset(&e->lines);
	e->lines_at = 0;
	e->reset = r->dirty;
	if (e->reset)
		buf_str(&e->lines, "RSET\r\n");
	e->n_lines = e->reset + relay_hello_forward(r, &e->lines);
	e->sent = e->answered = 0;
	e->begun = true;
}

/* Sends the i-th thing to tell; or nothing, and the result is what the backend lacks for it. */
static unsigned
tell(struct smtp_relay *r, unsigned i)
{
	const struct relay_envelope *e = &r->envelope;
	struct relay_path path = i > e->n_lines ? e->rcpt[i - e->n_lines - 1] : e->mail;
	enum smtp_verb verb = i > e->n_lines ? VERB_RCPT : VERB_MAIL;
	unsigned has = r->caps.has, missing;
	struct buf b;

	if (i < e->n_lines) {
		relay_wire_next(r, &e->lines, &r->envelope.lines_at);
		return 0;
	}
	if (!r->authenticated)
		has &= ~(unsigned)EHLO_AUTH; /* RFC 4954 section 5 */
	if (!r->tls_verified)
		has &= ~(unsigned)EHLO_REQUIRETLS; /* RFC 8689 4.2.1: the next hop's certificate
						      must be verified */
	if (verb == VERB_RCPT && e->redirected && !(has & EHLO_DSN))
		path.params = VIEW("");
	buf_init(&b, LINES_MAX);
	missing = smtp_command_write(verb, path.mailbox, path.params, has, &b);
	if (!missing && !b.over) {
		r->dirty = true;
		r->host.send(r->host.ctx, buf_view(&b));
	}
	missing |= b.over;
	buf_done(&b);
	return missing;
}

/* Nothing more is told: nothing is on its way. */
static enum relay_step
done(struct smtp_relay *r)
{
	struct relay_envelope *e = &r->envelope;

	if (e->refusal.reply.code)
		r->result = e->refusal;
	else if (e->failed)
		r->result = relay_reply_own(RELAY_REPLY_CHANGED);
	else
		return RELAY_DONE;
	relay_envelope_forget_new(r);
	return RELAY_DONE;
}

/* The next thing cannot be told to this backend: the new recipient's affair, or that of all. */
static enum relay_step
cannot(struct smtp_relay *r, unsigned missing)
{
	struct relay_envelope *e = &r->envelope;
	bool only_new = e->asked && (e->n == 1 || e->sent == e->n_lines + e->n);

	r->result = lacks(missing);
	if (only_new) {
		relay_envelope_forget_new(r);
		return RELAY_DONE;
	}
	e->failed = true;
	return done(r);
}

enum relay_step
relay_envelope_go(struct smtp_relay *r)
{
	struct relay_envelope *e = &r->envelope;
	unsigned ahead = r->caps.has & EHLO_PIPELINING ? RELAY_AHEAD : 1, missing;

	if (!e->begun)
		begin(r);
	while (e->sent < e->n_lines + 1 + e->n && e->sent - e->answered < ahead &&
		!e->refusal.reply.code && !e->failed) {
		missing = tell(r, e->sent);
		if (missing && e->sent == e->answered)
			return cannot(r, missing);
		if (missing)
			break; /* said when the others are answered */
		e->sent++;
	}
	return e->sent > e->answered ? RELAY_WAIT : done(r);
}

static void
hears_mail(struct smtp_relay *r, const struct smtp_answer *a)
{
	struct relay_envelope *e = &r->envelope;

	if (a->code / 100 == 2)
		return;
	if (e->asked && e->n == 1)
		relay_reply_clean(a, RELAY_BY_SENDER, e->a, &e->refusal);
	else
		e->failed = true;
}

/* The new recipient is answered for good, unless others have failed. */
static void
hears_new(struct smtp_relay *r, const struct smtp_answer *a)
{
	struct relay_envelope *e = &r->envelope;

	relay_reply_clean(a, RELAY_BY_BACKEND, r->scratch, &r->result);
	if (a->code / 100 != 2) {
		relay_envelope_forget_new(r);
		return;
	}
	e->among &= e->asked;
	e->asked = 0;
}

enum relay_step
relay_envelope_reply(struct smtp_relay *r, const struct smtp_answer *a)
{
	struct relay_envelope *e = &r->envelope;
	unsigned i = e->answered++;

	r->what = a->code == 421 ? RELAY_LOST : RELAY_GARBAGE;
	if (a->code == 421 || a->code / 100 == 3)
		return RELAY_BROKEN;
	if (i < e->n_lines) {
		if (i == 0 && e->reset && a->code / 100 != 2)
			return RELAY_BROKEN;
	} else if (i == e->n_lines) {
		hears_mail(r, a);
	} else if (!e->refusal.reply.code && !e->failed) {
		if (e->asked && i == e->n_lines + e->n)
			hears_new(r, a);
		else
			e->failed |= a->code / 100 != 2;
	}
	return relay_envelope_go(r);
}
