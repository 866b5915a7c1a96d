/* SPDX-License-Identifier: BSD-2-Clause
 *
 * conf_address -- unix:/path, inet:PORT@ADDRESS and inet6:PORT@ADDRESS, as MTAs' own settings write them.
 */
#ifndef POLICY_CONF_ADDRESS_H
#define POLICY_CONF_ADDRESS_H

#include "policy/conf.h"
#include "policy/parser/reader.h"

struct conf_address {
	const char *text; /* as it was written */
	enum conf_family family;
	const char *path; /* CONF_UNIX: absolute */
	const char *host; /* a name instead of ip */
	struct ip ip;
	uint16_t port;
};

/* hosts: inet:PORT@HOST is one, too. Mistakes are the reader's. */
void conf_address_read(struct reader *r, bool hosts, struct conf_address *out);

#endif
