/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/dkim_key.h"
#include "tests/lib/unit.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdio.h>

static struct arena *a;

/* p= of an RSA key with such a modulus and exponent: the numbers need not be a key's. */
static struct view
rsa(int bits, unsigned long e, bool bare)
{
	BIGNUM *n = BN_new(), *exponent = BN_new();
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
	EVP_PKEY *key = NULL;
	unsigned char *der = NULL;
	char *text;
	int len;

	BN_set_bit(n, bits - 1);
	BN_set_bit(n, 0);
	BN_set_word(exponent, e);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, exponent);
	params = OSSL_PARAM_BLD_to_param(b);
	CU_ASSERT_FATAL(EVP_PKEY_fromdata_init(ctx) == 1);
	CU_ASSERT_FATAL(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
	len = bare ? i2d_PublicKey(key, &der) : i2d_PUBKEY(key, &der);
	text = arena_alloc(a, (size_t)len * 2 + 8);
	len = EVP_EncodeBlock((unsigned char *)text, der, len);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_free(exponent);
	BN_free(n);
	return view_of(text, (size_t)len);
}

static enum dkim_key_status
read_with(const char *before, struct view p, const char *after, struct dkim_key *out)
{
	const char *why;
	struct view record = arena_printf(a, "%sp=%.*s%s", before, VIEW_ARG(p), after);
	enum dkim_key_status s = dkim_key_read(record, a, out, &why);

	CU_ASSERT((s == DKIM_KEY_OK) == !why);
	return s;
}

/* OpenSSL reads the key that is handed on, whichever way it came. */
static bool
openssl_reads(const struct dkim_key *k)
{
	const unsigned char *p = (const unsigned char *)k->der.p, *end = p + k->der.n;
	struct view rsa = dkim_key_rsa(k->der);
	const unsigned char *q = (const unsigned char *)rsa.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)k->der.n);
	EVP_PKEY *within = d2i_PublicKey(EVP_PKEY_RSA, NULL, &q, (long)rsa.n);
	bool ok = key && p == end && EVP_PKEY_get_bits(key) == (int)k->bits &&
		  EVP_PKEY_eq(key, within) == 1;

	EVP_PKEY_free(key);
	EVP_PKEY_free(within);
	return ok;
}

static const struct {
	const char *before, *after;
	enum dkim_key_status want;
} around[] = {
	{"", "", DKIM_KEY_OK},
	{"v=DKIM1; ", "", DKIM_KEY_OK},
	{"v=DKIM1; k=rsa; ", ";", DKIM_KEY_OK},
	{"k=rsa; t=y; ", "; ", DKIM_KEY_OK},
	{"v=DKIM1; h=sha1:sha256; s=email:web; ", "", DKIM_KEY_OK},
	{"v=DKIM1; s=*; n=a note; x1 = extra ; ", "", DKIM_KEY_OK},
	{"v=DKIM1; g=*; ", "", DKIM_KEY_OK},
	{"k=rsa; v=DKIM1; ", "", DKIM_KEY_BAD},
	{"v=DKIM2; ", "", DKIM_KEY_BAD},
	{"v=dkim1; ", "", DKIM_KEY_BAD},
	{"v=; ", "", DKIM_KEY_BAD},
	{"k=foobar; ", "", DKIM_KEY_BAD},
	{"k=ed25519; ", "", DKIM_KEY_BAD},
	{"h=sha1; ", "", DKIM_KEY_BAD},
	{"h=; ", "", DKIM_KEY_BAD},
	{"s=chat; ", "", DKIM_KEY_BAD},
	{"t; ", "", DKIM_KEY_BAD},
	{"k=rsa; ", "; k=rsa", DKIM_KEY_BAD},
	{"", "; p=", DKIM_KEY_BAD},
	{"", "=", DKIM_KEY_BAD},
	{"", "AAAA", DKIM_KEY_BAD},
};

static void
tags(void)
{
	struct view p = rsa(2048, 65537, false);

	for (size_t i = 0; i < sizeof(around) / sizeof(*around); i++) {
		struct dkim_key k;

		UNIT_CASE(read_with(around[i].before, p, around[i].after, &k) == around[i].want,
			around[i].before[0] ? around[i].before : around[i].after);
	}
}

static void
sizes(void)
{
	static const struct {
		int bits;
		unsigned long e;
		enum dkim_key_status want;
	} rows[] = {
		{512, 3, DKIM_KEY_WEAK},
		{1023, 3, DKIM_KEY_WEAK},
		{1024, 3, DKIM_KEY_OK},
		{2048, 65537, DKIM_KEY_OK},
		{4096, 65537, DKIM_KEY_OK},
		{4097, 65537, DKIM_KEY_BAD},
		{2048, 0xfffffffful, DKIM_KEY_OK},
		{2048, 0x100000001ul, DKIM_KEY_BAD},
		{2048, 65536, DKIM_KEY_BAD},
		{2048, 1, DKIM_KEY_BAD},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int bare = 0; bare < 2; bare++) {
			struct dkim_key k;
			char name[64];

			snprintf(name, sizeof(name), "%d bits, e=%lu", rows[i].bits, rows[i].e);
			UNIT_CASE(read_with("", rsa(rows[i].bits, rows[i].e, bare), "", &k) ==
					  rows[i].want,
				name);
			UNIT_CASE(rows[i].want != DKIM_KEY_OK || k.bits == (unsigned)rows[i].bits,
				name);
			UNIT_CASE(rows[i].want != DKIM_KEY_OK || openssl_reads(&k), name);
		}
}

static void
flags(void)
{
	struct view p = rsa(1024, 65537, false);
	struct dkim_key k;

	CU_ASSERT(read_with("", p, "", &k) == DKIM_KEY_OK);
	CU_ASSERT(!k.testing && !k.strict && k.type == DKIM_KEY_RSA);
	CU_ASSERT(read_with("t=y:s; ", p, "", &k) == DKIM_KEY_OK);
	CU_ASSERT(k.testing && k.strict);
	CU_ASSERT(read_with("t = x : s; ", p, "", &k) == DKIM_KEY_OK);
	CU_ASSERT(!k.testing && k.strict);
}

static const struct {
	const char *name;
	struct view record;
	enum dkim_key_status want;
} others[] = {
	{"Ed25519", VIEW("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
		DKIM_KEY_OK},
	{"Ed25519 folded", VIEW("k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7 hcvPapiMlrwIaaPcHURo="),
		DKIM_KEY_OK},
	{"Ed25519 too short", VIEW("k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcH"),
		DKIM_KEY_BAD},
	{"Ed25519 without padding",
		VIEW("k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo"), DKIM_KEY_BAD},
	{"revoked", VIEW("v=DKIM1; p="), DKIM_KEY_REVOKED},
	{"revoked, blanks", VIEW("v=DKIM1; p= ; t=y"), DKIM_KEY_REVOKED},
	{"no p", VIEW("v=DKIM1; k=rsa"), DKIM_KEY_BAD},
	{"p is no base64", VIEW("p=!!!!"), DKIM_KEY_BAD},
	{"p is no key", VIEW("p=AAAA"), DKIM_KEY_BAD},
	{"padding in the middle", VIEW("p=AA==AAAA"), DKIM_KEY_BAD},
	{"SPF", VIEW("v=spf1 -all"), DKIM_KEY_FOREIGN},
	{"some token", VIEW("google-site-verification=abc"), DKIM_KEY_FOREIGN},
	{"empty", VIEW(""), DKIM_KEY_FOREIGN},
};

/* Every byte of the frame counts: with one changed it is no key, or a key that OpenSSL reads too.
 */
static void
changed_bytes(void)
{
	struct view p = rsa(1024, 65537, false);
	unsigned char der[400];
	int n = EVP_DecodeBlock(der, (const unsigned char *)p.p, (int)p.n);
	char text[600];

	CU_ASSERT_FATAL(n > 0);
	for (int i = 0; i < 8 * n; i++) {
		struct dkim_key k;

		der[i / 8] ^= (unsigned char)(1 << i % 8);
		EVP_EncodeBlock((unsigned char *)text, der, n);
		if (read_with("", view_str(text), "", &k) == DKIM_KEY_OK)
			UNIT_CASE(openssl_reads(&k), text);
		else
			UNIT_CASE(i / 8 < 40 || i / 8 >= n - 20, text);
		der[i / 8] ^= (unsigned char)(1 << i % 8);
	}
}

static void
other_records(void)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct dkim_key k;
		const char *why;

		UNIT_CASE(dkim_key_read(others[i].record, a, &k, &why) == others[i].want,
			others[i].name);
		UNIT_CASE(others[i].want != DKIM_KEY_OK ||
				  (k.type == DKIM_KEY_ED25519 && k.der.n == 32 &&
					  !dkim_key_rsa(k.der).p),
			others[i].name);
	}
}

static const struct unit_test tests[] = {
	{"judges the tags", tags},
	{"judges RSA sizes and exponents, both encodings", sizes},
	{"a changed byte is noticed", changed_bytes},
	{"reads the flags", flags},
	{"other keys and records", other_records},
};

int
main(void)
{
	int r;

	a = arena_new();
	r = unit_main("mail/dkim/dkim_key", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	return r;
}
