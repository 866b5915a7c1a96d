/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_xml -- the XML of a DMARC aggregate report (RFC 9990, appendix A), written row by row.
 *
 * Texts are escaped; what is not UTF-8 or no character of XML 1.0 is left out.
 */
#ifndef MAIL_DMARC_XML_H
#define MAIL_DMARC_XML_H

#include "mail/dmarc/dmarc_row.h"

struct dmarc_report {
	struct view org, email;     /* whose report this is */
	struct view contact, error; /* absent = none */
	struct view generator;
	struct view id;             /* Report-ID without <> */
	int64_t begin, end;         /* seconds since 1970; both within the time */
	struct view domain;         /* policy domain */
	struct dmarc_record record; /* the last that was seen */
};

void dmarc_xml_begin(const struct dmarc_report *r, struct buf *out);
void dmarc_xml_row(const struct dmarc_row *row, uint64_t count, struct buf *out);
void dmarc_xml_end(struct buf *out);

#endif
