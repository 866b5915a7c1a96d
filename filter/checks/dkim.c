/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dkim.h"

#include "checks/dkim_verify.h"

enum row { RESULT, DOMAIN, TEMPERROR };

static const struct fact_def facts[] = {
	[RESULT] = {.name = "dkim",
		.type = FACT_ENUM,
		.stage = STAGE_BODY,
		.values = "none pass fail permerror",
		.help = "best DKIM result; temperror makes it unknown",
		.asks = "a key record for each signature"},
	[DOMAIN] = {.name = "dkim.domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_BODY,
		.list = true,
		.help = "d= of valid signatures",
		.asks = "a key record for each signature"},
	[TEMPERROR] = {.name = "dkim.temperror",
		.type = FACT_DOMAIN,
		.stage = STAGE_BODY,
		.list = true,
		.claimed = true,
		.help = "d= of signatures whose key could not be had: DNS errors",
		.asks = "a key record for each signature"},
};

struct state {
	struct dkim_verify *verify;
	bool ended;
};

static struct state *
state_of(struct check_call *c)
{
	void **p = check_state(c);
	struct state *s = *p;

	if (!s) {
		s = arena_new_of(check_arena(c), struct state);
		s->verify = dkim_verify_new(check_arena(c), check_now(c));
		*p = s;
	}
	return s;
}

static void
header(struct check_call *c, const struct header_field *h)
{
	dkim_verify_header(state_of(c)->verify, h);
}

/* Asks for every key; true if all answers are there. */
static bool
ask_keys(struct check_call *c, struct dkim_verify *v)
{
	bool all = true;

	for (size_t i = 0; i < dkim_verify_count(v); i++) {
		struct view name = dkim_verify_key_name(v, i);

		if (name.p && !check_dns(c, name, DNS_TXT))
			all = false;
	}
	return all;
}

static void
eoh(struct check_call *c)
{
	struct dkim_verify *v = state_of(c)->verify;

	dkim_verify_eoh(v);
	(void)ask_keys(c, v); /* they travel while the body comes */
}

static void
body(struct check_call *c, struct view chunk)
{
	dkim_verify_body(state_of(c)->verify, chunk);
}

static void
tell_keys(struct check_call *c, struct dkim_verify *v)
{
	static const enum dkim_key_answer answers[] = {
		[DNS_FOUND] = DKIM_ANSWER_FOUND,
		[DNS_NONE] = DKIM_ANSWER_NONE,
		[DNS_TEMPFAIL] = DKIM_ANSWER_TEMPFAIL,
	};

	for (size_t i = 0; i < dkim_verify_count(v); i++) {
		struct view name = dkim_verify_key_name(v, i), txt[DNS_ANSWER_RRS];
		const struct dns_answer *a = name.p ? check_dns(c, name, DNS_TXT) : NULL;
		size_t n = 0;

		if (!a)
			continue;
		for (; n < a->n && n < DNS_ANSWER_RRS; n++)
			txt[n] = a->rr[n].text;
		dkim_verify_key(v, i, answers[a->status], txt, n, a->why);
	}
}

static void
prop(struct authres_result *r, const char *name, struct view value)
{
	if (value.n > 0)
		r->prop[r->n_props++] = (struct authres_prop){view_str(name), value};
}

static void
add_reason(struct check_call *c, struct authres_result *r, struct view more)
{
	if (r->reason.p)
		more = arena_printf(check_arena(c), "%.*s; %.*s", VIEW_ARG(r->reason), VIEW_ARG(more));
	r->reason = more;
}

/* Why it did not pass, or what weakens it though it did (RFC 6376 section 8.2); and t=y of its key. */
static void
report_signature(struct check_call *c, const struct dkim_verify_result *got)
{
	const struct dkim_signature *g = got->signature;
	struct authres_result r = {.method = VIEW("dkim"),
		.result = view_str(dkim_verify_verdict_name(got->verdict)),
		.reason = view_str(got->why)};

	if (got->verdict == DKIM_PASS && g->has_l)
		add_reason(c, &r, arena_printf(check_arena(c), "only %llu bytes of the body are signed",
			(unsigned long long)g->l));
	if (got->testing)
		add_reason(c, &r, VIEW("the key is in test mode"));
	prop(&r, "header.d", g->d);
	prop(&r, "header.i", g->i);
	prop(&r, "header.s", g->s);
	prop(&r, "header.a", g->a);
	prop(&r, "header.b", g->b);
	check_report(c, &r);
}

static void
report(struct check_call *c, const struct dkim_verify *v)
{
	size_t n = dkim_verify_count(v), ignored = dkim_verify_ignored(v);
	struct authres_result r = {.method = VIEW("dkim"), .result = VIEW("none")};

	for (size_t i = 0; i < n; i++) {
		struct dkim_verify_result got = dkim_verify_result(v, i);

		report_signature(c, &got);
	}
	if (ignored > 0) {
		r.result = VIEW("policy");
		r.reason = arena_printf(
			check_arena(c), "%zu more signatures were not looked at", ignored);
	}
	if (n == 0 || ignored > 0)
		check_report(c, &r);
}

/* RFC 6376 section 3.6.1: a signature that fails under a key with t=y counts as if it were not
 * there. */
static void
set_facts(struct check_call *c, const struct dkim_verify *v)
{
	static const int rank[] = {
		[DKIM_FAIL] = 2, [DKIM_PERMERROR] = 1, [DKIM_NEUTRAL] = 1, [DKIM_POLICY] = 1};
	static const char *const words[] = {"none", "permerror", "fail"};
	struct view *good = arena_array(check_arena(c), DKIM_SIGNATURES, sizeof(*good));
	struct view *open = arena_array(check_arena(c), DKIM_SIGNATURES, sizeof(*open));
	struct fact_value unknown = fact_unknown(VIEW("temperror"));
	size_t n_good = 0, n_open = 0;
	int best = 0;

	for (size_t i = 0; i < dkim_verify_count(v); i++) {
		struct dkim_verify_result r = dkim_verify_result(v, i);

		if (r.verdict == DKIM_PASS)
			good[n_good++] = r.signature->d;
		else if (r.verdict == DKIM_TEMPERROR) {
			open[n_open++] = r.signature->d;
			unknown.why = arena_printf(
				check_arena(c), "temperror: %s", r.why ? r.why : "no answer");
		} else if (!r.testing && rank[r.verdict] > best)
			best = rank[r.verdict];
	}
	if (n_good > 0)
		check_set(c, RESULT, fact_text(VIEW("pass")));
	else
		check_set(c, RESULT, n_open > 0 ? unknown : fact_text(view_str(words[best])));
	check_set(c, DOMAIN, n_good == 0 && n_open > 0 ? unknown : fact_list(good, n_good));
	check_set(c, TEMPERROR, fact_list(open, n_open));
}

static void
run(struct check_call *c)
{
	struct state *s = state_of(c);

	if (!s->ended) {
		if (!ask_keys(c, s->verify))
			return;
		tell_keys(c, s->verify);
		dkim_verify_end(s->verify);
		s->ended = true;
		report(c, s->verify);
	}
	set_facts(c, s->verify);
}

const struct check dkim_check = {
	.name = "dkim",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_BODY,
	.run = run,
	.header = header,
	.eoh = eoh,
	.body = body,
};
