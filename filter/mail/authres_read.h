/* SPDX-License-Identifier: BSD-2-Clause
 *
 * authres_read -- what an Authentication-Results field says (RFC 8601 section 2.2), and the payload of an
 * ARC-Authentication-Results one, which has the same form.
 *
 * For fields of those whom the administrator trusts: whose it is, authserv_id tells. A result that cannot
 * be read is left out and `bad` says so; the others stand.
 */
#ifndef MAIL_AUTHRES_READ_H
#define MAIL_AUTHRES_READ_H

#include "mail/authres.h"

enum { AUTHRES_READ_MAX = 32 }; /* results of one field; a message has at most that many signatures */

struct authres_field {
	struct view id; /* absent: none can be read, and there are no results */
	struct authres_result result[AUTHRES_READ_MAX]; /* method and result in lower case */
	size_t n;
	bool bad; /* something was left out */
};

/* What is not of the input lives in a. */
void authres_read(struct view value, struct arena *a, struct authres_field *out);
/* The first result of a method, NULL if there is none. */
const struct authres_result *authres_read_find(const struct authres_field *f, const char *method);
/* A property of it, absent if there is none. */
struct view authres_read_prop(const struct authres_result *r, const char *name);

#endif
