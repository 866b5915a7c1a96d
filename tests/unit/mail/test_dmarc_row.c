/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_row.h"
#include "tests/lib/unit.h"

#include "mail/dmarc/dmarc_row_read.h"

static void
line(void)
{
	const struct dmarc_row row = {.time = 7, .domain = VIEW("a.example"),
		.record = {.p = DMARC_REJECT, .sp = DMARC_QUARANTINE, .strict_spf = true, .testing = true,
			.fo = "1:d", .rua = VIEW("mailto:x@a.example")},
		.ip = {4, {192, 0, 2, 1}}, .header_from = VIEW("b.a.example"), .envelope_from = VIEW(""),
		.envelope_to = VIEW("rcpt.example"),
		.spf_aligned = true, .disposition = DMARC_DONE_PASS, .override = DMARC_AS_ASKED,
		.dkim = {{VIEW("a.example"), VIEW("s\n"), VIEW("fail")}}, .n_dkim = 1};
	struct buf out;

	buf_init(&out, DMARC_ROW_BYTES);
	dmarc_row_write(&row, &out);
	UNIT_VIEW(buf_view(&out), "{\"time\":7,\"domain\":\"a.example\",\"p\":\"reject\",\"sp\":\"quarantine\","
		"\"np\":\"none\",\"adkim-strict\":false,\"aspf-strict\":true,\"testing\":true,"
		"\"fo\":\"1:d\",\"rua\":\"mailto:x@a.example\",\"ip\":\"192.0.2.1\",\"header-from\":\"b.a.example\","
		"\"envelope-from\":\"\",\"envelope-to\":\"rcpt.example\",\"dkim-aligned\":false,"
		"\"spf-aligned\":true,\"disposition\":\"pass\","
		"\"override\":\"\",\"spf-domain\":null,\"spf\":null,"
		"\"dkim\":[{\"d\":\"a.example\",\"s\":\"s\\u000a\",\"result\":\"fail\"}]}");
	buf_done(&out);
}

static void
longest(void)
{
	struct arena *a = arena_new();
	char *bytes = arena_alloc(a, 5000);
	struct dmarc_row row = {.domain = VIEW("a.example"), .header_from = VIEW("a.example"),
		.n_dkim = DKIM_SIGNATURES}, back;
	struct buf out;

	memset(bytes, 1, 5000); /* each byte becomes six */
	for (size_t i = 0; i < DKIM_SIGNATURES; i++)
		row.dkim[i] = (struct dmarc_row_dkim){view_of(bytes, 5000), VIEW("s"), VIEW("pass")};
	memset(bytes + 1000, ',', 1);
	row.record.rua = view_of(bytes + 1, 4000);
	row.ip = (struct ip){4, {0}};
	buf_init(&out, 2 * (size_t)DMARC_ROW_BYTES);
	dmarc_row_write(&row, &out);
	CU_ASSERT(!out.over);
	memset(bytes, 'x', 5000);
	memset(bytes + 1000, ',', 1);
	buf_reset(&out);
	dmarc_row_write(&row, &out);
	CU_ASSERT(dmarc_row_read(buf_view(&out), a, &back));
	CU_ASSERT_EQUAL(back.record.rua.n, 999); /* up to the last comma that fits */
	CU_ASSERT_EQUAL(back.dkim[0].domain.n, DOMAIN_MAX);
	memset(bytes, 'x', 5000);
	buf_reset(&out);
	dmarc_row_write(&row, &out);
	CU_ASSERT(dmarc_row_read(buf_view(&out), a, &back));
	CU_ASSERT(back.record.rua.p == NULL); /* half an address is nobody's */
	buf_done(&out);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"a row is one line of JSON", line},
	{"long texts are cut", longest},
};

int
main(void)
{
	return unit_main("mail/dmarc/dmarc_row", tests, sizeof(tests) / sizeof(*tests));
}
