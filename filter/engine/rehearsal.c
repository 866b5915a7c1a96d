/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/rehearsal.h"

#include <stdlib.h>

#include "engine/message_text.h"
#include "engine/fate.h"
#include "engine/state.h"
#include "mail/date.h"
#include "policy/shipped.h"
#include "util/clock.h"
#include "util/limits.h"

/* One test, while it runs. */
struct rehearsing {
	const struct rehearsal *r;
	struct settings settings; /* the engine's */
	struct engine *engine;
	const struct program_test *test;
	struct arena *arena;
	struct given_list given;
	const struct judgement *j;
};

/* ---- facts that follow from others ---- */

enum derived { THE_DOMAIN, THE_LOCAL_PART, THE_SAME, AS_LIST, IS_YES, IS_NO, IS_ONE };

static const struct derivation {
	const char *from, *from_arg;
	enum derived how;
	const char *to, *to_arg;
} derivations[] = { /* in order: a row may read what one above it wrote */
	{"client.name", NULL, IS_YES, "client.fcrdns", NULL},
	{"mail.from", NULL, THE_DOMAIN, "mail.domain", NULL},
	{"mail.from", NULL, THE_LOCAL_PART, "mail.local", NULL},
	{"mail.from", NULL, IS_NO, "mail.null", NULL},
	{"rcpt.to", NULL, THE_DOMAIN, "rcpt.domain", NULL},
	{"rcpt.to", NULL, THE_LOCAL_PART, "rcpt.local", NULL},
	{"rcpt.to", NULL, AS_LIST, "rcpts.address", NULL},
	{"rcpt.domain", NULL, AS_LIST, "rcpts.domain", NULL},
	{"rcpt.to", NULL, IS_ONE, "rcpt.count", NULL},
	{"from.address", NULL, THE_DOMAIN, "from.domain", NULL},
	{"reply-to.address", NULL, THE_DOMAIN, "reply-to.domain", NULL},
	{"header", "subject", THE_SAME, "subject", NULL},
	{"subject", NULL, THE_SAME, "header", "subject"},
};

static struct fact_value
derived(enum derived how, const struct fact_value *v, struct arena *a)
{
	size_t at = how <= THE_LOCAL_PART ? view_rfind(v->text, '@') : 0;
	struct view *one;

	switch (how) {
	case THE_DOMAIN:
		return fact_text(view_skip(v->text, at + 1));
	case THE_LOCAL_PART:
		return fact_text(view_head(v->text, at));
	case AS_LIST:
		one = arena_new_of(a, struct view);
		*one = v->text;
		return fact_list(one, 1);
	case IS_YES:
	case IS_NO:
		return fact_bool(how == IS_YES);
	case IS_ONE:
		return fact_number(1);
	case THE_SAME:
		break;
	}
	return *v;
}

static void
derive(struct given_list *l, const struct derivation *d)
{
	const struct fact_value *v = given_find(l, view_str(d->from), view_str(d->from_arg));

	if (!v || v->state == FACT_MISSING)
		return;
	given_add(l, view_str(d->to), view_str(d->to_arg),
		v->state == FACT_KNOWN ? derived(d->how, v, l->arena) : *v);
}

/* Who is on a list under one code is on the list. */
static void
derive_listings(struct given_list *l, const struct program *p)
{
	const struct view none = {NULL, 0};

	for (size_t i = 0; i < p->n_dnsbls; i++) {
		const struct dnsbl *d = &p->dnsbls[i];
		struct view list = arena_printf(l->arena, "dnsbl.%.*s", VIEW_ARG(d->name));

		for (size_t k = 0; k < d->n_codes; k++) {
			struct view name = arena_printf(l->arena, "%.*s.%.*s", VIEW_ARG(list),
				VIEW_ARG(d->codes[k].name));
			const struct fact_value *v = given_find(l, name, none);

			if (v && v->state == FACT_KNOWN && v->yes)
				given_add(l, list, none, fact_bool(true));
		}
	}
}

static const struct fact_value *
known(const struct given_list *l, const char *name)
{
	const struct fact_value *v = given_find(l, view_str(name), (struct view){NULL, 0});

	return v && v->state == FACT_KNOWN ? v : NULL;
}

static struct view
known_text(const struct given_list *l, const char *name)
{
	const struct fact_value *v = known(l, name);

	return v ? v->text : (struct view){NULL, 0};
}

static void
derive_direction(struct given_list *l, const struct program *p)
{
	const struct fact_value *ip = known(l, "client.ip");
	bool out = known(l, "auth.user") ||
		(ip && list_has_ip(p->own_nets, &ip->ip) && !list_has_ip(p->trusted_relays, &ip->ip));

	given_add(l, VIEW("direction"), (struct view){NULL, 0},
		fact_text(out ? VIEW("outbound") : VIEW("inbound")));
}

/* dnsbl.NAME, which tells of all its codes; not dnsbl.NAME.CODE. */
static bool
is_whole_list(struct view fact)
{
	struct view name = view_skip(fact, sizeof("dnsbl.") - 1);

	return view_starts_nocase(fact, "dnsbl.") && view_find(name, '.') == name.n;
}

/* DNS lists come last: what is said of a single code stays. */
static void
take_given(struct rehearsing *h)
{
	const struct program_test *t = h->test;

	for (int lists = 0; lists < 2; lists++)
		for (size_t i = 0; i < t->n_given; i++)
			if (is_whole_list(t->given[i].fact) == (lists == 1))
				given_take(&h->given, h->r->program, h->r->facts, &t->given[i]);
	for (size_t i = 0; i < sizeof(derivations) / sizeof(*derivations); i++)
		derive(&h->given, &derivations[i]);
	derive_listings(&h->given, h->r->program);
	derive_direction(&h->given, h->r->program);
}

/* ---- the transaction ---- */

static void
witness(void *ctx, const struct judgement *j)
{
	struct rehearsing *h = ctx;

	h->j = j;
}

static bool
over(const struct verdict *v)
{
	return fate_refuses(v->kind);
}

static bool
envelope(struct session *s, const struct given_list *l)
{
	struct session_mail m = {.from = known_text(l, "mail.from"), .auth_user = known_text(l, "auth.user")};

	return !over(session_connect(s)) && !over(session_helo(s, known_text(l, "helo.name"))) &&
		!over(session_mail(s, &m)) && !over(session_rcpt(s, known_text(l, "rcpt.to"))) &&
		!over(session_data(s));
}

static void
content(struct session *s, struct view text, struct arena *a)
{
	struct view body = {NULL, 0};

	if (over(text.p ? message_text_header(s, text, a, &body) : session_eoh(s)))
		return;
	session_body(s, body);
	session_end(s, (struct view){NULL, 0});
}

/* A client of whom no address is given is a stranger still. */
static struct session *
begin(struct rehearsing *h, bool message)
{
	const struct fact_value *ip = known(&h->given, "client.ip");
	struct session_client c = {.ip = {.family = 4}, .listener = VIEW("test"), .given = h->given.item,
		.n_given = h->given.n, .closed = true, .message = message, .witness = witness,
		.witness_ctx = h};

	if (ip)
		c.ip = ip->ip;
	return session_new(h->engine, &c);
}

/* ---- what was expected ---- */

static bool
has_fired(const struct judgement *j, const struct program *p, struct view rule)
{
	for (size_t i = 0; i < j->n_fired; i++)
		if (!j->fired[i].by_unknown && view_eq(p->rules[j->fired[i].rule].name, rule))
			return true;
	return false;
}

static bool
is_unknown(const struct judgement *j, const struct program *p, struct view rule)
{
	for (size_t i = 0; i < j->n_unknown; i++)
		if (view_eq(p->rules[j->unknown[i]].name, rule))
			return true;
	return false;
}

/* An effect that is no verdict: did a rule that fired have it? */
static bool
has_effect(const struct judgement *j, const struct program *p, enum effect_kind kind)
{
	for (size_t i = 0; i < j->n_fired; i++) {
		const struct rule *r = &p->rules[j->fired[i].rule];

		for (size_t k = 0; !j->fired[i].trial && !j->fired[i].by_unknown && k < r->n_effects; k++)
			if (r->effects[k].kind == kind)
				return true;
	}
	return false;
}

static bool
has_happened(const struct judgement *j, const struct program *p, enum effect_kind kind)
{
	switch (kind) {
	case EFFECT_ACCEPT:
		return j->kind == VERDICT_ACCEPT || j->kind == VERDICT_NONE;
	case EFFECT_REJECT:
	case EFFECT_REJECT_ALWAYS:
		return j->kind == VERDICT_REJECT;
	case EFFECT_DISCARD:
		return j->kind == VERDICT_DISCARD;
	case EFFECT_DEFER:
		return j->kind == VERDICT_DEFER;
	case EFFECT_GREYLIST:
		return j->kind == VERDICT_GREYLIST;
	case EFFECT_QUARANTINE:
		return j->kind == VERDICT_QUARANTINE;
	case EFFECT_TAG:
		return j->tagged;
	case EFFECT_SKIP:
		return j->skips_greylist;
	case EFFECT_TARPIT:
	case EFFECT_ADD_HEADER:
		break;
	}
	return has_effect(j, p, kind);
}

static bool
ordered(int32_t a, const struct program_expect *e)
{
	switch (e->order) {
	case SCORE_EQ:
		return a == e->score;
	case SCORE_NE:
		return a != e->score;
	case SCORE_LT:
		return a < e->score;
	case SCORE_LE:
		return a <= e->score;
	case SCORE_GT:
		return a > e->score;
	case SCORE_GE:
		break;
	}
	return a >= e->score;
}

static bool
is_met(const struct judgement *j, const struct program *p, const struct program_expect *e)
{
	bool yes;

	switch (e->kind) {
	case EXPECT_RULE:
		yes = has_fired(j, p, e->rule);
		break;
	case EXPECT_UNKNOWN_RULE:
		yes = is_unknown(j, p, e->rule);
		break;
	case EXPECT_EFFECT:
		yes = has_happened(j, p, e->effect);
		break;
	default:
		yes = ordered(j->score, e);
	}
	return yes != e->negated;
}

/* ---- one test ---- */

static void
fill(const struct rehearsing *h, const struct judgement *j, struct rehearsal_result *out)
{
	const struct program *p = h->r->program;
	const struct program_test *t = h->test;
	struct view *fired = arena_array(h->arena, j->n_fired + 1, sizeof(*fired));
	struct view *unknown = arena_array(h->arena, j->n_unknown + 1, sizeof(*unknown));
	const struct program_expect **missed = arena_array(h->arena, t->n_expect + 1, sizeof(const void *));

	*out = (struct rehearsal_result){.test = t, .missed = missed, .cause = j->cause, .stage = j->stage,
		.verdict = j->kind == VERDICT_NONE ? VERDICT_ACCEPT : j->kind, .tagged = j->tagged,
		.score = j->score, .fired = fired, .unknown = unknown};
	for (size_t i = 0; i < j->n_fired; i++)
		if (!j->fired[i].by_unknown)
			fired[out->n_fired++] = p->rules[j->fired[i].rule].name;
	for (size_t i = 0; i < j->n_unknown; i++)
		unknown[out->n_unknown++] = p->rules[j->unknown[i]].name;
	for (size_t i = 0; i < t->n_expect; i++)
		if (!is_met(j, p, &t->expect[i]))
			missed[out->n_missed++] = &t->expect[i];
}

/* The text of the test's message; absent if it has none. False: *trouble says why it cannot be read. */
static bool
read_message(const struct rehearsing *h, struct view *text, const char **trouble)
{
	const char *why;

	*text = (struct view){NULL, 0};
	if (!h->test->message || source_read(h->r->source, h->test->message, TEST_MESSAGE_MAX, h->arena, text,
			&why) == SOURCE_OK)
		return true;
	*trouble = arena_printf(h->arena, "the message %s: %s", h->test->message, why).p;
	return false;
}

/* The Date field of a message. Without one no fact needs the time. */
static int64_t
date_of(struct view message)
{
	struct view line;
	int64_t date = 0;

	while (view_split(&message, '\n', &line) && view_trim(line).n)
		if (view_starts_nocase(line, "Date:") && date_parse(view_trim(view_skip(line, 5)), &date))
			break;
	return date;
}

static bool
run(struct rehearsing *h, rehearsal_sink *sink, void *ctx)
{
	struct rehearsal_result result = {.test = h->test};
	struct session *s = NULL;
	struct view text;

	h->given = (struct given_list){.arena = h->arena};
	h->j = NULL;
	if (read_message(h, &text, &result.trouble)) {
		take_given(h);
		h->settings.now = date_of(text);
		s = begin(h, text.p != NULL);
		if (envelope(s, &h->given))
			content(s, text, h->arena);
		fill(h, h->j ? h->j : s->t->refusal, &result);
	}
	sink(ctx, &result);
	session_free(s);
	return rehearsal_passed(&result);
}

struct rehearsal_sum
rehearsal_run(const struct rehearsal *r, rehearsal_sink *sink, void *ctx)
{
	struct rehearsing h = {.r = r, .settings = *r->settings, .arena = arena_new()};
	struct engine_options o = {.settings = &h.settings, .checks = r->checks};
	struct rehearsal_sum sum = {0, 0, 0, 0};

	h.settings.dry_run = false; /* what would be done is asked for */
	h.engine = engine_new(&o, r->program);
	for (size_t i = 0; i < r->program->n_tests; i++) {
		if (r->deadline_ms && clock_mono_ms() >= r->deadline_ms) {
			sum.left = r->program->n_tests - i;
			break;
		}
		h.test = &r->program->tests[i];
		if (r->of_site && shipped_file(r->source, h.test->file, h.arena)) {
			sum.shipped++;
		} else {
			sum.run++;
			sum.failed += !run(&h, sink, ctx);
		}
		arena_reset(h.arena);
	}
	engine_free(h.engine);
	arena_free(h.arena);
	return sum;
}

/* ---- in words ---- */

bool
rehearsal_passed(const struct rehearsal_result *r)
{
	return !r->trouble && r->n_missed == 0;
}

static struct view
points(int32_t score, struct arena *a)
{
	return arena_printf(a, "%s%d.%02d", score < 0 ? "-" : "", abs(score) / 100, abs(score) % 100);
}

struct view
rehearsal_expected(const struct program_expect *e, struct arena *a)
{
	static const char *const order[] = {"=", "!=", "<", "<=", ">", ">="};
	const char *not = e->negated ? "not " : "";

	switch (e->kind) {
	case EXPECT_RULE:
		return arena_printf(a, "%s%.*s", not, VIEW_ARG(e->rule));
	case EXPECT_UNKNOWN_RULE:
		return arena_printf(a, "%sunknown %.*s", not, VIEW_ARG(e->rule));
	case EXPECT_EFFECT:
		return arena_printf(a, "%s%s", not,
			e->effect == EFFECT_SKIP ? "skip-greylist" : effect_name(e->effect));
	default:
		return arena_printf(a, "score %s %.*s", order[e->order], VIEW_ARG(points(e->score, a)));
	}
}

static struct view
names(const char *what, const struct view *name, size_t n, struct arena *a)
{
	struct view all = n ? view_str(what) : VIEW("");

	for (size_t i = 0; i < n; i++)
		all = arena_printf(a, "%.*s %.*s", VIEW_ARG(all), VIEW_ARG(name[i]));
	return all;
}

struct view
rehearsal_got(const struct rehearsal_result *r, struct arena *a)
{
	if (r->trouble)
		return view_str(r->trouble);
	return arena_printf(a, "%s%s%s%.*s at %s, score %.*s%.*s%.*s", verdict_name(r->verdict),
		r->tagged ? ", tagged," : "", r->cause.n ? " by " : "", VIEW_ARG(r->cause),
		stage_name(r->stage), VIEW_ARG(points(r->score, a)),
		VIEW_ARG(names(", fired", r->fired, r->n_fired, a)),
		VIEW_ARG(names(", unknown", r->unknown, r->n_unknown, a)));
}

static void
explain_one(const struct program_test *t, uint32_t line, const char *what, struct view text, struct buf *out)
{
	buf_printf(out, "%.*s:%u: FAILED \"%.*s\": %s%.*s\n", VIEW_ARG(t->file), line, VIEW_ARG(t->name),
		what, VIEW_ARG(text));
}

void
rehearsal_explain(const struct rehearsal_result *r, struct buf *out)
{
	const struct program_test *t = r->test;
	struct arena *a = arena_new();

	for (size_t i = 0; i < r->n_missed; i++)
		explain_one(t, r->missed[i]->line, "expected ", rehearsal_expected(r->missed[i], a), out);
	if (r->trouble)
		explain_one(t, t->line, "", rehearsal_got(r, a), out);
	else
		buf_printf(out, "      got %.*s\n", VIEW_ARG(rehearsal_got(r, a)));
	arena_free(a);
}
