/* SPDX-License-Identifier: BSD-2-Clause
 *
 * geo -- the country and the network operator of an address, from a file in the MaxMind DB format.
 *
 * The file is mapped, so it must not change while it is open: workers open the copy that io/mirror.h
 * keeps for them. Its bytes are a stranger's: geo_open refuses what has no readable record of the kind
 * that is wanted, and a look-up says GEO_BAD where a record is not as it should be. Addresses are
 * looked up as country.iso_code and autonomous_system_number, which is what the databases of MaxMind
 * (GeoIP2, GeoLite2) and DB-IP call them. Shared by all threads without locks.
 */
#ifndef SVC_GEO_H
#define SVC_GEO_H

#include "util/cidr.h"

struct geo;

enum geo_kind { GEO_COUNTRY, GEO_ASN };
enum geo_end {
	GEO_FOUND,
	GEO_NONE,    /* the address, or the value of this kind, is not in the file */
	GEO_NO_IPV6, /* an IPv6 address, and a file of IPv4 only */
	GEO_BAD      /* the file is damaged there */
};

/* NULL with the reason in why, which has room for n bytes. gives. */
struct geo *geo_open(const char *path, enum geo_kind kind, char *why, size_t n);
void geo_close(struct geo *g); /* NULL is legal */

/* Two capital letters (ISO 3166). They live as long as g. */
enum geo_end geo_country(const struct geo *g, const struct ip *ip, struct view *out);
/* The number of the autonomous system that announces the address. */
enum geo_end geo_asn(const struct geo *g, const struct ip *ip, uint32_t *out);

/* When the file was made, in seconds since 1970. */
uint64_t geo_built(const struct geo *g);

#endif
