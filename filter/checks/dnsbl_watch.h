/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dnsbl_watch -- how each DNS list of the rules is: in use, suspended (checks/dnsbl_breaker.h), or at its
 * limit (checks/dnsbl_quota.h).
 *
 * One a worker, in memory; what it learned outlives it (checks/dnsbl_past.h). A thread of its own probes
 * lists and speaks with the store, so neither is ever waited for here: not at a start either. Thread-safe.
 *
 * A probe asks for the list's two test entries (RFC 5782 section 5) and, but for the one at the start, for
 * DNSBL_BREAKER_DRAWN public addresses, or names below com., drawn by lot.
 */
#ifndef CHECKS_DNSBL_WATCH_H
#define CHECKS_DNSBL_WATCH_H

#include "checks/dnsbl_breaker.h"
#include "policy/program.h"
#include "svc/dns.h"
#include "svc/store.h"
#include "util/buf.h"

struct dnsbl_watch;

/* Keeps all. store NULL: queries are counted here only, and lists have no past. gives; NULL: there are no
 * lists. */
struct dnsbl_watch *dnsbl_watch_new(const struct program *p, struct dns *dns, struct store *store);
/* Before dns_free. NULL is legal. */
void dnsbl_watch_free(struct dnsbl_watch *w);

/* All of these: list is an index of program.dnsbls; w NULL is legal. */

/* Why it is not to be asked; absent = ask it. Lives in a. */
struct view dnsbl_watch_suspended(struct dnsbl_watch *w, size_t list, struct arena *a);
struct dns_ledger *dnsbl_watch_ledger(const struct dnsbl_watch *w, size_t list);
void dnsbl_watch_note(struct dnsbl_watch *w, size_t list, struct view value, enum dnsbl_sight sight);

/* A line for `postern status` of each list that was asked or is read: "dnsbl-NAME state=... ...". */
void dnsbl_watch_status(struct dnsbl_watch *w, struct buf *out);

#endif
