/* SPDX-License-Identifier: BSD-2-Clause
 *
 * session -- the events of one SMTP connection in, verdicts out; what both front-ends call.
 *
 * Order: session_new, session_helo (again after RSET or STARTTLS), session_mail, session_rcpt ...,
 * session_data, session_header ..., session_eoh, session_body ..., session_end; session_abort at any
 * point after session_mail (RSET, a new MAIL, the client or MTA gone); session_free. Only session_rcpt
 * and session_end wait, and an earlier event when a rule decides `at` it. A session belongs to one
 * thread at a time, not always the same.
 *
 * A front-end that must not block sets session_client.wake. Then an event that would wait for DNS returns
 * NULL; session_resume, after each wake and at session_deadline, returns the verdict, or NULL again. Only
 * the store is still waited for, within its own limit (store-timeout).
 */
#ifndef ENGINE_SESSION_H
#define ENGINE_SESSION_H

#include "engine/engine.h"
#include "mail/header.h"
#include "mail/smtp/smtp_reply.h"
#include "policy/given.h"

enum verdict_kind {
	VERDICT_NONE, /* go on */
	VERDICT_ACCEPT,
	VERDICT_DEFER,
	VERDICT_REJECT,
	VERDICT_DISCARD,
	VERDICT_QUARANTINE,
	VERDICT_GREYLIST
};
const char *verdict_name(enum verdict_kind k);

/* What a front-end does with one event. Lives in the session until its next event. */
struct verdict {
	enum verdict_kind kind;
	struct smtp_reply reply; /* DEFER, REJECT, GREYLIST: what the client hears */
	struct view reason;      /* QUARANTINE: for the MTA's hold */
	uint32_t tarpit;         /* seconds to wait before the reply, whatever it is; not for a milter */
};

/* What is to be done to the message besides the verdict, at session_end. */
struct edits {
	struct edit_header {
		enum { EDIT_ADD, EDIT_DELETE } kind;
		struct view name;  /* as it was written, for EDIT_DELETE */
		struct view value; /* EDIT_ADD: safe, folded with LF and a tab; goes on top */
		size_t nth;        /* EDIT_DELETE: the nth of that name, from 1, counted as received; delete
		                    * in the order given (from the last to the first) */
	} *header;
	size_t n_headers;
	const struct view *drop_rcpt; /* recipients to remove, as RCPT named them */
	size_t n_drop;
};

struct judgement; /* engine/judge.h */

struct session_client {
	struct ip ip;      /* family 0: absent or not IP: local submission */
	struct view name;  /* what the front-end or MTA resolved; informative */
	struct view listener;
	bool asks_backend; /* session_rcpt_answered follows each recipient that passes */
	/* An answer has come; NULL = events block. Called from any thread, also while an event runs, and
	 * under a lock of the DNS service: it may only tell an event loop. */
	void (*wake)(void *ctx);
	void *wake_ctx;
	/* Called while the end of a message waits for answers, every second; NULL = not. */
	void (*progress)(void *ctx);
	void *progress_ctx;
	const struct given_value *given; /* facts that are not computed; kept until session_free */
	size_t n_given;
	/* The message is from a mailbox: its client is the hop before our own hosts, as its Received fields
	 * have it, and ip says nothing. */
	bool stored;
	/* A closed session asks neither DNS nor the store: what is not given is missing. Only facts that the
	 * message tells by itself (STAGE_HEADER and later, fact_def.asks NULL) are computed if `message`. */
	bool closed, message;
	/* Told of each decision, which then is neither logged nor counted. NULL = not. */
	void (*witness)(void *ctx, const struct judgement *j);
	void *witness_ctx;
};
struct session_mail {
	struct view from; /* with or without <>, as received */
	uint64_t size;
	struct view auth_user, tls_version, tls_cipher, tls_cert; /* absent = none */
	struct view queue_id; /* may be absent until the end */
};

struct session;

struct session *session_new(struct engine *e, const struct session_client *c); /* gives */
void session_free(struct session *s); /* ends an open transaction as session_abort does */

const struct verdict *session_connect(struct session *s);
const struct verdict *session_helo(struct session *s, struct view name);
const struct verdict *session_mail(struct session *s, const struct session_mail *m);
const struct verdict *session_rcpt(struct session *s, struct view to);
/* The MTA refused this recipient itself: counted only. */
void session_rcpt_refused(struct session *s, struct view to);
/* What the backend said to the recipient that session_rcpt let pass: 2xx, 5xx, 4xx or nothing. Only those
 * that were taken stay; when a rule now refuses one of them, session_edits names it among those to drop. */
enum rcpt_answer { RCPT_TAKEN, RCPT_REFUSED, RCPT_PUT_OFF };
const struct verdict *session_rcpt_answered(struct session *s, enum rcpt_answer a);
/* What the front-end saw, before the event at which it is to count. */
void session_seen(struct session *s, const struct check_seen *seen);
const struct verdict *session_data(struct session *s);
/* value: raw, with its leading blank, folding as CRLF or LF, no final line end. False: over the limits;
 * the field still counts for the verifiers' order. */
void session_header(struct session *s, struct view name, struct view value);
const struct verdict *session_eoh(struct session *s);
void session_body(struct session *s, struct view chunk);
const struct verdict *session_end(struct session *s, struct view queue_id);
/* Of the session_end that has given its verdict. Lives in the session until its next event. */
const struct edits *session_edits(const struct session *s);
/* With asks_backend: the client was told 2xx for the message. Before, it counts for no rate. */
void session_accepted(struct session *s);
/* Goes on with the event that returned NULL. */
const struct verdict *session_resume(struct session *s);
/* When to call it at the latest, whether or not an answer has come (clock_mono_ms). */
int64_t session_deadline(const struct session *s);
void session_abort(struct session *s);
/* For `eval --until`: weighs the rules as far as this stage can tell, and puts that on record as partial. */
void session_look(struct session *s);

/* What DNS says of the client that is connected: the name that resolves back to its address, and the first
 * that its address claims. Absent = none; or, if `unsure`, not known, or not known yet. */
struct session_names {
	struct view verified, claimed;
	bool unsure;
};
struct session_names session_names(const struct session *s);
/* The short id of the transaction (of the session before MAIL). */
struct view session_id(const struct session *s);

#endif
