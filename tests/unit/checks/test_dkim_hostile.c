/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is kept from libopendkim, or judged behind it: bodies that it does not hash as they are, and signatures
 * that would cost much.
 */
#include "checks/dkim_verify.h"

#include <time.h>

#include "tests/lib/dkim_signer.h"
#include "tests/lib/unit.h"

static struct arena *a; /* of the whole run: keys */
static const char *pem;
static struct view record;

#define HEADER  "From: A <a@example.org>\r\nTo: b@example.net\r\nSubject: a  test\r\n"
#define MESSAGE HEADER "\r\nHello \t you.\r\n"

static struct raw_message
message(const char *text)
{
	struct raw_message m;

	raw_message_read(view_str(text), a, &m);
	return m;
}

/* The body in pieces of 7 bytes. */
static struct dkim_verify *
run(struct arena *arena, const struct raw_message *m)
{
	struct dkim_verify *v = dkim_verify_new(arena, (int64_t)time(NULL));

	for (size_t i = 0; i < m->n; i++)
		dkim_verify_header(v, &m->field[i]);
	dkim_verify_eoh(v);
	for (size_t at = 0; at < m->body.n; at += 7)
		dkim_verify_body(v, view_head(view_skip(m->body, at), 7));
	for (size_t i = 0; i < dkim_verify_count(v); i++)
		if (dkim_verify_key_name(v, i).p)
			dkim_verify_key(v, i, DKIM_ANSWER_FOUND, &record, 1, NULL);
	dkim_verify_end(v);
	return v;
}

static void
expect(const struct raw_message *m, enum dkim_verdict want, const char *why, const char *title)
{
	struct arena *mine = arena_new();
	struct dkim_verify_result r = dkim_verify_result(run(mine, m), 0);

	UNIT_CASE(r.verdict == want, title);
	UNIT_CASE(why ? r.why && strcmp(r.why, why) == 0 : !r.why, title);
	arena_free(mine);
}

/* The library would not see a CR that was slipped into the body, */
static void
bare_cr(void)
{
	static const char *const bodies[] = {
		"a\rb\r\n", "ab\r\n\r", "\rab\r\n", "ab\r\r\n", "1234567\rab\r\n"};

	for (int relaxed = 0; relaxed < 2; relaxed++)
		for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
			struct dkim_signer s = {
				.alg = SIGNER_RSA_SHA256, .pem = pem, .relaxed = relaxed};
			struct raw_message m = message(HEADER "\r\n");

			m.body = view_str(bodies[i]);
			dkim_signer_sign(&s, &m, a);
			expect(&m, DKIM_NEUTRAL, "the body has a bare CR or LF",
				bodies[i]);
		}
}

/* nor, in a simple body, LFs at the end of a piece. */
static void
bare_lf(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = pem};

	for (int relaxed = 0; relaxed < 2; relaxed++) {
		struct raw_message m;

		s.relaxed = relaxed;
		m = message(HEADER "\r\n1234567 Bye.\r\n");
		dkim_signer_sign(&s, &m, a);
		expect(&m, DKIM_PASS, NULL, "as signed");
		m.body = VIEW("1234\n\n\n567 Bye.\r\n");
		expect(&m, DKIM_NEUTRAL, "the body has a bare CR or LF", "bare LF");
	}
}

/* Each l= is a walk over the body of its own. */
static void
walks(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = pem, .partial = true};
	struct raw_message m = message(MESSAGE);
	struct arena *mine = arena_new();
	struct dkim_verify *v;

	for (size_t i = 0; i < 8; i++) { /* the topmost comes first */
		s.length = i / 2;
		s.domain = i ? "example.org" : "m\303\274.example";
		dkim_signer_sign(&s, &m, a);
	}
	s.length = 4;
	dkim_signer_sign(&s, &m, a);
	v = run(mine, &m);
	CU_ASSERT_EQUAL(dkim_verify_count(v), 9);
	for (size_t i = 0; i < 9; i++)
		CU_ASSERT_EQUAL(dkim_verify_result(v, i).verdict, i < 7 ? DKIM_PASS : DKIM_POLICY);
	UNIT_VIEW(view_str(dkim_verify_result(v, 8).why), "too many ways to hash the body");
	arena_free(mine);
}

/* A signature that was refused is not worked on. */
static void
refused(void)
{
	struct dkim_signer s = {.alg = SIGNER_RSA_SHA256, .pem = pem};
	struct raw_message m = message(MESSAGE);
	struct arena *mine = arena_new();
	struct dkim_verify *v = dkim_verify_new(mine, (int64_t)time(NULL));
	char *names = arena_alloc(mine, 2 * DKIM_SIGNED_NAMES + 3);
	size_t before;

	dkim_signer_sign(&s, &m, a);
	for (size_t i = 0; i < DKIM_SIGNED_NAMES + 1; i++)
		memcpy(names + 2 * i, ":x", 2);
	for (size_t i = 0; i < m.n; i++)
		dkim_verify_header(v, &m.field[i]);
	for (size_t i = 1; i < DKIM_SIGNATURES; i++)
		dkim_verify_header(v, &(struct header_field){VIEW("DKIM-Signature"), arena_printf(mine,
			" v=1; a=rsa-sha256; d=x.org; s=s; h=from%s; bh=AA==; b=AA==", names)});
	before = arena_used(mine);
	dkim_verify_eoh(v);
	CU_ASSERT(dkim_verify_key_name(v, 0).p && !dkim_verify_key_name(v, 1).p);
	CU_ASSERT(arena_used(mine) - before < 20000);
	arena_free(mine);
}

static const struct unit_test tests[] = {{"bare CR in the body", bare_cr}, {"bare LF in the body", bare_lf},
	{"walks over the body", walks}, {"refused signatures", refused}};

int
main(void)
{
	int status;

	a = arena_new();
	dkim_signer_key(SIGNER_RSA_SHA256, 2048, a, &pem, &record);
	status = unit_main("checks/dkim_hostile", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return status;
}
