/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_xml.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/feed.h"

/* The sample report of RFC 9990, appendix B. */
static const struct dmarc_report sample = {.org = VIEW("Sample Reporter"),
	.email = VIEW("report_sender@example-reporter.com"), .contact = VIEW("..."),
	.generator = VIEW("Example DMARC Aggregate Reporter v1.2"), .id = VIEW("3v98abbp8ya9n3va8yr8oa3ya"),
	.begin = 302832000, .end = 302918399, .domain = VIEW("example.com"),
	.record = {.p = DMARC_QUARANTINE}};
static const struct dmarc_row sample_row = {.ip = {4, {192, 0, 2, 123}}, .header_from = VIEW("example.com"),
	.envelope_from = VIEW("example.com"), .dkim_aligned = true, .disposition = DMARC_DONE_PASS,
	.spf_domain = VIEW("example.com"), .spf_result = VIEW("fail"),
	.dkim = {{VIEW("example.com"), VIEW("abc123"), VIEW("pass")}}, .n_dkim = 1};
/* All that may be there, and bytes that may not. */
static const struct dmarc_report hostile = {.org = VIEW("A & B <i> ]]> \x01\x7f\xff\xef\xbf\xbe\xc3\xa4"),
	.email = VIEW("a@b.example"), .error = VIEW("\"quoted\""), .generator = VIEW("g"), .id = VIEW("1@b"),
	.begin = 0, .end = 86399, .domain = VIEW("a.example"),
	.record = {.p = DMARC_REJECT, .sp = DMARC_QUARANTINE, .np = DMARC_NONE, .strict_dkim = true,
		.strict_spf = true, .testing = true, .fo = "1:d:s"}};
static const struct dmarc_row hostile_row = {.ip = {6, {0x20, 1, 0xd, 0xb8, [15] = 1}},
	.header_from = VIEW("<a>"), .envelope_from = VIEW(""), .envelope_to = VIEW("r&d.example"),
	.disposition = DMARC_DONE_QUARANTINE,
	.override = DMARC_TEST_MODE, .dkim = {{VIEW("\r\n\t"), VIEW("&amp;"), VIEW("policy")}}, .n_dkim = 1};

static void
whole(const struct dmarc_report *r, const struct dmarc_row *row, uint64_t count, struct buf *out)
{
	dmarc_xml_begin(r, out);
	dmarc_xml_row(row, count, out);
	dmarc_xml_end(out);
}

static bool
holds(const struct buf *b, const char *text)
{
	return view_search_nocase(buf_view(b), view_str(text)) < b->n;
}

/* Every element of the sample that holds a text is in ours. */
static void
is_the_sample(void)
{
	const char *path = unit_suite_file("dmarc-reports/schema/dmarc-xml-0.2.xml");
	struct view text = path ? unit_read_file(path) : (struct view){NULL, 0}, rest = text, line;
	struct buf out;
	char name[80];
	size_t n = 0;

	if (!path)
		return;
	buf_init(&out, 100000);
	whole(&sample, &sample_row, 123, &out);
	while (view_split(&rest, '\n', &line)) {
		line = view_trim(line);
		if (view_search_nocase(line, VIEW("</")) == 0 || view_search_nocase(line, VIEW("</")) == line.n)
			continue;
		n++;
		snprintf(name, sizeof(name), "%.*s", VIEW_ARG(view_head(line, sizeof(name) - 1)));
		UNIT_CASE(view_search_nocase(buf_view(&out), line) < out.n, name);
	}
	CU_ASSERT(n > 20);
	buf_done(&out);
	free((void *)(uintptr_t)text.p);
}

static bool
is_valid(const struct buf *xml)
{
	const char *schema = unit_suite_file("dmarc-reports/schema/dmarc-xml-0.2.xsd");
	const char *argv[] = {"/usr/bin/xmllint", "--noout", "--schema", schema, "-", NULL};
	int status;

	if (!schema || access(argv[0], X_OK) != 0) {
		puts("skip validation: no xmllint or no schema");
		return true;
	}
	return feed_command(argv, buf_view(xml), &status) == 0 && status == 0;
}

static void
validates(void)
{
	struct buf out;

	buf_init(&out, 100000);
	whole(&sample, &sample_row, 123, &out);
	CU_ASSERT(is_valid(&out));
	buf_reset(&out);
	whole(&hostile, &hostile_row, UINT64_MAX, &out);
	CU_ASSERT(is_valid(&out));
	buf_done(&out);
}

static void
escapes(void)
{
	struct buf out;

	buf_init(&out, 100000);
	whole(&hostile, &hostile_row, 1, &out);
	CU_ASSERT(holds(&out, "<org_name>A &amp; B &lt;i&gt; ]]&gt; \xc3\xa4</org_name>"));
	CU_ASSERT(holds(&out, "<error>\"quoted\"</error>"));
	CU_ASSERT(holds(&out, "<header_from>&lt;a&gt;</header_from>\n<envelope_from></envelope_from>\n"
		"<envelope_to>r&amp;d.example</envelope_to>"));
	CU_ASSERT(holds(&out, "<fo>1:d:s</fo>"));
	CU_ASSERT(holds(&out, "<domain></domain>\n<selector>&amp;amp;</selector>"));
	CU_ASSERT(holds(&out, "<reason><type>policy_test_mode</type></reason>"));
	CU_ASSERT(holds(&out, "<source_ip>2001:db8::1</source_ip>"));
	CU_ASSERT(!holds(&out, "<spf>\n"));
	buf_reset(&out);
	whole(&sample, &sample_row, 1, &out);
	CU_ASSERT(holds(&out, "<fo>0</fo>") && !holds(&out, "envelope_to"));
	buf_reset(&out);
	whole(&hostile, &hostile_row, 1, &out);
	CU_ASSERT(!holds(&out, "extra_contact_info"));
	buf_done(&out);
}

static const struct unit_test tests[] = {
	{"says what the sample of the RFC says", is_the_sample},
	{"is valid by the schema", validates},
	{"texts are escaped and clean", escapes},
};

int
main(void)
{
	return unit_main("mail/dmarc/dmarc_xml", tests, sizeof(tests) / sizeof(*tests));
}
