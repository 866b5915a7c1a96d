/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/dkim_signature.h"
#include "tests/lib/unit.h"

#include <stdio.h>

enum { NOW = 1700000000 };

static struct arena *a;

#define GOOD " v=1; a=rsa-sha256; d=Example.org; s=sel; h=From:To; bh=AAAA; b=ABCDEFGHIJ"

static const struct {
	const char *name;
	struct view value;
	enum dkim_signature_status want;
} cases[] = {
	{"plain", VIEW(GOOD), DKIM_SIGNATURE_OK},
	{"ed25519", VIEW("v=1;a=ed25519-sha256;d=x.org;s=s;h=from;bh=A;b=A"), DKIM_SIGNATURE_OK},
	{"folded",
		VIEW(" v=1; a=rsa-sha256;\r\n\td=x.org; s=s;\n h=to :\r\n from; bh=A=; b=A\r\n B="),
		DKIM_SIGNATURE_OK},
	{"canonicalizations", VIEW(GOOD "; c=relaxed/simple"), DKIM_SIGNATURE_OK},
	{"one canonicalization", VIEW(GOOD "; c=relaxed"), DKIM_SIGNATURE_OK},
	{"three canonicalizations", VIEW(GOOD "; c=simple/simple/simple"), DKIM_SIGNATURE_BAD},
	{"unknown canonicalization", VIEW(GOOD "; c=nofws"), DKIM_SIGNATURE_BAD},
	{"unknown tags", VIEW(GOOD "; zz=1; r=y"), DKIM_SIGNATURE_OK},
	{"dns/txt", VIEW(GOOD "; q=dns/txt"), DKIM_SIGNATURE_OK},
	{"dns/txt among others", VIEW(GOOD "; q=x : dns/txt"), DKIM_SIGNATURE_OK},
	{"http", VIEW(GOOD "; q=http"), DKIM_SIGNATURE_BAD},
	{"dns without type", VIEW(GOOD "; q=dns"), DKIM_SIGNATURE_BAD},
	{"rsa-sha1", VIEW("v=1;a=rsa-sha1;d=x.org;s=s;h=from;bh=A;b=A"), DKIM_SIGNATURE_WEAK},
	{"rsa-md5", VIEW("v=1;a=rsa-md5;d=x.org;s=s;h=from;bh=A;b=A"), DKIM_SIGNATURE_BAD},
	{"no a", VIEW("v=1;d=x.org;s=s;h=from;bh=A;b=A"), DKIM_SIGNATURE_BAD},
	{"no v", VIEW("a=rsa-sha256;d=x.org;s=s;h=from;bh=A;b=A"), DKIM_SIGNATURE_BAD},
	{"v=2", VIEW("v=2;a=rsa-sha256;d=x.org;s=s;h=from;bh=A;b=A"), DKIM_SIGNATURE_BAD},
	{"no d", VIEW("v=1;a=rsa-sha256;s=s;h=from;bh=A;b=A"), DKIM_SIGNATURE_BAD},
	{"no s", VIEW("v=1;a=rsa-sha256;d=x.org;h=from;bh=A;b=A"), DKIM_SIGNATURE_BAD},
	{"no h", VIEW("v=1;a=rsa-sha256;d=x.org;s=s;bh=A;b=A"), DKIM_SIGNATURE_BAD},
	{"empty h", VIEW("v=1;a=rsa-sha256;d=x.org;s=s;h=;bh=A;b=A"), DKIM_SIGNATURE_BAD},
	{"no bh", VIEW("v=1;a=rsa-sha256;d=x.org;s=s;h=from;b=A"), DKIM_SIGNATURE_BAD},
	{"no b", VIEW("v=1;a=rsa-sha256;d=x.org;s=s;h=from;bh=A"), DKIM_SIGNATURE_BAD},
	{"empty b", VIEW("v=1;a=rsa-sha256;d=x.org;s=s;h=from;bh=A;b="), DKIM_SIGNATURE_BAD},
	{"From is not signed", VIEW("v=1;a=rsa-sha256;d=x.org;s=s;h=to:fromm;bh=A;b=A"),
		DKIM_SIGNATURE_BAD},
	{"empty name in h", VIEW("v=1;a=rsa-sha256;d=x.org;s=s;h=from::to;bh=A;b=A"),
		DKIM_SIGNATURE_BAD},
	{"d has an empty label", VIEW("v=1;a=rsa-sha256;d=x..org;s=s;h=from;bh=A;b=A"),
		DKIM_SIGNATURE_BAD},
	{"d has a star", VIEW("v=1;a=rsa-sha256;d=*.org;s=s;h=from;bh=A;b=A"), DKIM_SIGNATURE_BAD},
	{"s has a slash", VIEW("v=1;a=rsa-sha256;d=x.org;s=a/b;h=from;bh=A;b=A"),
		DKIM_SIGNATURE_BAD},
	{"selector with a dot", VIEW("v=1;a=rsa-sha256;d=x.org;s=a.b;h=from;bh=A;b=A"),
		DKIM_SIGNATURE_OK},
	{"i is d", VIEW(GOOD "; i=@example.ORG"), DKIM_SIGNATURE_OK},
	{"i below d", VIEW(GOOD "; i=a@b.example.org"), DKIM_SIGNATURE_OK},
	{"i with a quoted octet", VIEW(GOOD "; i=a=3Db@example.org"), DKIM_SIGNATURE_OK},
	{"i elsewhere", VIEW(GOOD "; i=a@example.com"), DKIM_SIGNATURE_BAD},
	{"i only ends like d", VIEW(GOOD "; i=a@badexample.org"), DKIM_SIGNATURE_BAD},
	{"i without at sign", VIEW(GOOD "; i=example.org"), DKIM_SIGNATURE_BAD},
	{"i ends in '='", VIEW(GOOD "; i=a@example.org="), DKIM_SIGNATURE_BAD},
	{"i ends in '=4'", VIEW(GOOD "; i=a@example.org=4"), DKIM_SIGNATURE_BAD},
	{"i with '=' and no digits", VIEW(GOOD "; i=a=zz@example.org"), DKIM_SIGNATURE_BAD},
	{"l", VIEW(GOOD "; l=0"), DKIM_SIGNATURE_OK},
	{"l is negative", VIEW(GOOD "; l=-1"), DKIM_SIGNATURE_BAD},
	{"l is too large", VIEW(GOOD "; l=18446744073709551615"), DKIM_SIGNATURE_BAD},
	{"l is empty", VIEW(GOOD "; l="), DKIM_SIGNATURE_BAD},
	{"times", VIEW(GOOD "; t=1699999999; x=1700000001"), DKIM_SIGNATURE_OK},
	{"just expired: clocks differ", VIEW(GOOD "; x=1699999701"), DKIM_SIGNATURE_OK},
	{"expired", VIEW(GOOD "; t=1; x=1699999699"), DKIM_SIGNATURE_EXPIRED},
	{"just ahead: clocks differ", VIEW(GOOD "; t=1700000300"), DKIM_SIGNATURE_OK},
	{"from the future", VIEW(GOOD "; t=1700000301"), DKIM_SIGNATURE_BAD},
	{"expires before it was made", VIEW(GOOD "; t=1699999999; x=1699999999"),
		DKIM_SIGNATURE_BAD},
	{"t is no number", VIEW(GOOD "; t=now"), DKIM_SIGNATURE_BAD},
	{"t is huge", VIEW(GOOD "; t=18446744073709551615"), DKIM_SIGNATURE_BAD},
	{"UTF-8 in i=", VIEW(GOOD "; i=\xc3\xbc@example.org"), DKIM_SIGNATURE_OK},
	{"UTF-8 where it may not be", VIEW(GOOD "; z=\xc3\xbc"), DKIM_SIGNATURE_BAD},
	{"duplicate tag", VIEW(GOOD "; d=x.org"), DKIM_SIGNATURE_BAD},
	{"NUL", VIEW(GOOD "\0"), DKIM_SIGNATURE_BAD},
	{"empty", VIEW(""), DKIM_SIGNATURE_BAD},
};

static void
judges(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dkim_signature g;

		dkim_signature_read(cases[i].value, NOW, a, &g);
		UNIT_CASE(g.status == cases[i].want, cases[i].name);
		UNIT_CASE((g.status == DKIM_SIGNATURE_OK) == !g.why, cases[i].name);
	}
}

static void
fields(void)
{
	struct dkim_signature g;

	dkim_signature_read(VIEW(GOOD "; i=Me=40x@B.example.org; l=12"), NOW, a, &g);
	UNIT_VIEW(g.d, "example.org");
	UNIT_VIEW(g.s, "sel");
	UNIT_VIEW(g.a, "rsa-sha256");
	UNIT_VIEW(g.b, "ABCDEFGH");
	UNIT_VIEW(g.i, "Me=40x@B.example.org");
	UNIT_VIEW(dkim_signature_key_name(&g, a), "sel._domainkey.example.org");
	CU_ASSERT(!g.i_is_d && g.has_l && g.l == 12 && g.alg == DKIM_RSA_SHA256);
	dkim_signature_read(VIEW("v=1;a=ed25519-sha256;d=x;s=s;h=from;bh=A;b=A\r\n B"), NOW, a, &g);
	UNIT_VIEW(g.b, "AB");
	CU_ASSERT(g.i_is_d && !g.i.p && !g.has_l && g.alg == DKIM_ED25519_SHA256 && !g.own);
	dkim_signature_read(VIEW("v=1;a=ed25519-sha256;d=x;s=s;h=from:Dkim-Signature;bh=A;b=A"), NOW, a, &g);
	CU_ASSERT(g.status == DKIM_SIGNATURE_OK && g.own);
}

/* What is reported of a signature does not hang on where the first fault was. */
static void
fields_of_bad_ones(void)
{
	struct dkim_signature g;

	dkim_signature_read(VIEW("v=9;a=rsa-sha1;d=x.org;s=s;h=to;q=no;bh=A;b=QQ;l=3"), NOW, a, &g);
	CU_ASSERT(g.status == DKIM_SIGNATURE_BAD);
	CU_ASSERT_STRING_EQUAL(g.why, "unknown v=");
	UNIT_VIEW(g.d, "x.org");
	UNIT_VIEW(g.a, "rsa-sha1");
	UNIT_VIEW(g.b, "QQ");
}

static struct view
repeated(const char *before, const char *unit, int n, const char *after)
{
	char *p = arena_alloc(a, strlen(before) + strlen(unit) * (size_t)n + strlen(after) + 1);
	size_t at = strlen(before);

	memcpy(p, before, at);
	for (int i = 0; i < n; i++, at += strlen(unit))
		memcpy(p + at, unit, strlen(unit));
	memcpy(p + at, after, strlen(after));
	return view_of(p, at + strlen(after));
}

static void
ceilings(void)
{
	static const char head[] = "v=1;a=rsa-sha256;d=x.org;s=s;bh=A;b=A;";
	struct dkim_signature g;
	char open[100];

	snprintf(open, sizeof(open), "%sh=from", head);
	dkim_signature_read(repeated(open, ":x", DKIM_SIGNED_NAMES - 1, ""), NOW, a, &g);
	CU_ASSERT(g.status == DKIM_SIGNATURE_OK);
	dkim_signature_read(repeated(open, ":x", DKIM_SIGNED_NAMES, ""), NOW, a, &g);
	CU_ASSERT(g.status == DKIM_SIGNATURE_BAD);
	dkim_signature_read(repeated(open, ":xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 150, ""), NOW, a, &g);
	CU_ASSERT(g.status == DKIM_SIGNATURE_BAD);
	snprintf(open, sizeof(open), "%sh=from;i=", head);
	dkim_signature_read(repeated(open, "x", DKIM_I_MAX - 6, "@x.org"), NOW, a, &g);
	CU_ASSERT(g.status == DKIM_SIGNATURE_OK);
	dkim_signature_read(repeated(open, "x", DKIM_I_MAX - 5, "@x.org"), NOW, a, &g);
	CU_ASSERT(g.status == DKIM_SIGNATURE_BAD);
}

static const struct unit_test tests[] = {
	{"judges fields", judges},
	{"reads what is reported", fields},
	{"reads it of bad ones too", fields_of_bad_ones},
	{"refuses sizes that are dangerous to the library", ceilings},
};

int
main(void)
{
	int r;

	a = arena_new();
	r = unit_main("mail/dkim/dkim_signature", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return r;
}
