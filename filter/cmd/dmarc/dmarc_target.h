/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_target -- who gets the aggregate reports of a domain: its rua=, external destinations verified
 * in the DNS (RFC 9990, Verifying External Destinations).
 */
#ifndef CMD_DMARC_TARGET_H
#define CMD_DMARC_TARGET_H

#include "mail/dmarc/dmarc_rua.h"
#include "svc/dns.h"
#include "util/limits.h"

/* Told of each destination that gets nothing, and why. */
typedef void dmarc_target_say(void *ctx, struct view destination, const char *why);

struct dmarc_targets {
	struct dmarc_rua item[DMARC_TARGETS];
	size_t n;
	size_t put_off; /* not known whether they may: DNS errors */
};

/* Waits for the DNS. Lives in a. */
void dmarc_target_find(struct dns *dns, struct view domain, struct view rua, struct arena *a,
	dmarc_target_say *say, void *ctx, struct dmarc_targets *out);

#endif
