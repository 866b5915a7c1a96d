/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is signed here verifies there: through libopendkim, which has no part in the signing.
 */
#include "mail/dkim/dkim_sign.h"

#include "checks/dkim_verify.h"
#include "tests/lib/dkim_signer.h"
#include "tests/lib/unit.h"

#define MESSAGE \
	"From: a@example.org\r\nTo: b@example.net\r\nCc: c@example.net\r\nCc: d@example.net\r\n" \
	"Subject: folded\r\n\tfield \r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nX-Own: 1\r\n\r\nHello \t you\r\n\r\n\r\n"

static struct arena *a;
static const char *pem[2]; /* RSA, Ed25519 */

enum change {
	NOTHING, BODY, SUBJECT, SECOND_SUBJECT, LAST_CC_GONE, OWN_FIELD, FOLDED, BODY_MORE_LINES
};

static void
put_on_top(struct raw_message *m, const char *name, struct view value)
{
	memmove(m->field + 1, m->field, m->n * sizeof(*m->field));
	m->field[0] = (struct header_field){view_str(name), value};
	m->n++;
}

static struct raw_message
sign_text(const char *key_pem, struct view text, struct view *record)
{
	const char *why;
	struct dkim_sign_key *k = dkim_sign_key_read(view_str(key_pem), &why);
	struct dkim_sign_body *b = dkim_sign_body_new(a);
	unsigned char hash[DKIM_SIGN_HASH];
	struct raw_message m;

	raw_message_read(text, a, &m);
	dkim_sign_body_add(b, m.body);
	dkim_sign_body_end(b, hash);
	*record = dkim_sign_key_record(k, a);
	put_on_top(&m, "DKIM-Signature", dkim_sign_field(k, VIEW("example.org"), VIEW("sel"), m.field, m.n, hash,
		1700000000, a));
	dkim_sign_key_free(k);
	return m;
}

static struct raw_message
signed_message(const char *key_pem, struct view *record)
{
	return sign_text(key_pem, VIEW(MESSAGE), record);
}

static void
change(struct raw_message *m, enum change c)
{
	switch (c) {
	case BODY: m->body = VIEW("Hello you all\r\n"); break;
	case BODY_MORE_LINES: m->body = VIEW("Hello you\r\n\r\n"); break;
	case SUBJECT: m->field[5].value = VIEW(" other"); break;
	case SECOND_SUBJECT: put_on_top(m, "Subject", VIEW(" other")); break;
	case LAST_CC_GONE: m->field[4].name = VIEW("X-Cc"); break;
	case OWN_FIELD: put_on_top(m, "X-Own", VIEW(" 2")); break;
	case FOLDED: m->field[5].value = VIEW(" folded field"); break;
	default: break;
	}
}

static enum dkim_verdict
verdict(const struct raw_message *m, struct view record)
{
	struct dkim_verify *v = dkim_verify_new(a, 1700000000);

	for (size_t i = 0; i < m->n; i++)
		dkim_verify_header(v, &m->field[i]);
	dkim_verify_eoh(v);
	CU_ASSERT_EQUAL_FATAL(dkim_verify_count(v), 1);
	dkim_verify_key(v, 0, DKIM_ANSWER_FOUND, &record, 1, NULL);
	dkim_verify_body(v, m->body);
	dkim_verify_end(v);
	return dkim_verify_result(v, 0).verdict;
}

static void
verifies(void)
{
	static const struct {
		const char *name;
		enum change change;
		bool holds;
	} cases[] = {
		{"as it was signed", NOTHING, true},
		{"refolded, blanks", FOLDED, true},
		{"empty lines at the end", BODY_MORE_LINES, true},
		{"an unsigned field", OWN_FIELD, true},
		{"another body", BODY, false},
		{"another subject", SUBJECT, false},
		{"one more Subject", SECOND_SUBJECT, false},
		{"one of two Cc is gone", LAST_CC_GONE, false},
	};

	for (int type = 0; type < 2; type++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			struct view record;
			struct raw_message m = signed_message(pem[type], &record);

			change(&m, cases[i].change);
			UNIT_CASE((verdict(&m, record) == DKIM_PASS) == cases[i].holds, cases[i].name);
		}
}

/* What an MTA adds behind us does no harm; what only a forger would add does. */
static void
missing(void)
{
	static const struct {
		const char *name;
		bool holds;
	} cases[] = {{"Date", true}, {"Message-ID", true}, {"Subject", false}, {"To", false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view record;
		struct raw_message m = sign_text(pem[1], VIEW("From: a@example.org\r\n\r\nHello\r\n"), &record);

		CU_ASSERT_EQUAL(verdict(&m, record), DKIM_PASS);
		put_on_top(&m, cases[i].name, VIEW(" x"));
		UNIT_CASE((verdict(&m, record) == DKIM_PASS) == cases[i].holds, cases[i].name);
	}
}

/* The field itself: what RFC 6376 and RFC 8301 want of it, and lines that no MTA folds again. */
static void
fields(void)
{
	struct view record, rest, line;
	struct raw_message m = signed_message(pem[0], &record);
	struct dkim_signature g;

	dkim_signature_read(m.field[0].value, 1700000000, a, &g);
	CU_ASSERT(g.status == DKIM_SIGNATURE_OK && g.alg == DKIM_RSA_SHA256 && !g.has_l && !g.i.p);
	UNIT_VIEW(g.d, "example.org");
	CU_ASSERT(view_search_nocase(m.field[0].value,
		VIEW("h=From:From:Subject:Subject:Date:Date:To:To:Cc:Cc;")) < m.field[0].value.n);
	rest = m.field[0].value;
	while (view_split(&rest, '\n', &line))
		CU_ASSERT(line.n <= 100 && view_find(line, '\r') == line.n);
}

static void
keys(void)
{
	struct view record;
	const char *why, *weak;

	CU_ASSERT_PTR_NULL(dkim_sign_key_read(VIEW("-----BEGIN PRIVATE KEY-----\nAAAA\n"), &why));
	CU_ASSERT(strstr(why, "PEM") != NULL);
	dkim_signer_key(SIGNER_RSA_SHA256, 768, a, &weak, &record);
	CU_ASSERT_PTR_NULL(dkim_sign_key_read(view_str(weak), &why));
	CU_ASSERT(strstr(why, "1024") != NULL);
	dkim_sign_key_free(NULL);
}

static const struct unit_test tests[] = {
	{"signatures hold, and only over what was signed", verifies},
	{"fields that were not there", missing},
	{"the field", fields},
	{"keys that cannot sign", keys},
};

int
main(void)
{
	struct view r;
	int status;

	a = arena_new();
	dkim_signer_key(SIGNER_RSA_SHA256, 2048, a, &pem[0], &r);
	dkim_signer_key(SIGNER_ED25519, 0, a, &pem[1], &r);
	status = unit_main("mail/dkim/dkim_sign", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return status;
}
