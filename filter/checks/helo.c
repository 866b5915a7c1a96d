/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/helo.h"

#include "mail/address_literal.h"
#include "mail/domain.h"

enum row { NAME, LITERAL, FQDN, RESOLVES, MATCHES, OURS };

static const struct fact_def facts[] = {
	[NAME] = {.name = "helo.name", .type = FACT_DOMAIN, .stage = STAGE_HELO, .claimed = true,
		.help = "HELO/EHLO argument; missing if none was sent"},
	[LITERAL] = {.name = "helo.literal", .type = FACT_BOOL, .stage = STAGE_HELO,
		.help = "argument is an address literal"},
	[FQDN] = {.name = "helo.fqdn", .type = FACT_BOOL, .stage = STAGE_HELO,
		.help = "has a dot and a known public suffix"},
	[RESOLVES] = {.name = "helo.resolves", .type = FACT_BOOL, .stage = STAGE_HELO,
		.help = "has A/AAAA",
		.asks = "A and AAAA"},
	[MATCHES] = {.name = "helo.matches-ip", .type = FACT_BOOL, .stage = STAGE_HELO,
		.help = "A/AAAA of the name contains client.ip",
		.asks = "A or AAAA"},
	[OURS] = {.name = "helo.ours", .type = FACT_BOOL, .stage = STAGE_HELO,
		.help = "claims one of our own names or addresses"},
};

/* What was said, read once. */
struct said {
	struct view raw, domain; /* domain: normal form; absent if it cannot be one */
	struct ip literal;       /* family 0: it is none */
};

static bool
is_own_ip(const struct settings *s, const struct ip *ip)
{
	for (size_t i = 0; i < s->n_own_ips; i++)
		if (ip_eq(&s->own_ips[i], ip))
			return true;
	return false;
}

static bool
is_own_name(const struct settings *s, struct view domain)
{
	if (view_eq_nocase(domain, s->hostname))
		return true;
	for (size_t i = 0; i < s->n_own_names; i++)
		if (view_eq_nocase(domain, s->own_names[i]))
			return true;
	return false;
}

/* Our own hosts may use our names. */
static bool
ours(struct check_call *c, const struct check_client *client, const struct said *said)
{
	const struct settings *s = check_settings(c);
	struct ip bare;

	if (!client->ip || list_has_ip(check_program(c)->own_nets, client->ip) ||
		is_own_ip(s, client->ip))
		return false;
	if (said->literal.family)
		return is_own_ip(s, &said->literal);
	if (ip_parse(said->raw, &bare))
		return is_own_ip(s, &bare);
	return said->domain.p && is_own_name(s, said->domain);
}

enum found { FOUND_OPEN, FOUND_NO, FOUND_YES, FOUND_UNKNOWN };

/* One address type of the name: has it any, and is the client's among them? */
static enum found
look(struct check_call *c, struct view domain, enum dns_type type, const struct ip *ip,
	const char **why_out)
{
	const struct dns_answer *a = check_dns(c, domain, type);

	if (!a)
		return FOUND_OPEN;
	if (a->status == DNS_TEMPFAIL) {
		*why_out = a->why;
		return FOUND_UNKNOWN;
	}
	for (size_t i = 0; a->status == DNS_FOUND && i < a->n; i++)
		if (!ip || ip_eq(&a->rr[i].ip, ip))
			return FOUND_YES;
	return FOUND_NO;
}

static void
set_found(struct check_call *c, enum row row, enum found f, const char *why)
{
	if (f == FOUND_UNKNOWN)
		check_set(c, row, fact_unknown(view_str(why)));
	else if (f != FOUND_OPEN)
		check_set(c, row, fact_bool(f == FOUND_YES));
}

static void
resolves(struct check_call *c, struct view domain)
{
	const char *why = NULL;
	enum found a = look(c, domain, DNS_A, NULL, &why), aaaa = look(c, domain, DNS_AAAA, NULL, &why);

	if (a == FOUND_YES || aaaa == FOUND_YES)
		set_found(c, RESOLVES, FOUND_YES, NULL);
	else if (a != FOUND_OPEN && aaaa != FOUND_OPEN)
		set_found(c, RESOLVES, why ? FOUND_UNKNOWN : FOUND_NO, why);
}

static void
matches(struct check_call *c, struct view domain, const struct ip *ip)
{
	const char *why = NULL;
	enum found f = look(c, domain, ip->family == 6 ? DNS_AAAA : DNS_A, ip, &why);

	set_found(c, MATCHES, f, why);
}

/* No name was sent, or the mail came without a network. */
static void
set_none(struct check_call *c)
{
	check_set(c, NAME, fact_missing());
	for (size_t i = LITERAL; i <= OURS; i++)
		check_set(c, i, fact_bool(false));
}

static void
set_said(struct check_call *c, const struct check_client *client, const struct said *said)
{
	check_set(c, NAME,
		fact_text(said->domain.p ? said->domain : arena_lower(check_arena(c), said->raw)));
	check_set(c, LITERAL, fact_bool(said->literal.family != 0));
	check_set(c, FQDN, fact_bool(said->domain.p && domain_labels(said->domain) > 1 &&
		domain_has_known_suffix(said->domain)));
	if (check_wants(c, OURS))
		check_set(c, OURS, fact_bool(ours(c, client, said)));
}

static void
run(struct check_call *c)
{
	const struct check_client *client = check_client(c);
	struct said said = {0};

	if (!client || (!client->helo.p && check_stage(c) < STAGE_MAIL))
		return;
	if (!client->helo.p) {
		set_none(c);
		return;
	}
	said.raw = client->helo;
	if (!address_literal(said.raw, &said.literal))
		said.domain = domain_normal(said.raw, check_arena(c));
	set_said(c, client, &said);
	if (check_wants(c, RESOLVES)) {
		if (said.domain.p)
			resolves(c, said.domain);
		else
			check_set(c, RESOLVES, fact_bool(false));
	}
	if (check_wants(c, MATCHES)) {
		if (said.domain.p && client->ip)
			matches(c, said.domain, client->ip);
		else
			check_set(c, MATCHES, fact_bool(client->ip && ip_eq(client->ip, &said.literal)));
	}
}

const struct check helo_check = {
	.name = "helo",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_HELO,
	.run = run,
};
