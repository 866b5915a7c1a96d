/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_record.h"
#include "tests/lib/unit.h"

#include <stdio.h>

static const struct {
	struct view text;
	const char *want; /* p sp np psd flags; "unusable"; NULL = no DMARC record */
} cases[] = {
	{VIEW("v=DMARC1; p=none"), "none none none -"},
	{VIEW("v=DMARC1;p=reject;"), "reject reject reject -"},
	{VIEW("v=DMARC1; p=quarantine ; "), "quarantine quarantine quarantine -"},
	{VIEW("v=DMARC1; sp=none; p=reject"), "reject none none -"},
	{VIEW("v=DMARC1; p=none; np=reject"), "none none reject -"},
	{VIEW("v=DMARC1; p=none; sp=quarantine; np=reject"), "none quarantine reject -"},
	{VIEW("v=DMARC1; p=none; sp=quarantine"), "none quarantine quarantine -"},
	{VIEW("v=DMARC1; p=Reject; adkim=S; aspf=s"), "reject reject reject - ds"},
	{VIEW("v=DMARC1; p=reject; adkim=r; aspf=R"), "reject reject reject -"},
	{VIEW("v=DMARC1; p=reject; adkim=x; aspf=strict"), "reject reject reject -"},
	{VIEW("v=DMARC1; p=reject; t=y"), "reject reject reject - t"},
	{VIEW("v=DMARC1; p=reject; t=n; psd=n"), "reject reject reject n"},
	{VIEW("v=DMARC1; psd=y"), "none none none y"},
	{VIEW("v=DMARC1; p=none; psd=u"), "none none none -"},
	{VIEW("v=DMARC1; p=none; psd=maybe"), "none none none -"},
	{VIEW("v=DMARC1; p=reject; pct=1; rf=bob; ri=-1; fo=9; zz=1"), "reject reject reject -"},
	{VIEW("v=DMARC1; p=reject; tagonly; =value; ;;"), "reject reject reject -"},
	{VIEW("V = DMARC1 ; P = reject"), "reject reject reject -"},
	{VIEW("v=DMARC1"), "none none none -"},
	{VIEW("v=DMARC1; p=bob"), "unusable"},
	{VIEW("v=DMARC1; p="), "unusable"},
	{VIEW("v=DMARC1; p"), "unusable"},
	{VIEW("v=DMARC1; p=reject; sp=bob"), "unusable"},
	{VIEW("v=DMARC1; p=reject; np=bob"), "unusable"},
	{VIEW("v=DMARC1; p=bob; rua=mailto:x@example.org"), "none none none -"},
	{VIEW("v=DMARC1; rua=mailto:x@example.org; p=reject; sp=bob; adkim=s"),
		"none none none - d"},
	{VIEW("v=DMARC1; p=bob; rua=bad, https://x.example/r"), "none none none -"},
	{VIEW("v=DMARC1; p=bob; rua=x@example.org"), "unusable"},
	{VIEW("v=DMARC1; p=bob; rua=mailto:"), "unusable"},
	{VIEW("v=DMARC1; p=bob; rua=1mailto:x"), "unusable"},
	{VIEW("v=DMARC1; p=bob; rua="), "unusable"},
	{VIEW("v=DMARC1; p=reject; p=none"), "reject reject reject -"},
	{VIEW(""), NULL},
	{VIEW("V=BOB"), NULL},
	{VIEW("v=dmarc1; p=none"), NULL},
	{VIEW("v=DMARC1x; p=none"), NULL},
	{VIEW("v=DMARC1 p=none"), NULL},
	{VIEW("v=DMARC2; p=none"), NULL},
	{VIEW(" v=DMARC1; p=none"), NULL},
	{VIEW("p=none; v=DMARC1"), NULL},
	{VIEW("v; p=none"), NULL},
	{VIEW("v=spf1 -all"), NULL},
	{VIEW("v=DMARC1\0; p=none"), NULL},
};

static void
reads(void)
{
	static const char psd[] = "-yn";

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dmarc_record r;
		char got[80] = "unusable";
		bool ok = dmarc_record_read(cases[i].text, &r);

		UNIT_CASE(ok == (cases[i].want != NULL), cases[i].text.p);
		if (!ok || !cases[i].want)
			continue;
		if (r.usable)
			snprintf(got, sizeof(got), "%s %s %s %c%s%s%s%s",
				dmarc_record_policy_name(r.p), dmarc_record_policy_name(r.sp),
				dmarc_record_policy_name(r.np), psd[r.psd],
				r.strict_dkim || r.strict_spf || r.testing ? " " : "",
				r.strict_dkim ? "d" : "", r.strict_spf ? "s" : "",
				r.testing ? "t" : "");
		UNIT_VIEW(view_str(got), cases[i].want);
	}
}

static void
failure_options(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {{"v=DMARC1; p=none", ""}, {"v=DMARC1; p=none; fo=1", "1"}, {"v=DMARC1; p=none; fo=s:d", "d:s"},
		{"v=DMARC1; p=none; fo=S : 0 :1:1: D", "0:1:d:s"}, {"v=DMARC1; p=none; fo=9:x:10::d1", ""},
		{"v=DMARC1; p=none; fo=", ""}, {"v=DMARC1; p=none; fo=<b>:1", "1"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct dmarc_record r;

		UNIT_CASE(dmarc_record_read(view_str(rows[i].text), &r), rows[i].text);
		UNIT_VIEW(view_str(r.fo), rows[i].want);
	}
}

static const struct unit_test tests[] = {{"reads records", reads}, {"options of fo=", failure_options}};

int
main(void)
{
	return unit_main("mail/dmarc/dmarc_record", tests, sizeof(tests) / sizeof(*tests));
}
