/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

enum { ED25519_BYTES = 32, EXPONENT_BITS = 32 };

/* Is word an item of a colon-separated list? Without case, as ABNF literals are. */
static bool
list_has(struct view list, const char *word)
{
	struct view item;

	while (view_split(&list, ':', &item))
		if (view_is(view_trim(item), word))
			return true;
	return false;
}

/* Decodes base64 without blanks. Absent if it is none. */
static struct view
decode(struct view text, struct arena *a)
{
	unsigned char *p = arena_alloc(a, text.n / 4 * 3 + 3);
	size_t pad = 0;
	int n;

	if (text.n == 0 || text.n % 4 != 0 || text.n > DNS_TXT_MAX)
		return (struct view){NULL, 0};
	while (pad < 2 && text.p[text.n - 1 - pad] == '=')
		pad++;
	if (view_find(text, '=') != text.n - pad)
		return (struct view){NULL, 0};
	n = EVP_DecodeBlock(p, (const unsigned char *)text.p, (int)text.n);
	if (n < (int)pad)
		return (struct view){NULL, 0};
	return view_of(p, (size_t)n - pad);
}

static bool
exponent_ok(EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1
		&& BN_num_bits(e) <= EXPONENT_BITS && BN_is_odd(e);

	BN_free(e);
	return ok;
}

/* RFC 6376 section 3.6.1 says RSAPublicKey, the world says SubjectPublicKeyInfo: both are read. */
static EVP_PKEY *
rsa_parse(struct view der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)der.n);

	if (!key) {
		p = (const unsigned char *)der.p;
		key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.n);
	}
	if (key && (p != (const unsigned char *)der.p + der.n || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	ERR_clear_error();
	return key;
}

static struct view
rsa_encode(EVP_PKEY *key, struct arena *a)
{
	int n = i2d_PUBKEY(key, NULL);
	unsigned char *start = arena_alloc(a, n > 0 ? (size_t)n : 1), *p = start;

	return n > 0 && i2d_PUBKEY(key, &p) == n ? view_of(start, (size_t)n) : (struct view){NULL, 0};
}

static enum dkim_key_status
read_rsa(struct view bytes, struct arena *a, struct dkim_key *out, const char **why_out)
{
	EVP_PKEY *key = rsa_parse(bytes);
	enum dkim_key_status status = DKIM_KEY_BAD;

	*why_out = "p= is no RSA key";
	if (key) {
		out->bits = (unsigned)EVP_PKEY_get_bits(key);
		out->der = rsa_encode(key, a);
		if (out->bits < DKIM_RSA_BITS_MIN) {
			*why_out = "RSA key under 1024 bits";
			status = DKIM_KEY_WEAK;
		} else if (out->bits > DKIM_RSA_BITS_MAX)
			*why_out = "RSA key over 4096 bits";
		else if (!exponent_ok(key))
			*why_out = "RSA key with a strange exponent";
		else if (out->der.p) {
			*why_out = NULL;
			status = DKIM_KEY_OK;
		}
	}
	EVP_PKEY_free(key);
	return status;
}

/* The tags that say what the key is for; NULL if it is for us.
 *
 *	key-v-tag = %x76 [FWS] "=" [FWS] %x44.4B.49.4D.31		"v=DKIM1", first if present
 *	key-h-tag = ... key-h-tag-alg *( [FWS] ":" [FWS] key-h-tag-alg )
 *	key-s-tag = ... key-s-tag-type *( [FWS] ":" [FWS] key-s-tag-type ) */
static const char *
purpose(const struct taglist *l)
{
	struct view v = taglist_get(l, "v"), h = taglist_get(l, "h"), s = taglist_get(l, "s");

	if (v.p && !view_eq_str(l->tag[0].name, "v"))
		return "v= is not the first tag";
	if (v.p && !view_eq_str(v, "DKIM1"))
		return "unknown key version";
	if (h.p && !list_has(h, "sha256"))
		return "key is not for sha256";
	if (s.p && !list_has(s, "*") && !list_has(s, "email"))
		return "key is not for mail";
	return NULL;
}

/* Wildcards make SPF and site tokens appear at key names: no key was meant. */
static bool
foreign(struct view record)
{
	struct tag t;

	while (taglist_next(&record, &t))
		if (view_is(t.name, "p") || view_eq_str(t.value, "DKIM1"))
			return false;
	return true;
}

enum dkim_key_status
dkim_key_read(struct view record, struct arena *a, struct dkim_key *out, const char **why_out)
{
	struct taglist l;
	struct view k, p, t, bytes;

	*out = (struct dkim_key){.type = DKIM_KEY_RSA};
	*why_out = "no key record";
	if (foreign(record))
		return DKIM_KEY_FOREIGN;
	if (!taglist_read(record, &l, why_out) || (*why_out = purpose(&l)))
		return DKIM_KEY_BAD;
	k = taglist_get(&l, "k");
	p = taglist_compact(taglist_get(&l, "p"), a);
	t = taglist_get(&l, "t");
	*why_out = "key without p=";
	if (!p.p)
		return DKIM_KEY_BAD;
	*why_out = "key was revoked";
	if (p.n == 0)
		return DKIM_KEY_REVOKED;
	out->testing = t.p && list_has(t, "y");
	out->strict = t.p && list_has(t, "s");
	*why_out = "p= is no base64";
	bytes = decode(p, a);
	if (!bytes.p)
		return DKIM_KEY_BAD;
	if (!k.p || view_is(k, "rsa"))
		return read_rsa(bytes, a, out, why_out);
	*why_out = "unknown key type";
	if (!view_is(k, "ed25519"))
		return DKIM_KEY_BAD;
	out->type = DKIM_KEY_ED25519;
	out->bits = 8 * ED25519_BYTES;
	out->der = bytes;
	*why_out = bytes.n == ED25519_BYTES ? NULL : "Ed25519 key is not 32 bytes long";
	return bytes.n == ED25519_BYTES ? DKIM_KEY_OK : DKIM_KEY_BAD;
}
