/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/unit.h"
#include "util/cidr.h"

static struct ip
ip(const char *text)
{
	struct ip out = {0};

	UNIT_CASE(ip_parse(view_str(text), &out), text);
	return out;
}

static const struct {
	struct view in;
	const char *want; /* NULL: invalid */
} address_cases[] = {
	{VIEW("192.0.2.1"), "192.0.2.1"},
	{VIEW("0.0.0.0"), "0.0.0.0"},
	{VIEW("255.255.255.255"), "255.255.255.255"},
	{VIEW("2001:db8::1"), "2001:db8::1"},
	{VIEW("2001:DB8:0:0:0:0:0:1"), "2001:db8::1"},
	{VIEW("2001:0db8::0001"), "2001:db8::1"},
	{VIEW("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1"}, /* RFC 5952 4.2.2 */
	{VIEW("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1"},          /* 4.2.3, the longest run */
	{VIEW("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1"},    /* the first of two */
	{VIEW("::"), "::"},
	{VIEW("::1"), "::1"},
	{VIEW("::ffff:192.0.2.1"), "192.0.2.1"},
	{VIEW("::FFFF:c000:201"), "192.0.2.1"},
	{VIEW("0:0:0:0:0:ffff:192.0.2.1"), "192.0.2.1"},
	{VIEW("64:ff9b::192.0.2.1"), "64:ff9b::c000:201"},
	{VIEW("1111:2222:3333:4444:5555:6666:123.123.123.123"),
		"1111:2222:3333:4444:5555:6666:7b7b:7b7b"},
	{VIEW(""), NULL},
	{VIEW("192.0.2"), NULL},
	{VIEW("192.0.2.1.1"), NULL},
	{VIEW("192.0.2.256"), NULL},
	{VIEW("192.0.2.01"), NULL},
	{VIEW("192.0.2.-1"), NULL},
	{VIEW("0xc0.0.2.1"), NULL},
	{VIEW("3221225985"), NULL},
	{VIEW("192.0.2.1 "), NULL},
	{VIEW(" 192.0.2.1"), NULL},
	{VIEW("192.0.2.1\0"), NULL},
	{VIEW("192.0.2.1\n"), NULL},
	{VIEW("[192.0.2.1]"), NULL},
	{VIEW("192.0.2.1/32"), NULL},
	{VIEW("::1%lo"), NULL},
	{VIEW("1::2::3"), NULL},
	{VIEW("1:2:3:4:5:6:7"), NULL},
	{VIEW("1:2:3:4:5:6:7:8:9"), NULL},
	{VIEW("12345::"), NULL},
	{VIEW("g::"), NULL},
	{VIEW(":1"), NULL},
	{VIEW("::ffff:192.0.2.256"), NULL},
	{VIEW("1111:2222:3333:4444:5555:6666:7777:8888:123.123.123.123"), NULL},
};

static void
addresses(void)
{
	for (size_t i = 0; i < sizeof(address_cases) / sizeof(*address_cases); i++) {
		struct ip got = {.family = 99};
		char text[IP_TEXT_MAX];

		UNIT_CASE(ip_parse(address_cases[i].in, &got) == (address_cases[i].want != NULL),
			address_cases[i].in.p);
		if (!address_cases[i].want) {
			UNIT_CASE(got.family == 99, address_cases[i].in.p);
			continue;
		}
		ip_format(&got, text);
		UNIT_VIEW(view_str(text), address_cases[i].want);
		UNIT_CASE(got.family == (view_find(view_str(address_cases[i].want), ':') <
								strlen(address_cases[i].want)
							? 6
							: 4),
			address_cases[i].in.p);
	}
	CU_ASSERT_FALSE(ip_parse((struct view){NULL, 0}, &(struct ip){0}));
}

static void
none(void)
{
	struct ip nothing = {0};
	char text[IP_TEXT_MAX];

	ip_format(&nothing, text);
	CU_ASSERT_STRING_EQUAL(text, "none");
	CU_ASSERT_FALSE(ip_is_private(&nothing));
	CU_ASSERT_FALSE(ip_is_loopback(&nothing));
}

static void
reversed(void)
{
	static const struct {
		const char *in, *want;
	} t[] = {
		{"192.0.2.5", "5.2.0.192"},
		{"::ffff:192.0.2.5", "5.2.0.192"},
		{"255.255.255.255", "255.255.255.255"},
		{"2001:db8::a1", "1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		char text[IP_REVERSE_MAX];
		struct ip a = ip(t[i].in);

		ip_reverse(&a, text);
		UNIT_VIEW(view_str(text), t[i].want);
	}
}

static void
scopes(void)
{
	static const struct {
		const char *in;
		bool private, loopback;
	} t[] = {
		{"127.0.0.1", true, true},
		{"127.255.255.255", true, true},
		{"::1", true, true},
		{"::ffff:127.0.0.1", true, true},
		{"10.0.0.0", true, false},
		{"10.255.255.255", true, false},
		{"172.16.0.1", true, false},
		{"172.31.255.255", true, false},
		{"192.168.0.1", true, false},
		{"169.254.1.1", true, false},
		{"fc00::1", true, false},
		{"fdff::1", true, false},
		{"fe80::1", true, false},
		{"febf::1", true, false},
		{"126.0.0.1", false, false},
		{"128.0.0.1", false, false},
		{"9.255.255.255", false, false},
		{"11.0.0.0", false, false},
		{"172.15.255.255", false, false},
		{"172.32.0.0", false, false},
		{"192.169.0.0", false, false},
		{"::2", false, false},
		{"::", false, false},
		{"fe00::1", false, false},
		{"fec0::1", false, false},
		{"2001:db8::1", false, false},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct ip a = ip(t[i].in);

		UNIT_CASE(ip_is_private(&a) == t[i].private, t[i].in);
		UNIT_CASE(ip_is_loopback(&a) == t[i].loopback, t[i].in);
	}
}

static void
networks(void)
{
	static const struct {
		struct view in;
		const char *net; /* NULL: invalid */
		int bits;
		bool host_bits;
	} t[] = {
		{VIEW("192.0.2.0/24"), "192.0.2.0", 24, false},
		{VIEW("192.0.2.1/24"), "192.0.2.0", 24, true},
		{VIEW("192.0.2.1"), "192.0.2.1", 32, false},
		{VIEW("192.0.2.1/32"), "192.0.2.1", 32, false},
		{VIEW("192.0.2.1/31"), "192.0.2.0", 31, true},
		{VIEW("0.0.0.0/0"), "0.0.0.0", 0, false},
		{VIEW("128.0.0.0/0"), "0.0.0.0", 0, true},
		{VIEW("255.255.255.255/1"), "128.0.0.0", 1, true},
		{VIEW("10.128.0.0/9"), "10.128.0.0", 9, false},
		{VIEW("2001:db8::/32"), "2001:db8::", 32, false},
		{VIEW("2001:db8::1/64"), "2001:db8::", 64, true},
		{VIEW("2001:db8::1"), "2001:db8::1", 128, false},
		{VIEW("2001:db8::1/127"), "2001:db8::", 127, true},
		{VIEW("::/0"), "::", 0, false},
		{VIEW("::ffff:192.0.2.0/120"), "192.0.2.0", 24, false},
		{VIEW("::ffff:192.0.2.1/128"), "192.0.2.1", 32, false},
		{VIEW("::ffff:192.0.2.1"), "192.0.2.1", 32, false},
		{VIEW("::ffff:0.0.0.0/96"), "0.0.0.0", 0, false},
		{VIEW("::ffff:192.0.2.1/95"), NULL, 0, false},
		{VIEW("::ffff:192.0.2.0/24"), NULL, 0, false},
		{VIEW("192.0.2.0/33"), NULL, 0, false},
		{VIEW("2001:db8::/129"), NULL, 0, false},
		{VIEW("192.0.2.0/"), NULL, 0, false},
		{VIEW("192.0.2.0/024"), NULL, 0, false},
		{VIEW("192.0.2.0/00"), NULL, 0, false},
		{VIEW("192.0.2.0/-1"), NULL, 0, false},
		{VIEW("192.0.2.0/24/24"), NULL, 0, false},
		{VIEW("192.0.2.0/255.255.255.0"), NULL, 0, false},
		{VIEW("192.0.2.0 /24"), NULL, 0, false},
		{VIEW("192.0.2/24"), NULL, 0, false},
		{VIEW("/24"), NULL, 0, false},
		{VIEW("/"), NULL, 0, false},
		{VIEW(""), NULL, 0, false},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct cidr got;
		bool host_bits = false;
		char text[IP_TEXT_MAX];

		UNIT_CASE(cidr_parse(t[i].in, &got, &host_bits) == (t[i].net != NULL), t[i].in.p);
		if (!t[i].net)
			continue;
		ip_format(&got.net, text);
		UNIT_VIEW(view_str(text), t[i].net);
		UNIT_CASE(got.bits == t[i].bits, t[i].in.p);
		UNIT_CASE(host_bits == t[i].host_bits, t[i].in.p);
	}
}

static void
members(void)
{
	static const struct {
		const char *net, *ip;
		bool want;
	} t[] = {
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"192.0.2.128/25", "192.0.2.128", true},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"0.0.0.0/0", "::1", false},
		{"::/0", "192.0.2.1", false},
		{"::/0", "2001:db8::1", true},
		{"::ffff:192.0.2.0/120", "192.0.2.9", true},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"2001:db8::/33", "2001:db8:8000::", false},
		{"2001:db8::/33", "2001:db8:7fff::", true},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct ip a = ip(t[i].ip);
		struct cidr net;
		bool host_bits;

		UNIT_CASE(cidr_parse(view_str(t[i].net), &net, &host_bits), t[i].net);
		UNIT_CASE(cidr_has(&net, &a) == t[i].want, t[i].net);
	}
}

static void
prefixes(void)
{
	struct ip a = ip("192.0.2.1"), b = ip("192.0.2.2"), six = ip("2001:db8::1");

	CU_ASSERT_TRUE(ip_prefix_eq(&a, &b, 30));
	CU_ASSERT_FALSE(ip_prefix_eq(&a, &b, 31));
	CU_ASSERT_TRUE(ip_prefix_eq(&a, &a, 32));
	CU_ASSERT_FALSE(ip_prefix_eq(&a, &a, 33));
	CU_ASSERT_TRUE(ip_prefix_eq(&six, &six, 128));
	CU_ASSERT_FALSE(ip_prefix_eq(&six, &six, 129));
	CU_ASSERT_FALSE(ip_prefix_eq(&a, &six, 0));
	CU_ASSERT_TRUE(ip_eq(&a, &a));
	CU_ASSERT_FALSE(ip_eq(&a, &b));
	CU_ASSERT_FALSE(ip_eq(&a, &six));
}

static const struct unit_test tests[] = {
	{"addresses", addresses},
	{"no address", none},
	{"reversed for the DNS", reversed},
	{"private and loopback", scopes},
	{"networks", networks},
	{"members of networks", members},
	{"prefixes", prefixes},
};

int
main(void)
{
	return unit_main("util/cidr", tests, sizeof(tests) / sizeof(*tests));
}
