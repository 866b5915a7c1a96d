/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/session.h"

#include "engine/ceiling.h"
#include "engine/counting.h"
#include "engine/evidence.h"
#include "engine/fate.h"
#include "engine/gather.h"
#include "engine/header_list.h"
#include "engine/question_memory.h"
#include "engine/rcpt_list.h"
#include "engine/separate.h"
#include "engine/signing.h"
#include "engine/state.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/rand.h"

enum { HELOS_MAX = 20 }; /* names remembered of one connection; memory must not grow with each HELO */

const char *
verdict_name(enum verdict_kind k)
{
	static const char *const names[] = {"none", "accept", "defer", "reject", "discard", "quarantine",
		"greylist"};

	return names[k];
}

/* ---- life ---- */

static void
transaction_new(struct session *s)
{
	struct engine *e = s->e;
	struct transaction *t;

	arena_reset(s->message);
	t = arena_new_of(s->message, struct transaction);
	rand_id(t->id, sizeof(t->id));
	t->values = values_new(s, s->message);
	t->state = arena_array(s->message, e->n_checks + 1, sizeof(*t->state));
	t->truth = arena_alloc(s->message, e->program->n_rules);
	t->scratch = arena_alloc(s->message, e->program->n_rules);
	t->found = program_found_new(e->program, s->message);
	t->reports.last = &t->reports.first;
	t->current = SIZE_MAX;
	t->client = (struct check_client){s->ip.family && !s->relayed ? &s->ip : NULL, s->helo,
		s->info.listener, edits_trusts(s)};
	s->t = t;
}

struct session *
session_new(struct engine *e, const struct session_client *c)
{
	struct arena *a = arena_new();
	struct session *s = arena_new_of(a, struct session);

	s->e = e;
	s->arena = a;
	s->message = arena_new();
	s->ip = c->ip;
	s->info = *c;
	s->dns = question_memory_new(s);
	s->info.name = arena_copy(a, c->name);
	s->info.listener = arena_copy(a, c->listener);
	s->forced = SIZE_MAX;
	s->relayed = c->stored || (s->ip.family && list_has_ip(e->program->trusted_relays, &s->ip));
	s->values = values_new(s, a);
	s->state = arena_array(a, e->n_checks + 1, sizeof(*s->state));
	s->reports.last = &s->reports.first;
	atomic_fetch_add(&e->sessions, 1);
	transaction_new(s);
	return s;
}

/* Ends the transaction; one that was refused before RCPT is put on record now. */
static void
transaction_end(struct session *s)
{
	if (s->t->refusal)
		evidence_emit(s, s->t->refusal);
	atomic_fetch_sub(&s->e->held, s->t->held);
}

void
session_free(struct session *s)
{
	struct arena *a;

	if (!s)
		return;
	transaction_end(s);
	a = s->arena;
	arena_free(s->message);
	dns_session_free(s->dns);
	arena_free(a);
}

void
session_abort(struct session *s)
{
	transaction_end(s);
	question_memory_renew(s);
	s->next = NULL;
	transaction_new(s);
	s->stage = s->helo.p ? STAGE_HELO : STAGE_CONNECT;
}

struct view
session_id(const struct session *s)
{
	return view_str(s->t->id);
}

/* Counts what the transaction's memory has grown to. */
static void
hold(struct session *s)
{
	size_t used = arena_used(s->message);

	atomic_fetch_add(&s->e->held, used - s->t->held);
	s->t->held = used;
}

/* ---- decisions before the end ---- */

/* What the front-end is to do now: before the end it can only refuse or go on. */
static const struct verdict *
answer(struct session *s, const struct judgement *j)
{
	struct verdict *v = &s->t->verdict;

	*v = (struct verdict){j->kind, j->reply, j->reason, s->e->o.settings->dry_run ? 0 : j->tarpit};
	if (s->e->o.settings->dry_run)
		v->kind = s->stage == STAGE_END ? VERDICT_ACCEPT : VERDICT_NONE;
	else if (s->stage != STAGE_END && !fate_refuses(j->kind))
		v->kind = VERDICT_NONE;
	return v;
}

static const struct verdict go_on;

/* Goes on with next when the facts are there: at once, after waiting, or when session_resume says so. */
static const struct verdict *
decide(struct session *s, bool early_only, const struct verdict *(*next)(struct session *s))
{
	s->next = next;
	s->early_only = early_only;
	s->deadline = gather_deadline(s);
	return session_resume(s);
}

const struct verdict *
session_resume(struct session *s)
{
	const struct verdict *(*next)(struct session *s) = s->next;

	if (!next || !gather_wait(s, s->early_only, s->deadline))
		return NULL;
	s->next = NULL;
	return next(s);
}

int64_t
session_deadline(const struct session *s)
{
	return s->due < s->deadline ? s->due : s->deadline;
}

static const struct verdict *
event_decide(struct session *s)
{
	const struct judgement *j = s->stage > STAGE_RCPT ? fate_early(s) : judge(s, false);

	if (!j || (!fate_refuses(j->kind) && !j->tarpit))
		return &go_on;
	s->t->refusal = fate_refuses(j->kind) ? j : NULL;
	return answer(s, j);
}

/* An event that only starts checks, unless a rule decides `at` this stage. */
static const struct verdict *
event(struct session *s, enum stage stage)
{
	s->stage = stage;
	gather_start(s);
	hold(s);
	if (!s->e->program->at_stage[stage] || s->relayed)
		return &go_on;
	return decide(s, true, event_decide);
}

const struct verdict *
session_connect(struct session *s)
{
	return event(s, STAGE_CONNECT);
}

/* A new name: what was found out about the old one counts no more. */
static void
forget_helo(struct session *s)
{
	const struct program *p = s->e->program;

	for (size_t i = 0; i < p->n_slots; i++)
		if (p->slots[i].def->stage == STAGE_HELO)
			*values_at(s, i) = values_initial(s, i);
}

const struct verdict *
session_helo(struct session *s, struct view name)
{
	if (!s->helo.p || !view_eq(s->helo, name)) {
		if (s->helos++ < HELOS_MAX)
			s->helo = arena_copy(s->arena, name);
		forget_helo(s);
	}
	s->t->client.helo = s->helo;
	return event(s, STAGE_HELO);
}

static const struct verdict *
over(struct session *s, const struct judgement *j)
{
	s->t->refusal = j;
	s->t->verdict = (struct verdict){VERDICT_DEFER, j->reply, {0}, 0};
	return &s->t->verdict;
}

const struct verdict *
session_mail(struct session *s, const struct session_mail *m)
{
	struct transaction *t;
	struct arena *a;
	enum address_status status;

	if (s->t->open)
		session_abort(s);
	a = s->message;
	t = s->t;
	t->open = true;
	t->envelope.from_raw = arena_copy(a, m->from);
	status = address_path(t->envelope.from_raw, a, &t->envelope.from);
	t->envelope.null_sender = status == ADDRESS_NULL;
	t->envelope.has_from = status == ADDRESS_OK;
	t->envelope.size = m->size;
	t->envelope.auth_user = arena_copy(a, m->auth_user);
	t->envelope.tls_version = arena_copy(a, m->tls_version);
	t->envelope.tls_cipher = arena_copy(a, m->tls_cipher);
	t->envelope.tls_cert = arena_copy(a, m->tls_cert);
	t->queue_id = arena_copy(a, m->queue_id);
	s->stage = STAGE_MAIL;
	if (s->helos > HELOS_MAX)
		return over(s, ceiling(s, "helo-limit", 421, VIEW("4.7.0"), "too many greetings"));
	if (atomic_load(&s->e->held) >= s->e->o.settings->message_bytes) {
		log_warn("memory-ceiling", "id=%s held=%llu", t->id,
			(unsigned long long)atomic_load(&s->e->held));
		return over(s, ceiling(s, "message-memory", 452, VIEW("4.3.1"),
			"too much mail at once, please try again later"));
	}
	return event(s, STAGE_MAIL);
}

/* ---- recipients ---- */

/* A refused recipient is none: later ones, and the message, are judged without it. */
static void
refuse_recipient(struct session *s, const struct judgement *j)
{
	evidence_emit(s, j);
	rcpt_list_drop_last(s);
	s->t->envelope.n_rejected++;
}

/* Not a refusal: the client is to send this recipient the message by itself. */
static const struct judgement *
put_apart(struct session *s)
{
	const struct judgement *j = ceiling(s, "recipients separate", 452, VIEW("4.5.3"),
		"other rules apply to this recipient, please send it separately");

	refuse_recipient(s, j);
	s->t->envelope.n_rejected--;
	s->t->n_apart++;
	return j;
}

static const struct verdict *
too_many_recipients(struct session *s)
{
	s->t->verdict = (struct verdict){VERDICT_DEFER,
		smtp_reply_make(452, 452, VIEW("4.5.3"), VIEW("too many recipients"), s->message), {0}, 0};
	return &s->t->verdict;
}

static const struct verdict *
rcpt_decide(struct session *s)
{
	const struct judgement *j = judge(s, false);
	struct recipient *r = &s->t->rcpt[s->t->current];

	if (j->open) { /* within the same time */
		s->t->awaits_organisation = true;
		s->next = rcpt_decide;
		return session_resume(s);
	}
	r->judged = *j;
	hold(s);
	if (s->e->o.settings->dry_run)
		return answer(s, j);
	if (fate_refuses(j->kind)) {
		if (r->answer == CHECK_ANSWER_TAKEN)
			rcpt_list_withdraw(s);
		refuse_recipient(s, j);
	} else if (r->answer != CHECK_ANSWER_TAKEN && s->e->o.settings->separate && !separate_shares(s)) {
		j = put_apart(s);
	}
	return answer(s, j);
}

const struct verdict *
session_rcpt(struct session *s, struct view to)
{
	struct transaction *t = s->t;

	if (t->n_rcpt + t->n_apart + t->envelope.n_rejected >= RCPT_MAX)
		return too_many_recipients(s);
	s->stage = STAGE_RCPT;
	rcpt_list_add(s, to)->answer = s->info.asks_backend ? CHECK_ANSWER_AWAITED : CHECK_ANSWER_NONE;
	return decide(s, true, rcpt_decide);
}

void
session_rcpt_refused(struct session *s, struct view to)
{
	(void)to;
	s->t->envelope.n_rejected++;
	counting_refused(s, true);
}

const struct verdict *
session_rcpt_answered(struct session *s, enum rcpt_answer a)
{
	struct transaction *t = s->t;

	if (t->current >= t->n_rcpt || t->rcpt[t->current].answer != CHECK_ANSWER_AWAITED)
		return &go_on;
	if (a == RCPT_REFUSED)
		counting_refused(s, false);
	if (a != RCPT_TAKEN) {
		rcpt_list_drop_last(s);
		t->envelope.n_rejected += a == RCPT_REFUSED;
		return &go_on;
	}
	t->rcpt[t->current].answer = CHECK_ANSWER_TAKEN;
	if (s->e->rcpt_valid == SIZE_MAX || !s->e->wanted[s->e->rcpt_valid])
		return &go_on;
	return decide(s, true, rcpt_decide);
}

void
session_seen(struct session *s, const struct check_seen *seen)
{
	s->has_seen = true;
	s->seen = *seen;
}

const struct verdict *
session_data(struct session *s)
{
	s->t->current = SIZE_MAX;
	return event(s, STAGE_DATA);
}

/* ---- the message ---- */

void
session_header(struct session *s, struct view name, struct view value)
{
	struct header_field h = {name, value};
	bool strip;

	for (size_t i = 0; i < s->e->n_checks; i++) {
		struct check_call call = {s, &s->e->checks[i], i};

		if (call.check->active && call.check->check->header)
			call.check->check->header(&call, &h);
	}
	s->t->size += name.n + value.n + 3; /* the colon and CRLF */
	edits_see(s, name, value, &strip);
	if (!strip)
		header_list_add(s, &h);
	hold(s);
}

const struct verdict *
session_eoh(struct session *s)
{
	s->stage = STAGE_HEADER;
	s->t->size += 2;
	if (s->relayed)
		relay_resolve(s);
	signing_begin(s);
	for (size_t i = 0; i < s->e->n_checks; i++) {
		struct check_call call = {s, &s->e->checks[i], i};

		if (call.check->active && call.check->check->eoh)
			call.check->check->eoh(&call);
	}
	return event(s, STAGE_HEADER);
}

void
session_body(struct session *s, struct view chunk)
{
	s->t->size += chunk.n;
	signing_body(s, chunk);
	for (size_t i = 0; i < s->e->n_checks; i++) {
		struct check_call call = {s, &s->e->checks[i], i};

		if (call.check->active && call.check->check->body)
			call.check->check->body(&call, chunk);
	}
	hold(s);
}

/* ---- the end ---- */

static const struct verdict *
end_decide(struct session *s)
{
	struct transaction *t = s->t;
	struct judgement *j = arena_new_of(s->message, struct judgement);

	*j = fate(s);
	/* A field that was not kept may be the one that counts, such as a second From. */
	if (t->flooded && !fate_refuses(j->kind) && edits_is_strange(s))
		*j = *ceiling(s, "header-limit", 554, VIEW("5.6.0"), "too many or too long header fields");
	edits_make(s, j);
	evidence_emit(s, j);
	if (!s->info.asks_backend && (s->e->o.settings->dry_run || !fate_refuses(j->kind)))
		counting_accepted(s);
	t->refusal = NULL;
	return answer(s, j);
}

/* What is about single recipients is gathered for one after the other, within the same time. */
static const struct verdict *
end_recipients(struct session *s)
{
	struct transaction *t = s->t;

	s->stage = STAGE_END;
	while (++t->current < t->n_rcpt) /* SIZE_MAX at first */
		if (!gather_wait(s, false, s->deadline)) {
			s->next = end_recipients;
			return NULL;
		}
	t->current = SIZE_MAX;
	return end_decide(s);
}

const struct verdict *
session_end(struct session *s, struct view queue_id)
{
	struct transaction *t = s->t;

	if (queue_id.n)
		t->queue_id = arena_copy(s->message, queue_id);
	s->stage = STAGE_BODY;
	t->current = SIZE_MAX;
	return decide(s, false, end_recipients);
}

void
session_accepted(struct session *s)
{
	if (s->stage == STAGE_END)
		counting_accepted(s);
}

const struct edits *
session_edits(const struct session *s)
{
	return &s->t->edits;
}

void
session_look(struct session *s)
{
	gather_wait(s, false, gather_deadline(s));
	s->partial = true;
	evidence_emit(s, judge(s, false));
	s->partial = false;
}
