/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_walk -- how a tool reaches the memory of the running daemon, and sees its records one by one.
 */
#ifndef CMD_STORE_WALK_H
#define CMD_STORE_WALK_H

#include "svc/store.h"
#include "svc/store_page.h"

/* The store of the daemon that these settings are for, with more patience than a worker has; the tool
 * says itself that it is away, so of the log errors alone are shown. gives (store_free). */
struct store *store_walk_connect(const char *conf);
/* The sentence on stderr for a store that does not answer: tool is "postern rates". EX_UNAVAILABLE. */
int store_walk_silent(const char *tool);

/* What it does with a record; page is emptied after the page it came on. False: no more. */
typedef bool store_walk_each(void *ctx, const struct store_page_record *r, struct arena *page);

/* Shows each all records that begin as `scan`, a STORE_SCAN from the first. False: the store does not answer,
 * or each said no. */
bool store_walk(struct store *s, struct store_request scan, store_walk_each *each, void *ctx);

#endif
