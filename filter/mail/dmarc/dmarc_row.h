/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_row -- what one message tells a DMARC aggregate report (RFC 9990), and its line in the history.
 *
 * A line is one JSON object; mail/dmarc/dmarc_row_read.h reads it. Texts are cut at DOMAIN_MAX, rua before
 * the URI that passes DMARC_RUA_MAX.
 */
#ifndef MAIL_DMARC_ROW_H
#define MAIL_DMARC_ROW_H

#include "mail/dmarc/dmarc_record.h"
#include "util/buf.h"
#include "util/cidr.h"

enum dmarc_disposition { DMARC_DONE_NONE, DMARC_DONE_PASS, DMARC_DONE_QUARANTINE, DMARC_DONE_REJECT };
const char *dmarc_row_disposition_name(enum dmarc_disposition d);
/* Why it is not what the record asks for (RFC 9990, Policy Override Reason). */
enum dmarc_override { DMARC_AS_ASKED, DMARC_LOCAL_POLICY, DMARC_TEST_MODE, DMARC_TRUSTED_FORWARDER,
	DMARC_OTHER };
const char *dmarc_row_override_name(enum dmarc_override o); /* "" ... */

struct dmarc_row {
	int64_t time;
	struct view domain;         /* policy domain: where the record stood */
	struct dmarc_record record; /* p, sp, np, alignment, t, fo, rua */
	struct ip ip;
	struct view header_from;
	struct view envelope_from;  /* empty: null sender; absent: none that could be read */
	struct view envelope_to;    /* the recipients' domain; absent: they have several */
	bool dkim_aligned, spf_aligned;
	enum dmarc_disposition disposition;
	enum dmarc_override override;
	struct view spf_domain, spf_result; /* absent: SPF had no domain to ask */
	struct dmarc_row_dkim {
		struct view domain, selector, result;
	} dkim[DKIM_SIGNATURES];
	size_t n_dkim;
};

/* Appends the row, without line end. */
void dmarc_row_write(const struct dmarc_row *r, struct buf *out);

#endif
