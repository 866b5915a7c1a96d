/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dkim_canonical -- libopendkim's canonicalization and ours (mail/dkim/canonical, which serves ARC, signing and
 * RFC 8616) over the mail of the suites; dkim_corpus.c compares them over signatures of others.
 *
 * libopendkim signs each message in each canonicalization, whole and with l=, over all fields that it
 * signs: its bh= must be our body hash, and its signature must hold over our header hash. Of the large
 * corpora each message is signed in one way, which changes from one to the next. Left out are messages with
 * a bare CR, which libopendkim alters before it hashes them. Skipped where the suites are absent.
 */
#include <opendkim/dkim.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks/signature.h"
#include "mail/mime/base64.h"
#include "mail/dkim/dkim_signature.h"
#include "tests/lib/dkim_signer.h"
#include "tests/lib/suite_mail.h"
#include "tests/lib/unit.h"
#include "util/clock.h"
#include "util/limits.h"

enum { WAYS = 5 }; /* of signing */

static struct test {
	DKIM_LIB *lib;
	const char *pem;
	struct dkim_key key;
	struct arena *arena; /* of one message */
	size_t one_in; /* messages are signed in one way of so many */
	size_t messages, bare_cr, hashes, failed;
} test;

static const struct way {
	const char *name;
	enum canonical header, body;
	size_t l; /* bytes of the body, halved; 0 = all */
} ways[WAYS] = {
	{"simple/simple", CANONICAL_SIMPLE, CANONICAL_SIMPLE, 0},
	{"simple/relaxed", CANONICAL_SIMPLE, CANONICAL_RELAXED, 0},
	{"relaxed/simple", CANONICAL_RELAXED, CANONICAL_SIMPLE, 0},
	{"relaxed/relaxed", CANONICAL_RELAXED, CANONICAL_RELAXED, 0},
	{"relaxed/relaxed with l=", CANONICAL_RELAXED, CANONICAL_RELAXED, 2},
};

static void
differs(const char *path, const char *way, const char *what)
{
	if (test.failed++ < 10)
		printf("  %s, %s: %s\n", path, way, what);
}

/* ---- ours ---- */

static bool
body_hash_is(const struct dkim_signature *g, struct view body)
{
	EVP_MD_CTX *hash = signature_hash_new(test.arena);
	unsigned char got[SIGNATURE_HASH];
	struct view want = base64_decode(g->bh, test.arena);
	struct canonical_body b;

	canonical_body_init(&b, g->body, g->has_l ? g->l : UINT64_MAX, signature_hash_add, hash);
	for (; body.n > 0; body = view_skip(body, 1000)) /* no piece is a line */
		canonical_body_add(&b, view_head(body, 1000));
	canonical_body_end(&b);
	signature_hash_end(hash, got);
	return want.n == SIGNATURE_HASH && memcmp(want.p, got, SIGNATURE_HASH) == 0;
}

static bool
signature_is(const struct dkim_signature *g, const struct signature_fields *fields, size_t own)
{
	unsigned char digest[SIGNATURE_HASH];

	signature_header(fields, own, g->header, g->h, test.arena, digest);
	return signature_holds(&test.key, false, base64_decode(g->b_text, test.arena), digest);
}

/* ---- libopendkim signs ---- */

static bool
has_bare_cr(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == '\r' && (i + 1 == v.n || v.p[i + 1] != '\n'))
			return true;
	return false;
}

/* A name with a blank, as the line "From joe Sat Nov 21 ..." of an mbox has it, cannot stand in h=. */
static bool
is_name(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~' || v.p[i] == ';')
			return false;
	return v.n > 0;
}

static void
take_fields(DKIM *dkim, const struct raw_message *m, struct signature_fields *out)
{
	for (size_t i = 0; i < m->n; i++) {
		struct view line = arena_printf(test.arena, "%.*s:%.*s", VIEW_ARG(m->field[i].name),
			VIEW_ARG(m->field[i].value));

		if (!is_name(view_trim(m->field[i].name)))
			continue;
		(void)dkim_header(dkim, (unsigned char *)line.p, line.n);
		signature_fields_add(out, m->field[i], test.arena);
	}
}

/* The value of its DKIM-Signature field. */
static struct view
sign(DKIM *dkim, const struct raw_message *m, struct signature_fields *fields)
{
	unsigned char *value = NULL;
	size_t n = 0;

	take_fields(dkim, m, fields);
	if (dkim_eoh(dkim) != DKIM_STAT_OK)
		return view_of(NULL, 0);
	if (m->body.n)
		(void)dkim_body(dkim, (unsigned char *)(uintptr_t)m->body.p, m->body.n);
	if (!view_ends_nocase(m->body, VIEW("\r\n")))
		(void)dkim_body(dkim, (unsigned char *)"\r\n", 2);
	if (dkim_eom(dkim, NULL) != DKIM_STAT_OK ||
		dkim_getsighdr_d(dkim, sizeof("DKIM-Signature: ") - 1, &value, &n) != DKIM_STAT_OK)
		return view_of(NULL, 0);
	return arena_printf(test.arena, " %.*s", (int)n, (const char *)value);
}

static void
sign_and_compare(const char *path, const struct raw_message *m, const struct way *way)
{
	static const dkim_canon_t canons[] = {DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED};
	struct signature_fields fields = {.n = 0};
	struct dkim_signature g;
	DKIM_STAT status;
	DKIM *dkim = dkim_sign(test.lib, (const unsigned char *)"m", NULL, (unsigned char *)(uintptr_t)test.pem,
		(const unsigned char *)"s", (const unsigned char *)"x.example", canons[way->header],
		canons[way->body], DKIM_SIGN_RSASHA256, way->l ? (ssize_t)(m->body.n / way->l) : -1, &status);
	struct header_field own = {VIEW("DKIM-Signature"), {NULL, 0}};

	if (!dkim)
		abort();
	own.value = sign(dkim, m, &fields);
	dkim_free(dkim);
	signature_fields_add(&fields, own, test.arena);
	dkim_signature_read(own.value, clock_wall(), test.arena, &g);
	if (g.status != DKIM_SIGNATURE_OK || g.header != way->header || g.body != way->body)
		differs(path, way->name, own.value.p ? g.why : "libopendkim does not sign it");
	else if (!body_hash_is(&g, m->body))
		differs(path, way->name, "the body hash is another");
	else if (!signature_is(&g, &fields, fields.n - 1))
		differs(path, way->name, "the header hash is another");
	else
		test.hashes++;
}

/* It signs nothing without From: what has none gets one. */
static void
add_from(struct raw_message *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (view_is(view_trim(m->field[i].name), "From"))
			return;
	m->n -= m->n == RAW_MESSAGE_FIELDS;
	m->field[m->n++] = (struct header_field){VIEW("From"), VIEW(" a@x.example")};
}

static void
compare(void *ctx, const char *path, struct view bytes)
{
	struct raw_message m;

	(void)ctx;
	arena_reset(test.arena);
	raw_message_read(bytes, test.arena, &m);
	add_from(&m);
	test.messages++;
	if (has_bare_cr(bytes)) {
		test.bare_cr++;
		return;
	}
	for (size_t i = 0; i < WAYS; i++)
		if (i % test.one_in == test.messages % test.one_in)
			sign_and_compare(path, &m, &ways[i]);
}

static int
suite(const char *name, size_t one_in)
{
	bool ok;

	test.one_in = one_in;
	test.messages = test.bare_cr = test.hashes = test.failed = 0;
	if (!suite_mail_each(name, compare, NULL))
		return 0;
	ok = test.failed == 0 && test.hashes > 0;
	printf("%s dkim_canonical: %s: %zu messages, %zu times the same hashes, %zu left out for a bare CR\n",
		ok ? "ok" : "FAILED", name, test.messages, test.hashes, test.bare_cr);
	return !ok;
}

int
main(void)
{
	static const struct {
		const char *name;
		size_t one_in;
	} suites[] = {{"dkim-mail-dkim/corpus", 1}, {"dkim-dkimpy/data", 1}, {"mime-postfix", 1},
		{"mime-python-email/data", 1}, {"mime-tools/testmsgs", 1},
		{"corpus-notmuch/notmuch-corpora.tar.zst", WAYS}, {"corpus-spamassassin/sa-dev.tar.zst", WAYS}};
	struct arena *keep = arena_new();
	struct view record;
	const char *why;
	int status = 0;

	dkim_signer_key(SIGNER_RSA_SHA256, 1024, keep, &test.pem, &record);
	if (dkim_key_read(record, keep, &test.key, &why) != DKIM_KEY_OK)
		abort();
	test.lib = dkim_init(NULL, NULL);
	test.arena = arena_new();
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++)
		status |= suite(suites[i].name, suites[i].one_in);
	dkim_close(test.lib);
	arena_free(test.arena);
	arena_free(keep);
	return status;
}
