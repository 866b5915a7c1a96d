/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/key_check.h"

#include "tests/lib/dkim_signer.h"
#include "tests/lib/unit.h"

static struct arena *a;

/* A key, its record, and the p= of it. */
static struct dkim_sign_key *
key_of(enum dkim_signer_alg alg, struct view *record_out)
{
	struct dkim_sign_key *k;
	const char *pem, *why;

	dkim_signer_key(alg, 2048, a, &pem, record_out);
	k = dkim_sign_key_read(view_str(pem), &why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	return k;
}

static void
is(const struct dkim_sign_key *k, struct view one, struct view two, const char *want)
{
	const struct view txt[] = {one, two};
	bool testing;
	struct view got = key_check_records(k, txt, (one.p != NULL) + (two.p != NULL), &testing, a);

	UNIT_CASE(want ? view_eq_str(got, want) : !got.p, want ? want : "fits");
}

static void
records(void)
{
	const struct view none = {NULL, 0};
	struct view own, other, ed, p;
	struct dkim_sign_key *k = key_of(SIGNER_RSA_SHA256, &own), *k2 = key_of(SIGNER_RSA_SHA256, &other),
		*k3 = key_of(SIGNER_ED25519, &ed);
	bool testing;

	is(k, own, none, NULL);
	is(k3, ed, none, NULL);
	is(k, own, VIEW("v=spf1 -all"), NULL); /* what a wildcard adds is no key */
	is(k, none, none, "there is no such record");
	is(k, VIEW("v=spf1 -all"), none, "the TXT record there is no DKIM key");
	is(k, other, none, "the record has another key");
	is(k, ed, none, "the record has another key");
	is(k3, own, none, "the record has another key");
	is(k, own, other, "2 key records there: only one may be");
	is(k, VIEW("v=DKIM1; p="), none, "the record is of no use: key was revoked");
	is(k, VIEW("v=DKIM1; k=rsa; p=AA!"), none, "the record is of no use: p= is no base64");
	p = view_skip(own, view_find(own, 'p'));
	own = arena_printf(a, "v=DKIM1; t=y:s; %.*s", VIEW_ARG(p));
	CU_ASSERT_PTR_NULL(key_check_records(k, &own, 1, &testing, a).p);
	CU_ASSERT(testing);
	CU_ASSERT_PTR_NULL(key_check_records(k3, &ed, 1, &testing, a).p);
	CU_ASSERT(!testing);
	dkim_sign_key_free(k);
	dkim_sign_key_free(k2);
	dkim_sign_key_free(k3);
}

static const struct unit_test tests[] = {
	{"whether a record publishes a key", records},
};

int
main(void)
{
	int status;

	a = arena_new();
	status = unit_main("cmd/key_check", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return status;
}
