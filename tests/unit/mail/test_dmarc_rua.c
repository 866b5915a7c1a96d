/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_rua.h"
#include "tests/lib/unit.h"

static const struct {
	struct view list;
	const char *want; /* of each: its address, "!SIZE" if it has one, "-" for a bad one */
} cases[] = {
	{VIEW(""), ""},
	{VIEW(" , ,"), ""},
	{VIEW("mailto:a@b.example"), "a@b.example "},
	{VIEW("MailTo:A.b@B.Example!10m"), "A.b@b.example!10485760 "},
	{VIEW("mailto:a@b.example, mailto:c@d.example!1K"), "a@b.example c@d.example!1024 "},
	{VIEW("mailto:a@b.example!500"), "a@b.example!500 "},
	{VIEW("mailto:a@b.example!20000000"), "a@b.example!20000000 "},
	{VIEW("mailto:a@b.example!1\0"), "- "},
	{VIEW("mailto:a@b.example!2T"), "a@b.example!2199023255552 "},
	{VIEW("mailto:a%2Bx@b.example"), "a+x@b.example "},
	{VIEW("mailto:a%21@b.example"), "a!@b.example "},
	{VIEW("mailto:dmarc@b\xc3\xbc" "cher.example"), "dmarc@xn--bcher-kva.example "},
	{VIEW("mailto:a@b.example!"), "- "},
	{VIEW("mailto:a@b.example!0"), "- "},
	{VIEW("mailto:a@b.example!m"), "- "},
	{VIEW("mailto:a@b.example!1x"), "- "},
	{VIEW("mailto:a@b.example!99999999999999999999t"), "- "},
	{VIEW("mailto:a@b.example?subject=x"), "- "},
	{VIEW("mailto:a%0ABcc:x@b.example"), "- "},
	{VIEW("mailto:a%0D%0A@b.example"), "- "},
	{VIEW("mailto:a@b.example%0Ax"), "- "},
	{VIEW("mailto:a%00@b.example"), "- "},
	{VIEW("mailto:a%2@b.example%"), "- "},
	{VIEW("mailto:\"a b\"@b.example"), "- "},
	{VIEW("mailto:a b@b.example"), "- "},
	{VIEW("mailto:-oQ/tmp@b.example"), "- "},
	{VIEW("mailto:.a@b.example"), "- "},
	{VIEW("mailto:a..b@b.example"), "- "},
	{VIEW("mailto:a.@b.example"), "- "},
	{VIEW("mailto:\xc3\xa4@b.example"), "- "},
	{VIEW("mailto:a@[192.0.2.1]"), "- "},
	{VIEW("mailto:a@localhost"), "- "},
	{VIEW("mailto:a@b_c.example"), "- "},
	{VIEW("mailto:a"), "- "},
	{VIEW("mailto:@b.example"), "- "},
	{VIEW("mailto:a@"), "- "},
	{VIEW("mailto:"), "- "},
	{VIEW("https://b.example/x,mailto:a@b.example"), "- a@b.example "},
	{VIEW("a@b.example"), "- "},
};

static void
reads(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view list = cases[i].list, got = VIEW("");
		enum dmarc_rua_end end;
		struct dmarc_rua r;

		while ((end = dmarc_rua_next(&list, a, &r)) != DMARC_RUA_END)
			if (end == DMARC_RUA_BAD)
				got = arena_printf(a, "%.*s- ", VIEW_ARG(got));
			else if (r.max_bytes)
				got = arena_printf(a, "%.*s%.*s!%llu ", VIEW_ARG(got), VIEW_ARG(r.address),
					(unsigned long long)r.max_bytes);
			else
				got = arena_printf(a, "%.*s%.*s ", VIEW_ARG(got), VIEW_ARG(r.address));
		UNIT_VIEW(got, cases[i].want);
	}
	arena_free(a);
}

static void
long_local_part(void)
{
	struct arena *a = arena_new();
	struct view domain, one = arena_printf(a, "%064d@b.example", 0), more = arena_printf(a, "%065d@b.example", 0);

	CU_ASSERT(dmarc_rua_address(one, a, &domain).p != NULL);
	UNIT_VIEW(domain, "b.example");
	CU_ASSERT(dmarc_rua_address(more, a, &domain).p == NULL);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"reads lists of URIs, and refuses what could do harm", reads},
	{"a local part ends at 64 bytes", long_local_part},
};

int
main(void)
{
	return unit_main("mail/dmarc/dmarc_rua", tests, sizeof(tests) / sizeof(*tests));
}
