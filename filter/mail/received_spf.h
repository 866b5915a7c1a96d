/* SPDX-License-Identifier: BSD-2-Clause
 *
 * received_spf -- the Received-SPF field (RFC 7208 section 9.1): what we write, and whose a field is.
 */
#ifndef MAIL_RECEIVED_SPF_H
#define MAIL_RECEIVED_SPF_H

#include "util/arena.h"
#include "util/buf.h"

struct received_spf {
	struct view result;    /* "pass" ... "permerror" */
	struct view mechanism; /* the term that decided, or "default"; absent = none */
	struct view problem;   /* of an error; absent = none */
	struct view identity;  /* "mailfrom", "helo" */
	struct view client_ip, envelope_from, helo, receiver; /* absent = left out; empty stands there */
};

/* Appends the field's value, folded with LF and a tab before each pair, without field name and final line
 * end: "pass (the domain authorises this client)\n\tclient-ip=192.0.2.1;\n\tidentity=mailfrom ...".
 * Control characters of values are removed. */
void received_spf_write(struct buf *out, const struct received_spf *r);

/* Does a field with this value say that name wrote it: receiver=name, quoted or not, anywhere in it? */
bool received_spf_is_of(struct view value, struct view name, struct arena *a);

#endif
