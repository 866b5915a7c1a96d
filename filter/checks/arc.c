/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/arc.h"

#include "checks/arc_verify.h"
#include "mail/authres_read.h"

enum row { RESULT, SEALER, DMARC };

static const struct fact_def facts[] = {
	[RESULT] = {.name = "arc", .type = FACT_ENUM, .stage = STAGE_BODY, .values = "none pass fail",
		.help = "chain validation", .asks = "a key record for each seal"},
	[SEALER] = {.name = "arc.sealer", .type = FACT_DOMAIN, .stage = STAGE_BODY,
		.help = "d= of the newest seal of a chain that passes", .asks = "a key record for each seal"},
	[DMARC] = {.name = "arc.dmarc", .type = FACT_ENUM, .stage = STAGE_BODY, .values = "none pass fail",
		.help = "dmarc= as that sealer reported it", .asks = "a key record for each seal"},
};

struct state {
	struct arc_verify *verify;
	bool ended;
};

static struct state *
state_of(struct check_call *c)
{
	void **p = check_state(c);
	struct state *s = *p;

	if (!s) {
		s = arena_new_of(check_arena(c), struct state);
		s->verify = arc_verify_new(check_arena(c));
		*p = s;
	}
	return s;
}

static void
header(struct check_call *c, const struct header_field *h)
{
	arc_verify_header(state_of(c)->verify, h);
}

/* Asks for every key; true if all answers are there. */
static bool
ask_keys(struct check_call *c, struct arc_verify *v)
{
	bool all = true;

	for (size_t i = 0; i < arc_verify_count(v); i++)
		all &= check_dns(c, arc_verify_key_name(v, i), DNS_TXT) != NULL;
	return all;
}

static void
eoh(struct check_call *c)
{
	struct arc_verify *v = state_of(c)->verify;

	arc_verify_eoh(v);
	(void)ask_keys(c, v); /* they travel while the body comes */
}

static void
body(struct check_call *c, struct view chunk)
{
	arc_verify_body(state_of(c)->verify, chunk);
}

static void
tell_keys(struct check_call *c, struct arc_verify *v)
{
	static const enum dkim_key_answer answers[] = {
		[DNS_FOUND] = DKIM_ANSWER_FOUND,
		[DNS_NONE] = DKIM_ANSWER_NONE,
		[DNS_TEMPFAIL] = DKIM_ANSWER_TEMPFAIL,
	};

	for (size_t i = 0; i < arc_verify_count(v); i++) {
		const struct dns_answer *a = check_dns(c, arc_verify_key_name(v, i), DNS_TXT);
		struct view txt[DNS_ANSWER_RRS];
		size_t n = 0;

		for (; n < a->n && n < DNS_ANSWER_RRS; n++)
			txt[n] = a->rr[n].text;
		arc_verify_key(v, i, answers[a->status], txt, n, a->why);
	}
}

static void
report(struct check_call *c, const struct arc_result *got)
{
	static const char *const words[] = {"none", "pass", "fail", "temperror"};
	struct authres_result r = {.method = VIEW("arc"), .result = view_str(words[got->verdict]),
		.reason = view_str(got->why)};

	if (got->verdict == ARC_PASS)
		r.reason = arena_printf(check_arena(c), "%zu sets, the newest sealed by %.*s%s", got->sets,
			VIEW_ARG(got->sealer), got->partial ? ", not over the whole body" : "");
	check_report(c, &r);
}

/* The word that the sealer used, as far as it is one of ours. */
static struct fact_value
dmarc_of(struct check_call *c, struct view authres)
{
	struct authres_field *f = arena_new_of(check_arena(c), struct authres_field);
	const struct authres_result *r;

	authres_read(authres, check_arena(c), f);
	r = authres_read_find(f, "dmarc");
	return r && fact_value_listed(&facts[DMARC], r->result) ? fact_text(r->result) : fact_missing();
}

static void
set_facts(struct check_call *c, const struct arc_result *r)
{
	struct fact_value unknown = fact_unknown(
		arena_printf(check_arena(c), "temperror: %s", r->why ? r->why : ""));

	if (r->verdict == ARC_TEMPERROR) {
		for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
			check_set(c, i, unknown);
		return;
	}
	check_set(c, RESULT, fact_text(r->verdict == ARC_PASS ? VIEW("pass")
			: r->verdict == ARC_FAIL ? VIEW("fail") : VIEW("none")));
	check_set(c, SEALER, r->verdict == ARC_PASS ? fact_text(r->sealer) : fact_missing());
	check_set(c, DMARC, r->verdict == ARC_PASS && !r->partial ? dmarc_of(c, r->authres) : fact_missing());
}

static void
run(struct check_call *c)
{
	struct state *s = state_of(c);
	struct arc_result r;

	if (s->ended || !ask_keys(c, s->verify))
		return;
	tell_keys(c, s->verify);
	r = arc_verify_end(s->verify);
	s->ended = true;
	report(c, &r);
	set_facts(c, &r);
}

const struct check arc_check = {
	.name = "arc",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_BODY,
	.run = run,
	.header = header,
	.eoh = eoh,
	.body = body,
};
