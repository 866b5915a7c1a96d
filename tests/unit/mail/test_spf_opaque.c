/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_opaque.h"

#include <stdio.h>

#include "tests/lib/unit.h"

#define N(a) (sizeof(a) / sizeof(*(a)))

static const struct {
	const char *ip, *record, *want;
	unsigned may_ask;
} written[] = {
	{"192.0.2.1", "v=spf1", "v=spf1", 10},
	{"192.0.2.1", "v=spf1 ip4:192.0.2.7 -include:%{d1}.example a:mail.example.com/24 ~all",
		"v=spf1 -include:3.0.t +a:3.1.t/24 ~exists:3.2.t", 10},
	{"192.0.2.1", "v=spf1 a/24//64 ?mx -all", "v=spf1 +a:3.0.t/24 ?mx:3.1.t/32 -exists:3.2.t", 10},
	{"2001:db8::9", "v=spf1 a/24//64 ?mx -all", "v=spf1 +a:3.0.t//64 ?mx:3.1.t//128 -exists:3.2.t", 10},
	{"192.0.2.1", "v=spf1 a/0 -mx:m.example/0//0 ptr ~ptr:x.example exists:%{l}.example",
		"v=spf1 +exists:3.0.t -exists:3.1.t +exists:3.2.t ~exists:3.3.t +exists:3.4.t", 10},
	{"2001:db8::9", "v=spf1 a/0 a//0", "v=spf1 +a:3.0.t//128 +exists:3.1.t", 10},
	{"192.0.2.1", "v=spf1 a ?ip4:192.0.2.0/24 mx -all", "v=spf1 +a:3.0.t/32 ?exists:3.1.t", 10},
	{"2001:db8::9", "v=spf1 ip4:0.0.0.0/0 ~ip6:2001:db8::/32 a", "v=spf1 ~exists:3.0.t", 10},
	{"192.0.2.1", "v=spf1 redirect=%{l}.example exp=e.example x=y mx",
		"v=spf1 +mx:3.0.t/32 redirect=3.1.t", 10},
	{"192.0.2.1", "v=spf1 redirect=r.example ip4:192.0.2.1", "v=spf1 +exists:3.0.t", 10},
	{"192.0.2.1", "v=spf1 redirect=r.example ?all", "v=spf1 ?exists:3.0.t", 10},
	{"192.0.2.1", "V=SPF1 INCLUDE:A.example -ALL", "v=spf1 +include:3.0.t -exists:3.1.t", 10},
	{"192.0.2.1", "v=spf1 a a a a a a a a a a a a -all",
		"v=spf1 +a:3.0.t/32 +a:3.1.t/32 +a:3.2.t/32 +a:3.3.t/32 +a:3.4.t/32 +a:3.5.t/32 +a:3.6.t/32 "
		"+a:3.7.t/32 +a:3.8.t/32 +a:3.9.t/32 +a:3.10.t/32",
		10},
	{"192.0.2.1", "v=spf1 a mx ptr -all", "v=spf1 +a:3.0.t/32 +mx:3.1.t/32", 1},
	{"192.0.2.1", "v=spf1 a mx -all", "v=spf1 +a:3.0.t/32", 0},
	{"192.0.2.1", "v=spf1 a redirect=r.example", "v=spf1 +a:3.0.t/32", 0},
};

static void
writes(void)
{
	for (size_t i = 0; i < N(written); i++) {
		struct spf_record r;
		struct spf_opaque o;
		struct ip ip;

		CU_ASSERT_FATAL(ip_parse(view_str(written[i].ip), &ip));
		CU_ASSERT_FATAL(spf_record_parse(view_str(written[i].record), &r, NULL) == SPF_RECORD_OK);
		spf_opaque_write(&r, &ip, 3, written[i].may_ask, &o);
		UNIT_VIEW(view_str(o.text), written[i].want);
	}
}

/* What a tag stands for. */
static void
remembers(void)
{
	struct view text = VIEW("v=spf1 ip4:192.0.2.7 ptr:p.example ~mx/0 redirect=r.example");
	struct ip ip = {4, {192, 0, 2, 1}};
	struct spf_record r;
	struct spf_opaque o;

	CU_ASSERT_FATAL(spf_record_parse(text, &r, NULL) == SPF_RECORD_OK);
	spf_opaque_write(&r, &ip, 0, SPF_TERMS, &o);
	CU_ASSERT_FATAL(o.n == 3);
	UNIT_VIEW(o.term[0].spec, "p.example");
	UNIT_VIEW(o.rest[0], " ~mx/0 redirect=r.example");
	CU_ASSERT(o.term[0].kind == SPF_TERM_PTR && o.shown[0] == SPF_TERM_EXISTS);
	CU_ASSERT(o.term[1].kind == SPF_TERM_MX && o.shown[1] == SPF_TERM_EXISTS);
	CU_ASSERT(o.term[2].kind == SPF_TERM_REDIRECT && o.shown[2] == SPF_TERM_REDIRECT);
	UNIT_VIEW(o.term[2].spec, "r.example");
	CU_ASSERT(o.rest[2].n == 0);
}

/* The longest record there can be still ends with its last term. */
static void
has_room(void)
{
	char text[4 + SPF_RECORD_MAX] = "v=spf1";
	struct ip ip = {.family = 6, .b = {0x20}};
	struct spf_record r;
	struct spf_opaque o;

	for (int i = 0; i < SPF_TERMS; i++)
		strncat(text, " mx//127", 10);
	strncat(text, " redirect=r.example", 20);
	CU_ASSERT_FATAL(spf_record_parse(view_str(text), &r, NULL) == SPF_RECORD_OK);
	spf_opaque_write(&r, &ip, SPF_OPAQUE_RECORDS - 1, SPF_TERMS, &o);
	CU_ASSERT(o.n == SPF_OPAQUE_TERMS && strlen(o.text) < sizeof(o.text) - sizeof(" +all"));
	CU_ASSERT(strcmp(o.text + strlen(o.text) - 16, "redirect=10.10.t") == 0);
}

static void
tags(void)
{
	static const struct spf_opaque_tag good[] = {
		{0, 0, -1}, {10, 10, 9}, {10, 0, 0}, {9, 10, -1}, {1, 2, 3}};
	static const char *const bad[] = {"", "t", "0.t", "0.0", "0.0.", "0.0.x", "0.0.t.", "11.0.t", "0.11.t",
		"0.0.10.t", "0.0.0.0.t", "-1.0.t", "0.0.0.", "000.0.t", " 0.0.t", "0.0.T", "x.example"};
	struct spf_opaque_tag got;

	for (size_t i = 0; i < N(good); i++) {
		char text[SPF_OPAQUE_TAG];

		spf_opaque_tag_write(&good[i], text);
		UNIT_CASE(spf_opaque_tag_read(text, &got), text);
		UNIT_CASE(got.record == good[i].record && got.term == good[i].term, text);
		UNIT_CASE(got.name == good[i].name, text);
	}
	for (size_t i = 0; i < N(bad); i++)
		UNIT_CASE(!spf_opaque_tag_read(bad[i], &got), bad[i]);
}

/* The client becomes the placeholder, and every prefix stays as long as it was. */
static void
turns_addresses(void)
{
	static const char *const pairs[][2] = {{"127.0.0.1", "127.0.0.2"}, {"10.0.0.1", "192.0.2.1"},
		{"192.0.2.1", "192.0.2.1"}, {"0.0.0.0", "255.255.255.255"}, {"::1", "::2"},
		{"2001:db8::1", "2001:db8:0:1::1"}, {"ff02::1", "2001:db8::1"}};

	for (size_t i = 0; i < N(pairs); i++) {
		struct ip client, other, shown, turned;

		CU_ASSERT_FATAL(ip_parse(view_str(pairs[i][0]), &client));
		CU_ASSERT_FATAL(ip_parse(view_str(pairs[i][1]), &other));
		shown = spf_opaque_ip(&client, &client);
		turned = spf_opaque_ip(&other, &client);
		UNIT_CASE(!ip_is_loopback(&shown) && shown.family == client.family, pairs[i][0]);
		UNIT_CASE(shown.b[0] == (client.family == 4 ? 192 : 0x20), pairs[i][0]);
		for (unsigned bits = 0; bits <= (client.family == 4 ? 32 : 128); bits++)
			UNIT_CASE(ip_prefix_eq(&client, &other, bits) == ip_prefix_eq(&shown, &turned, bits),
				pairs[i][0]);
	}
}

static const struct unit_test tests[] = {
	{"writes records", writes},
	{"remembers what tags stand for", remembers},
	{"has room for the longest record", has_room},
	{"reads the tags it writes, and no other", tags},
	{"turns addresses", turns_addresses},
};

int
main(void)
{
	return unit_main("mail/spf/spf_opaque", tests, N(tests));
}
