/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message_names -- whom a stored message is from, as far as that can be verified: the names that its
 * reputation is kept under.
 *
 * The message is looked at as if it came in now, without rules: the first host of Received that is not ours,
 * SPF by Return-Path or, without one, by its HELO name, and signatures.
 */
#ifndef CMD_MESSAGE_NAMES_H
#define CMD_MESSAGE_NAMES_H

#include "cmd/assembly.h"
#include "engine/standing.h"

struct message_names {
	struct assembly a;
	struct arena *arena;          /* of the message in hand */
	struct standing_names found;  /* of the last one; keys live in its arena */
	bool unsure;                  /* the DNS did not tell about its signatures */
};

/* Makes ready, with the DNS of these settings. False: a.diag tells why, or why does, which else is empty.
 * message_names_done in any case. */
bool message_names_open(struct message_names *m, const char *conf, char *why, size_t n);
void message_names_done(struct message_names *m);

/* Finds those of a message as it stands in a file. Waits for the DNS. */
void message_names_find(struct message_names *m, struct view text, struct arena *arena);

#endif
