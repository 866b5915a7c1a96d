/* SPDX-License-Identifier: BSD-2-Clause
 *
 * xclient -- who the client is, told by a neighbour: XCLIENT and XFORWARD (Postfix XCLIENT_README,
 * XFORWARD_README).
 *
 * Values are xtext (RFC 3461 section 4). Once decoded they have at most XCLIENT_VALUE_MAX bytes of printable
 * ASCII without blanks; LOGIN may be UTF-8. [UNAVAILABLE] says that there is none, [TEMPUNAVAIL] that a
 * look-up failed for now.
 */
#ifndef MAIL_XCLIENT_H
#define MAIL_XCLIENT_H

#include "util/arena.h"
#include "util/buf.h"
#include "util/cidr.h"

enum xclient_attribute {
	XCLIENT_NAME, /* verified name of the client */
	XCLIENT_REVERSE_NAME, /* what its PTR record says */
	XCLIENT_ADDR,
	XCLIENT_PORT,
	XCLIENT_PROTO, /* SMTP or ESMTP */
	XCLIENT_HELO,
	XCLIENT_LOGIN, /* SASL user */
	XCLIENT_DESTADDR,
	XCLIENT_DESTPORT,
	XCLIENT_IDENT,  /* XFORWARD only: our id of the message */
	XCLIENT_SOURCE, /* XFORWARD only: LOCAL or REMOTE */
	XCLIENT_ATTRIBUTES,
	XCLIENT_TAKEN = (1 << XCLIENT_IDENT) - 1 /* what xclient_read takes: a set of 1 << attribute */
};

struct xclient {
	unsigned given;        /* 1 << attribute: was named */
	unsigned tempunavail;  /* 1 << attribute: [TEMPUNAVAIL], of NAME and REVERSE_NAME */
	struct view value[XCLIENT_ATTRIBUTES]; /* decoded; absent: not given, or unavailable */
	struct ip addr, destaddr;              /* of ADDR and DESTADDR; family 0: none */
	uint16_t port, destport;               /* 0: none */
};

const char *xclient_attribute_name(enum xclient_attribute a); /* "NAME" */
/* "NAME ADDR PORT ..." of an EHLO answer: 1 << attribute. Unknown names are left out. */
unsigned xclient_announced(struct view names);

/* The argument of XCLIENT. False: bad syntax, an unknown, forbidden or doubled attribute, a bad value
 * (501 5.5.4). Lives in a. */
bool xclient_read(struct view argument, struct arena *a, struct xclient *out);

/* Appends the attributes that are given and announced as commands with CRLF, as many as are needed for
 * SMTP_COMMAND_MAX bytes each; the result is how many. ADDR and PORT come from addr and port, as do
 * DESTADDR and DESTPORT. Values that may not be sent become [UNAVAILABLE]. Each XCLIENT is answered by
 * 220 (and the greeting stage again), each XFORWARD by 250. */
size_t xclient_write(const struct xclient *x, unsigned announced, struct buf *out);
size_t xclient_write_forward(const struct xclient *x, unsigned announced, struct buf *out);

#endif
