/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/received_spf.h"
#include "tests/lib/unit.h"

static const struct {
	const char *title;
	struct received_spf in;
	const char *want;
} written[] = {
	{"pass",
		{.result = VIEW("pass"), .client_ip = VIEW("192.0.2.1"), .envelope_from = VIEW("joe@x.example"),
			.helo = VIEW("mail.x.example"), .receiver = VIEW("mx.test"), .identity = VIEW("mailfrom"),
			.mechanism = VIEW("ip4:192.0.2.0/24")},
		"pass (the domain authorises this client)\n\tclient-ip=192.0.2.1;\n\t"
		"envelope-from=\"joe@x.example\";\n\thelo=mail.x.example;\n\treceiver=mx.test;\n\t"
		"identity=mailfrom;\n\tmechanism=\"ip4:192.0.2.0/24\""},
	{"IPv6, null sender, error",
		{.result = VIEW("permerror"), .problem = VIEW("too many terms"), .client_ip = VIEW("2001:db8::1"),
			.envelope_from = VIEW(""), .identity = VIEW("helo")},
		"permerror (the record cannot be read)\n\tclient-ip=\"2001:db8::1\";\n\tenvelope-from=\"\";\n\t"
		"identity=helo;\n\tproblem=\"too many terms\""},
	{"only a result", {.result = VIEW("none")}, "none (the domain has no SPF record)"},
	{"no mechanism matched", {.result = VIEW("neutral"), .mechanism = VIEW("default")},
		"neutral (the domain makes no statement about this client)\n\tmechanism=default"},
	{"quotes, backslashes and line ends",
		{.result = VIEW("fail"), .envelope_from = VIEW("a\"; receiver=mx.test;\\\r\n\tX: y\0@x.example"),
			.helo = VIEW("a b)")},
		"fail (the domain does not authorise this client)\n\t"
		"envelope-from=\"a\\\"; receiver=mx.test;\\\\X: y@x.example\";\n\thelo=\"a b)\""},
	{"dots that make no dot-atom",
		{.result = VIEW("neutral"), .envelope_from = VIEW(".a"), .helo = VIEW("a..b"), .receiver = VIEW("a.")},
		"neutral (the domain makes no statement about this client)\n\tenvelope-from=\".a\";\n\t"
		"helo=\"a..b\";\n\treceiver=\"a.\""},
	{"NUL", {.result = VIEW("none"), .helo = VIEW("a\0b")},
		"none (the domain has no SPF record)\n\thelo=\"ab\""},
	{"UTF-8 and what is none",
		{.result = VIEW("softfail"), .envelope_from = VIEW("j\303\266@x.example"), .helo = VIEW("\377")},
		"softfail (the domain probably does not authorise this client)\n\t"
		"envelope-from=\"j\303\266@x.example\";\n\thelo=\"?\""},
};

static void
writes(void)
{
	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
		struct buf b;

		buf_init(&b, 4096);
		received_spf_write(&b, &written[i].in);
		UNIT_VIEW(buf_view(&b), written[i].want);
		buf_done(&b);
	}
}

static const struct {
	const char *value;
	bool want;
} owners[] = {
	{" pass (ok) receiver=mx.test; client-ip=192.0.2.1", true},
	{" pass (ok) client-ip=192.0.2.1; RECEIVER=MX.Test;", true},
	{" pass\n\treceiver\n\t=\n\tmx.test", true},
	{" pass receiver (a) = (b (c)) mx.test(d)", true},
	{" pass receiver=\"mx.test\"", true},
	{" pass receiver=\"mx\\.te\\st\"", true},
	{" pass receiver=other.test; receiver=mx.test", true},
	{" pass (no end receiver=mx.test", true},
	{" pass \"no end; receiver=mx.test", true},
	{" pass (a \\) receiver=mx.test) receiver=other.test", false},
	{" pass helo=\"receiver=mx.test\"; receiver=other.test", false},
	{" pass helo=mx.test; envelope-from=receiver; receiver=other.test", false},
	{" pass receiver=mx.test.example", false},
	{" pass receiver=", false},
	{" mx.test", false},
	{"", false},
};

static void
tells_whose(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(owners) / sizeof(*owners); i++)
		UNIT_CASE(received_spf_is_of(view_str(owners[i].value), VIEW("mx.test"), a) == owners[i].want,
			owners[i].value);
	arena_free(a);
}

static const struct unit_test tests[] = {{"writes", writes}, {"tells whose it is", tells_whose}};

int
main(void)
{
	return unit_main("mail/received_spf", tests, sizeof(tests) / sizeof(*tests));
}
