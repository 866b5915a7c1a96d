/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_record -- DMARC policy records (RFC 9989 section 4.7 and 4.8).
 *
 * v=DMARC1 must come first and be exact; of the rest, what is unknown or faulty is left out and its
 * default taken. pct, rf, ri (gone since RFC 7489) and ruf are not kept.
 */
#ifndef MAIL_DMARC_RECORD_H
#define MAIL_DMARC_RECORD_H

#include "mail/taglist.h"

enum dmarc_policy { DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };
const char *dmarc_record_policy_name(enum dmarc_policy p); /* "none" ... */

enum dmarc_psd { DMARC_PSD_UNSAID, DMARC_PSD_YES, DMARC_PSD_NO };

enum { DMARC_FO_SIZE = sizeof("0:1:d:s") };

struct dmarc_record {
	bool usable; /* false: p, sp or np is faulty and no report is asked for: no policy can be
			taken from it */
	enum dmarc_policy p, sp, np; /* sp defaults to p, np to sp */
	enum dmarc_psd psd;
	bool strict_dkim, strict_spf; /* adkim=s, aspf=s */
	bool testing;                 /* t=y */
	char fo[DMARC_FO_SIZE]; /* when failure reports are wanted, for aggregate ones to tell; "" = said
				 * nowhere */
	struct view rua; /* of the first rua= with a URI: for mail/dmarc/dmarc_rua.h; absent = no reports */
};

/* The options of a fo= that are known, each once: "1:d"; "" if there is none. */
void dmarc_record_fo(struct view list, char out[static DMARC_FO_SIZE]);

/* False if text is no DMARC record of this version. A view of DNS data. */
bool dmarc_record_read(struct view text, struct dmarc_record *out);

#endif
