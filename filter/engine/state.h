/* SPDX-License-Identifier: BSD-2-Clause
 *
 * state -- what the engine's own files share: the insides of engine, session and transaction.
 *
 * Included by filter/engine/ *.c only. A session always has a transaction: before MAIL it is the one that
 * the next MAIL will use. Values of facts live in one of three arrays, each with a place for every slot:
 * the session's (checks that look at connection and HELO only), the transaction's, the recipient's.
 */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include <stdatomic.h>

#include "engine/engine.h"
#include "engine/judge.h"
#include "engine/reports.h"
#include "engine/separate.h"
#include "engine/session.h"
#include "engine/values.h"

/* ---- the engine: immutable but for the counters ---- */

struct engine_check {
	const struct check *check;
	bool active;       /* one of its facts is wanted */
	bool per_session;  /* all its facts are known by HELO */
	size_t *row_slot;  /* fact row -> slot, SIZE_MAX = none */
	size_t *need_slot; /* need -> slot */
	size_t *slots;     /* its wanted slots */
	size_t n_slots;
};

struct engine {
	struct engine_options o;
	const struct program *program;
	struct arena *arena;
	struct engine_check *checks;
	size_t n_checks;
	bool *wanted, *early; /* by slot: somebody needs it; RCPT waits for it */
	bool *inbound, *outbound; /* by slot: somebody needs it of mail of this direction */
	size_t *rcpt_index; /* by slot: its place among a recipient's values */
	size_t n_rcpt_values;
	bool counts_inbound, counts_outbound; /* a rate is read */
	bool greylists, holds; /* one may greylist; one has `if unknown defer`, for one recipient */
	struct learning *learning; /* NULL: nothing is learned */
	const size_t *const *reputed; /* by rule that hangs on a reputation: learning_reputed; else NULL */
	size_t direction, grey_state, grey_age, hold_age, organisation, score; /* slots; SIZE_MAX = none */
	size_t rcpt_valid, client_name, client_ptr; /* likewise */
	atomic_uint_least64_t sessions, transactions, by_verdict[VERDICT_GREYLIST + 1], tagged, unknown,
		store_passed, held;
};

struct recipient {
	struct address address;
	struct view raw;
	struct fact_value *values; /* of the facts that differ, by engine.rcpt_index */
	void **state;
	struct judgement judged; /* of RCPT, then of the end */
	const struct store_request *newcomer; /* check_newcomer; NULL = none */
	int answer;              /* as check_envelope.answer */
	bool refused, dropped;
};

struct transaction {
	char id[11];
	bool open, taught;     /* MAIL was seen; a reputation has learned from it */
	struct fact_value *values;
	void **state;
	uint8_t *truth;        /* by rule, as program_eval.memo: of rules that do not read the recipient */
	uint8_t *scratch;
	struct program_found *found;
	struct { /* room to judge in, used again for each recipient */
		struct fired *fired;
		size_t *unknown;
		struct cut *cuts;
		int32_t *group_sum;
		bool *skip_group;
		const struct fact_value **values;
	} scrap;
	struct reports reports;
	const struct check_dmarc *dmarc; /* NULL: nothing to report */
	struct check_client client;
	struct ip client_ip;   /* behind a trusted relay: the hop that counts */
	struct check_envelope envelope;
	struct address *addresses; /* envelope.rcpt, and their raw forms */
	struct view *raws;
	struct recipient *rcpt;
	size_t n_rcpt, cap_rcpt;
	const uint8_t *group[SEPARATE_GROUPS]; /* engine/separate.c: policies of recipients */
	size_t n_groups, n_apart; /* n_apart: recipients told to come separately */
	struct withdrawn *withdrawn; /* engine/rcpt_list.h */
	size_t n_withdrawn;
	bool awaits_organisation; /* RCPT waits for it too: the next decision may be to greylist */
	size_t current;        /* recipient that checks and rules see; SIZE_MAX = none */
	struct header_field *headers; /* as rules see them */
	size_t n_headers, cap_headers, header_bytes, n_dropped;
	struct seen_name { /* how often each stripped name was seen, to delete by position */
		struct view name;
		size_t count;
	} seen[8];
	struct edit_header *deletes;
	size_t n_deletes, cap_deletes;
	bool flooded; /* more forged fields than can be taken out, or fields that were not kept */
	uint64_t size;
	size_t held;           /* bytes of its memory, counted in engine.held */
	struct { unsigned asked; bool first; } hold; /* after RCPT; what the first was told */
	const struct judgement *refusal; /* a refusal before RCPT, not yet on record; NULL = none */
	struct view queue_id;
	struct signing *signing; /* engine/signing.c; NULL = not signed */
	struct verdict verdict;
	struct edits edits;
};

struct session {
	struct engine *e;
	struct arena *arena, *message; /* the connection's, the transaction's */
	struct dns_session *dns;
	struct session_client info;
	struct ip ip;
	bool relayed; /* the client is one of our trusted relays */
	struct view helo;
	unsigned helos;
	bool has_seen;
	struct check_seen seen;
	enum stage stage;
	struct fact_value *values;
	void **state;
	struct reports reports;
	int64_t deadline; /* of the stage: the last gather_wait's */
	int64_t due;      /* of a session that must not block: when a question's time is over */
	const struct verdict *(*next)(struct session *s); /* the rest of an event that waits; NULL = none */
	bool early_only;  /* what it waits for */
	bool progress, partial, late; /* a fact is new; the record is session_look's; check_is_late */
	const struct effect *greylist; /* the rule's effect that grey.state is asked for; NULL: none's */
	size_t forced; /* check whose facts are computed though nobody wanted them; SIZE_MAX = none */
	bool outbound_known, outbound;
	int64_t *counted; /* by rate of connections: check_counted; NULL = none */
	struct transaction *t;
};

struct check_call {
	struct session *s;
	const struct engine_check *check;
	size_t index;
};

/* engine/dmarc_history.c: the row of a transaction that ended with this decision, if it has one. */
void dmarc_history_emit(struct session *s, const struct judgement *j);

/* engine/edits.c: which fields of strangers go, and which of ours come. */
void edits_see(struct session *s, struct view name, struct view value, bool *strip_out);
bool edits_trusts(const struct session *s); /* the host that connects is a trusted relay, or of own-nets */
bool edits_is_strange(const struct session *s); /* it is neither, nor local submission */
bool edits_is_ours(const struct session *s, struct view value); /* its id is ours, or none */
void edits_make(struct session *s, const struct judgement *j);

/* engine/relay.c: the client behind our trusted relays, from the Received fields. */
void relay_resolve(struct session *s);

#endif
