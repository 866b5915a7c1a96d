/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/proxy_header.h"
#include "tests/lib/unit.h"
#include "util/limits.h"

#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define V4 "\x7f\0\0\1\xc0\0\2\1\x10\0\0\x19" /* 127.0.0.1, 192.0.2.1, 4096, 25 */
#define DB8_1 "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define DB8_2 "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"

static void
expect_ip(const struct ip *got, const char *want, const char *name)
{
	struct ip ip = {0};

	UNIT_CASE((!want && got->family == 0) || (want && ip_parse(view_str(want), &ip) && ip_eq(got, &ip)), name);
}

/* BAD if it is so at the end; before, a header that is good so far is MORE. */
static const struct {
	const char *name;
	struct view in;
	enum proxy_header_status want;
	const char *source, *destination; /* NULL: none */
	unsigned source_port, destination_port;
	bool local;
} t[] = {
	{"TCP4", VIEW("PROXY TCP4 192.0.2.1 192.0.2.2 4711 25\r\n"), PROXY_HEADER_OK, "192.0.2.1", "192.0.2.2", 4711, 25, 0},
	{"TCP6", VIEW("PROXY TCP6 2001:db8::1 2001:DB8::2 0 65535\r\n"), PROXY_HEADER_OK, "2001:db8::1", "2001:db8::2", 0,
		65535, 0},
	{"mapped", VIEW("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n"), PROXY_HEADER_OK, "192.0.2.1", "192.0.2.2", 1, 2,
		0},
	{"UNKNOWN", VIEW("PROXY UNKNOWN\r\n"), PROXY_HEADER_OK, NULL, NULL, 0, 0, 0},
	{"UNKNOWN and more", VIEW("PROXY UNKNOWN ffff:f...f:ffff 65535\r\n"), PROXY_HEADER_OK, NULL, NULL, 0, 0, 0},
	{"bare LF", VIEW("PROXY UNKNOWN\n"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"lower case", VIEW("proxy UNKNOWN\r\n"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"leading zeros", VIEW("PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"leading zero of a port", VIEW("PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"port too big", VIEW("PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"no ports", VIEW("PROXY TCP4 192.0.2.1 192.0.2.2\r\n"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"too much", VIEW("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"two blanks", VIEW("PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"mixed", VIEW("PROXY TCP4 192.0.2.1 2001:db8::1 1 2\r\n"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"a client that speaks SMTP", VIEW("EHLO mx.example\r\n"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"v2 TCP4", VIEW(SIG "\x21\x11\0\x0c" V4), PROXY_HEADER_OK, "127.0.0.1", "192.0.2.1", 4096, 25, 0},
	{"v2 TCP6", VIEW(SIG "\x21\x21\0\x24" DB8_1 DB8_2 "\0\1\0\2"),
		PROXY_HEADER_OK, "2001:db8::1", "2001:db8::2", 1, 2, 0},
	{"v2 LOCAL", VIEW(SIG "\x20\0\0\0"), PROXY_HEADER_OK, NULL, NULL, 0, 0, 1},
	{"v2 LOCAL with addresses", VIEW(SIG "\x20\x11\0\x0c" V4), PROXY_HEADER_OK, NULL, NULL, 0, 0, 1},
	{"v2 LOCAL with anything", VIEW(SIG "\x20\xff\0\2xx"), PROXY_HEADER_OK, NULL, NULL, 0, 0, 1},
	{"v2 UNSPEC", VIEW(SIG "\x21\0\0\0"), PROXY_HEADER_OK, NULL, NULL, 0, 0, 0},
	{"v2 UNSPEC with anything", VIEW(SIG "\x21\0\0\2xx"), PROXY_HEADER_OK, NULL, NULL, 0, 0, 0},
	{"v2 datagram", VIEW(SIG "\x21\x12\0\x0c" V4), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"v2 other family", VIEW(SIG "\x21\x41\0\x0c" V4), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"v2 other command", VIEW(SIG "\x22\x11\0\x0c" V4), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"v2 other version", VIEW(SIG "\x31\x11\0\x0c" V4), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"v2 too short for its family", VIEW(SIG "\x21\x11\0\x0b" "\x7f\0\0\1\xc0\0\2\1\x10\0\0"), PROXY_HEADER_BAD, NULL, NULL,
		0, 0, 0},
	{"v2 TLV not known",
		VIEW(SIG "\x21\x11\0\x10" V4 "\xee\0\1x"), PROXY_HEADER_OK, "127.0.0.1", "192.0.2.1", 4096, 25, 0},
	{"v2 TLV cut", VIEW(SIG "\x21\x11\0\x10" V4 "\xee\0\2x"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"v2 bytes that are no TLV", VIEW(SIG "\x21\x11\0\x0e" V4 "\xee\0"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"v2 CRC32C wrong", VIEW(SIG "\x21\x11\0\x13" V4 "\3\0\4\1\2\3\4"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"v2 CRC32C too short", VIEW(SIG "\x21\x11\0\x11" V4 "\3\0\2\1\2"), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
	{"v2 over the ceiling", VIEW(SIG "\x21\x11\x10\x00" V4), PROXY_HEADER_BAD, NULL, NULL, 0, 0, 0},
};

static void
reads(void)
{
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct proxy_header h = {0};
		size_t used = 0;

		UNIT_CASE(proxy_header_read(t[i].in, &used, &h) == t[i].want, t[i].name);
		if (t[i].want != PROXY_HEADER_OK)
			continue;
		UNIT_CASE(used == t[i].in.n, t[i].name);
		UNIT_CASE(h.local == t[i].local && h.version == (t[i].in.p[0] == 'P' ? 1 : 2), t[i].name);
		UNIT_CASE(h.source_port == t[i].source_port && h.destination_port == t[i].destination_port, t[i].name);
		expect_ip(&h.source, t[i].source, t[i].name);
		expect_ip(&h.destination, t[i].destination, t[i].name);
		for (size_t n = 0; n < used; n++)
			UNIT_CASE(proxy_header_read(view_head(t[i].in, n), &used, &h) == PROXY_HEADER_MORE, t[i].name);
	}
}

static void
ceilings(void)
{
	char text[200];
	struct proxy_header h;
	size_t used;

	memset(text, 'x', sizeof(text));
	memcpy(text, "PROXY UNKNOWN ", 14);
	CU_ASSERT_EQUAL(proxy_header_read(view_of(text, 106), &used, &h), PROXY_HEADER_MORE);
	CU_ASSERT_EQUAL(proxy_header_read(view_of(text, 107), &used, &h), PROXY_HEADER_BAD);
	memcpy(text + 105, "\r\n", 2);
	CU_ASSERT_EQUAL(proxy_header_read(view_of(text, 150), &used, &h), PROXY_HEADER_OK);
	CU_ASSERT_EQUAL(used, 107);
	CU_ASSERT_EQUAL(proxy_header_read(VIEW(SIG "\x21\x11\x0f\xf0"), &used, &h), PROXY_HEADER_MORE); /* 4096 in all */
	CU_ASSERT_EQUAL(proxy_header_read(VIEW(SIG "\x21\x11\x0f\xf1"), &used, &h), PROXY_HEADER_BAD);
	CU_ASSERT_EQUAL(proxy_header_read(VIEW(SIG "\x41"), &used, &h), PROXY_HEADER_BAD); /* without waiting */
	CU_ASSERT_EQUAL(proxy_header_read(VIEW("\r\n\r\nQ"), &used, &h), PROXY_HEADER_BAD);
}

static void
tls(void)
{
	static const struct {
		struct view in;
		bool ok, tls, cert, verified;
	} s[] = {
		{VIEW(SIG "\x21\x11\0\x14" V4 "\x20\0\5\1\0\0\0\0"), true, true, false, false},
		{VIEW(SIG "\x21\x11\0\x14" V4 "\x20\0\5\3\0\0\0\0"), true, true, true, true},
		{VIEW(SIG "\x21\x11\0\x14" V4 "\x20\0\5\3\0\0\0\1"), true, true, true, false},
		{VIEW(SIG "\x21\x11\0\x14" V4 "\x20\0\5\0\0\0\0\1"), true, false, false, false},
		{VIEW(SIG "\x21\x11\0\x13" V4 "\x20\0\4\1\0\0\0"), false, false, false, false},
		{VIEW(SIG "\x21\x11\0\x15" V4 "\x20\0\6\1\0\0\0\0x"), false, false, false, false},
	};
	const struct view all = VIEW(SIG "\x21\x11\0\x2b" V4 "\2\0\3a.b\5\0\1u\x20\0\x12\1\0\0\0\0"
					"\x21\0\1V\x22\0\1N\x23\0\2Ci");
	struct proxy_header h;
	size_t used;

	for (size_t i = 0; i < sizeof(s) / sizeof(*s); i++) {
		bool ok = proxy_header_read(s[i].in, &used, &h) == PROXY_HEADER_OK;

		CU_ASSERT_EQUAL(ok, s[i].ok);
		CU_ASSERT(!ok || (h.tls == s[i].tls && h.tls_cert == s[i].cert && h.tls_verified == s[i].verified));
	}
	CU_ASSERT_EQUAL(proxy_header_read(all, &used, &h), PROXY_HEADER_OK);
	UNIT_VIEW(h.authority, "a.b");
	UNIT_VIEW(h.unique_id, "u");
	UNIT_VIEW(h.tls_version, "V");
	UNIT_VIEW(h.tls_name, "N");
	UNIT_VIEW(h.tls_cipher, "Ci");
}

static void
writes(void)
{
	static const struct {
		const char *source, *destination;
		bool local;
		const char *v1;
		struct view v2;
	} w[] = {
		{"127.0.0.1", "192.0.2.1", false, "PROXY TCP4 127.0.0.1 192.0.2.1 4096 25\r\n", VIEW(SIG "\x21\x11\0\x0c" V4)},
		{"2001:db8::1", "2001:db8::2", false, "PROXY TCP6 2001:db8::1 2001:db8::2 4096 25\r\n",
			VIEW(SIG "\x21\x21\0\x24" DB8_1 DB8_2 "\x10\0\0\x19")},
		{"127.0.0.1", "2001:db8::2", false, "PROXY UNKNOWN\r\n", VIEW(SIG "\x21\0\0\0")},
		{NULL, NULL, false, "PROXY UNKNOWN\r\n", VIEW(SIG "\x21\0\0\0")},
		{"127.0.0.1", "192.0.2.1", true, "PROXY UNKNOWN\r\n", VIEW(SIG "\x20\0\0\0")},
	};
	struct buf b;

	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof(w) / sizeof(*w); i++) {
		struct proxy_header h = {.local = w[i].local, .source_port = 4096, .destination_port = 25};

		if (w[i].source)
			CU_ASSERT(ip_parse(view_str(w[i].source), &h.source) &&
				ip_parse(view_str(w[i].destination), &h.destination));
		buf_reset(&b);
		proxy_header_write_v1(&h, &b);
		UNIT_VIEW(buf_view(&b), w[i].v1);
		buf_reset(&b);
		proxy_header_write_v2(&h, &b);
		CU_ASSERT(view_eq(buf_view(&b), w[i].v2));
	}
	buf_done(&b);
}

static void
begins(void)
{
	static const char v2[] = SIG;

	CU_ASSERT_TRUE(proxy_header_begins(VIEW(SIG)));
	CU_ASSERT_TRUE(proxy_header_begins(VIEW(SIG "\x20\0\0\0")));
	CU_ASSERT_TRUE(proxy_header_begins(VIEW("PROXY TCP4")));
	for (size_t n = 0; n < sizeof(v2) - 1; n++)
		CU_ASSERT_FALSE(proxy_header_begins(view_of(v2, n)));
	CU_ASSERT_FALSE(proxy_header_begins(VIEW("PROXY")));
	CU_ASSERT_FALSE(proxy_header_begins(VIEW("\r\n\r\nEHLO c.example\r\n")));
}

static const struct unit_test tests[] = {
	{"how one begins", begins},
	{"both versions, whole and growing", reads},
	{"ceilings", ceilings},
	{"TLVs", tls},
	{"what a backend is told", writes},
};

int
main(void)
{
	return unit_main("mail/smtp/proxy_header", tests, sizeof(tests) / sizeof(*tests));
}
