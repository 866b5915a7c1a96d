/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postgrey_dump -- the databases of postgrey, from the text that `db_dump -p` makes of them.
 *
 * What postgrey 1.37 keeps (Debian 12; two Btrees of Berkeley DB in /var/lib/postgrey):
 *
 *	postgrey.db          "NETWORK/SENDER/RECIPIENT", lower case, with "FIRST,LAST": seconds since 1970 of
 *	                     the first and the latest attempt. Old versions add ",HOST". Who came again
 *	                     --delay (300) seconds after FIRST has passed: so has every record whose LAST is
 *	                     that much later. NETWORK is the first address of the client's /24 or /64 (with
 *	                     --ipv4cidr, --ipv6cidr: of another size; with --lookup-by-host: the client
 *	                     itself), IPv6 without "::". SENDER is empty for a bounce; it lacks a +extension
 *	                     and the tag of BATV, and each number that is a word is one "#".
 *	postgrey_clients.db  "ADDRESS" with "COUNT,LAST": a client, how many triplets of it have passed, one
 *	                     an hour at most, and when the latest did. From 5 on it is let pass unasked.
 *
 * With --privacy the keys are SHA-1 digests, and nothing can be read from them. The text (db_dump of
 * Berkeley DB 5.3): lines of a header up to HEADER=END; for each record two lines, key and value, each
 * after a blank, where "\\" is a backslash and "\5e" another byte; DATA=END. More databases may follow.
 */
#ifndef CMD_POSTGREY_DUMP_H
#define CMD_POSTGREY_DUMP_H

#include "util/cidr.h"

enum { POSTGREY_KEY_MAX = 1200, POSTGREY_VALUE_MAX = 400 }; /* postgrey cuts addresses at 512 bytes */

struct postgrey_dump {
	enum { POSTGREY_START, POSTGREY_HEADER, POSTGREY_KEY, POSTGREY_VALUE, POSTGREY_BROKEN } state;
	bool printed; /* format=print: made with -p */
	size_t n;
	char key[POSTGREY_KEY_MAX], value[POSTGREY_VALUE_MAX];
};

enum postgrey_event {
	POSTGREY_MORE,    /* no record ends with this line */
	POSTGREY_TRIPLET, /* net, sender, recipient, first, last */
	POSTGREY_CLIENT,  /* net: one address; last, count */
	POSTGREY_HASHED,  /* a record of --privacy */
	POSTGREY_ODD,     /* a record, but none that postgrey writes: it is passed over */
	POSTGREY_BAD      /* this is no text of `db_dump -p`; nor is what follows */
};

struct postgrey_record { /* views live until the next line */
	struct ip net;
	struct view sender, recipient;
	int64_t first, last;
	uint64_t count;
};

void postgrey_dump_init(struct postgrey_dump *d);
/* The next line, without its line end. */
enum postgrey_event postgrey_dump_line(struct postgrey_dump *d, struct view line,
	struct postgrey_record *out);
/* The text may end here: no database is cut short. */
bool postgrey_dump_is_whole(const struct postgrey_dump *d);

#endif
