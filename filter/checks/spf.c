/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/spf.h"

#include "mail/domain.h"
#include "mail/spf/spf_query.h"

enum row { HELO, RESULT, DOMAIN, MECHANISM, EXPLANATION };

#define RESULTS "none neutral pass fail softfail permerror"

static const struct fact_def facts[] = {
	[HELO] = {.name = "helo.spf",
		.type = FACT_ENUM,
		.stage = STAGE_HELO,
		.values = RESULTS,
		.help = "SPF of the HELO identity",
		.asks = "SPF: up to 11 records, with their MX and A"},
	[RESULT] = {.name = "spf",
		.type = FACT_ENUM,
		.stage = STAGE_MAIL,
		.values = RESULTS,
		.help = "SPF result; temperror makes it unknown",
		.asks = "SPF: up to 11 records, with their MX and A"},
	[DOMAIN] = {.name = "spf.domain",
		.type = FACT_DOMAIN,
		.stage = STAGE_MAIL,
		.help = "domain SPF was evaluated for",
		.asks = "SPF"},
	[MECHANISM] = {.name = "spf.mechanism",
		.type = FACT_TEXT,
		.stage = STAGE_MAIL,
		.help = "the term of the record that decided, or \"default\"; missing if there is no verdict",
		.asks = "SPF: up to 11 records, with their MX and A"},
	[EXPLANATION] = {.name = "spf.explanation",
		.type = FACT_TEXT,
		.stage = STAGE_MAIL,
		.claimed = true,
		.help = "what the domain says to those whom its record fails (exp=), in printable ASCII",
		.asks = "SPF, and the explanation of a fail"},
};

/* Between mail/spf/spf_query and the session's DNS memory. */
struct asker {
	struct check_call *call;
	struct ip ip[DNS_ANSWER_RRS];
	struct view text[DNS_ANSWER_RRS];
};

/* What is kept of this message from run to run. */
struct state {
	bool helo_reported;
};

static enum spf_ask
ask(void *ctx, struct view name, enum spf_rr type, struct spf_answer *out)
{
	static const enum dns_type types[] = {
		[SPF_RR_A] = DNS_A,
		[SPF_RR_AAAA] = DNS_AAAA,
		[SPF_RR_MX] = DNS_MX,
		[SPF_RR_PTR] = DNS_PTR,
		[SPF_RR_TXT] = DNS_TXT,
	};
	struct asker *a = ctx;
	const struct dns_answer *got = check_dns(a->call, name, types[type]);

	if (!got)
		return SPF_ASK_PENDING;
	if (got->status == DNS_NONE)
		return SPF_ASK_NONE;
	*out = (struct spf_answer){.ip = a->ip, .text = a->text, .why = got->why};
	if (got->status == DNS_TEMPFAIL)
		return SPF_ASK_TEMPFAIL;
	for (; out->n < got->n && out->n < DNS_ANSWER_RRS; out->n++) {
		const struct dns_rr *rr = &got->rr[out->n];

		a->ip[out->n] = rr->ip;
		a->text[out->n] = type == SPF_RR_TXT ? rr->text : rr->name;
	}
	return SPF_ASK_FOUND;
}

static struct state *
state_of(struct check_call *c)
{
	void **state = check_state(c);

	if (!*state)
		*state = arena_new_of(check_arena(c), struct state);
	return *state;
}

/* RFC 7208 section 9.1: of a verdict, the mechanism that matched. */
static struct view
mechanism_of(enum spf_result result, const struct spf_outcome *out)
{
	bool none = result == SPF_NONE || result == SPF_TEMPERROR || result == SPF_PERMERROR;

	return none || out->mechanism.p ? out->mechanism : VIEW("default");
}

static void
report(struct check_call *c, const char *property, struct view value, enum spf_result result,
	const struct spf_outcome *out)
{
	struct authres_result r = {
		.method = VIEW("spf"),
		.result = view_str(spf_query_result_name(result)),
		.reason = view_str(out->why),
		.prop = {{view_str(property), value}},
		.n_props = 1,
		.mechanism = mechanism_of(result, out),
	};

	check_report(c, &r);
}

static void
report_helo(struct check_call *c, struct view helo, enum spf_result result, const struct spf_outcome *out)
{
	struct state *s = state_of(c);

	if (!s->helo_reported)
		report(c, "smtp.helo", helo, result, out);
	s->helo_reported = true;
}

static struct fact_value
value_of(struct check_call *c, enum spf_result result, const char *why)
{
	if (result == SPF_TEMPERROR)
		return fact_unknown(arena_printf(check_arena(c), "temperror: %s", why));
	return fact_text(view_str(spf_query_result_name(result)));
}

static void
set_mechanism(struct check_call *c, enum spf_result result, const struct spf_outcome *out)
{
	struct view term = mechanism_of(result, out);

	if (result == SPF_TEMPERROR)
		check_set(c, MECHANISM, value_of(c, result, out->why));
	else
		check_set(c, MECHANISM, fact_text(arena_copy(check_arena(c), term)));
}

/* Section 6.2: only of a fail, and only where somebody wants to read it. */
static void
set_explanation(struct check_call *c, enum spf_result result, const struct spf_outcome *out)
{
	if (result == SPF_TEMPERROR)
		check_set(c, EXPLANATION, value_of(c, result, out->why));
	else
		check_set(c, EXPLANATION, out->explanation.p ? fact_text(out->explanation) : fact_missing());
}

/* One identity; local and domain are absent for that of HELO. Nothing is set while answers are on
 * their way. */
static void
judge(struct check_call *c, const struct check_client *client, struct view local,
	struct view domain, enum row row)
{
	struct asker a = {.call = c};
	struct spf_query q = {.ip = *client->ip,
		.local = local,
		.domain = domain,
		.helo = client->helo,
		.receiver = check_settings(c)->hostname,
		.now = check_now(c),
		.engine = check_settings(c)->spf_engine,
		.explain = row == RESULT && check_wants(c, EXPLANATION),
		.ask = ask,
		.ctx = &a};
	struct spf_outcome out;
	enum spf_result result;

	if (!domain.p) {
		struct view helo = domain_normal(client->helo, check_arena(c));

		q.domain = helo.p ? helo : VIEW("");
	}
	result = spf_query_run(&q, check_arena(c), &out);
	if (result == SPF_PENDING)
		return;
	check_set(c, row, value_of(c, result, out.why));
	if (row == RESULT) {
		set_mechanism(c, result, &out);
		set_explanation(c, result, &out);
	}
	if (domain.p)
		report(c, "smtp.mailfrom", domain, result, &out);
	else if (client->helo.p)
		report_helo(c, client->helo, result, &out);
}

/* The sender's domain; the HELO name for <>; absent if that is no domain. "<postmaster>" has none.
 */
static struct view
domain_of(struct check_call *c, const struct check_client *client, const struct check_envelope *e)
{
	return domain_normal(e->null_sender ? client->helo : e->from.domain, check_arena(c));
}

static void
judge_mail(struct check_call *c, const struct check_client *client, const struct check_envelope *e)
{
	bool sender = e->has_from && !e->null_sender;

	check_set(c, DOMAIN, client->ip ? fact_text(domain_of(c, client, e)) : fact_missing());
	if (!check_wants(c, RESULT) && !check_wants(c, MECHANISM) && !check_wants(c, EXPLANATION))
		return;
	if (!client->ip || (!sender && !e->null_sender) || (sender && !e->from.domain.p)) {
		check_set(c, RESULT, value_of(c, SPF_NONE, NULL));
		check_set(c, MECHANISM, fact_missing());
		check_set(c, EXPLANATION, fact_missing());
	} else if (sender)
		judge(c, client, e->from.local, e->from.domain, RESULT);
	else
		judge(c, client, view_of(NULL, 0), view_of(NULL, 0), RESULT);
}

static void
run(struct check_call *c)
{
	const struct check_client *client = check_client(c);
	const struct check_envelope *e = check_envelope(c);

	if (!client)
		return;
	if (check_wants(c, HELO) && (client->helo.p || e)) {
		if (client->ip)
			judge(c, client, view_of(NULL, 0), view_of(NULL, 0), HELO);
		else
			check_set(c, HELO, value_of(c, SPF_NONE, NULL));
	}
	if (e)
		judge_mail(c, client, e);
}

const struct check spf_check = {
	.name = "spf",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_HELO,
	.run = run,
};
