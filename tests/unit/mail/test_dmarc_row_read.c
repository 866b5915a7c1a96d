/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_row_read.h"
#include "tests/lib/unit.h"

#define HEAD "{\"time\":1,\"domain\":\"a.example\",\"p\":\"reject\",\"sp\":\"none\",\"np\":\"quarantine\","
#define FLAGS "\"adkim-strict\":true,\"aspf-strict\":false,\"testing\":false,\"fo\":\"1\",\"rua\":\"mailto:x@a.example\","
#define IDS "\"ip\":\"2001:db8::1\",\"header-from\":\"a.example\",\"envelope-from\":null,\"envelope-to\":\"rcpt.example\","
#define DONE "\"dkim-aligned\":true,\"spf-aligned\":false,\"disposition\":\"none\",\"override\":\"local_policy\","
#define SPF "\"spf-domain\":\"b.example\",\"spf\":\"softfail\","
#define TAIL "\"dkim\":[{\"d\":\"a.example\",\"s\":\"k\",\"result\":\"pass\"}]}"

static const struct {
	const char *title, *line;
	bool ok;
} cases[] = {
	{"whole", HEAD FLAGS IDS DONE SPF TAIL, true},
	{"no SPF", HEAD FLAGS IDS DONE "\"spf-domain\":null,\"spf\":null," TAIL, true},
	{"of an older release", HEAD "\"adkim-strict\":true,\"aspf-strict\":false,\"testing\":false,\"rua\":null,"
		"\"ip\":\"192.0.2.1\",\"header-from\":\"a.example\",\"envelope-from\":null," DONE SPF TAIL, true},
	{"recipients that are no text", HEAD FLAGS "\"ip\":\"192.0.2.1\",\"header-from\":\"a.example\","
		"\"envelope-from\":null,\"envelope-to\":[]," DONE SPF TAIL, false},
	{"no signature", HEAD FLAGS IDS DONE SPF "\"dkim\":[]}", true},
	{"empty", "", false},
	{"no JSON", "junk", false},
	{"cut off", HEAD FLAGS IDS DONE SPF "\"dkim\":[{\"d\":\"a.exam", false},
	{"an array", "[]", false},
	{"nothing in it", "{}", false},
	{"two rows in one line", HEAD FLAGS IDS DONE SPF TAIL HEAD FLAGS IDS DONE SPF TAIL, false},
	{"a member twice", HEAD HEAD FLAGS IDS DONE SPF TAIL, false},
	{"a member missing", HEAD FLAGS IDS DONE TAIL, false},
	{"no such policy", "{\"time\":1,\"domain\":\"a.example\",\"p\":\"maybe\",\"sp\":\"none\",\"np\":\"none\","
		FLAGS IDS DONE SPF TAIL, false},
	{"a flag that is a text", HEAD "\"adkim-strict\":\"yes\",\"aspf-strict\":false,\"testing\":false,"
		"\"rua\":null," IDS DONE SPF TAIL, false},
	{"no address", HEAD FLAGS "\"ip\":\"none\",\"header-from\":\"a.example\",\"envelope-from\":null,"
		DONE SPF TAIL, false},
	{"no such SPF result", HEAD FLAGS IDS DONE "\"spf-domain\":\"b\",\"spf\":\"good\"," TAIL, false},
	{"a domain with a line end", "{\"time\":1,\"domain\":\"a\\nBcc: x\",\"p\":\"none\",\"sp\":\"none\","
		"\"np\":\"none\"," FLAGS IDS DONE SPF TAIL, false},
	{"a domain with a slash", "{\"time\":1,\"domain\":\"../a\",\"p\":\"none\",\"sp\":\"none\",\"np\":\"none\","
		FLAGS IDS DONE SPF TAIL, false},
	{"an empty label", "{\"time\":1,\"domain\":\"a..b\",\"p\":\"none\",\"sp\":\"none\",\"np\":\"none\","
		FLAGS IDS DONE SPF TAIL, false},
	{"bytes that are no text", "{\"time\":1,\"domain\":{\"b64\":\"/w==\"},\"p\":\"none\",\"sp\":\"none\","
		"\"np\":\"none\"," FLAGS IDS DONE SPF TAIL, false},
};

static void
reads(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dmarc_row row;

		UNIT_CASE(dmarc_row_read(view_str(cases[i].line), a, &row) == cases[i].ok, cases[i].title);
	}
	arena_free(a);
}

/* write(read(x)) = x. */
static void
round_trip(void)
{
	struct arena *a = arena_new();
	struct dmarc_row row;
	struct buf out;

	buf_init(&out, DMARC_ROW_BYTES);
	CU_ASSERT_FATAL(dmarc_row_read(view_str(cases[0].line), a, &row));
	CU_ASSERT(row.record.strict_dkim && row.record.np == DMARC_QUARANTINE && row.dkim_aligned);
	CU_ASSERT(row.override == DMARC_LOCAL_POLICY && row.n_dkim == 1 && !row.envelope_from.p);
	dmarc_row_write(&row, &out);
	UNIT_VIEW(buf_view(&out), cases[0].line);
	buf_done(&out);
	arena_free(a);
}

/* One signature of a stranger must not cost the whole row. */
static void
bad_signatures(void)
{
	static const char line[] = HEAD FLAGS IDS DONE SPF "\"dkim\":[{\"d\":{\"b64\":\"/w==\"},\"s\":\"k\","
		"\"result\":\"fail\"},{\"d\":\"c.example\",\"s\":\"k\",\"result\":\"fine\"},7,"
		"{\"d\":\"c.example\",\"s\":\"k\",\"result\":\"neutral\"}]}";
	struct arena *a = arena_new();
	struct dmarc_row row;

	CU_ASSERT_FATAL(dmarc_row_read(view_str(line), a, &row));
	CU_ASSERT_EQUAL_FATAL(row.n_dkim, 1);
	UNIT_VIEW(row.dkim[0].result, "neutral");
	arena_free(a);
}

static void
too_long(void)
{
	struct arena *a = arena_new();
	char *line = arena_alloc(a, DMARC_ROW_BYTES + 1);
	size_t n = strlen(cases[0].line);
	struct dmarc_row row;

	memcpy(line, cases[0].line, n);
	memset(line + n, ' ', DMARC_ROW_BYTES + 1 - n);
	CU_ASSERT(dmarc_row_read(view_of(line, DMARC_ROW_BYTES), a, &row));
	CU_ASSERT(!dmarc_row_read(view_of(line, DMARC_ROW_BYTES + 1), a, &row));
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"reads rows and refuses the damaged", reads},
	{"what was read is written the same", round_trip},
	{"a bad signature is left out", bad_signatures},
	{"a line may not be too long", too_long},
};

int
main(void)
{
	return unit_main("mail/dmarc/dmarc_row_read", tests, sizeof(tests) / sizeof(*tests));
}
