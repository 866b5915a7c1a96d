/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/arc_set.h"

#include "tests/lib/raw_message.h"
#include "tests/lib/unit.h"

#define AAR(i) "ARC-Authentication-Results: i=" i "; mx.example; dmarc=pass\r\n"
#define AMS(i, more) "ARC-Message-Signature: i=" i "; a=rsa-sha256; d=Example.org; s=s; " more "b=AA==\r\n"
#define BH "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; "
#define REST "h=from : to; " BH
#define AS(i, cv) "ARC-Seal: i=" i "; a=rsa-sha256; cv=" cv "; d=example.org; s=s; b=AA\r\n AA\r\n"
#define FROM "From: a@example.org\r\n"

static const struct {
	const char *title, *fields, *why; /* why: a piece of it; "" = a chain; NULL = none */
	size_t n;
} cases[] = {
	{"no fields", "", NULL, 0},
	{"none", FROM, NULL, 0},
	{"one set", AS("1", "none") AMS("1", REST) AAR("1") FROM, "", 1},
	{"two sets in any order", AAR("2") AS("1", "none") AMS("2", REST) AMS("1", REST) AS("2", "pass") AAR("1"), "", 2},
	{"an old message signature is not read whole", AS("2", "pass") AMS("2", REST) AAR("2") AS("1", "none")
		AMS("1", "h=from; ") AAR("1"), "", 2},
	{"a gap", AS("2", "pass") AMS("2", REST) AAR("2"), "not complete", 0},
	{"no seal", AMS("1", REST) AAR("1"), "not complete", 0},
	{"no results", AS("1", "none") AMS("1", REST), "not complete", 0},
	{"two seals", AS("1", "none") AS("1", "none") AMS("1", REST) AAR("1"), "two fields", 0},
	{"instance 0", AS("0", "none"), "cannot be read", 0},
	{"instance 51", AS("51", "pass"), "cannot be read", 0},
	{"results without instance", "ARC-Authentication-Results: mx.example; dmarc=pass\r\n", "without instance", 0},
	{"the instance comes later", "ARC-Authentication-Results: mx.example; i=1\r\n", "without instance", 0},
	{"cv=pass at first", AS("1", "pass") AMS("1", REST) AAR("1"), "cv=", 0},
	{"cv=none later", AS("2", "none") AMS("2", REST) AAR("2") AS("1", "none") AMS("1", REST) AAR("1"), "cv=", 0},
	{"cv=fail", AS("2", "fail") AMS("2", REST) AAR("2") AS("1", "none") AMS("1", REST) AAR("1"), "chain failed", 0},
	{"a seal with h=", "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x.example; s=s; h=from; b=AA==\r\n" AMS("1", REST)
		AAR("1"), "has h=", 0},
	{"From is not signed", AS("1", "none") AMS("1", "h=to; " BH) AAR("1"), "lacks From", 0},
	{"a signed seal", AS("1", "none") AMS("1", "h=from:arc-seal; " BH) AAR("1"), "has ARC-Seal", 0},
	{"no bh=", AS("1", "none") AMS("1", "h=from; ") AAR("1"), "bh=", 0},
	{"a short bh=", AS("1", "none") AMS("1", "h=from; bh=AAAA; ") AAR("1"), "bh=", 0},
	{"unknown c=", AS("1", "none") AMS("1", "c=loose; " REST) AAR("1"), "c=", 0},
	{"l= is no number", AS("1", "none") AMS("1", "l=x; " REST) AAR("1"), "l=", 0},
	{"rsa-sha1", "ARC-Seal: i=1; a=rsa-sha1; cv=none; d=x.example; s=s; b=AA==\r\n" AMS("1", REST) AAR("1"), "a=", 0},
	{"d= is no name", "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x/y; s=s; b=AA==\r\n" AMS("1", REST) AAR("1"), "d=", 0},
	{"t= is no time", "ARC-Seal: i=1; a=rsa-sha256; t=now; cv=none; d=x; s=s; b=AA==\r\n" AMS("1", REST) AAR("1"),
		"t=", 0},
	{"U-labels that are none", "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=b\xff.example; s=s; b=AA==\r\n" AMS("1", REST)
		AAR("1"), "d=", 0},
	{"U-labels and a final dot", "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=b\xc3\xbc" "cher.example.; s=s; b=AA==\r\n"
		AMS("1", REST) AAR("1"), "d=", 0},
	{"b= is no base64", "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x; s=s; b=?\r\n" AMS("1", REST) AAR("1"), "b=", 0},
};

static void
chains(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct raw_message m;
		struct arc_chain c;
		enum arc_chain_status want = !cases[i].why ? ARC_CHAIN_NONE
			: cases[i].why[0] ? ARC_CHAIN_BAD : ARC_CHAIN_OK;

		raw_message_read(view_str(cases[i].fields), a, &m);
		arc_set_read(m.field, m.n, a, &c);
		UNIT_CASE(c.status == want, cases[i].title);
		UNIT_CASE(want != ARC_CHAIN_BAD || strstr(c.why ? c.why : "", cases[i].why), cases[i].title);
		UNIT_CASE(want != ARC_CHAIN_OK || c.n == cases[i].n, cases[i].title);
		arena_reset(a);
	}
	arena_free(a);
}

static void
reads(void)
{
	struct arena *a = arena_new();
	struct raw_message m;
	struct arc_chain c;

	raw_message_read(VIEW(AS("1", "none") AMS("1", "c=relaxed; l=10; " REST) AAR("1") FROM), a, &m);
	arc_set_read(m.field, m.n, a, &c);
	CU_ASSERT_FATAL(c.status == ARC_CHAIN_OK);
	UNIT_VIEW(c.set[0].authres, " mx.example; dmarc=pass");
	UNIT_VIEW(c.set[0].h, "from:to");
	UNIT_VIEW(c.set[0].message_signature.d, "example.org");
	CU_ASSERT(c.set[0].header == CANONICAL_RELAXED && c.set[0].body == CANONICAL_SIMPLE && c.set[0].l == 10);
	CU_ASSERT(c.set[0].seal_signature.b.n == 3 && c.set[0].bh.n == 32);
	arena_free(a);
}

/* RFC 8616 section 5: keys are looked for, and sealers compared, by A-labels. */
static void
u_labels(void)
{
	struct arena *a = arena_new();
	struct raw_message m;
	struct arc_chain c;

	raw_message_read(VIEW("ARC-Seal: i=1; a=rsa-sha256; cv=none; d=B\xc3\xbc" "cher.example; s=s\xc3\xa9l; b=AA==\r\n"
		AMS("1", REST) AAR("1") FROM), a, &m);
	arc_set_read(m.field, m.n, a, &c);
	CU_ASSERT_FATAL(c.status == ARC_CHAIN_OK);
	UNIT_VIEW(c.set[0].seal_signature.d, "xn--bcher-kva.example");
	UNIT_VIEW(c.set[0].seal_signature.s, "xn--sl-bja");
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"what is a chain", chains},
	{"U-labels", u_labels},
	{"what is read of it", reads},
};

int
main(void)
{
	return unit_main("mail/dkim/arc_set", tests, sizeof(tests) / sizeof(*tests));
}
