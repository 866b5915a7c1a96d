/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/sender.h"

enum row { FROM, DOMAIN, LOCAL, NULL_SENDER, RESOLVES, NULL_MX, SIZE };

static const struct fact_def facts[] = {
	[FROM] = {.name = "mail.from", .type = FACT_ADDRESS, .stage = STAGE_MAIL, .claimed = true,
		.help = "envelope sender; missing for <>"},
	[DOMAIN] = {.name = "mail.domain", .type = FACT_DOMAIN, .stage = STAGE_MAIL, .claimed = true,
		.help = "its domain"},
	[LOCAL] = {.name = "mail.local", .type = FACT_TEXT, .stage = STAGE_MAIL, .claimed = true,
		.help = "its local part"},
	[NULL_SENDER] = {.name = "mail.null", .type = FACT_BOOL, .stage = STAGE_MAIL, .claimed = true,
		.help = "sender is <> (bounce)"},
	[RESOLVES] = {.name = "mail.resolves", .type = FACT_BOOL, .stage = STAGE_MAIL,
		.help = "mail.domain has MX, A or AAAA",
		.asks = "MX, A and AAAA"},
	[NULL_MX] = {.name = "mail.null-mx", .type = FACT_BOOL, .stage = STAGE_MAIL,
		.help = "mail.domain says that it takes no mail (RFC 7505)",
		.asks = "MX"},
	[SIZE] = {.name = "mail.size", .type = FACT_SIZE, .stage = STAGE_MAIL, .claimed = true,
		.help = "declared SIZE="},
};

static void
set_dns(struct check_call *c, struct fact_value resolves, struct fact_value null_mx)
{
	check_set(c, RESOLVES, resolves);
	check_set(c, NULL_MX, null_mx);
}

/* RFC 7505 section 3: one MX record with the root as its host; beside others "." is no null MX, but no
 * host either. */
static bool
any_host(const struct dns_answer *mx)
{
	for (size_t i = 0; i < mx->n; i++)
		if (mx->rr[i].name.n > 0)
			return true;
	return false;
}

/* The implicit MX of RFC 5321 5.1. */
static void
resolve_address(struct check_call *c, struct view domain)
{
	const struct dns_answer *a = check_dns(c, domain, DNS_A), *aaaa = check_dns(c, domain, DNS_AAAA);

	if ((a && a->status == DNS_FOUND) || (aaaa && aaaa->status == DNS_FOUND)) {
		check_set(c, RESOLVES, fact_bool(true));
		return;
	}
	if (!a || !aaaa)
		return;
	if (a->status == DNS_TEMPFAIL)
		check_set(c, RESOLVES, fact_unknown(view_str(a->why)));
	else if (aaaa->status == DNS_TEMPFAIL)
		check_set(c, RESOLVES, fact_unknown(view_str(aaaa->why)));
	else
		check_set(c, RESOLVES, fact_bool(false));
}

static void
resolve(struct check_call *c, struct view domain)
{
	const struct dns_answer *mx = check_dns(c, domain, DNS_MX);

	if (!mx)
		return;
	if (mx->status == DNS_TEMPFAIL) {
		struct fact_value unknown = fact_unknown(view_str(mx->why));

		set_dns(c, unknown, unknown);
		return;
	}
	if (mx->status == DNS_FOUND && mx->n > 0) {
		bool host = any_host(mx);

		set_dns(c, fact_bool(host), fact_bool(!host));
		return;
	}
	check_set(c, NULL_MX, fact_bool(false));
	if (mx->nxdomain)
		check_set(c, RESOLVES, fact_bool(false));
	else if (check_wants(c, RESOLVES))
		resolve_address(c, domain);
}

static void
run(struct check_call *c)
{
	const struct check_envelope *e = check_envelope(c);
	bool readable = e && e->has_from && !e->null_sender;

	if (!e)
		return;
	check_set(c, FROM, readable ? fact_text(e->from.text) : fact_missing());
	check_set(c, DOMAIN, readable ? fact_text(e->from.domain) : fact_missing());
	check_set(c, LOCAL, readable ? fact_text(e->from.local) : fact_missing());
	check_set(c, NULL_SENDER, fact_bool(e->null_sender));
	check_set(c, SIZE, e->size ? fact_number((int64_t)e->size) : fact_missing());
	if (!readable || e->from.domain.n == 0)
		set_dns(c, fact_missing(), fact_missing());
	else if (e->from.domain.p[0] == '[')
		set_dns(c, fact_bool(true), fact_bool(false));
	else if (check_wants(c, RESOLVES) || check_wants(c, NULL_MX))
		resolve(c, e->from.domain);
}

const struct check sender_check = {
	.name = "sender",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_MAIL,
	.run = run,
};
