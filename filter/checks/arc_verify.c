/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/arc_verify.h"

#include "checks/signature.h"
#include "util/limits.h"
#include "util/log.h"

struct key {
	bool told, usable;
	enum dkim_key_answer answer;
	const char *why;
	struct dkim_key key;
};

struct arc_verify {
	struct arena *arena;
	struct signature_fields fields;
	size_t bytes, from;
	bool over; /* more fields than are kept */
	bool any;  /* an ARC field was among them */
	struct arc_chain chain;
	struct canonical_body body;
	EVP_MD_CTX *hash;
	struct key *key; /* of the newest message signature, then of each seal from the first on */
};

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
	v->from += view_is(view_trim(h->name), "From");
	v->bytes += h->name.n + h->value.n;
	if (v->fields.n == HEADER_COUNT_MAX || v->bytes > DKIM_HEADER_BYTES) {
		v->over = true;
		return;
	}
	signature_fields_add(&v->fields,
		(struct header_field){arena_copy(v->arena, h->name), arena_copy(v->arena, h->value)},
		v->arena);
}

void
arc_verify_eoh(struct arc_verify *v)
{
	const struct arc_set *last;

	if (!v->any)
		return;
	arc_set_read(v->fields.field, v->fields.n, v->arena, &v->chain);
	if (v->over || v->from != 1)
		v->chain = (struct arc_chain){.status = ARC_CHAIN_BAD,
			.why = v->over ? "too many header fields" : "not exactly one From field"};
	if (v->chain.status != ARC_CHAIN_OK)
		return;
	last = &v->chain.set[v->chain.n - 1];
	v->key = arena_array(v->arena, v->chain.n + 1, sizeof(*v->key));
	v->hash = signature_hash_new(v->arena);
	canonical_body_init(&v->body, last->body, last->l, signature_hash_add, v->hash);
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

static bool
holds(const struct arc_verify *v, size_t i, const unsigned char digest[static SIGNATURE_HASH])
{
	const struct arc_signature *s = signature_of(v, i);

	return signature_holds(&v->key[i].key, s->ed25519, s->b, digest);
}

/* ---- the message signature ---- */

static const char *
check_message(struct arc_verify *v)
{
	const struct arc_set *last = &v->chain.set[v->chain.n - 1];
	unsigned char digest[SIGNATURE_HASH];

	canonical_body_end(&v->body);
	signature_hash_end(v->hash, digest);
	if (memcmp(digest, last->bh.p, SIGNATURE_HASH) != 0)
		return "the body has changed since the last seal";
	signature_header(&v->fields, (size_t)(last->message - v->fields.field), last->header, last->h,
		v->arena, digest);
	return holds(v, 0, digest) ? NULL : "the newest ARC-Message-Signature does not match";
}

/* ---- the seals ---- */

static void
add_relaxed(EVP_MD_CTX *hash, const struct header_field *f, struct arena *a)
{
	signature_hash_add(hash, canonical_field(CANONICAL_RELAXED, f, a));
	signature_hash_add(hash, VIEW("\r\n"));
}

/* RFC 8617 section 5.1.1: each seal covers all sets up to its own, itself last and without b=. */
static const char *
check_seals(struct arc_verify *v)
{
	EVP_MD_CTX *all = signature_hash_new(v->arena), *one = signature_hash_new(v->arena);
	unsigned char digest[SIGNATURE_HASH];

	for (size_t i = 0; i < v->chain.n; i++) {
		const struct arc_set *s = &v->chain.set[i];
		struct header_field seal = *s->seal;

		add_relaxed(all, s->results, v->arena);
		add_relaxed(all, s->message, v->arena);
		if (EVP_MD_CTX_copy_ex(one, all) != 1)
			log_die("SHA-256 failed");
		seal.value = canonical_unsigned(seal.value, v->arena);
		signature_hash_add(one, canonical_field(CANONICAL_RELAXED, &seal, v->arena));
		signature_hash_end(one, digest);
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
