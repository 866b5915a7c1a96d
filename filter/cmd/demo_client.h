/* SPDX-License-Identifier: BSD-2-Clause
 *
 * demo_client -- speaks one transaction to the proxy over TCP, as the client whom XCLIENT names, and prints
 * the dialogue.
 */
#ifndef CMD_DEMO_CLIENT_H
#define CMD_DEMO_CLIENT_H

#include <stdint.h>
#include <stdio.h>

#include "util/view.h"

struct demo_client_mail {
	const char *client, *helo, *from, *to; /* client: its address */
	struct view message;                   /* line ends as in a file */
	int64_t now;                           /* in place of the Date that it bears; seconds since 1970 */
	bool whole;                            /* prints all lines of long replies, not only the first */
};

/* To 127.0.0.1:port. False: there was no dialogue, or it broke off; that was said to out. */
bool demo_client_play(const struct demo_client_mail *m, uint16_t port, FILE *out);

#endif
