/* SPDX-License-Identifier: BSD-2-Clause
 *
 * authres -- the Authentication-Results field (RFC 8601): what we write, and whose a field is.
 */
#ifndef MAIL_AUTHRES_H
#define MAIL_AUTHRES_H

#include "util/arena.h"
#include "util/buf.h"

enum { AUTHRES_PROPS = 6, AUTHRES_MAX = 48 * 1024 /* a field: ten signatures, all at their longest */ };

struct authres_result {
	struct view method; /* "spf", "dkim", "dmarc", "iprev", "auth" */
	struct view result; /* "pass", "fail", "temperror" ... */
	struct view reason; /* absent = none */
	struct authres_prop {
		struct view name;  /* "smtp.mailfrom", "header.d" */
		struct view value; /* quoted when it is no RFC 2045 token or mailbox */
	} prop[AUTHRES_PROPS];
	size_t n_props;
	struct view mechanism; /* of spf: the term that decided; no part of the field; absent = none */
};

/* Appends the field's value, folded with LF and a tab after each result, without field name and final
 * line end: "mx.example.org;\n\tspf=pass smtp.mailfrom=x.example". No results: "...; none".
 * The LF is how milters hand over a folded field: an MTA would send a CR before it as a second one.
 * Control characters of values are removed. A result that does not fit, and all behind it, are left out
 * whole: out->over says so. */
void authres_write(
	struct buf *out, struct view authserv_id, const struct authres_result *r, size_t n);

/* The authserv-id of a field's raw value; comments before it skipped, quoted string unquoted.
 * Absent if there is none. Lives in a. */
struct view authres_id(struct view value, struct arena *a);

#endif
