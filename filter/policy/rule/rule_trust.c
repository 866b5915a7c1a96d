/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_trust.h"

/* A name that ends in a dot stands for all below it. */
static const char compared[] =
	"client.ip client.name client.organisation client.asn client.fcrdns geo.country spf helo.spf dkim "
	"dkim. dmarc arc arc.sealer auth.user tls.cert listener direction dnsbl. grey.state upstream.";
static const char results[] = "spf helo.spf dkim dmarc arc";

static bool
is_in(const char *words, struct view fact)
{
	struct view rest = view_str(words), one;

	while (view_split(&rest, ' ', &one))
		if (view_eq(one, fact) ||
			(view_ends_nocase(one, VIEW(".")) && view_eq(one, view_head(fact, one.n))))
			return true;
	return false;
}

bool
rule_trust_compared(struct view fact)
{
	return is_in(compared, fact);
}

bool
rule_trust_present(struct view fact)
{
	return is_in("auth.user tls.cert", fact);
}

bool
rule_trust_result(struct view fact)
{
	return is_in(results, fact);
}

bool
rule_trust_value(struct view fact, struct view word)
{
	if (rule_trust_result(fact))
		return view_eq_str(word, "pass");
	return !view_eq_str(fact, "direction") || view_eq_str(word, "outbound");
}
