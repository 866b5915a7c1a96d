/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_sent -- which aggregate reports of a day have been sent: FOLDER/YYYY-MM-DD.sent, a line each.
 *
 * Locked while it is open, so that two runs do not send the same.
 */
#ifndef CMD_DMARC_SENT_H
#define CMD_DMARC_SENT_H

#include "util/view.h"

struct dmarc_sent;

enum { DMARC_SENT_DAY = sizeof("YYYY-MM-DD") };
/* The day that begins at this second of 1970, in UTC. */
void dmarc_sent_day(int64_t begin, char out[static DMARC_SENT_DAY]);
/* The reverse; false if text is no such day. */
bool dmarc_sent_day_parse(const char *text, int64_t *begin_out);

/* NULL with errno; EWOULDBLOCK: another run has it. gives. */
struct dmarc_sent *dmarc_sent_open(const char *folder, int64_t day);
void dmarc_sent_close(struct dmarc_sent *s); /* NULL is legal */
bool dmarc_sent_has(const struct dmarc_sent *s, struct view domain, struct view address);
/* Brought to the disk. -1 with errno. */
int dmarc_sent_add(struct dmarc_sent *s, struct view domain, struct view address);
/* Nothing of this day is left to send. */
bool dmarc_sent_is_done(const struct dmarc_sent *s);
int dmarc_sent_done(struct dmarc_sent *s); /* -1 with errno */

/* Removes the days of a history folder that are older than DMARC_KEEP_DAYS. Returns how many files. */
unsigned dmarc_sent_clean(const char *folder, int64_t now);

#endif
