/* SPDX-License-Identifier: BSD-2-Clause
 *
 * geo_client -- where the client's address belongs: geo.country, client.asn.
 *
 * From the files of geo-country-file and geo-asn-file; unknown without them. Private and loopback
 * addresses belong nowhere: missing.
 */
#ifndef CHECKS_GEO_CLIENT_H
#define CHECKS_GEO_CLIENT_H

#include "engine/check.h"

extern const struct check geo_client_check;

#endif
