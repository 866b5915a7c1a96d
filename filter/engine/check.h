/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check -- what a check is, and all that it may see and do.
 *
 * A check is one file with one descriptor at its bottom. Its run() computes facts: it reads other facts,
 * asks DNS and the store, and sets its own. It is written as a plain function that is *run again* until
 * every wanted fact of its own is set: when check_dns or a needed fact is still on its way, it asks for
 * all else that it can ask in parallel and returns; the engine calls it again when answers have come.
 * run() is first called at its stage, then at every later event of the session while a wanted fact is
 * pending. It must therefore be cheap, keep no state but check_state(), and set each fact once.
 *
 * What has not come at the deadline becomes unknown "timeout": the engine does that. A check never
 * replies, sleeps, logs policy or calls another check.
 */
#ifndef ENGINE_CHECK_H
#define ENGINE_CHECK_H

#include "engine/settings.h"
#include "mail/address.h"
#include "mail/authres.h"
#include "mail/dmarc/dmarc_row.h"
#include "mail/header.h"
#include "policy/program.h"
#include "svc/dns.h"
#include "svc/store.h"

struct dnsbl_watch; /* checks/dnsbl_watch.h */
struct check_call; /* one check, called for one session, transaction and (per_rcpt) recipient */

struct check {
	const char *name;
	const struct fact_def *facts; /* its rows; run() sets them by their index */
	size_t n_facts;
	const char *const *needs; /* facts of other checks that run() reads, by index */
	size_t n_needs;
	enum stage stage; /* run() is not called before */
	bool per_rcpt;    /* all its facts are; called once for each recipient */
	bool light;       /* run() asks nobody, and tells only what it sees */
	void (*run)(struct check_call *c);
	/* What to set before fact row i can be known ("set geo-database in postern.conf"); NULL: nothing is
	 * lacking. A live rule set that reads it is refused with this remedy. NULL = no such facts. */
	const char *(*lacks)(const struct settings *s, size_t i);
	/* The message as it passes, in order, as it was received (strangers' fields not yet removed).
	 * Called only when a fact of this check is wanted. NULL = does not look. */
	void (*header)(struct check_call *c, const struct header_field *h);
	void (*eoh)(struct check_call *c);
	void (*body)(struct check_call *c, struct view chunk);
};

/* ---- what it sees ---- */

enum stage check_stage(const struct check_call *c);
const struct settings *check_settings(const struct check_call *c);
const struct program *check_program(const struct check_call *c); /* its lists and dnsbls */
int64_t check_now(const struct check_call *c); /* seconds since 1970 */

/* The client as checks should see it: behind one of our trusted relays, the first untrusted hop (then
 * known from STAGE_HEADER on; before, client is NULL). */
struct check_client {
	const struct ip *ip;    /* NULL: absent or not IP (local submission) */
	struct view helo;       /* absent if none was sent (yet) */
	struct view listener;
	bool from_trusted;      /* the host that connects is a trusted relay, or of own-nets */
};
const struct check_client *check_client(const struct check_call *c);

/* What the front-end saw of the dialogue itself, so far. */
struct check_seen {
	bool early_talk;       /* spoke before the greeting */
	bool pipelining;       /* sent more than one command before it was told that it may */
	bool esmtp;            /* EHLO, not HELO */
	bool bare_newline;     /* the message had a CR or LF of its own */
	unsigned connections;  /* from its address, this one included */
	unsigned junk;         /* unknown commands, and those out of order */
	unsigned auth_failures;
};
const struct check_seen *check_seen(const struct check_call *c); /* NULL: it cannot see that */

struct check_envelope {
	bool null_sender;
	struct address from; /* of MAIL; valid if !null_sender and has_from */
	bool has_from;       /* MAIL was given and readable */
	struct view from_raw;
	uint64_t size;       /* SIZE=; 0 = not said */
	struct view auth_user, tls_version, tls_cipher, tls_cert; /* absent = none */
	const struct address *rcpt; /* accepted so far, the current one included */
	const struct view *rcpt_raw;
	size_t n_rcpt, n_rejected;
	size_t current;      /* index of the recipient of a per_rcpt call */
	enum { /* of the backend, about that recipient; NONE: it is not asked */
		CHECK_ANSWER_NONE, CHECK_ANSWER_AWAITED, CHECK_ANSWER_TAKEN
	} answer;
};
const struct check_envelope *check_envelope(const struct check_call *c); /* NULL before MAIL */

/* Fields as rules see them (strangers' Authentication-Results and X-Spam-* removed), from STAGE_HEADER on;
 * before, or for a message without fields, *n_out is 0. */
const struct header_field *check_headers(const struct check_call *c, size_t *n_out);
/* The first field of that name from the top, NULL if none; *count_out (may be NULL) counts all. */
const struct header_field *check_header(const struct check_call *c, const char *name, size_t *count_out);
uint64_t check_message_size(const struct check_call *c); /* bytes so far; whole at STAGE_BODY */

/* Value of needs[i]. Makes the engine compute it. FACT_PENDING = on its way or of a later stage. */
const struct fact_value *check_need(struct check_call *c, size_t i);
/* Value of a slot of the program (dnsbl look-ups). */
const struct fact_value *check_slot(struct check_call *c, size_t slot);

/* ---- what it does ---- */

/* Lives as long as the fact: session for facts up to HELO, message for later ones. */
struct arena *check_arena(struct check_call *c);
/* Answer of the session's DNS memory; NULL = on its way. timeout_ms 0 = the default. */
const struct dns_answer *check_dns(struct check_call *c, struct view name, enum dns_type type);
const struct dns_answer *check_dns_for(struct check_call *c, struct view name, enum dns_type type,
	uint32_t timeout_ms, struct dns_ledger *ledger);
struct dnsbl_watch *check_dnsbl_watch(struct check_call *c); /* how the DNS lists are; NULL: nobody looks */
struct store *check_store(struct check_call *c); /* NULL = there is none: answer "unknown" */
/* Those of the settings, or of the rule that greylists. */
struct greylist_terms check_greylist_terms(const struct check_call *c);

/* For a rate of connections: what was counted when this one was; 0: it was not yet. For the session. */
int64_t *check_counted(struct check_call *c, const struct rate *r);

/* Is fact row i wanted by a rule, a header or another check, and still pending? */
bool check_wants(const struct check_call *c, size_t i);
/* The time is over for a wanted fact: what is to be known whatever happens is settled with what there is. */
bool check_is_late(const struct check_call *c);
/* Sets fact row i; later calls for it are ignored. The value's bytes live in check_arena(); the reason of
 * an unknown one is copied. */
void check_set(struct check_call *c, size_t i, struct fact_value v);
/* For families (dnsbl.NAME.CODE) and facts with an argument (header("X")): the slots of this check that
 * somebody may want, what each is of (check_program(c)->slots[i].def and .arg), is it wanted and pending;
 * set it. */
const size_t *check_own_slots(const struct check_call *c, size_t *n_out);
bool check_slot_wanted(const struct check_call *c, size_t slot);
void check_set_slot(struct check_call *c, size_t slot, struct fact_value v);

/* One method of our Authentication-Results field. Views live in check_arena(). */
void check_report(struct check_call *c, const struct authres_result *r);

/* What DMARC found where a policy record asks for reports, for settings.dmarc_history. Lives in
 * check_arena(); of the row, the engine sets what it knows better: time, envelope, DKIM, what was done. */
struct check_dmarc {
	struct dmarc_row row;
	bool known, passed;                /* known: the result does not hang on a DNS error */
	enum dmarc_policy asked, published; /* what applies, with and without t=y */
};
void check_dmarc(struct check_call *c, const struct check_dmarc *d);

/* Makes the client known to the store when this message was accepted for the current recipient, and not as
 * spam (engine/newcomer.h). Lives in check_arena(). */
void check_newcomer(struct check_call *c, const struct store_request *q);

/* This check's own pointer, for this message (for the session before MAIL); NULL at first. */
void **check_state(struct check_call *c);

#endif
