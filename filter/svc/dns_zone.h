/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_zone -- answers from RFC 1035 master files in memory: for tests, `eval` and the demo.
 *
 * A back end. Several files may be loaded; together they are the whole world: a name that is not
 * there does not exist (NXDOMAIN), one that has other types, or only names below it, has no data.
 * Wildcards work as in RFC 4592, CNAMEs are followed, names are case-insensitive. A negative answer
 * carries the SOA above the name if the files have one; without it, it is not cached. Names without
 * final dot are relative to $ORIGIN, which is the root at the start of each file. $INCLUDE is
 * refused. One line is Postern's own:
 *
 *	$FAIL NAME [TYPE] servfail|timeout
 *
 * It makes look-ups of NAME (of this type, or of all) fail as SERVFAIL or as a time-out; either
 * comes at once.
 */
#ifndef SVC_DNS_ZONE_H
#define SVC_DNS_ZONE_H

#include "svc/dns/dns_backend.h"

struct dns_backend *dns_zone_new(void); /* gives */

/* Adds a file, before the first question. -1 with "FILE:LINE: text" in why, which has room for n
 * bytes: then the back end is good only to be freed. */
int dns_zone_load(struct dns_backend *b, const char *path, char *why, size_t n);
/* The same for text that is in memory; path is for messages. */
int dns_zone_read(struct dns_backend *b, struct view text, const char *path, char *why, size_t n);

#endif
