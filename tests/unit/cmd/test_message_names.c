/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Stored messages, with settings and a DNS zone in a folder.
 */
#include "cmd/message_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/dkim_signer.h"
#include "tests/lib/unit.h"
#include "util/log.h"

#define OURS "Received: from mx.test by mx.test with LMTP; x\nReceived: from l (l [127.0.0.1]) by mx.test; x\n"
#define HOP "Received: from mx.a.example (mx.a.example [192.0.2.10]) by mx.test; x\n"
#define STRANGE "Received: from mx.a.example (unknown [198.51.100.9]) by mx.test; x\n"
#define REST "Subject: x\nFrom: joe@a.example\nTo: kim@b.example\n\ntext\n"

static const struct {
	const char *name, *message, *want;
	bool unsure;
} rows[] = {
	{"SPF by the sender", "Return-Path: <joe@a.example>\n" OURS HOP REST,
		"address 192.0.2.10, network 192.0.2.0/24, organisation a.example, ", false},
	{"SPF by the greeting", OURS "Received: from helo.example (h [203.0.113.5]) by mx.test; x\n" REST,
		"address 203.0.113.5, network 203.0.113.0/24, organisation helo.example, ", false},
	{"a sender that is forged", "Return-Path: <joe@a.example>\n" STRANGE REST,
		"address 198.51.100.9, network 198.51.100.0/24, ", false},
	{"fields below the hop are a stranger's", STRANGE "Return-Path: <joe@a.example>\n" HOP REST,
		"address 198.51.100.9, network 198.51.100.0/24, ", false},
	{"our own mail", OURS REST, "", false},
	{"no header at all", "text\n", "", false},
	{"empty", "", "", false},
	{"a key that the DNS does not tell",
		"DKIM-Signature: v=1; a=rsa-sha256; d=fail.example; s=s; c=relaxed/relaxed; h=From;\n"
		" bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; b=AAAA\n" REST, "", true},
};

struct site {
	char folder[64], conf[80], zone[80];
};

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void
open_site(struct site *p, struct view key_record)
{
	char text[2000];

	snprintf(p->folder, sizeof(p->folder), "/tmp/postern-test.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->folder));
	snprintf(p->conf, sizeof(p->conf), "%s/conf", p->folder);
	snprintf(p->zone, sizeof(p->zone), "%s/zone", p->folder);
	snprintf(text, sizeof(text), "a.example. TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"
		"helo.example. TXT \"v=spf1 ip4:203.0.113.5 -all\"\n$FAIL s._domainkey.fail.example. servfail\n"
		"sel._domainkey.signer.example. TXT \"%.*s\"\n", VIEW_ARG(key_record));
	put(p->zone, text);
	snprintf(text, sizeof(text), "hostname mx.test\nuser nobody\nmta-user nobody\ndns-zone-files { \"%s\" }\n"
		"rules \"/nonexistent/*.rules\"\n", p->zone);
	put(p->conf, text);
}

static void
close_site(struct site *p)
{
	unlink(p->conf);
	unlink(p->zone);
	rmdir(p->folder);
}

/* "KIND NAME, ..." */
static struct view
names(const struct standing_names *n, struct arena *a)
{
	struct view all = VIEW("");

	for (size_t i = 0; i < n->n; i++) {
		enum standing_kind kind;
		struct view name;

		CU_ASSERT_FATAL(standing_key_read(n->item[i].key, &kind, &name));
		CU_ASSERT_EQUAL(kind, n->item[i].kind);
		all = arena_printf(a, "%.*s%s %.*s, ", VIEW_ARG(all), standing_kind_name(kind),
			VIEW_ARG(name));
	}
	return all;
}

static void
table(void)
{
	struct arena *a = arena_new();
	struct message_names m;
	struct site p;
	char why[500];

	open_site(&p, VIEW(""));
	CU_ASSERT_FATAL(message_names_open(&m, p.conf, why, sizeof(why)));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		message_names_find(&m, view_str(rows[i].message), a);
		UNIT_CASE(view_eq_str(names(&m.found, a), rows[i].want), rows[i].name);
		UNIT_CASE(m.unsure == rows[i].unsure, rows[i].name);
	}
	message_names_done(&m);
	close_site(&p);
	arena_free(a);
}

static struct view
text_of(const struct raw_message *m, struct arena *a)
{
	struct view all = VIEW("");

	for (size_t i = 0; i < m->n; i++)
		all = arena_printf(a, "%.*s%.*s:%.*s\r\n", VIEW_ARG(all), VIEW_ARG(m->field[i].name),
			VIEW_ARG(m->field[i].value));
	return arena_printf(a, "%.*s\r\n%.*s", VIEW_ARG(all), VIEW_ARG(m->body));
}

/* A signature counts if it is valid, whoever handed the message on. */
static void
signed_ones(void)
{
	struct dkim_signer signer = {.alg = SIGNER_ED25519, .domain = "signer.example", .relaxed = true};
	struct raw_message raw;
	struct arena *a = arena_new();
	struct message_names m;
	struct view record, good, bad;
	struct site p;
	char why[500];

	dkim_signer_key(SIGNER_ED25519, 0, a, &signer.pem, &record);
	raw_message_read(VIEW("From: joe@a.example\nTo: kim@b.example\nSubject: x\n\ntext\n"), a, &raw);
	dkim_signer_sign(&signer, &raw, a);
	good = text_of(&raw, a);
	bad = arena_printf(a, "%.*smore\r\n", VIEW_ARG(good));
	open_site(&p, record);
	CU_ASSERT_FATAL(message_names_open(&m, p.conf, why, sizeof(why)));
	message_names_find(&m, good, a);
	UNIT_VIEW(names(&m.found, a), "dkim signer.example, ");
	message_names_find(&m, bad, a);
	UNIT_VIEW(names(&m.found, a), "");
	message_names_done(&m);
	close_site(&p);
	arena_free(a);
}

static void
no_settings(void)
{
	struct message_names m;
	char why[500];

	CU_ASSERT(!message_names_open(&m, "/nonexistent/conf", why, sizeof(why)));
	CU_ASSERT(diag_errors(m.a.diag) > 0);
	CU_ASSERT_STRING_EQUAL(why, "");
	message_names_done(&m);
}

static const struct unit_test tests[] = {
	{"hosts and organisations", table},
	{"signatures", signed_ones},
	{"no settings", no_settings},
};

int
main(void)
{
	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_ERROR, false);
	return unit_main("cmd/message_names", tests, sizeof(tests) / sizeof(*tests));
}
