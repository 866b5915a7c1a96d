/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_name -- one text form for every domain name, so that equal names are equal bytes.
 *
 * Lower case, without final dot, the root is "". A byte that is not printable ASCII, and a
 * backslash or a dot inside a label, is written as RFC 1035 5.1 has it (\DDD, \\ and \.): a hostile
 * name can forge neither a label boundary nor an end.
 */
#ifndef SVC_DNS_NAME_H
#define SVC_DNS_NAME_H

#include "util/limits.h"
#include "util/view.h"

enum { DNS_NAME_TEXT = 4 * DOMAIN_MAX + 1 };

/* Writes the text of a name that someone typed or sent, in which every dot ends a label and nothing
 * is an escape; ends it with NUL. False if dns_name_ok says no. */
bool dns_name_text(struct view name, char out[static DNS_NAME_TEXT], size_t *n_out);

/* The same from wire format without compression (RFC 1035 3.1); all of wire must be the name. */
bool dns_name_from_wire(struct view wire, char out[static DNS_NAME_TEXT], size_t *n_out);

/* The text without its first label; absent for the root. */
struct view dns_name_parent(struct view text);

#endif
