/* SPDX-License-Identifier: BSD-2-Clause
 *
 * received -- where a Received field says the message came from (RFC 5321 4.4, RFC 5322 3.6.7).
 *
 * Understands what Postfix, Sendmail, Exim, Exchange and qmail write. Used to find the client
 * behind a relay that is trusted: the address is taken from where the relay puts what it saw
 * itself, never from the HELO name that the client chose.
 */
#ifndef MAIL_RECEIVED_H
#define MAIL_RECEIVED_H

#include "util/arena.h"
#include "util/cidr.h"

struct received {
	struct view helo; /* as the client named itself; unchecked */
	struct ip ip;     /* family 0: the field does not tell */
	struct view by;   /* the host that wrote the field; absent if it does not tell */
};

/* False if the field has no "from" clause (mail that began on the host itself). Views into the
 * unfolded value, which lives in a. */
bool received_parse(struct view value, struct arena *a, struct received *out);

#endif
