/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/geo_client.h"

#include "svc/geo.h"

enum row { COUNTRY, ASN };

static const struct fact_def facts[] = {
	[COUNTRY] = {.name = "geo.country", .type = FACT_COUNTRY, .stage = STAGE_CONNECT,
		.help = "ISO 3166 country of client.ip"},
	[ASN] = {.name = "client.asn", .type = FACT_NUMBER, .stage = STAGE_CONNECT,
		.help = "number of the autonomous system that client.ip belongs to"},
};

/* Also where the database could not be opened, which is an error of its own. */
static const char *
lacks(const struct settings *s, size_t i)
{
	if (i == COUNTRY)
		return s->geo_country ? NULL : "it needs the setting geo-country-file";
	return s->geo_asn ? NULL : "it needs the setting geo-asn-file";
}

/* What is not a value. */
static struct fact_value
without(enum geo_end end)
{
	if (end == GEO_NONE)
		return fact_missing();
	return fact_unknown(end == GEO_NO_IPV6 ? VIEW("no IPv6 data") : VIEW("bad data"));
}

static struct fact_value
country(const struct geo *g, const struct ip *ip)
{
	struct view code;
	enum geo_end end;

	if (!g)
		return fact_unknown(VIEW("no geo-country-file"));
	end = geo_country(g, ip, &code);
	return end == GEO_FOUND ? fact_text(code) : without(end);
}

static struct fact_value
asn(const struct geo *g, const struct ip *ip)
{
	uint32_t number;
	enum geo_end end;

	if (!g)
		return fact_unknown(VIEW("no geo-asn-file"));
	end = geo_asn(g, ip, &number);
	return end == GEO_FOUND ? fact_number(number) : without(end);
}

static void
run(struct check_call *c)
{
	const struct check_client *client = check_client(c);
	const struct settings *s = check_settings(c);
	bool nowhere = !client || !client->ip || ip_is_private(client->ip);

	if (!client)
		return;
	if (check_wants(c, COUNTRY))
		check_set(c, COUNTRY, nowhere ? fact_missing() : country(s->geo_country, client->ip));
	if (check_wants(c, ASN))
		check_set(c, ASN, nowhere ? fact_missing() : asn(s->geo_asn, client->ip));
}

const struct check geo_client_check = {
	.name = "geo",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_CONNECT,
	.run = run,
	.lacks = lacks,
};
