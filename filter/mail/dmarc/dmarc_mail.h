/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_mail -- the message that carries a DMARC aggregate report (RFC 9990, Email).
 *
 * Subject, file name and Report-ID are the same whenever the same report is written again.
 */
#ifndef MAIL_DMARC_MAIL_H
#define MAIL_DMARC_MAIL_H

#include "util/buf.h"

/* Addresses and names have been validated (mail/dmarc/dmarc_rua.h, mail/domain.h). */
struct dmarc_mail {
	struct view from, to;
	struct view submitter; /* our host name */
	struct view domain;    /* policy domain */
	struct view id;        /* Report-ID without <> */
	int64_t begin, end;    /* of the report */
	int64_t now;           /* for the Date field */
};

/* "mx.example.org!example.com!1013662812!1013749130.xml.gz", for m->submitter and so on. */
void dmarc_mail_file_name(const struct dmarc_mail *m, struct buf *out);
/* The whole message with LF as line end; report is the packed XML. */
void dmarc_mail_write(const struct dmarc_mail *m, struct view report, struct buf *out);

#endif
