/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/signature.h"

#include <openssl/rsa.h>

#include "util/limits.h"
#include "util/log.h"

enum { FIELDS_AT_FIRST = 32 };

void
signature_fields_add(struct signature_fields *f, struct header_field h, struct arena *a)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : FIELDS_AT_FIRST;
		struct header_field *more = arena_array(a, cap, sizeof(*more));

		if (f->n)
			memcpy(more, f->field, f->n * sizeof(*more));
		f->field = more;
		f->cap = cap;
	}
	f->field[f->n++] = h;
}

/* ---- SHA-256 ---- */

static void
free_hash(void *hash)
{
	EVP_MD_CTX_free(hash);
}

EVP_MD_CTX *
signature_hash_new(struct arena *a)
{
	EVP_MD_CTX *h = EVP_MD_CTX_new();

	if (!h || EVP_DigestInit_ex(h, EVP_sha256(), NULL) != 1)
		log_die("SHA-256 failed");
	arena_on_reset(a, free_hash, h);
	return h;
}

void
signature_hash_add(void *hash, struct view v)
{
	if (v.n && EVP_DigestUpdate(hash, v.p, v.n) != 1)
		log_die("SHA-256 failed");
}

void
signature_hash_end(EVP_MD_CTX *hash, unsigned char out[static SIGNATURE_HASH])
{
	if (EVP_DigestFinal_ex(hash, out, NULL) != 1)
		log_die("SHA-256 failed");
}

/* ---- the header ---- */

/* RFC 6376 section 5.4.2: of several fields of a name the last counts first; one that is not there
 * counts as nothing. */
static const struct header_field *
next_field(const struct signature_fields *f, struct view name, bool *used)
{
	for (size_t i = f->n; i-- > 0;) {
		if (used[i] || !view_eq_nocase(view_trim(f->field[i].name), name))
			continue;
		used[i] = true;
		return &f->field[i];
	}
	return NULL;
}

void
signature_header(const struct signature_fields *fields, size_t own, enum canonical k, struct view h,
	struct arena *a, unsigned char out[static SIGNATURE_HASH])
{
	bool *used = arena_array(a, fields->n, sizeof(*used));
	EVP_MD_CTX *hash = signature_hash_new(a);
	struct header_field self = fields->field[own];
	struct view name;

	memset(used, 0, fields->n * sizeof(*used));
	used[own] = true;
	for (size_t i = 0; i < DKIM_SIGNED_NAMES && view_split(&h, ':', &name); i++) {
		const struct header_field *f = next_field(fields, name, used);

		if (!f)
			continue;
		signature_hash_add(hash, canonical_field(k, f, a));
		signature_hash_add(hash, VIEW("\r\n"));
	}
	self.value = canonical_unsigned(self.value, a);
	signature_hash_add(hash, canonical_field(k, &self, a));
	signature_hash_end(hash, out);
}

/* ---- the key ---- */

static EVP_PKEY *
key_open(const struct dkim_key *k)
{
	struct view rsa = k->type == DKIM_KEY_RSA ? dkim_key_rsa(k->der) : (struct view){NULL, 0};
	const unsigned char *at = (const unsigned char *)rsa.p;

	if (k->type == DKIM_KEY_ED25519)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)k->der.p,
			k->der.n);
	return rsa.p ? d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)rsa.n) : NULL;
}

static bool
rsa_holds(EVP_PKEY *pkey, struct view b, const unsigned char digest[static SIGNATURE_HASH])
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(pkey, NULL);
	bool ok = c && EVP_PKEY_verify_init(c) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1 &&
		EVP_PKEY_verify(c, (const unsigned char *)b.p, b.n, digest, SIGNATURE_HASH) == 1;

	EVP_PKEY_CTX_free(c);
	return ok;
}

/* RFC 8463 section 3: Ed25519 signs the SHA-256 digest, as a message. */
static bool
ed25519_holds(EVP_PKEY *pkey, struct view b, const unsigned char digest[static SIGNATURE_HASH])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, pkey) == 1 &&
		EVP_DigestVerify(c, (const unsigned char *)b.p, b.n, digest, SIGNATURE_HASH) == 1;

	EVP_MD_CTX_free(c);
	return ok;
}

bool
signature_holds(const struct dkim_key *k, bool ed25519, struct view b,
	const unsigned char digest[static SIGNATURE_HASH])
{
	EVP_PKEY *pkey;
	bool ok;

	if (ed25519 != (k->type == DKIM_KEY_ED25519))
		return false;
	pkey = key_open(k);
	ok = pkey && (ed25519 ? ed25519_holds(pkey, b, digest) : rsa_holds(pkey, b, digest));
	EVP_PKEY_free(pkey);
	return ok;
}
