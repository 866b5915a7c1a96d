/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/geo_client.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/mmdb.h"
#include "tests/unit/checks/fake_check.c"

enum row { COUNTRY, ASN };

/* One file for both; the record of 198.51.100.0/24 is damaged. */
static char *
file(unsigned version)
{
	struct mmdb *m = mmdb_new(version, "Test");
	uint32_t bad;
	char *path;

	mmdb_net(m, "192.0.2.0/24", mmdb_country(m, "DE"));
	mmdb_net(m, "203.0.113.0/24", mmdb_asn(m, 64500));
	mmdb_net(m, "10.0.0.0/8", mmdb_country(m, "US"));
	bad = mmdb_text(m, "neither");
	mmdb_net(m, "198.51.100.0/24", bad);
	path = mmdb_file(m);
	mmdb_free(m);
	return path;
}

static const struct {
	const char *title, *ip, *country, *asn;
	unsigned version; /* 0 = no file is set */
} rows[] = {
	{"country", "192.0.2.7", "DE", "-", 6},
	{"AS number", "203.0.113.7", "-", "64500", 6},
	{"not in the file", "198.18.0.1", "-", "-", 6},
	{"private, whatever the file says", "10.0.0.1", "-", "-", 6},
	{"loopback", "::1", "-", "-", 6},
	{"local submission", NULL, "-", "-", 6},
	{"damage", "198.51.100.1", "?bad data", "?bad data", 6},
	{"IPv6, and a file of IPv4", "2001:db8::1", "?no IPv6 data", "?no IPv6 data", 4},
	{"not set", "192.0.2.7", "?no geo-country-file", "?no geo-asn-file", 0},
};

static void
looks_up(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct check_call *c = fake_new(&geo_client_check, STAGE_CONNECT, NULL, 0);
		char *path = file(rows[i].version ? rows[i].version : 4), why[200];
		struct ip ip;

		if (rows[i].version) {
			c->settings.geo_country = geo_open(path, GEO_COUNTRY, why, sizeof(why));
			c->settings.geo_asn = geo_open(path, GEO_ASN, why, sizeof(why));
		}
		if (rows[i].ip && ip_parse(view_str(rows[i].ip), &ip))
			c->client.ip = &ip;
		fake_run(c);
		UNIT_CASE(fake_is(c, COUNTRY, rows[i].country), rows[i].title);
		UNIT_CASE(fake_is(c, ASN, rows[i].asn), rows[i].title);
		geo_close(c->settings.geo_country);
		geo_close(c->settings.geo_asn);
		fake_done(c);
		unlink(path);
		free(path);
	}
}

static const struct unit_test tests[] = {{"country and AS number of the client", looks_up}};

int
main(void)
{
	return unit_main("checks/geo_client", tests, sizeof(tests) / sizeof(*tests));
}
