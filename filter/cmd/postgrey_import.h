/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postgrey_import -- nobody whom postgrey let pass waits again: what it learned becomes Postern's.
 *
 * A triplet that passed is one here, of the client's network, and makes the client's organisation known with
 * its next mail; one that waits keeps the time of its first attempt. The network of a client that postgrey
 * had ceased to greylist is known as a whole. What is remembered already stays as it is, and what would have
 * expired here is left out. A time that lies ahead counts as now.
 */
#ifndef CMD_POSTGREY_IMPORT_H
#define CMD_POSTGREY_IMPORT_H

#include "engine/settings.h"
#include "svc/store.h"

struct postgrey_import {
	struct store *store; /* NULL: nothing is written, only counted */
	struct greylist_terms terms;
	int64_t now;
	/* counted: */
	uint64_t records;  /* read */
	uint64_t passed;   /* triplets, */
	uint64_t waiting;  /* other triplets, */
	uint64_t networks; /* and networks, that are remembered now; */
	uint64_t there;    /* that were before */
	uint64_t over;     /* would have expired here, or are of clients that postgrey still greylisted */
	uint64_t hashed;   /* of --privacy: they tell nothing */
	uint64_t odd;      /* none of postgrey's */
};

/* Each file is a database of postgrey, or the text that `db_dump -p` makes of it; "-" is that text on
 * standard input. An exit status; what went wrong has been said on stderr. */
int postgrey_import(struct postgrey_import *i, char *const *files);

#endif
