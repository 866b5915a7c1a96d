/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf/conf_backend.h"

#include <stdlib.h>

#include "tests/lib/unit.h"

#define MX "listener mx smtp inet:25@192.0.2.1\n"

static void
reads(void)
{
	struct diag *d = diag_new();
	struct conf *c = conf_text("f", VIEW("listener mx smtp inet:25@192.0.2.1\n"
		"listener in submission inet6:587@::1\nlistener old milter unix:/x\n"
		"backend a inet:10025@127.0.0.1\n"
		"backend b inet:25@mail.Example.org tls verified identity proxy-v2 for { Example.org .example.net }\n"
		"backend c unix:/run/x identity none tls none relaying allowed\n"), "mx.test", d);
	const struct conf_backend *b;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(c->listeners->protocol, CONF_SMTP);
	CU_ASSERT_EQUAL(c->listeners->next->protocol, CONF_SUBMISSION);
	CU_ASSERT_EQUAL(c->listeners->next->next->protocol, CONF_MILTER);
	b = c->backends;
	CU_ASSERT_STRING_EQUAL(b->name, "a");
	CU_ASSERT(b->ip.family == 4 && b->port == 10025 && !b->host && b->domains.n == 0);
	CU_ASSERT_EQUAL(b->tls, CONF_BACKEND_TLS_OPPORTUNISTIC);
	CU_ASSERT_EQUAL(b->identity, CONF_BACKEND_IDENTITY_XCLIENT);
	CU_ASSERT_EQUAL(b->relaying, 0);
	b = b->next;
	CU_ASSERT_STRING_EQUAL(b->host, "mail.example.org");
	CU_ASSERT_EQUAL(b->tls, CONF_BACKEND_TLS_VERIFIED);
	CU_ASSERT_EQUAL(b->identity, CONF_BACKEND_IDENTITY_PROXY_V2);
	CU_ASSERT_EQUAL_FATAL(b->domains.n, 2);
	UNIT_VIEW(b->domains.item[1], ".example.net");
	b = b->next;
	CU_ASSERT_STRING_EQUAL(b->path, "/run/x");
	CU_ASSERT_EQUAL(b->relaying, 1);
	CU_ASSERT_PTR_NULL(b->next);
	conf_free(c);
	diag_free(d);
}

static void
writes(void)
{
	static const char text[] = MX "backend a \"inet:10025@127.0.0.1\" tls opportunistic identity xclient relaying refused\n"
		"backend b \"inet:25@mail.example.org\" tls none identity none relaying allowed "
		"for { example.org .example.net }\n";
	struct diag *d = diag_new();
	struct conf *c = conf_text("f", VIEW(text), "mx.test", d);
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	conf_backend_write(c, f);
	fclose(f);
	for (struct view rest = view_str(out), wanted = view_str(text + sizeof(MX) - 1), line, want;
		view_split(&wanted, '\n', &want) && want.n;) {
		CU_ASSERT_TRUE_FATAL(view_split(&rest, '\n', &line));
		CU_ASSERT(view_eq(view_head(line, want.n), want));
		CU_ASSERT(view_starts_nocase(view_skip(line, want.n), "  # f:"));
	}
	free(out);
	conf_free(c);
	diag_free(d);
}

static void
refuses(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"backend", "f:1:8: expected a name for the backend"},
		{"backend a", "f:1:10: expected an address"},
		{"backend a inet:25@-x-", "f:1:11: 'inet:25@-x-' is not an address to connect to"},
		{"backend a inet6:25@mail.example.org", "f:1:11: 'inet6:25@mail.example.org' is not"},
		{"backend a inet:25@192.0.2.1 tls maybe", "f:1:33: tls is not 'maybe'"},
		{"backend a inet:25@192.0.2.1 identity ident", "f:1:38: identity is not 'ident'"},
		{"backend a inet:25@192.0.2.1 tls none tls none", "f:1:38: a backend has one 'tls'"},
		{"backend a inet:25@192.0.2.1 relaying perhaps", "f:1:38: relaying is not 'perhaps'"},
		{"backend a inet:25@192.0.2.1 via x", "f:1:29: a backend has no 'via'"},
		{"backend a inet:25@192.0.2.1\nbackend a inet:26@192.0.2.1",
			"f:2:1: backend 'a' is already set at line 1"},
		{MX, "f:1:1: listener 'mx' needs a backend that takes the mail"},
		{MX "backend a inet:25@127.0.0.1 identity none", "f:2:1: backend 'a' would take strangers for its own"},
		{MX "backend a inet6:25@::1 identity xforward", "f:2:1: backend 'a' would take strangers for its own"},
		{MX "backend a unix:/x identity none", "f:2:1: backend 'a' would take strangers for its own"},
		{MX "backend a inet:25@192.0.2.1", "f:2:1: backend 'a' is our own listener 'mx': mail would go in a circle"},
		{"listener mx smtp inet:25@0.0.0.0\nbackend a inet:25@127.0.0.1", "f:2:1: backend 'a' is our own listener 'mx'"},
		{"listener mx smtp inet6:25@::\nbackend a inet6:25@::1", "f:2:1: backend 'a' is our own listener 'mx'"},
		{"listener m milter unix:/a/m\nbackend a unix:/a/m", "f:2:1: backend 'a' is our own listener 'm'"},
		{MX "backend a unix:/x identity transparent", "f:2:1: a unix socket has no client address"},
		{"listener s submissions inet:465@192.0.2.1\nbackend a inet:25@192.0.2.2",
			"f:1:1: listener 's' speaks TLS at once and needs a certificate"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct diag *d = diag_new();
		struct arena *a = arena_new();

		UNIT_CASE(conf_text("f", view_str(rows[i].text), "mx.test", d) == NULL, rows[i].text);
		UNIT_CASE(view_starts_nocase(diag_first(d, a), rows[i].want), diag_first(d, a).p);
		arena_free(a);
		diag_free(d);
	}
}

static void
lets_through(void)
{
	static const char *const texts[] = {MX "backend a inet:25@192.0.2.2 identity none",
		"listener in submission inet:587@192.0.2.1\nbackend a inet:25@127.0.0.1 identity none",
		MX "backend a inet:25@127.0.0.1 identity proxy-v1",
		MX "backend a inet:25@127.0.0.1 identity none relaying allowed",
		MX "backend a inet:26@192.0.2.1\nbackend b inet:25@192.0.2.3\nbackend c inet:25@mail.example.org",
		"listener mx smtp inet:25@0.0.0.0\nbackend a inet:25@192.0.2.3"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct diag *d = diag_new();
		struct conf *c = conf_text("f", view_str(texts[i]), "mx.test", d);

		UNIT_CASE(c != NULL, texts[i]);
		conf_free(c);
		diag_free(d);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"reads backends", reads},
		{"writes what it read", writes},
		{"refuses, with place and reason", refuses},
		{"lets sound ones through", lets_through},
	};

	return unit_main("policy/conf/conf_backend", tests, sizeof(tests) / sizeof(*tests));
}
