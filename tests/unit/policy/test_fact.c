/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/fact.h"

#include <stdio.h>

#include "tests/lib/unit.h"

static const struct fact_def yes_no = {.name = "tls", .type = FACT_BOOL};
static const struct fact_def number = {.name = "rcpt.count", .type = FACT_NUMBER};
static const struct fact_def score = {.name = "score", .type = FACT_NUMBER};
static const struct fact_def age = {.name = "grey.age", .type = FACT_DURATION};
static const struct fact_def size = {.name = "msg.size", .type = FACT_SIZE};
static const struct fact_def ip = {.name = "client.ip", .type = FACT_IP};
static const struct fact_def domain = {.name = "helo.name", .type = FACT_DOMAIN};
static const struct fact_def address = {.name = "mail.from", .type = FACT_ADDRESS};
static const struct fact_def text = {.name = "subject", .type = FACT_TEXT};
static const struct fact_def spf = {.name = "spf", .type = FACT_ENUM, .values = "none pass fail"};
static const struct fact_def country = {.name = "geo.country", .type = FACT_COUNTRY};

/* want NULL: the text does not fit. */
static const struct {
	const struct fact_def *def;
	const char *text, *want;
} values[] = {
	{&yes_no, "", "yes"},
	{&yes_no, "true", "yes"},
	{&yes_no, "no", "no"},
	{&yes_no, "maybe", NULL},
	{&number, "42", "42"},
	{&number, "-3", "-3"},
	{&number, "3x", NULL},
	{&number, "", NULL},
	{&number, "99999999999999999999", NULL},
	{&score, "6", "6.00"},
	{&score, "-0.5", "-0.50"},
	{&score, "1.255", NULL},
	{&score, "1.", NULL},
	{&age, "5m", "300"},
	{&age, "2d", "172800"},
	{&age, "1w", "604800"},
	{&age, "90", "90"},
	{&age, "5x", NULL},
	{&age, "m", NULL},
	{&size, "25MB", "26214400"},
	{&size, "512K", "524288"},
	{&size, "9999999999G", NULL},
	{&ip, "192.0.2.1", "192.0.2.1"},
	{&ip, "2001:DB8::1", "2001:db8::1"},
	{&ip, "192.0.2.300", NULL},
	{&domain, "MX.Example.", "mx.example"},
	{&domain,
		"b\xc3\xbc"
		"cher.example",
		"xn--bcher-kva.example"},
	{&domain, "[192.0.2.1]", "[192.0.2.1]"},
	{&domain, "", NULL},
	{&address, "Joe@X.Example", "Joe@x.example"},
	{&address, "joe", NULL},
	{&address, "@x.example", NULL},
	{&address, "joe@", NULL},
	{&text, "any \"thing\"", "any \"thing\""},
	{&text, "", ""},
	{&spf, "pass", "pass"},
	{&spf, "passed", NULL},
	{&spf, "", NULL},
	{&country, "DE", "DE"},
	{&country, "DEU", NULL},
};

static void
reads_and_formats(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct fact_value v;
		bool ok = fact_parse(values[i].def, view_str(values[i].text), a, &v);

		UNIT_CASE(ok == (values[i].want != NULL), values[i].text);
		if (ok && values[i].want)
			UNIT_VIEW(fact_format(values[i].def, &v, a), values[i].want);
	}
	arena_free(a);
}

static void
formats_states_and_lists(void)
{
	static const struct fact_def urls = {.name = "url.host", .type = FACT_DOMAIN, .list = true};
	struct view items[] = {VIEW("a.example"), VIEW("b.example")};
	struct fact_value v = fact_missing();
	struct arena *a = arena_new();

	UNIT_VIEW(fact_format(&text, &v, a), "");
	v = fact_unknown(VIEW("timeout"));
	UNIT_VIEW(fact_format(&text, &v, a), "unknown");
	v = (struct fact_value){.state = FACT_PENDING};
	UNIT_VIEW(fact_format(&text, &v, a), "pending");
	v = fact_list(items, 2);
	UNIT_VIEW(fact_format(&urls, &v, a), "a.example, b.example");
	v = fact_list(NULL, 0);
	UNIT_VIEW(fact_format(&urls, &v, a), "");
	arena_free(a);
}

static void
names_stages(void)
{
	enum stage s;

	for (int i = 0; i < STAGE_COUNT; i++)
		UNIT_CASE(
			stage_parse(view_str(stage_name((enum stage)i)), &s) && s == (enum stage)i,
			stage_name((enum stage)i));
	CU_ASSERT(stage_parse(VIEW("final"), &s) && s == STAGE_END);
	CU_ASSERT(!stage_parse(VIEW("Connect"), &s));
	CU_ASSERT(!stage_parse(VIEW(""), &s));
}

static void
joins_a_table(void)
{
	static const struct fact_def family = {.name = "dnsbl.*", .type = FACT_BOOL};
	struct fact_table *t = fact_table_new();
	char name[16] = "dnsbl.zen";
	struct fact_def made = {.name = name, .type = FACT_BOOL, .help = "listed"};
	size_t owner = 0;

	CU_ASSERT(fact_table_add(t, &spf, 3));
	CU_ASSERT(!fact_table_add(t, &spf, 4));
	CU_ASSERT(fact_table_add(t, &family, 7));
	CU_ASSERT(fact_table_find(t, VIEW("spf"), &owner) == &spf && owner == 3);
	CU_ASSERT(fact_table_find(t, VIEW("SPF"), NULL) == NULL);
	CU_ASSERT(fact_table_find(t, VIEW("dnsbl.zen"), NULL) == NULL);
	CU_ASSERT(fact_table_find(t, VIEW("dnsbl.*"), NULL) == NULL);
	CU_ASSERT(fact_table_add_copy(t, &made, 7));
	name[0] = 'x';
	CU_ASSERT(fact_table_find(t, VIEW("dnsbl.zen"), &owner) != NULL && owner == 7);
	CU_ASSERT_EQUAL(fact_table_count(t), 3);
	CU_ASSERT(fact_table_at(t, 1, &owner) == &family);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		CU_ASSERT(fact_table_add_copy(t, &made, 1));
	}
	CU_ASSERT(fact_table_find(t, VIEW("f499"), NULL) != NULL);
	fact_table_free(t);
	fact_table_free(NULL);
}

static const struct unit_test tests[] = {
	{"reads values as tests write them and formats them as logs show them", reads_and_formats},
	{"formats the states and lists", formats_states_and_lists},
	{"knows its stages", names_stages},
	{"joins facts into one table", joins_a_table},
};

int
main(void)
{
	return unit_main("policy/fact", tests, sizeof(tests) / sizeof(*tests));
}
