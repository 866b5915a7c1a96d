/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits_store -- ceilings of what is remembered. Include util/limits.h.
 */
#ifndef UTIL_LIMITS_STORE_H
#define UTIL_LIMITS_STORE_H

enum {
	GREYLIST_TEXT = 100,            /* bytes kept of an organisation, sender, recipient to be shown */
	KNOWN_RECIPIENTS = 100,         /* of one message that are remembered; RFC 5321 4.5.3.1.8 */
	HOLD_ASKS = 10,                 /* recipients of one message after RCPT; the rest follow the first */
	STORE_KEY_MAX = 512,
	STORE_VALUE_MAX = 4096,
	STORE_PAGE_MAX = 32 * 1024,     /* records that one answer lists: its length has 16 bits */
	STORE_CALLS_MAX = 16,           /* of one request: within what a socket holds */
	STORE_STEPS_MAX = 64,           /* of a sliding window, and with it bytes of its record */
	STORE_CLIENT_CONNECTIONS = 8,   /* of one worker: more would only queue elsewhere */
	STORE_SERVER_CONNECTIONS = 256, /* of all workers and their draining predecessors */
	STORE_FILE_PAGES = 512 * 1024,  /* of 4 KB: 2 GB; a flood of new senders must not fill the disk */
	STORE_CACHE_KB = 32 * 1024,     /* hot pages; a batch of writes, each to its own page, has 20 MB */
	STORE_SPARE_PAGES = 16 * 1024,  /* 64 MB: what is learned while the file cannot be written */
	STORE_BATCH = 5000,             /* writes in one transaction at most */
	STORE_EXPIRE_STEP = 20,         /* records looked at, and perhaps removed, between two requests */
};

#endif
