/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/rdns.h"

#include <stdio.h>

#include "mail/rdns_pattern.h"
#include "util/limits.h"

enum row { PTR, NAME, FCRDNS, DYNAMIC };

static const struct fact_def facts[] = {
	[PTR] = {.name = "client.ptr", .type = FACT_DOMAIN, .stage = STAGE_CONNECT, .claimed = true,
		.help = "first PTR name, not verified; missing if none",
		.asks = "PTR"},
	[NAME] = {.name = "client.name", .type = FACT_DOMAIN, .stage = STAGE_CONNECT,
		.help = "PTR name that resolves back to client.ip; missing if none does",
		.asks = "PTR, A or AAAA of up to 10 names"},
	[FCRDNS] = {.name = "client.fcrdns", .type = FACT_BOOL, .stage = STAGE_CONNECT,
		.help = "client.name exists (RFC 8601 iprev=pass)",
		.asks = "PTR, A or AAAA of up to 10 names"},
	[DYNAMIC] = {.name = "client.dynamic", .type = FACT_BOOL, .stage = STAGE_CONNECT,
		.help = "PTR looks like a generic or dial-up name (built-in patterns)",
		.asks = "PTR"},
};

static void
report(struct check_call *c, const struct ip *ip, struct view result, struct view reason)
{
	struct authres_result r = {.method = VIEW("iprev"), .result = result, .reason = reason};
	char text[IP_TEXT_MAX];

	ip_format(ip, text);
	r.prop[r.n_props++] = (struct authres_prop){VIEW("policy.iprev"),
		arena_copy(check_arena(c), view_str(text))};
	check_report(c, &r);
}

/* Sets what all PTR look-ups without a name have in common. */
static void
set_all(struct check_call *c, struct fact_value name, struct fact_value yes)
{
	check_set(c, PTR, name);
	check_set(c, NAME, name);
	check_set(c, FCRDNS, yes);
	check_set(c, DYNAMIC, yes);
}

static size_t
names_of(const struct dns_answer *ptr)
{
	return ptr->n < PTR_NAMES ? ptr->n : PTR_NAMES;
}

/* Only if all its names look so: one of several may be a real host's. */
static bool
dynamic(const struct dns_answer *ptr, const struct ip *ip)
{
	for (size_t i = 0; i < names_of(ptr); i++)
		if (!rdns_pattern_dynamic(ptr->rr[i].name, ip))
			return false;
	return true;
}

static bool
has_address(const struct dns_answer *a, const struct ip *ip)
{
	for (size_t i = 0; i < a->n; i++)
		if (ip_eq(&a->rr[i].ip, ip))
			return true;
	return false;
}

/* Asks for the addresses of all names; the first in order that confirms decides, so that the result does
 * not hang on which answer was faster. */
static void
confirm(struct check_call *c, const struct dns_answer *ptr, const struct ip *ip)
{
	enum dns_type type = ip->family == 6 ? DNS_AAAA : DNS_A;
	const char *why = NULL;
	const struct dns_rr *found = NULL;
	bool open = false;

	for (size_t i = 0; i < names_of(ptr); i++) {
		const struct dns_answer *a = check_dns(c, ptr->rr[i].name, type);

		if (!a)
			open = true;
		else if (a->status == DNS_TEMPFAIL)
			why = a->why;
		else if (!found && !open && a->status == DNS_FOUND && has_address(a, ip))
			found = &ptr->rr[i];
	}
	if (found) {
		check_set(c, NAME, fact_text(arena_copy(check_arena(c), found->name)));
		check_set(c, FCRDNS, fact_bool(true));
		report(c, ip, VIEW("pass"), (struct view){0});
	} else if (!open && why) {
		check_set(c, NAME, fact_unknown(view_str(why)));
		check_set(c, FCRDNS, fact_unknown(view_str(why)));
		report(c, ip, VIEW("temperror"), view_str(why));
	} else if (!open) {
		check_set(c, NAME, fact_missing());
		check_set(c, FCRDNS, fact_bool(false));
		report(c, ip, VIEW("fail"), (struct view){0});
	}
}

static void
run(struct check_call *c)
{
	const struct check_client *client = check_client(c);
	char name[IP_REVERSE_MAX + sizeof(".in-addr.arpa")];
	char reverse[IP_REVERSE_MAX];
	const struct dns_answer *ptr;

	if (!client)
		return;
	if (!client->ip) {
		set_all(c, fact_missing(), fact_bool(false));
		return;
	}
	ip_reverse(client->ip, reverse);
	snprintf(name, sizeof(name), "%s%s", reverse,
		client->ip->family == 6 ? ".ip6.arpa" : ".in-addr.arpa");
	ptr = check_dns(c, view_str(name), DNS_PTR);
	if (!ptr)
		return;
	if (ptr->status == DNS_TEMPFAIL) {
		set_all(c, fact_unknown(view_str(ptr->why)), fact_unknown(view_str(ptr->why)));
		report(c, client->ip, VIEW("temperror"), view_str(ptr->why));
		return;
	}
	if (ptr->status == DNS_NONE || ptr->n == 0) {
		set_all(c, fact_missing(), fact_bool(false));
		report(c, client->ip, VIEW("permerror"), VIEW("no PTR record"));
		return;
	}
	check_set(c, PTR, fact_text(arena_copy(check_arena(c), ptr->rr[0].name)));
	check_set(c, DYNAMIC, fact_bool(dynamic(ptr, client->ip)));
	if (check_wants(c, NAME) || check_wants(c, FCRDNS))
		confirm(c, ptr, client->ip);
}

const struct check rdns_check = {
	.name = "rdns",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_CONNECT,
	.run = run,
};
