/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/xclient.h"
#include "tests/lib/unit.h"
#include "util/limits.h"

#define BIT(a) (1U << XCLIENT_##a)

static void
announced(void)
{
	CU_ASSERT_EQUAL(xclient_announced(VIEW("")), 0);
	CU_ASSERT_EQUAL(xclient_announced(VIEW("NAME addr  FOO PORT")), BIT(NAME) | BIT(ADDR) | BIT(PORT));
	for (int i = 0; i < XCLIENT_ATTRIBUTES; i++)
		CU_ASSERT_EQUAL(xclient_announced(view_str(xclient_attribute_name((enum xclient_attribute)i))), 1U << i);
}

/* ok: read; written again with everything announced it is `want`, or the same if that is NULL. */
static const struct {
	const char *in;
	bool ok;
	const char *want;
} t[] = {
	{"NAME=spike.example ADDR=192.0.2.1", true, NULL},
	{"name=spike.example addr=192.0.2.1", true, "NAME=spike.example ADDR=192.0.2.1"},
	{"ADDR=192.0.2.1 NAME=spike.example", true, "NAME=spike.example ADDR=192.0.2.1"},
	{"NAME=a REVERSE_NAME=b ADDR=IPV6:2001:db8::1 PORT=25 PROTO=ESMTP HELO=c LOGIN=d DESTADDR=192.0.2.2 DESTPORT=587",
		true, NULL},
	{"ADDR=2001:db8::1", true, "ADDR=IPV6:2001:db8::1"},
	{"ADDR=ipv6:::ffff:192.0.2.1", true, "ADDR=192.0.2.1"},
	{"NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] PORT=[unavailable] HELO=[UNAVAILABLE] LOGIN=[UNAVAILABLE]", true,
		"NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE] HELO=[UNAVAILABLE] LOGIN=[UNAVAILABLE]"},
	{"NAME=[TEMPUNAVAIL] REVERSE_NAME=[tempunavail]", true, "NAME=[TEMPUNAVAIL] REVERSE_NAME=[TEMPUNAVAIL]"},
	{"LOGIN=a+2Bb+3Dc+20d", true, NULL},
	{"LOGIN=a=b", true, "LOGIN=a+3Db"},
	{"LOGIN=j+C3+BCrg", true, NULL},
	{"HELO=[192.0.2.1]", true, NULL},
	{"HELO=[IPv6:2001:db8::1]", true, NULL},
	{"PORT=0", true, "PORT=[UNAVAILABLE]"},
	{"", false, NULL},
	{"NAME", false, NULL},
	{"NAME=", false, NULL},
	{"=a", false, NULL},
	{"FOO=a", false, NULL},
	{"NAME=a NAME=b", false, NULL},
	{"NAME=a FOO=b", false, NULL},
	{"NAME=a..b", false, NULL},
	{"NAME=a/b", false, NULL},
	{"NAME=a+0D+0Ab", false, NULL},
	{"HELO=a+0D+0AQUIT", false, NULL},
	{"HELO=a+00b", false, NULL},
	{"HELO=a+20b", false, NULL},
	{"HELO=a+C3+BC", false, NULL},
	{"HELO=+", false, NULL},
	{"LOGIN=a+0Ab", false, NULL},
	{"LOGIN=a+FF", false, NULL},
	{"ADDR=192.0.2.256", false, NULL},
	{"ADDR=[192.0.2.1]", false, NULL},
	{"ADDR=IPV6:", false, NULL},
	{"ADDR=[TEMPUNAVAIL]", false, NULL},
	{"PORT=65536", false, NULL},
	{"PORT=25x", false, NULL},
	{"PROTO=LMTP", false, NULL},
	{"SOURCE=LOCAL", false, NULL},
	{"IDENT=1", false, NULL},
};

static void
there_and_back(void)
{
	struct arena *a = arena_new();
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct xclient x;
		const char *want = t[i].want ? t[i].want : t[i].in;

		UNIT_CASE(xclient_read(view_str(t[i].in), a, &x) == t[i].ok, t[i].in);
		if (!t[i].ok)
			continue;
		buf_reset(&b);
		UNIT_CASE(xclient_write(&x, XCLIENT_TAKEN, &b) == 1, t[i].in);
		UNIT_CASE(view_eq(buf_view(&b), arena_printf(a, "XCLIENT %s\r\n", want)), t[i].in);
	}
	buf_done(&b);
	arena_free(a);
}

static void
values(void)
{
	struct arena *a = arena_new();
	struct xclient x, y;
	struct ip ip;

	CU_ASSERT(xclient_read(VIEW("NAME=A.example ADDR=IPV6:2001:db8::1 PORT=4711 LOGIN=a+2Bb HELO=[UNAVAILABLE]"), a, &x));
	UNIT_VIEW(x.value[XCLIENT_NAME], "A.example");
	UNIT_VIEW(x.value[XCLIENT_LOGIN], "a+b");
	CU_ASSERT(ip_parse(VIEW("2001:db8::1"), &ip) && ip_eq(&ip, &x.addr));
	CU_ASSERT_EQUAL(x.port, 4711);
	CU_ASSERT_PTR_NULL(x.value[XCLIENT_HELO].p);
	CU_ASSERT_EQUAL(x.given, BIT(NAME) | BIT(ADDR) | BIT(PORT) | BIT(LOGIN) | BIT(HELO));
	CU_ASSERT(xclient_read(VIEW("NAME=[TEMPUNAVAIL] ADDR=192.0.2.1 HELO=h PORT=[UNAVAILABLE]"), a, &y));
	CU_ASSERT(ip_parse(VIEW("192.0.2.1"), &ip) && ip_eq(&ip, &y.addr));
	CU_ASSERT_PTR_NULL(y.value[XCLIENT_NAME].p);
	CU_ASSERT_EQUAL(y.tempunavail, BIT(NAME));
	CU_ASSERT_EQUAL(y.port, 0);
	UNIT_VIEW(y.value[XCLIENT_HELO], "h");
	arena_free(a);
}

static void
writes(void)
{
	struct xclient x = {.given = ~0U,
		.value = {[XCLIENT_NAME] = VIEW("mx.example"), [XCLIENT_PROTO] = VIEW("ESMTP"), [XCLIENT_IDENT] = VIEW("4bX"),
			[XCLIENT_SOURCE] = VIEW("REMOTE"), [XCLIENT_HELO] = VIEW("a\r\nRSET"), [XCLIENT_LOGIN] = VIEW("\xff")},
		.port = 1234};
	struct buf b;

	CU_ASSERT(ip_parse(VIEW("2001:db8::1"), &x.addr));
	buf_init(&b, 4096);
	CU_ASSERT_EQUAL(xclient_write(&x, BIT(NAME) | BIT(ADDR) | BIT(HELO) | BIT(LOGIN) | BIT(IDENT), &b), 1);
	UNIT_VIEW(buf_view(&b), "XCLIENT NAME=mx.example ADDR=IPV6:2001:db8::1 HELO=[UNAVAILABLE] LOGIN=[UNAVAILABLE]\r\n");
	buf_reset(&b);
	CU_ASSERT_EQUAL(xclient_write_forward(&x, ~0U, &b), 1);
	UNIT_VIEW(buf_view(&b), "XFORWARD NAME=mx.example ADDR=IPV6:2001:db8::1 PORT=1234 PROTO=ESMTP HELO=[UNAVAILABLE] "
				"IDENT=4bX SOURCE=REMOTE\r\n");
	buf_reset(&b);
	CU_ASSERT_EQUAL(xclient_write(&x, 0, &b), 0);
	UNIT_VIEW(buf_view(&b), "");
	x.given = BIT(NAME);
	CU_ASSERT_EQUAL(xclient_write(&x, BIT(ADDR), &b), 0);
	x.value[XCLIENT_NAME] = (struct view){NULL, 0};
	x.tempunavail = BIT(NAME);
	CU_ASSERT_EQUAL(xclient_write_forward(&x, BIT(NAME), &b), 1);
	UNIT_VIEW(buf_view(&b), "XFORWARD NAME=[UNAVAILABLE]\r\n");
	buf_done(&b);
}

/* Postfix would answer 501 to the whole command for a name that it does not take. */
static void
host_names(void)
{
	static const struct {
		const char *name;
		bool good;
	} names[] = {
		{"mx.example", true}, {"a", true}, {"x_y.1-2.example", true}, {"3com.example", true},
		{"192.0.2.1", false}, {"-a.example", false}, {"a-.example", false}, {"a.-b", false},
		{".example", false}, {"a..b", false}, {"a.", false}, {"a/b.example", false}, {"a\\032b", false},
		{"*.example", false},
	};
	static char label[LABEL_MAX + 1];
	struct buf b;

	memset(label, 'a', sizeof(label));
	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct xclient x = {.given = BIT(NAME), .value = {[XCLIENT_NAME] = view_str(names[i].name)}};

		xclient_write(&x, BIT(NAME), &b);
		UNIT_CASE((view_search_nocase(buf_view(&b), VIEW("[UNAVAILABLE]")) == b.n) == names[i].good, names[i].name);
		buf_reset(&b);
	}
	for (size_t n = LABEL_MAX; n <= LABEL_MAX + 1; n++) {
		struct xclient x = {.given = BIT(REVERSE_NAME), .value = {[XCLIENT_REVERSE_NAME] = view_of(label, n)}};

		xclient_write(&x, BIT(REVERSE_NAME), &b);
		CU_ASSERT_EQUAL(view_search_nocase(buf_view(&b), VIEW("[UNAVAILABLE]")) == b.n, n == LABEL_MAX);
		buf_reset(&b);
	}
	buf_done(&b);
}

/* No command is over SMTP_COMMAND_MAX, whatever the values; one that does not fit at all is unavailable. */
static void
long_values(void)
{
	static char plain[XCLIENT_VALUE_MAX + 1], plus[XCLIENT_VALUE_MAX], host[DOMAIN_MAX];
	struct xclient x = {.given = BIT(HELO) | BIT(LOGIN) | BIT(NAME)};
	struct view rest, line;
	struct buf b;
	size_t lines = 0;

	memset(plain, 'a', sizeof(plain));
	memset(plus, '+', sizeof(plus));
	for (size_t i = 0; i < sizeof(host); i++)
		host[i] = i % (LABEL_MAX + 1) == LABEL_MAX ? '.' : 'a';
	x.value[XCLIENT_NAME] = view_of(host, sizeof(host));
	x.value[XCLIENT_HELO] = view_of(plain, XCLIENT_VALUE_MAX);
	x.value[XCLIENT_LOGIN] = view_of(plus, sizeof(plus));
	buf_init(&b, 4096);
	CU_ASSERT_EQUAL(xclient_write(&x, XCLIENT_TAKEN, &b), 2);
	CU_ASSERT(view_search_nocase(buf_view(&b), VIEW("LOGIN=[UNAVAILABLE]")) < b.n);
	for (rest = buf_view(&b); view_split(&rest, '\n', &line) && rest.p; lines++)
		CU_ASSERT(line.n + 1 <= SMTP_COMMAND_MAX && view_starts_nocase(line, "XCLIENT "));
	CU_ASSERT_EQUAL(lines, 2);
	buf_reset(&b);
	x.value[XCLIENT_HELO] = view_of(plain, XCLIENT_VALUE_MAX + 1);
	CU_ASSERT_EQUAL(xclient_write(&x, BIT(HELO), &b), 1);
	UNIT_VIEW(buf_view(&b), "XCLIENT HELO=[UNAVAILABLE]\r\n");
	buf_done(&b);
}

static const struct unit_test tests[] = {
	{"announced attributes", announced},
	{"read and written", there_and_back},
	{"values, and one command over another", values},
	{"what a backend is told", writes},
	{"host names that Postfix takes", host_names},
	{"long values", long_values},
};

int
main(void)
{
	return unit_main("mail/smtp/xclient", tests, sizeof(tests) / sizeof(*tests));
}
