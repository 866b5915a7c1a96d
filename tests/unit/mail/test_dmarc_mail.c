/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_mail.h"
#include "tests/lib/unit.h"

static const struct dmarc_mail sample = {.from = VIEW("reports@receiver.example"),
	.to = VIEW("dmarc@example.com"), .submitter = VIEW("mail.receiver.example"), .domain = VIEW("example.com"),
	.id = VIEW("1.example.com@mail.receiver.example"), .begin = 1013662812, .end = 1013749130,
	.now = 1013760000};

static void
file_name(void)
{
	struct buf out;

	buf_init(&out, 1000);
	dmarc_mail_file_name(&sample, &out); /* the example of RFC 9990 */
	UNIT_VIEW(buf_view(&out), "mail.receiver.example!example.com!1013662812!1013749130.xml.gz");
	buf_done(&out);
}

static void
message(void)
{
	struct buf out;

	buf_init(&out, 10000);
	dmarc_mail_write(&sample, VIEW("0123456789012345678901234567890123456789012345678901234567890"), &out);
	UNIT_VIEW(buf_view(&out),
		"From: <reports@receiver.example>\nTo: <dmarc@example.com>\n"
		"Subject: Report Domain: example.com\n Submitter: mail.receiver.example\n"
		" Report-ID: <1.example.com@mail.receiver.example>\n"
		"Message-ID: <1.example.com@mail.receiver.example>\nDate: Fri, 15 Feb 2002 08:00:00 +0000\n"
		"Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=\"=_dmarc-report\"\n\n"
		"--=_dmarc-report\nContent-Type: text/plain; charset=us-ascii\n\n"
		"This is an aggregate report of DMARC results (RFC 9990) for example.com\n"
		"from mail.receiver.example.\n\n"
		"--=_dmarc-report\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64\n"
		"Content-Disposition: attachment;\n"
		" filename=\"mail.receiver.example!example.com!1013662812!1013749130.xml.gz\"\n\n"
		"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2\n"
		"Nzg5MA==\n--=_dmarc-report--\n");
	buf_done(&out);
}

static const struct unit_test tests[] = {
	{"the file name of the RFC", file_name},
	{"the message, with base64 in lines", message},
};

int
main(void)
{
	return unit_main("mail/dmarc/dmarc_mail", tests, sizeof(tests) / sizeof(*tests));
}
