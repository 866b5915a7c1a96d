/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trace_field -- the Received field that we add (RFC 5321 4.4, RFC 3848, RFC 6531 4.3).
 *
 * Whatever the client chose (HELO name, its PTR name, recipient) is written so that it cannot look like
 * another part of the field: mail/received.h reads back exactly the address and the name that went in.
 */
#ifndef MAIL_TRACE_FIELD_H
#define MAIL_TRACE_FIELD_H

#include "util/buf.h"
#include "util/cidr.h"

struct trace_field {
	struct view helo; /* as the client named itself; absent = did not */
	struct view name; /* its verified name; absent = none ("unknown") */
	struct ip ip;     /* family 0: unknown */
	struct view by;   /* our name */
	struct view id;   /* of this message; absent = none */
	struct view rcpt; /* "local@domain" if there is just one recipient; absent = several (RFC 5321 7.2) */
	bool esmtp, tls, auth, utf8;          /* the with-keyword: SMTP, ESMTP, ESMTPSA, UTF8SMTPS ... */
	struct view tls_version, tls_cipher; /* absent = not told */
	int64_t now;      /* seconds since 1970 */
};

/* Appends the value, folded with LF and a tab, without field name and final line end. */
void trace_field_write(const struct trace_field *t, struct buf *out);
/* "ESMTPSA" */
const char *trace_field_with(bool esmtp, bool tls, bool auth, bool utf8);

#endif
