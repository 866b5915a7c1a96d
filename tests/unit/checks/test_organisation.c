/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/organisation.h"

#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"

/* spf: the result, and the term that it is by. Of needs: NULL missing, "?" unknown, "..." pending. */
static const struct {
	const char *name, *ip, *spf, *of, *host, *dynamic;
	bool late;
	const char *want;
} rows[] = {
	{"SPF passed", "192.0.2.7", "pass", "bounce.mail.big.co.uk", "mx.other.example", "no", false, "big.co.uk"},
	{"SPF passed, the name is on its way", "192.0.2.7", "pass", "a.big.example", "...", "...", false, "big.example"},
	{"SPF passed, a dynamic name", "192.0.2.7", "pass", "big.example", "c7.isp.example", "yes", false, "big.example"},
	{"SPF passes for all", "192.0.2.7", "pass +all", "big.example", "mx.other.example", "no", false, "other.example"},
	{"in another spelling", "192.0.2.7", "pass ALL", "big.example", NULL, "no", false, "192.0.2.0/24"},
	{"of a public suffix", "192.0.2.7", "pass", "co.uk", NULL, "no", false, "co.uk"},
	{"SPF failed", "192.0.2.7", "fail", "big.example", "out7.mail.other.example", "no", false, "other.example"},
	{"softfail, no name", "192.0.2.7", "softfail", "big.example", NULL, "no", false, "192.0.2.0/24"},
	{"SPF unknown", "192.0.2.7", "?", "big.example", "mx.other.example", "no", false, "other.example"},
	{"SPF on its way", "192.0.2.7", "...", "big.example", "mx.other.example", "no", false, "..."},
	{"SPF too late", "192.0.2.7", "...", "big.example", "mx.other.example", "no", true, "other.example"},
	{"name too late", "192.0.2.7", "none", NULL, "...", "no", true, "192.0.2.0/24"},
	{"name unknown", "192.0.2.7", "none", NULL, "?", "?", false, "192.0.2.0/24"},
	{"a line of a provider", "192.0.2.7", "none", NULL, "c7.pool.isp.example", "yes", false, "192.0.2.0/24"},
	{"its kind on its way", "192.0.2.7", "none", NULL, "c7.pool.isp.example", "...", false, "..."},
	{"its kind unknown", "192.0.2.7", "none", NULL, "c7.pool.isp.example", "?", false, "isp.example"},
	{"IPv6", "2001:db8:0:1:ffff::8", "none", NULL, NULL, "no", false, "2001:db8:0:1::/64"},
	{"local submission", NULL, "none", NULL, NULL, "no", false, "-"},
};

static struct fact_value
need(const char *text)
{
	if (!text)
		return fact_missing();
	if (strcmp(text, "?") == 0)
		return fact_unknown(VIEW("SERVFAIL"));
	return strcmp(text, "...") == 0 ? (struct fact_value){.state = FACT_PENDING} : fact_text(view_str(text));
}

static struct fact_value
need_bool(const char *text)
{
	struct fact_value v = need(text);

	return v.state == FACT_KNOWN ? fact_bool(strcmp(text, "yes") == 0) : v;
}

static void
answers(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct check_call *c = fake_new(&organisation_check, STAGE_MAIL, NULL, 0);
		struct view spf, term;
		struct ip ip;

		if (rows[i].ip && ip_parse(view_str(rows[i].ip), &ip))
			c->client.ip = &ip;
		c->late = rows[i].late;
		spf = view_str(rows[i].spf);
		term = view_skip(spf, view_find(spf, ' ') + 1);
		fake_message.need[0] = need(rows[i].spf);
		if (term.n)
			fake_message.need[0] = fact_text(view_head(spf, view_find(spf, ' ')));
		fake_message.need[1] = need(rows[i].of);
		fake_message.need[2] = fact_text(term.n ? term : VIEW("ip4:192.0.2.0/24"));
		fake_message.need[3] = need(rows[i].host);
		fake_message.need[4] = need_bool(rows[i].dynamic);
		fake_run(c);
		UNIT_CASE(fake_is(c, 0, rows[i].want), rows[i].name);
		fake_done(c);
	}
}

static const struct unit_test tests[] = {{"who answers for the client", answers}};

int
main(void)
{
	return unit_main("checks/organisation", tests, sizeof(tests) / sizeof(*tests));
}
