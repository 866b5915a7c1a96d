/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits_relay -- the ceilings of a conversation with a backend: the part of util/limits.h that only
 * front/smtp/smtp_relay and what belongs to it need.
 */
#ifndef UTIL_LIMITS_RELAY_H
#define UTIL_LIMITS_RELAY_H

enum {
	/* times are those of RFC 5321 4.5.3.2 unless said */
	RELAY_TRIES = 3,             /* backends dialled for one command of a client */
	RELAY_DIAL_MS = 30000,       /* until one is connected: it is near */
	RELAY_HELLO_MS = 60000,      /* greeting, EHLO, TLS: three of them within the client's 5 minutes */
	RELAY_COMMAND_MS = 300000,   /* MAIL, RCPT, AUTH ... */
	RELAY_DATA_MS = 120000,      /* until 354 */
	RELAY_BLOCK_MS = 180000,     /* each piece of a message */
	RELAY_FINAL_MS = 600000,     /* from the final dot to its answer */
	RELAY_AHEAD = 32,            /* commands sent ahead of their answers, with PIPELINING */
	RELAY_PULL = 64 * 1024,      /* bytes of the message in one piece */
	RELAY_CHUNK_MAX = 4 * 1024 * 1024, /* a piece grown by line ends, and the fields on top */
	BACKEND_PROBE_MS = 60000,    /* between two looks at one that is well, */
	BACKEND_PROBE_ILL_MS = 10000, /* or not, */
	BACKEND_PROBE_SOON_MS = 1000, /* or that clients have trouble with */
	BACKEND_RELAY_TEST_MS = 3600000, /* between two tries to relay through one: it is in its log */
};

#endif
