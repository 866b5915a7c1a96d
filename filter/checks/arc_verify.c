/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/arc_verify.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "mail/dkim_key.h"
#include "util/limits.h"
#include "util/log.h"

enum { SHA256_BYTES = 32, FIELDS_AT_FIRST = 32 };

struct key {
	bool told, usable;
	enum dkim_key_answer answer;
	const char *why;
	struct dkim_key key;
};

struct arc_verify {
	struct arena *arena;
	struct header_field *field;
	size_t n, cap, bytes;
	bool over; /* more fields than are kept */
	bool any;  /* an ARC field was among them */
	struct arc_chain chain;
	struct canonical_body body;
	EVP_MD_CTX *hash;
	struct key *key; /* of the newest message signature, then of each seal from the first on */
};

/* ---- SHA-256; OpenSSL fails at it only without memory ---- */

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

static void
hash_add(void *hash, struct view v)
{
	if (v.n && EVP_DigestUpdate(hash, v.p, v.n) != 1)
		log_die("SHA-256 failed");
}

static void
hash_end(EVP_MD_CTX *h, unsigned char out[static SHA256_BYTES])
{
	if (EVP_DigestFinal_ex(h, out, NULL) != 1)
		log_die("SHA-256 failed");
}

/* ---- the message as it comes ---- */

struct arc_verify *
arc_verify_new(struct arena *a)
{
	struct arc_verify *v = arena_new_of(a, struct arc_verify);

	v->arena = a;
	return v;
}

void
arc_verify_header(struct arc_verify *v, const struct header_field *h)
{
	v->any |= arc_set_is_field(h->name);
	v->bytes += h->name.n + h->value.n;
	if (v->n == HEADER_COUNT_MAX || v->bytes > DKIM_HEADER_BYTES) {
		v->over = true;
		return;
	}
	if (v->n == v->cap) {
		size_t cap = v->cap ? 2 * v->cap : FIELDS_AT_FIRST;
		struct header_field *more = arena_array(v->arena, cap, sizeof(*more));

		if (v->n)
			memcpy(more, v->field, v->n * sizeof(*more));
		v->field = more;
		v->cap = cap;
	}
	v->field[v->n++] =
		(struct header_field){arena_copy(v->arena, h->name), arena_copy(v->arena, h->value)};
}

void
arc_verify_eoh(struct arc_verify *v)
{
	const struct arc_set *last;

	if (!v->any)
		return;
	arc_set_read(v->field, v->n, v->arena, &v->chain);
	if (v->over)
		v->chain = (struct arc_chain){.status = ARC_CHAIN_BAD, .why = "too many header fields"};
	if (v->chain.status != ARC_CHAIN_OK)
		return;
	last = &v->chain.set[v->chain.n - 1];
	v->key = arena_array(v->arena, v->chain.n + 1, sizeof(*v->key));
	v->hash = hash_new(v->arena);
	canonical_body_init(&v->body, last->body, last->l, hash_add, v->hash);
}

void
arc_verify_body(struct arc_verify *v, struct view chunk)
{
	if (v->hash)
		canonical_body_add(&v->body, chunk);
}

/* ---- keys ---- */

size_t
arc_verify_count(const struct arc_verify *v)
{
	return v->chain.status == ARC_CHAIN_OK ? v->chain.n + 1 : 0;
}

static const struct arc_signature *
signature_of(const struct arc_verify *v, size_t i)
{
	return i == 0 ? &v->chain.set[v->chain.n - 1].message_signature : &v->chain.set[i - 1].seal_signature;
}

struct view
arc_verify_key_name(const struct arc_verify *v, size_t i)
{
	const struct arc_signature *s = signature_of(v, i);

	return arena_printf(v->arena, "%.*s._domainkey.%.*s", VIEW_ARG(s->s), VIEW_ARG(s->d));
}

void
arc_verify_key(struct arc_verify *v, size_t i, enum dkim_key_answer answer, const struct view *txt,
	size_t n, const char *why)
{
	struct key *k = &v->key[i];

	*k = (struct key){.told = true, .answer = answer, .why = why};
	for (size_t r = 0; answer == DKIM_ANSWER_FOUND && r < n && !k->usable; r++)
		k->usable = dkim_key_read(txt[r], v->arena, &k->key, &k->why) == DKIM_KEY_OK;
}

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
rsa_holds(EVP_PKEY *pkey, struct view b, const unsigned char digest[static SHA256_BYTES])
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(pkey, NULL);
	bool ok = c && EVP_PKEY_verify_init(c) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1 &&
		EVP_PKEY_verify(c, (const unsigned char *)b.p, b.n, digest, SHA256_BYTES) == 1;

	EVP_PKEY_CTX_free(c);
	return ok;
}

/* RFC 8463 section 3: Ed25519 signs the SHA-256 digest, as a message. */
static bool
ed25519_holds(EVP_PKEY *pkey, struct view b, const unsigned char digest[static SHA256_BYTES])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, pkey) == 1 &&
		EVP_DigestVerify(c, (const unsigned char *)b.p, b.n, digest, SHA256_BYTES) == 1;

	EVP_MD_CTX_free(c);
	return ok;
}

static bool
holds(const struct arc_verify *v, size_t i, const unsigned char digest[static SHA256_BYTES])
{
	const struct arc_signature *s = signature_of(v, i);
	const struct key *k = &v->key[i];
	EVP_PKEY *pkey;
	bool ok;

	if (s->ed25519 != (k->key.type == DKIM_KEY_ED25519))
		return false;
	pkey = key_open(&k->key);
	ok = pkey && (s->ed25519 ? ed25519_holds(pkey, s->b, digest) : rsa_holds(pkey, s->b, digest));
	EVP_PKEY_free(pkey);
	return ok;
}

/* ---- the message signature ---- */

/* RFC 6376 section 5.4.2: of several fields of a name the last counts first; one that is not there
 * counts as nothing. */
static const struct header_field *
next_field(const struct arc_verify *v, struct view name, bool *used)
{
	for (size_t i = v->n; i-- > 0;) {
		if (used[i] || !view_eq_nocase(v->field[i].name, name))
			continue;
		used[i] = true;
		return &v->field[i];
	}
	return NULL;
}

static void
digest_header(struct arc_verify *v, unsigned char out[static SHA256_BYTES])
{
	const struct arc_set *last = &v->chain.set[v->chain.n - 1];
	bool *used = arena_array(v->arena, v->n, sizeof(*used));
	EVP_MD_CTX *hash = hash_new(v->arena);
	struct header_field own = *last->message;
	struct view h = last->h, name;

	for (size_t i = 0; i < v->n; i++)
		used[i] = &v->field[i] == last->message;
	for (size_t i = 0; i < DKIM_SIGNED_NAMES && view_split(&h, ':', &name); i++) {
		const struct header_field *f = next_field(v, name, used);

		if (!f)
			continue;
		hash_add(hash, canonical_field(last->header, f, v->arena));
		hash_add(hash, VIEW("\r\n"));
	}
	own.value = canonical_unsigned(own.value, v->arena);
	hash_add(hash, canonical_field(last->header, &own, v->arena));
	hash_end(hash, out);
}

static const char *
check_message(struct arc_verify *v)
{
	const struct arc_set *last = &v->chain.set[v->chain.n - 1];
	unsigned char digest[SHA256_BYTES];

	canonical_body_end(&v->body);
	hash_end(v->hash, digest);
	if (memcmp(digest, last->bh.p, SHA256_BYTES) != 0)
		return "the body has changed since the last seal";
	digest_header(v, digest);
	return holds(v, 0, digest) ? NULL : "the newest ARC-Message-Signature does not match";
}

/* ---- the seals ---- */

static void
add_relaxed(EVP_MD_CTX *hash, const struct header_field *f, struct arena *a)
{
	hash_add(hash, canonical_field(CANONICAL_RELAXED, f, a));
	hash_add(hash, VIEW("\r\n"));
}

/* RFC 8617 section 5.1.1: each seal covers all sets up to its own, itself last and without b=. */
static const char *
check_seals(struct arc_verify *v)
{
	EVP_MD_CTX *all = hash_new(v->arena), *one = hash_new(v->arena);
	unsigned char digest[SHA256_BYTES];

	for (size_t i = 0; i < v->chain.n; i++) {
		const struct arc_set *s = &v->chain.set[i];
		struct header_field seal = *s->seal;

		add_relaxed(all, s->results, v->arena);
		add_relaxed(all, s->message, v->arena);
		if (EVP_MD_CTX_copy_ex(one, all) != 1)
			log_die("SHA-256 failed");
		seal.value = canonical_unsigned(seal.value, v->arena);
		hash_add(one, canonical_field(CANONICAL_RELAXED, &seal, v->arena));
		hash_end(one, digest);
		if (!holds(v, i + 1, digest))
			return "an ARC-Seal does not match";
		add_relaxed(all, s->seal, v->arena);
	}
	return NULL;
}

/* A key that could not be asked for leaves the chain open; one that is not there breaks it. */
static enum arc_verdict
check_keys(const struct arc_verify *v, const char **why_out)
{
	enum arc_verdict verdict = ARC_PASS;

	for (size_t i = 0; i < arc_verify_count(v); i++) {
		const struct key *k = &v->key[i];

		if (k->usable)
			continue;
		if (k->told && k->answer != DKIM_ANSWER_TEMPFAIL) {
			*why_out = k->why ? k->why : "no key record";
			return ARC_FAIL;
		}
		*why_out = k->why ? k->why : "no answer";
		verdict = ARC_TEMPERROR;
	}
	return verdict;
}

struct arc_result
arc_verify_end(struct arc_verify *v)
{
	struct arc_result r = {.verdict = ARC_NONE, .sets = v->chain.n};

	if (v->chain.status == ARC_CHAIN_NONE)
		return r;
	r.verdict = ARC_FAIL;
	r.why = v->chain.why;
	if (v->chain.status == ARC_CHAIN_BAD)
		return r;
	r.sealer = v->chain.set[v->chain.n - 1].seal_signature.d;
	r.authres = v->chain.set[v->chain.n - 1].authres;
	r.partial = v->chain.set[v->chain.n - 1].l != UINT64_MAX;
	r.verdict = check_keys(v, &r.why);
	if (r.verdict != ARC_PASS)
		return r;
	r.why = check_message(v);
	if (!r.why)
		r.why = check_seals(v);
	r.verdict = r.why ? ARC_FAIL : ARC_PASS;
	return r;
}
