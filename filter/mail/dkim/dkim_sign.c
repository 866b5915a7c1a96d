/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/dkim_sign.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "mail/mime/base64.h"
#include "util/limits.h"
#include "util/log.h"

enum { LINE = 72, SIGNATURE_MAX = DKIM_RSA_BITS_MAX / 8, PEM_MAX = 16 * 1024 };

struct dkim_sign_key {
	EVP_PKEY *key;
	unsigned bits; /* 0 = Ed25519 */
};

/* RFC 6376 section 5.4.1. The first ones are signed once more than they are there. */
static const char *const signed_names[] = {"From", "Subject", "Date", "To", "Reply-To", "Cc", "Message-ID",
	"In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"Content-ID", "Content-Description", "Resent-Date", "Resent-From", "Resent-To", "Resent-Cc", "Sender",
	"List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Post",
	"List-Owner", "List-Archive"};
enum { OVER_SIGNED = 4, DATE = 2, NAMES = sizeof(signed_names) / sizeof(*signed_names) };

/* ---- keys ---- */

static const char *
judge(const EVP_PKEY *key, unsigned *bits_out)
{
	*bits_out = 0;
	if (EVP_PKEY_is_a(key, "ED25519"))
		return NULL;
	if (!EVP_PKEY_is_a(key, "RSA"))
		return "it is neither an RSA nor an Ed25519 key";
	*bits_out = (unsigned)EVP_PKEY_get_bits(key);
	if (*bits_out < DKIM_RSA_BITS_MIN)
		return "an RSA key needs 1024 bits at least, better 2048 (RFC 8301)";
	if (*bits_out > DKIM_RSA_BITS_MAX)
		return "an RSA key of more than 4096 bits is not verified everywhere";
	return NULL;
}

/* A key with a pass phrase would ask the terminal for it: it gets none. */
static int
no_phrase(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

struct dkim_sign_key *
dkim_sign_key_read(struct view pem, const char **why_out)
{
	struct dkim_sign_key *k;
	EVP_PKEY *key = NULL;
	BIO *in;

	*why_out = "it is no private key in PEM without pass phrase";
	if (pem.n > PEM_MAX)
		return NULL;
	in = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (in)
		key = PEM_read_bio_PrivateKey(in, NULL, no_phrase, NULL);
	BIO_free(in);
	k = key ? calloc(1, sizeof(*k)) : NULL;
	if (!k) {
		EVP_PKEY_free(key);
		return NULL;
	}
	k->key = key;
	*why_out = judge(key, &k->bits);
	if (!*why_out)
		return k;
	dkim_sign_key_free(k);
	return NULL;
}

void
dkim_sign_key_free(struct dkim_sign_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->key);
	free(k);
}

/* RFC 6376 section 3.6.1: SubjectPublicKeyInfo; RFC 8463 section 4: the 32 bytes of an Ed25519 key. */
struct view
dkim_sign_key_record(const struct dkim_sign_key *k, struct arena *a)
{
	unsigned char raw[32], *der = NULL;
	size_t n = sizeof(raw);
	struct view text;
	int len;

	if (k->bits == 0) {
		if (EVP_PKEY_get_raw_public_key(k->key, raw, &n) != 1)
			log_die("an Ed25519 key without public part");
		text = base64_encode(view_of(raw, n), a);
		return arena_printf(a, "v=DKIM1; k=ed25519; p=%.*s", VIEW_ARG(text));
	}
	len = i2d_PUBKEY(k->key, &der);
	if (len <= 0)
		log_die("an RSA key without public part");
	text = base64_encode(view_of(der, (size_t)len), a);
	OPENSSL_free(der);
	return arena_printf(a, "v=DKIM1; k=rsa; p=%.*s", VIEW_ARG(text));
}

/* ---- the body ---- */

struct dkim_sign_body {
	struct canonical_body canonical;
	EVP_MD_CTX *hash;
};

static void
hash_add(void *hash, struct view v)
{
	if (v.n && EVP_DigestUpdate(hash, v.p, v.n) != 1)
		log_die("SHA-256 failed");
}

static void
free_hash(void *hash)
{
	EVP_MD_CTX_free(hash);
}

static EVP_MD_CTX *
hash_new(struct arena *a)
{
	EVP_MD_CTX *h = EVP_MD_CTX_new();

	if (!h || EVP_DigestInit_ex(h, EVP_sha256(), NULL) != 1)
		log_die("SHA-256 failed");
	arena_on_reset(a, free_hash, h);
	return h;
}

struct dkim_sign_body *
dkim_sign_body_new(struct arena *a)
{
	struct dkim_sign_body *b = arena_new_of(a, struct dkim_sign_body);

	b->hash = hash_new(a);
	canonical_body_init(&b->canonical, CANONICAL_RELAXED, UINT64_MAX, hash_add, b->hash);
	return b;
}

void
dkim_sign_body_add(struct dkim_sign_body *b, struct view chunk)
{
	canonical_body_add(&b->canonical, chunk);
}

void
dkim_sign_body_end(struct dkim_sign_body *b, unsigned char hash_out[static DKIM_SIGN_HASH])
{
	canonical_body_end(&b->canonical);
	if (EVP_DigestFinal_ex(b->hash, hash_out, NULL) != 1)
		log_die("SHA-256 failed");
}

/* ---- the field ---- */

struct signing {
	const struct dkim_sign_key *key;
	struct arena *arena;
	EVP_MD_CTX *hash;
	struct view value; /* of the field, so far */
	size_t line;       /* bytes of its last line */
};

static void
add_name(struct signing *s, const char *name, bool first)
{
	bool fold = s->line > LINE;

	s->value = arena_printf(s->arena, "%.*s%s%s%s", VIEW_ARG(s->value), first ? "" : ":",
		fold ? "\n\t " : "", name);
	s->line = (fold ? 0 : s->line) + strlen(name) + 1;
}

/* RFC 6376 section 5.4.2: of several fields of a name the last one is signed first. */
static size_t
sign_name(struct signing *s, const char *name, bool first, const struct header_field *h, size_t n)
{
	size_t found = 0;

	for (size_t i = n; i-- > 0;) {
		if (!view_is(h[i].name, name))
			continue;
		hash_add(s->hash, canonical_field(CANONICAL_RELAXED, &h[i], s->arena));
		hash_add(s->hash, VIEW("\r\n"));
		add_name(s, name, first && found == 0);
		found++;
	}
	return found;
}

/* A missing Date is no protected one: Sendmail adds it behind us (RFC 6409 section 8.1). */
static void
sign_names(struct signing *s, const struct header_field *h, size_t n)
{
	for (size_t i = 0; i < NAMES; i++) {
		size_t found = sign_name(s, signed_names[i], i == 0, h, n);

		if (i < OVER_SIGNED && (i != DATE || found > 0))
			add_name(s, signed_names[i], i == 0 && found == 0);
	}
}

/* The SHA-256 digest is what both algorithms sign (RFC 8463 section 3 for Ed25519). */
static struct view
sign_digest(struct signing *s)
{
	unsigned char digest[DKIM_SIGN_HASH], out[SIGNATURE_MAX];
	size_t n = sizeof(out);
	bool ok;

	if (EVP_DigestFinal_ex(s->hash, digest, NULL) != 1)
		log_die("SHA-256 failed");
	if (s->key->bits) {
		EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(s->key->key, NULL);

		ok = c && EVP_PKEY_sign_init(c) == 1 &&
			EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1 &&
			EVP_PKEY_sign(c, out, &n, digest, sizeof(digest)) == 1;
		EVP_PKEY_CTX_free(c);
	} else {
		EVP_MD_CTX *c = EVP_MD_CTX_new();

		ok = c && EVP_DigestSignInit(c, NULL, NULL, NULL, s->key->key) == 1 &&
			EVP_DigestSign(c, out, &n, digest, sizeof(digest)) == 1;
		EVP_MD_CTX_free(c);
	}
	return ok ? base64_encode(view_of(out, n), s->arena) : (struct view){NULL, 0};
}

/* Base64 in lines, as the last tag of the field. */
static struct view
with_signature(struct signing *s, struct view b)
{
	struct view all = s->value;

	for (; b.n; b = view_skip(b, LINE))
		all = arena_printf(s->arena, "%.*s\n\t %.*s", VIEW_ARG(all), VIEW_ARG(view_head(b, LINE)));
	return all;
}

struct view
dkim_sign_field(const struct dkim_sign_key *k, struct view domain, struct view selector,
	const struct header_field *h, size_t n, const unsigned char hash[static DKIM_SIGN_HASH], int64_t now,
	struct arena *a)
{
	struct signing s = {.key = k, .arena = a, .hash = hash_new(a)};
	struct header_field own = {VIEW("DKIM-Signature"), {NULL, 0}};
	struct view b;

	s.value = arena_printf(a,
		"v=1; a=%s; c=relaxed/relaxed; d=%.*s;\n\ts=%.*s; t=%lld;\n\tbh=%.*s;\n\th=",
		k->bits ? "rsa-sha256" : "ed25519-sha256", VIEW_ARG(domain), VIEW_ARG(selector),
		(long long)now, VIEW_ARG(base64_encode(view_of(hash, DKIM_SIGN_HASH), a)));
	sign_names(&s, h, n);
	s.value = arena_printf(a, "%.*s;\n\tb=", VIEW_ARG(s.value));
	own.value = s.value;
	hash_add(s.hash, canonical_field(CANONICAL_RELAXED, &own, a));
	b = sign_digest(&s);
	return b.p ? with_signature(&s, b) : b;
}
