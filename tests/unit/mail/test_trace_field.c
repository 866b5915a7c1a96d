/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/received.h"
#include "mail/trace_field.h"
#include "tests/lib/unit.h"
#include "util/limits.h"

static struct trace_field
field(const char *ip)
{
	struct trace_field t = {.helo = VIEW("mx.sender.example"), .by = VIEW("mx.own.example"), .esmtp = true, .now = 0};

	if (ip)
		CU_ASSERT(ip_parse(view_str(ip), &t.ip));
	return t;
}

static void
whole(void)
{
	struct trace_field t = field("192.0.2.1");
	struct buf b;

	buf_init(&b, 4096);
	t.name = VIEW("mx.sender.example");
	t.id = VIEW("4bX-1");
	t.rcpt = VIEW("a@own.example");
	t.tls = true;
	t.tls_version = VIEW("TLSv1.3");
	t.tls_cipher = VIEW("TLS_AES_256_GCM_SHA384");
	trace_field_write(&t, &b);
	UNIT_VIEW(buf_view(&b), "from mx.sender.example (mx.sender.example [192.0.2.1])\n"
				"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\n"
				"\tby mx.own.example (Postern) with ESMTPS id 4bX-1\n"
				"\tfor <a@own.example>;\n\tThu, 1 Jan 1970 00:00:00 +0000");
	buf_reset(&b);
	t = (struct trace_field){.by = VIEW("mx.own.example")};
	trace_field_write(&t, &b);
	UNIT_VIEW(buf_view(&b), "from unknown (unknown [unknown])\n\tby mx.own.example (Postern) with SMTP;\n"
				"\tThu, 1 Jan 1970 00:00:00 +0000");
	buf_done(&b);
}

static void
keywords(void)
{
	static const struct {
		bool esmtp, tls, auth, utf8;
		const char *want;
	} t[] = {
		{0, 0, 0, 0, "SMTP"},
		{0, 1, 0, 0, "SMTP"},
		{1, 0, 0, 0, "ESMTP"},
		{1, 1, 0, 0, "ESMTPS"},
		{1, 0, 1, 0, "ESMTPA"},
		{1, 1, 1, 0, "ESMTPSA"},
		{1, 0, 0, 1, "UTF8SMTP"},
		{1, 1, 0, 1, "UTF8SMTPS"},
		{1, 0, 1, 1, "UTF8SMTPA"},
		{1, 1, 1, 1, "UTF8SMTPSA"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		UNIT_VIEW(view_str(trace_field_with(t[i].esmtp, t[i].tls, t[i].auth, t[i].utf8)), t[i].want);
}

/* Whatever the client says, the field is read as it was meant. */
static void
hostile(void)
{
	static const struct {
		const char *helo, *name, *ip, *rcpt;
		const char *want; /* HELO name read back */
	} t[] = {
		{"[198.51.100.9]", NULL, "192.0.2.1", NULL, "[198.51.100.9]"},
		{"[198.51.100.9]", NULL, NULL, NULL, "[198.51.100.9]"},
		{"[IPv6:2001:db8::9]", "mx.example", "2001:db8::1", NULL, "[IPv6:2001:db8::9]"},
		{"x (y [198.51.100.9])", NULL, "192.0.2.1", NULL, "x??y?[198.51.100.9]?"},
		{"x\r\nReceived: from y", NULL, "192.0.2.1", NULL, "x??Received:?from?y"},
		{"a;b", NULL, "192.0.2.1", NULL, "a?b"},
		{"a\tby\tb", NULL, "192.0.2.1", NULL, "a?by?b"},
		{"by", NULL, "192.0.2.1", NULL, "by"},
		{"\xc3\xbc", NULL, "192.0.2.1", NULL, "??"},
		{"mx", "helo", "192.0.2.1", NULL, "mx"},
		{"mx", "a b", "192.0.2.1", NULL, "mx"},
		{"mx", "x.example", "192.0.2.1", "a;b@own.example", "mx"},
		{"mx", "x.example", "192.0.2.1", "\"a\r\nb\"@own.example", "mx"},
		{"mx", "x.example", "192.0.2.1", "\xc3\xbc@own.example", "mx"},
	};
	struct arena *a = arena_new();
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct trace_field f = field(t[i].ip);
		struct received r;

		f.helo = view_str(t[i].helo);
		f.name = view_str(t[i].name);
		f.rcpt = view_str(t[i].rcpt);
		buf_reset(&b);
		trace_field_write(&f, &b);
		UNIT_CASE(received_parse(buf_view(&b), a, &r), t[i].helo);
		UNIT_CASE(ip_eq(&r.ip, &f.ip), t[i].helo);
		UNIT_CASE(view_eq_str(r.helo, t[i].want), t[i].helo);
		UNIT_CASE(view_eq_str(r.by, "mx.own.example"), t[i].helo);
		UNIT_CASE(view_search_nocase(buf_view(&b), VIEW("for <")) == b.n, t[i].helo);
		UNIT_CASE(view_find(buf_view(&b), '\r') == b.n, t[i].helo);
	}
	buf_done(&b);
	arena_free(a);
}

static void
long_names(void)
{
	static char name[1000];
	struct trace_field t = field("2001:db8::1");
	struct view rest, line;
	struct buf b;

	memset(name, 'a', sizeof(name));
	t.helo = t.name = t.rcpt = t.id = view_of(name, sizeof(name));
	buf_init(&b, 8192);
	trace_field_write(&t, &b);
	for (rest = buf_view(&b); view_split(&rest, '\n', &line);)
		CU_ASSERT(line.n <= 998);
	CU_ASSERT(view_search_nocase(buf_view(&b), VIEW("(unknown [IPv6:2001:db8::1])")) < b.n);
	buf_reset(&b);
	t.rcpt = VIEW("\xc3\xbc@own.example");
	t.utf8 = true;
	trace_field_write(&t, &b);
	CU_ASSERT(view_search_nocase(buf_view(&b), VIEW("for <\xc3\xbc@own.example>;")) < b.n);
	buf_done(&b);
}

static const struct unit_test tests[] = {
	{"whole fields", whole},
	{"with keywords", keywords},
	{"what a client chose stays in its place", hostile},
	{"long names", long_names},
};

int
main(void)
{
	return unit_main("mail/trace_field", tests, sizeof(tests) / sizeof(*tests));
}
