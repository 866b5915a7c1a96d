/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What checks/signature verifies alone: DKIM signatures with UTF-8 (RFC 8616), which libopendkim refuses, and
 * those over other signatures.
 */
#include "checks/dkim_verify.h"

#include <stdio.h>
#include <time.h>

#include "tests/lib/dkim_signer.h"
#include "tests/lib/unit.h"

static struct arena *a; /* of the whole run: keys */
static const char *rsa_pem, *big_pem, *ed_pem;
static struct view rsa_record, big_record, ed_record;

#define MESSAGE "From: A <a@example.org>\r\nTo: b@example.net\r\nSubject: a  test\r\n of folding\r\n\r\n" \
	"Hello \t you.\r\n\r\nBye.\r\n\r\n\r\n"

static struct raw_message
signed_message(const struct dkim_signer *s)
{
	struct raw_message m;

	raw_message_read(VIEW(MESSAGE), a, &m);
	dkim_signer_sign(s, &m, a);
	return m;
}

/* An absent record: the DNS is down. */
static struct dkim_verify *
verify(struct arena *arena, const struct raw_message *m, struct view record)
{
	struct dkim_verify *v = dkim_verify_new(arena, (int64_t)time(NULL));

	for (size_t i = 0; i < m->n; i++)
		dkim_verify_header(v, &m->field[i]);
	dkim_verify_eoh(v);
	for (size_t at = 0; at < m->body.n; at += 5)
		dkim_verify_body(v, view_head(view_skip(m->body, at), 5));
	for (size_t i = 0; i < dkim_verify_count(v); i++)
		if (dkim_verify_key_name(v, i).p)
			dkim_verify_key(v, i, record.p ? DKIM_ANSWER_FOUND : DKIM_ANSWER_TEMPFAIL, &record,
				record.p != NULL, "SERVFAIL");
	dkim_verify_end(v);
	return v;
}

static const struct {
	const char *domain, *selector, *more, *key_name;
	enum dkim_verdict want;
	const char *why;
} names[] = {
	{"m\303\274.example", NULL, NULL, "sel._domainkey.xn--m-eha.example", DKIM_PASS, NULL},
	{"M\303\234.Example", "s\303\266", NULL, "xn--s-1ga._domainkey.xn--m-eha.example", DKIM_PASS, NULL},
	{"m\303\274.example", NULL, " i=j\303\266=20e@a.xn--m-eha.example", "sel._domainkey.xn--m-eha.example",
		DKIM_PASS, NULL},
	{"xn--m-eha.example", NULL, " i=@m\303\274.example", "sel._domainkey.xn--m-eha.example", DKIM_PASS, NULL},
	{"m\303\274.example", NULL, " i=@other.example", NULL, DKIM_NEUTRAL, "i= is not under d="},
	{"m\303\274..example", NULL, NULL, NULL, DKIM_NEUTRAL, "d= is missing or no domain"},
	{"m\303\274.example.", NULL, NULL, NULL, DKIM_NEUTRAL, "d= is missing or no domain"},
	{"m\303.example", NULL, NULL, NULL, DKIM_NEUTRAL, "d= is missing or no domain"},
	{"m\303\274.example", NULL, " q=dns/txt:\303\274", NULL, DKIM_NEUTRAL, "a tag is not ASCII"},
};

/* Beside a signature that the library gets. */
static void
name(size_t i, bool ed25519, bool relaxed)
{
	struct dkim_signer s = {.alg = ed25519 ? SIGNER_ED25519 : SIGNER_RSA_SHA256,
		.pem = ed25519 ? ed_pem : rsa_pem, .relaxed = relaxed, .domain = names[i].domain,
		.selector = names[i].selector, .more = names[i].more};
	struct raw_message m = signed_message(&s);
	struct arena *mine = arena_new();
	struct dkim_verify *v;

	dkim_signer_sign(&(struct dkim_signer){.alg = s.alg, .pem = s.pem}, &m, a);
	v = verify(mine, &m, ed25519 ? ed_record : rsa_record);
	CU_ASSERT_EQUAL(dkim_verify_count(v), 2);
	for (size_t k = 0; k < dkim_verify_count(v); k++) {
		struct dkim_verify_result r = dkim_verify_result(v, k);

		if (view_eq_str(r.signature->d, "example.org")) {
			UNIT_CASE(r.verdict == DKIM_PASS, "the library's own");
			continue;
		}
		UNIT_CASE(r.verdict == names[i].want, names[i].domain);
		UNIT_CASE(names[i].why ? r.why && strcmp(r.why, names[i].why) == 0 : !r.why, names[i].domain);
		if (names[i].key_name) {
			UNIT_VIEW(dkim_verify_key_name(v, k), names[i].key_name);
			UNIT_VIEW(r.signature->d, "xn--m-eha.example");
		}
	}
	arena_free(mine);
}

static void
international(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		for (int kind = 0; kind < 4; kind++)
			name(i, kind / 2, kind % 2);
}

static void
expect(const struct raw_message *m, struct view record, enum dkim_verdict want, const char *why, const char *title)
{
	struct arena *mine = arena_new();
	struct dkim_verify_result r = dkim_verify_result(verify(mine, m, record), 0);

	UNIT_CASE(r.verdict == want, title);
	UNIT_CASE(why ? r.why && strcmp(r.why, why) == 0 : !r.why, title);
	arena_free(mine);
}

static void
faults(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem, .domain = "m\303\274.example"};
	struct raw_message m = signed_message(&s);

	expect(&m, rsa_record, DKIM_PASS, NULL, "as signed");
	expect(&m, big_record, DKIM_FAIL, "signature did not verify", "another key");
	expect(&m, ed_record, DKIM_PERMERROR, "the key is of another type", "another algorithm");
	expect(&m, view_of(NULL, 0), DKIM_TEMPERROR, "SERVFAIL", "DNS is down");
	m.body = VIEW("Hello  you!\r\n");
	expect(&m, rsa_record, DKIM_FAIL, "body hash did not verify", "body changed");
	m.body = VIEW("Hello\ryou.\r\n");
	expect(&m, rsa_record, DKIM_NEUTRAL, "the body has a bare CR or LF", "bare CR");
	m = signed_message(&s);
	m.field[2].value = VIEW(" c@example.net");
	expect(&m, rsa_record, DKIM_FAIL, "signature did not verify", "header changed");
	m = signed_message(&s);
	m.field[m.n++] = (struct header_field){VIEW("From"), VIEW(" other@example.com")};
	expect(&m, rsa_record, DKIM_PERMERROR, "more than one From field", "two From");
	s.partial = true;
	s.length = 20;
	m = signed_message(&s);
	m.body = VIEW("Hello \t you.\r\n\r\nBye.\r\nADVERTISEMENT\r\n");
	expect(&m, rsa_record, DKIM_PASS, NULL, "l= lets more follow");
	m.body = VIEW("Hello\r\n");
	expect(&m, rsa_record, DKIM_FAIL, "l= is larger than the body", "body cut short of l=");
}

/* Also over one that the library does not see. */
static void
signed_signatures(void)
{
	static const char *const others[] = {" v=1; a=rsa-sha256; d=x.org; s=s; h=from; bh=AA==; b=AA==", " garbage"};

	for (size_t i = 0; i < 2; i++) {
		struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = rsa_pem, .relaxed = i, .also = "DKIM-Signature"};
		struct raw_message m;

		raw_message_read(VIEW(MESSAGE), a, &m);
		m.field[m.n++] = (struct header_field){VIEW("DKIM-Signature"), view_str(others[i])};
		dkim_signer_sign(&s, &m, a);
		expect(&m, rsa_record, DKIM_PASS, NULL, others[i]);
		m.field[m.n - 1].value = VIEW(" v=2");
		expect(&m, rsa_record, DKIM_FAIL, "signature did not verify", "the other one was changed");
	}
}

static const struct unit_test tests[] = {{"internationalised names", international}, {"their faults", faults},
	{"signed signatures", signed_signatures}};

int
main(void)
{
	int status;

	a = arena_new();
	dkim_signer_key(SIGNER_RSA_SHA256, 1024, a, &rsa_pem, &rsa_record);
	dkim_signer_key(SIGNER_RSA_SHA256, 2048, a, &big_pem, &big_record);
	dkim_signer_key(SIGNER_ED25519, 0, a, &ed_pem, &ed_record);
	status = unit_main("checks/signature", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return status;
}
