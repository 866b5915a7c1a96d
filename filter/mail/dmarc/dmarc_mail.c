/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_mail.h"

#include <openssl/evp.h>

#include "mail/date.h"

/* filename = receiver "!" policy-domain "!" begin-timestamp "!" end-timestamp ".xml.gz" */
void
dmarc_mail_file_name(const struct dmarc_mail *m, struct buf *out)
{
	buf_printf(out, "%.*s!%.*s!%lld!%lld.xml.gz", VIEW_ARG(m->submitter), VIEW_ARG(m->domain),
		(long long)m->begin, (long long)m->end);
}

/* Lines of 76 characters (RFC 2045 section 6.8). */
static void
base64(struct view v, struct buf *out)
{
	enum { LINE = 57 };
	unsigned char text[4 * LINE / 3 + 1];

	for (; v.n; v = v.n > LINE ? view_skip(v, LINE) : view_of(v.p, 0)) {
		int n = EVP_EncodeBlock(text, (const unsigned char *)v.p, (int)(v.n < LINE ? v.n : LINE));

		buf_add(out, view_of(text, (size_t)n));
		buf_byte(out, '\n');
	}
}

/* dmarc-subject = "Report" FWS "Domain:" FWS domain-name FWS "Submitter:" FWS domain-name FWS
 *	"Report-ID:" FWS ridtxt; folded, for each name may have 253 bytes. */
static void
header(const struct dmarc_mail *m, struct buf *out)
{
	buf_printf(out, "From: <%.*s>\nTo: <%.*s>\nSubject: Report Domain: %.*s\n Submitter: %.*s\n"
		" Report-ID: <%.*s>\nMessage-ID: <%.*s>\nDate: ", VIEW_ARG(m->from), VIEW_ARG(m->to),
		VIEW_ARG(m->domain), VIEW_ARG(m->submitter), VIEW_ARG(m->id), VIEW_ARG(m->id));
	date_write(m->now, out);
	buf_str(out, "\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=\"=_dmarc-report\"\n\n");
}

void
dmarc_mail_write(const struct dmarc_mail *m, struct view report, struct buf *out)
{
	header(m, out);
	buf_str(out, "--=_dmarc-report\nContent-Type: text/plain; charset=us-ascii\n\n");
	buf_printf(out, "This is an aggregate report of DMARC results (RFC 9990) for %.*s\nfrom %.*s.\n",
		VIEW_ARG(m->domain), VIEW_ARG(m->submitter));
	buf_str(out, "\n--=_dmarc-report\nContent-Type: application/gzip\n"
		"Content-Transfer-Encoding: base64\nContent-Disposition: attachment;\n filename=\"");
	dmarc_mail_file_name(m, out);
	buf_str(out, "\"\n\n");
	base64(report, out);
	buf_str(out, "--=_dmarc-report--\n");
}
