/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dkim_verify.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "tests/lib/dkim_signer.h"
#include "tests/lib/unit.h"

static struct arena *a; /* of the whole run: keys */
static const char *rsa_pem, *big_pem, *small_pem, *ed_pem;
static struct view rsa_record, big_record, small_record, ed_record;

#define HEADER  "From: A <a@example.org>\r\nTo: b@example.net\r\nSubject: a  test\r\n of folding\r\n"
#define MESSAGE HEADER "\r\nHello \t you.\r\n\r\nBye.\r\n\r\n\r\n"

/* The key of every selector of a test, as a DNS answer. */
struct answer {
	enum dkim_key_answer status;
	struct view txt[3];
	size_t n;
};

static struct raw_message
message(const char *text)
{
	struct raw_message m;

	raw_message_read(view_str(text), a, &m);
	return m;
}

static struct answer
found(struct view record)
{
	return (struct answer){DKIM_ANSWER_FOUND, {record}, 1};
}

/* Runs a whole message through, the body in pieces of `step` bytes. */
static struct dkim_verify *
run(struct arena *arena, const struct raw_message *m, const struct answer *key, size_t step)
{
	struct dkim_verify *v = dkim_verify_new(arena, (int64_t)time(NULL));

	for (size_t i = 0; i < m->n; i++)
		dkim_verify_header(v, &m->field[i]);
	dkim_verify_eoh(v);
	for (size_t at = 0; at < m->body.n; at += step)
		dkim_verify_body(v, view_head(view_skip(m->body, at), step));
	for (size_t i = 0; i < dkim_verify_count(v); i++)
		if (dkim_verify_key_name(v, i).p && key)
			dkim_verify_key(v, i, key->status, key->txt, key->n,
				key->status == DKIM_ANSWER_TEMPFAIL ? "SERVFAIL" : NULL);
	dkim_verify_end(v);
	return v;
}

static struct raw_message
signed_message(const char *text, const struct dkim_signer *s)
{
	struct raw_message m = message(text);

	dkim_signer_sign(s, &m, a);
	return m;
}

static void
expect(const struct raw_message *m, struct answer key, enum dkim_verdict want, const char *why,
	const char *name)
{
	struct arena *mine = arena_new();
	struct dkim_verify *v = run(mine, m, &key, 7);
	struct dkim_verify_result r;

	UNIT_CASE(dkim_verify_count(v) > 0, name);
	if (dkim_verify_count(v) > 0) {
		r = dkim_verify_result(v, 0);
		UNIT_CASE(r.verdict == want, name);
		UNIT_CASE(why ? r.why && strcmp(r.why, why) == 0 : !r.why, name);
		if (r.verdict != want || (why && r.why && strcmp(r.why, why) != 0))
			printf("  %s: %s (%s)\n", name, dkim_verify_verdict_name(r.verdict),
				r.why ? r.why : "-");
	}
	arena_free(mine);
}

static void
passes(void)
{
	static const char *const bodies[] = {MESSAGE, HEADER "\r\n", HEADER, HEADER "\r\n\r\n\r\n",
		HEADER "\r\nno line end", HEADER "\r\n \t\r\n x \r\n", HEADER "\r\nx\r\n \r\n"};
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem};
	struct raw_message m;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
		for (int relaxed = 0; relaxed < 2; relaxed++) {
			s.relaxed = relaxed;
			m = signed_message(bodies[i], &s);
			expect(&m, found(rsa_record), DKIM_PASS, NULL, bodies[i]);
		}
	m = signed_message(
		MESSAGE, &(struct dkim_signer){.alg = SIGNER_RSA_SHA256, .pem = big_pem});
	expect(&m, found(big_record), DKIM_PASS, NULL, "4096 bits");
	m = signed_message(MESSAGE,
		&(struct dkim_signer){.alg = SIGNER_ED25519, .pem = ed_pem, .relaxed = true});
	expect(&m, found(ed_record), DKIM_PASS, NULL, "Ed25519");
	m = signed_message(MESSAGE,
		&(struct dkim_signer){
			.pem = rsa_pem, .alg = SIGNER_RSA_SHA256, .more = " i=a@b.example.org"});
	expect(&m, found(rsa_record), DKIM_PASS, NULL, "i= below d=");
}

static void
fails(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem};
	struct raw_message m = signed_message(MESSAGE, &s);

	m.body = VIEW("Hello  you!\r\n");
	expect(&m, found(rsa_record), DKIM_FAIL, "body hash did not verify", "body changed");
	m = signed_message(MESSAGE, &s);
	m.field[2].value = VIEW(" c@example.net");
	expect(&m, found(rsa_record), DKIM_FAIL, "signature did not verify", "header changed");
	m = signed_message(MESSAGE, &s);
	expect(&m, found(big_record), DKIM_FAIL, "signature did not verify", "another key");
	s = (struct dkim_signer){.alg = SIGNER_ED25519, .pem = ed_pem};
	m = signed_message(MESSAGE, &s);
	m.body = VIEW("");
	expect(&m, found(ed_record), DKIM_FAIL, "body hash did not verify",
		"Ed25519, body changed");
	s = (struct dkim_signer){
		.alg = SIGNER_RSA_SHA256, .pem = rsa_pem, .partial = true, .length = 20};
	m = signed_message(MESSAGE, &s);
	m.body = VIEW("Hello\r\n");
	expect(&m, found(rsa_record), DKIM_FAIL, "l= is larger than the body",
		"body cut short of l=");
}

static void
keys(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem};
	struct raw_message m = signed_message(MESSAGE, &s);
	struct answer many = {
		DKIM_ANSWER_FOUND, {VIEW("v=spf1 -all"), VIEW("v=DKIM1; p="), rsa_record}, 3};

	expect(&m, (struct answer){DKIM_ANSWER_NONE, {{0}}, 0}, DKIM_PERMERROR,
		"no key for signature", "no key record");
	expect(&m, found(VIEW("v=spf1 -all")), DKIM_PERMERROR, "no key for signature",
		"some other record, of a wildcard");
	expect(&m, found(VIEW("v=DKIM1; p=")), DKIM_PERMERROR, "key was revoked", "empty p=");
	expect(&m, found(VIEW("v=DKIM1; p=AAAA")), DKIM_PERMERROR, "p= is no RSA key",
		"broken key");
	expect(&m, found(ed_record), DKIM_PERMERROR, "the key is of another type",
		"Ed25519 key for RSA");
	expect(&m, (struct answer){DKIM_ANSWER_TEMPFAIL, {{0}}, 0}, DKIM_TEMPERROR, "SERVFAIL",
		"DNS is down");
	expect(&m, found(arena_printf(a, "t=y; %.*s", VIEW_ARG(rsa_record))), DKIM_PERMERROR,
		"v= is not the first tag", "v= in the middle");
	expect(&m, many, DKIM_PASS, NULL, "the first usable record counts");
	s.more = " i=a@b.example.org";
	m = signed_message(MESSAGE, &s);
	expect(&m, found(arena_printf(a, "%.*s; t=s", VIEW_ARG(rsa_record))), DKIM_PERMERROR,
		"the key is not for subdomains", "t=s");
}

static void
not_accepted(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA1, .pem = rsa_pem};
	struct raw_message m = signed_message(MESSAGE, &s);

	expect(&m, found(rsa_record), DKIM_POLICY, "rsa-sha1 is no longer valid", "rsa-sha1");
	s = (struct dkim_signer){.alg = SIGNER_RSA_SHA256, .pem = small_pem};
	m = signed_message(MESSAGE, &s);
	expect(&m, found(small_record), DKIM_POLICY, "RSA key under 1024 bits", "512 bits");
	m = message("DKIM-Signature: v=1; a=rsa-sha256; d=x.org; s=s; h=from; bh=AA==; b=AA==; "
		    "x=1000\r\n" MESSAGE);
	expect(&m, found(rsa_record), DKIM_POLICY, "signature has expired", "expired");
	m = message("DKIM-Signature: v=1; a=rsa-sha256; d=x.org; s=s; h=from; bh=AA==; "
		    "b=!!!!\r\n" MESSAGE);
	expect(&m, found(rsa_record), DKIM_NEUTRAL, "b= or bh= is no base64", "b= is no base64");
	m = message("DKIM-Signature: v=1; a=rsa-sha256; d=x.org; s=s; h=from; bh=AA==; b=AA==; "
		    "i=@x.org=\r\n" MESSAGE);
	expect(&m, found(rsa_record), DKIM_NEUTRAL, "i= has a stray '='", "stray '='");
	m = message("DKIM-Signature: nonsense\r\n" MESSAGE);
	expect(&m, found(rsa_record), DKIM_NEUTRAL, "tag without '='", "no tag list");
}

/* l= is legal and weak: a body may be added to. It passes and says so. */
static void
length_tag(void)
{
	static const size_t lengths[] = {0, 5};

	for (size_t i = 0; i < 2; i++) {
		struct dkim_signer s = {.alg = SIGNER_RSA_SHA256,
			.pem = rsa_pem,
			.partial = true,
			.length = lengths[i]};
		struct raw_message m = signed_message(MESSAGE, &s);
		struct arena *mine = arena_new();
		struct answer key = found(rsa_record);
		struct dkim_verify_result r;

		m.body = VIEW("HelloADVERTISEMENT");
		r = dkim_verify_result(run(mine, &m, &key, 3), 0);
		CU_ASSERT(r.verdict == DKIM_PASS);
		CU_ASSERT(r.signature->has_l && r.signature->l == lengths[i]);
		arena_free(mine);
	}
}

static void
several(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem};
	struct raw_message m = message(MESSAGE);
	struct arena *mine = arena_new();
	struct answer key = found(rsa_record);
	struct dkim_verify *v;

	for (int i = 0; i < 12; i++) {
		s.relaxed = i % 2;
		dkim_signer_sign(&s, &m, a);
	}
	m.field[4].value = VIEW(" v=1; a=rsa-sha1; d=x.org; s=s; h=from; bh=AA==; b=AA==");
	m.field[6].value = VIEW(" garbage");
	v = run(mine, &m, &key, 1000);
	CU_ASSERT_EQUAL(dkim_verify_count(v), DKIM_SIGNATURES);
	CU_ASSERT_EQUAL(dkim_verify_ignored(v), 12 - DKIM_SIGNATURES);
	for (size_t i = 0; i < DKIM_SIGNATURES; i++) {
		enum dkim_verdict got = dkim_verify_result(v, i).verdict;

		if (i == 4)
			CU_ASSERT_EQUAL(got, DKIM_POLICY);
		if (i == 6)
			CU_ASSERT_EQUAL(got, DKIM_NEUTRAL);
		if (i != 4 && i != 6)
			CU_ASSERT_EQUAL(got, DKIM_PASS);
	}
	arena_free(mine);
}

static void
broken_messages(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem};
	struct raw_message m = signed_message(MESSAGE, &s);
	struct arena *mine = arena_new();

	m.field[m.n++] = (struct header_field){VIEW("From"), VIEW(" other@example.com")};
	expect(&m, found(rsa_record), DKIM_PERMERROR, "more than one From field", "two From");
	m = signed_message(MESSAGE, &s);
	m.field[1].name = VIEW("Fromage");
	expect(&m, found(rsa_record), DKIM_PERMERROR, "no From field", "no From");
	m = signed_message(MESSAGE, &s);
	m.field[2].value = VIEW(" b\0@example.net");
	expect(&m, found(rsa_record), DKIM_PERMERROR, "a header field has a NUL", "NUL");
	m = signed_message(MESSAGE, &s);
	m.field[m.n++] = (struct header_field){VIEW("X"), VIEW(" a\rb")};
	expect(&m, found(rsa_record), DKIM_PERMERROR, "a header field has a bare CR", "bare CR");
	m = signed_message(MESSAGE, &s);
	m.field[m.n++] = (struct header_field){VIEW("DKIM-Signature\t"), VIEW(" v=1")};
	m.field[m.n++] = (struct header_field){VIEW("X;Y"), VIEW(" z")};
	m.field[m.n++] = (struct header_field){VIEW(""), VIEW("")};
	expect(&m, found(rsa_record), DKIM_PASS, NULL, "field names that nobody signs");
	m = message(MESSAGE);
	CU_ASSERT_EQUAL(dkim_verify_count(run(mine, &m, NULL, 100)), 0);
	m = signed_message(MESSAGE, &s);
	CU_ASSERT_EQUAL(dkim_verify_result(run(mine, &m, NULL, 100), 0).verdict, DKIM_TEMPERROR);
	arena_free(mine);
}

/* What a milter hands on: folding as bare LF. */
static void
milter_folding(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem};
	struct raw_message m = signed_message(MESSAGE, &s);

	for (size_t i = 0; i < m.n; i++) {
		char *p = arena_cstr(a, m.field[i].value);
		size_t n = 0;

		for (size_t k = 0; k < m.field[i].value.n; k++)
			if (p[k] != '\r')
				p[n++] = p[k];
		m.field[i].value = view_of(p, n);
	}
	expect(&m, found(rsa_record), DKIM_PASS, NULL, "LF folding");
}

/* However long the body, the arena keeps none of it. */
static void
streams(void)
{
	static char line[1024];
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem, .relaxed = true};
	struct raw_message m = signed_message(MESSAGE, &s);
	struct arena *mine = arena_new();
	struct dkim_verify *v = dkim_verify_new(mine, (int64_t)time(NULL));
	size_t before;

	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = i % 128 >= 126 ? "\r\n"[i % 2] : "x "[i % 9 == 0];
	for (size_t i = 0; i < m.n; i++)
		dkim_verify_header(v, &m.field[i]);
	dkim_verify_eoh(v);
	before = arena_used(mine);
	for (int i = 0; i < 4096; i++)
		dkim_verify_body(v, view_of(line, sizeof(line)));
	CU_ASSERT(arena_used(mine) - before < 16 * 1024);
	arena_free(mine);
}

/* The library buffers what has no blank: there a ceiling is needed. */
static void
long_word(void)
{
	static char chunk[40000];
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem, .relaxed = true};

	memset(chunk, 'x', sizeof(chunk));
	for (int times = 1; times <= 1000; times *= 1000) {
		struct raw_message m = signed_message(MESSAGE, &s);
		struct arena *mine = arena_new();
		struct dkim_verify *v = dkim_verify_new(mine, (int64_t)time(NULL));
		size_t before;

		for (size_t i = 0; i < m.n; i++)
			dkim_verify_header(v, &m.field[i]);
		dkim_verify_eoh(v);
		before = arena_used(mine);
		for (int i = 0; i < times; i++)
			dkim_verify_body(v, view_of(chunk, sizeof(chunk)));
		CU_ASSERT(arena_used(mine) - before < 400 * 1024);
		dkim_verify_key(v, 0, DKIM_ANSWER_FOUND, &rsa_record, 1, NULL);
		dkim_verify_end(v);
		CU_ASSERT_EQUAL(
			dkim_verify_result(v, 0).verdict, times == 1 ? DKIM_FAIL : DKIM_NEUTRAL);
		arena_free(mine);
	}
}

static void *
thread(void *arg)
{
	const struct raw_message *m = arg;
	struct answer key = found(rsa_record);
	intptr_t passed = 0;

	for (int i = 0; i < 20; i++) {
		struct arena *mine = arena_new();

		passed += dkim_verify_result(run(mine, m, &key, 50), 0).verdict == DKIM_PASS;
		arena_free(mine);
	}
	return (void *)passed;
}

static void
threads(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem};
	struct raw_message m = signed_message(MESSAGE, &s);
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		CU_ASSERT_FATAL(pthread_create(&t[i], NULL, thread, &m) == 0);
	for (int i = 0; i < 4; i++) {
		void *passed;

		pthread_join(t[i], &passed);
		CU_ASSERT_EQUAL((intptr_t)passed, 20);
	}
}

/* x= is judged by the caller's clock, not by the machine's. */
static void
clock_is_given(void)
{
	struct raw_message m = message("DKIM-Signature: v=1; a=rsa-sha256; d=x.org; s=s; h=from; "
				       "bh=AA==; b=AAAA; t=1500000000; x=1500000100\r\n" MESSAGE);
	struct arena *mine = arena_new();
	static const struct {
		int64_t now;
		enum dkim_verdict want;
	} rows[] = {{1500000050, DKIM_TEMPERROR}, {1500001000, DKIM_POLICY},
		{1400000000, DKIM_NEUTRAL}};

	for (size_t i = 0; i < 3; i++) {
		struct dkim_verify *v = dkim_verify_new(mine, rows[i].now);

		for (size_t k = 0; k < m.n; k++)
			dkim_verify_header(v, &m.field[k]);
		dkim_verify_eoh(v);
		CU_ASSERT_EQUAL(
			dkim_verify_key_name(v, 0).p != NULL, rows[i].want == DKIM_TEMPERROR);
		dkim_verify_end(v);
		CU_ASSERT_EQUAL(dkim_verify_result(v, 0).verdict, rows[i].want);
	}
	arena_free(mine);
}

/* The library asks OpenSSL for keys by a name that is ours, and gets what OpenSSL would have said. */
static void
key_reader(void)
{
	static const char *const types[] = {"RSA", "ED25519"};
	Dl_info own, found;

	CU_ASSERT_FATAL(dladdr((void *)(uintptr_t)dkim_verify_new, &own) != 0);
	CU_ASSERT_FATAL(dladdr(dlsym(RTLD_DEFAULT, "d2i_PUBKEY_bio"), &found) != 0);
	CU_ASSERT_PTR_EQUAL(found.dli_fbase, own.dli_fbase);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		EVP_PKEY *want = EVP_PKEY_Q_keygen(NULL, NULL, types[i], (size_t)2048), *got;
		BIO *bio = BIO_new(BIO_s_mem());

		CU_ASSERT_FATAL(want && i2d_PUBKEY_bio(bio, want) == 1);
		got = d2i_PUBKEY_bio(bio, NULL);
		UNIT_CASE(got && EVP_PKEY_eq(got, want) == 1, types[i]);
		EVP_PKEY_free(got);
		EVP_PKEY_free(want);
		BIO_free(bio);
	}
}

static const struct unit_test tests[] = {
	{"valid signatures pass", passes},
	{"changed messages fail", fails},
	{"judges keys", keys},
	{"does not accept old or broken signatures", not_accepted},
	{"l= passes and is reported", length_tag},
	{"verifies ten of twelve", several},
	{"messages that cannot be signed", broken_messages},
	{"folding as a milter has it", milter_folding},
	{"keeps nothing of the body", streams},
	{"nor of a word without end", long_word},
	{"threads share the library", threads},
	{"time is the caller's", clock_is_given},
	{"the library's keys are read by us", key_reader},
};

int
main(void)
{
	int r;

	a = arena_new();
	dkim_signer_key(SIGNER_RSA_SHA256, 2048, a, &rsa_pem, &rsa_record);
	dkim_signer_key(SIGNER_RSA_SHA256, 4096, a, &big_pem, &big_record);
	dkim_signer_key(SIGNER_RSA_SHA256, 512, a, &small_pem, &small_record);
	dkim_signer_key(SIGNER_ED25519, 0, a, &ed_pem, &ed_record);
	r = unit_main("checks/dkim_verify", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return r;
}
