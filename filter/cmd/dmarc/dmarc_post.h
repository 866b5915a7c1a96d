/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_post -- makes the aggregate reports of one day and gives them to a folder or to the MTA.
 *
 * A line on stdout for each domain: what was counted and where it went. Who gets nothing, and why, is said
 * on stderr.
 */
#ifndef CMD_DMARC_POST_H
#define CMD_DMARC_POST_H

#include "policy/conf.h"
#include "svc/dns.h"

struct dmarc_sent;

struct dmarc_post {
	const struct conf *conf; /* history, organization and author are set */
	struct dns *dns;
	struct dmarc_sent *sent; /* of this day; NULL = not kept */
	const char *sendmail;    /* send: the command */
	const char *folder;      /* else where the messages go; neither: only told */
	bool send;
	struct view only;        /* absent = every domain */
	int64_t begin;           /* of the day */
};

/* Is anything kept of the day? */
bool dmarc_post_has_day(const struct dmarc_post *p);
/* EX_OK; EX_NOINPUT, nothing was kept; EX_TEMPFAIL, something is left; EX_CANTCREAT. */
int dmarc_post_day(const struct dmarc_post *p);

#endif
