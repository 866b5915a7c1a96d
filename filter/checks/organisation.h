/* SPDX-License-Identifier: BSD-2-Clause
 *
 * organisation -- client.organisation: who answers for the client.
 *
 * The registrable domain of the first of these that there is: the domain whose SPF passed, unless by "all",
 * which lets anybody pass; the client's name, forward-confirmed, unless it is one of those that providers
 * give to each of their lines (client.dynamic), which names the provider of a thousand strangers. Else the
 * network of the client (engine/client_network.h). What the DNS does not tell in time counts as absent: the
 * fact is never unknown, and missing only without an address.
 */
#ifndef CHECKS_ORGANISATION_H
#define CHECKS_ORGANISATION_H

#include "engine/check.h"

extern const struct check organisation_check;

#endif
