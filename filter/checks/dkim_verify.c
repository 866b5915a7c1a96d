/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dkim_verify.h"

#include <opendkim/dkim.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "checks/signature.h"
#include "mail/mime/base64.h"
#include "mail/dkim/body_lines.h"
#include "mail/dkim/dkim_key.h"
#include "util/log.h"

struct entry {
	struct dkim_signature signature;
	DKIM_SIGINFO *info; /* the library's handle; NULL if it did not get this field */
	struct view key_name;
	struct dkim_key key;
	struct dkim_verify_result result;
	size_t field; /* its place among the fields */
	struct canonical_body body; /* of one that the library does not get, with its hash */
	EVP_MD_CTX *hash;
	bool settled; /* result is final */
	bool has_key;
};

struct dkim_verify {
	struct arena *arena;
	int64_t now;
	DKIM *dkim;
	struct entry entry[DKIM_SIGNATURES];
	struct entry *given[DKIM_SIGNATURES]; /* those that the library got, in its order */
	size_t n, n_given, ignored, walks;
	struct signature_fields fields;
	size_t from, bytes;
	const char *broken; /* no signature of this message can be verified: why */
	bool hashing;       /* the library wants the body */
	bool own;           /* so do we: there is an entry with a hash */
	struct body_lines lines;
};

const char *
dkim_verify_verdict_name(enum dkim_verdict v)
{
	static const char *const names[] = {
		"pass", "fail", "temperror", "permerror", "neutral", "policy"};

	return names[v];
}

/* ---- the library ---- */

/* libopendkim's x= and t= tests use the machine's clock; ours use the caller's. With so much drift
 * the library's never find anything (dates before 2001 aside, when there was no DKIM). */
static const uint64_t no_time_test = 1000000000;

/* Its memory is the message's arena: what it forgets to free, or frees too early, does no harm. */
static void *
lib_malloc(void *arena, size_t n)
{
	return arena_alloc(arena, n);
}

static void
lib_free(void *arena, void *p)
{
}

/* Answers from the key that we judged, written anew: the library's own parser sees nothing else. */
static DKIM_CBSTAT
lib_key(DKIM *dkim, DKIM_SIGINFO *info, unsigned char *buf, size_t size)
{
	const struct dkim_verify *v = dkim_get_user_context(dkim);

	for (size_t i = 0; i < v->n_given; i++) {
		const struct entry *e = v->given[i];
		const char *head = e->key.type == DKIM_KEY_RSA ? "k=rsa; p=" : "k=ed25519; p=";
		size_t n = strlen(head);

		if (e->info != info || !e->has_key)
			continue;
		if (n + (e->key.der.n + 2) / 3 * 4 + 1 > size)
			return DKIM_CBSTAT_NOTFOUND;
		memcpy(buf, head, n);
		EVP_EncodeBlock(buf + n, (const unsigned char *)e->key.der.p, (int)e->key.der.n);
		return DKIM_CBSTAT_CONTINUE;
	}
	return DKIM_CBSTAT_NOTFOUND;
}

/* libopendkim reads the key that it was answered with this function of OpenSSL 3, which looks through
 * all of OpenSSL's decoders for it: ten times the cost of the verification, under locks that all threads
 * share. A program's own function stands before a library's; no other library here calls it. */
EVP_PKEY *
d2i_PUBKEY_bio(BIO *bio, EVP_PKEY **out)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);
	struct view rsa = dkim_key_rsa(view_of(p, (size_t)n));
	const unsigned char *at = (const unsigned char *)(rsa.p ? rsa.p : p);

	return rsa.p ? d2i_PublicKey(EVP_PKEY_RSA, out, &at, (long)rsa.n) : d2i_PUBKEY(out, &at, n);
}

static void
settle(struct entry *e, enum dkim_verdict verdict, const char *why)
{
	if (e->settled)
		return;
	e->settled = true;
	e->result.verdict = verdict;
	e->result.why = why;
}

/* At the end of the header: learns the library's handles, hears its opinion of each signature, and
 * stops what we have refused before anything is hashed for it. */
static DKIM_CBSTAT
lib_prescreen(DKIM *dkim, DKIM_SIGINFO **sigs, int n)
{
	struct dkim_verify *v = dkim_get_user_context(dkim);

	if ((size_t)n != v->n_given)
		return DKIM_CBSTAT_ERROR;
	for (int i = 0; i < n; i++) {
		struct entry *e = v->given[i];
		DKIM_SIGERROR error = dkim_sig_geterror(sigs[i]);

		e->info = sigs[i];
		if (error != DKIM_SIGERROR_UNKNOWN && error != DKIM_SIGERROR_OK)
			settle(e, DKIM_NEUTRAL, dkim_sig_geterrorstr(error));
		if (e->settled)
			dkim_sig_ignore(sigs[i]);
	}
	return DKIM_CBSTAT_CONTINUE;
}

/* The process's one library handle: set up once, only read afterwards, and so shared by all
 * threads. The exception to "no mutable globals" here, since checks have no life of their own to
 * hang it on. */
static DKIM_LIB *lib;
static pthread_once_t lib_once = PTHREAD_ONCE_INIT;

static void
lib_open(void)
{
	unsigned flags = DKIM_LIBFLAGS_DELAYSIGPROC | DKIM_LIBFLAGS_BADSIGHANDLES;
	uint64_t drift = no_time_test;

	lib = dkim_init(lib_malloc, lib_free);
	if (!lib ||
		dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof(flags)) !=
			DKIM_STAT_OK ||
		dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_CLOCKDRIFT, &drift, sizeof(drift)) !=
			DKIM_STAT_OK ||
		dkim_set_key_lookup(lib, lib_key) != DKIM_STAT_OK ||
		dkim_set_prescreen(lib, lib_prescreen) != DKIM_STAT_OK)
		log_die("libopendkim cannot be used");
}

static void
lib_drop(void *dkim)
{
	dkim_free(dkim);
}

/* ---- the message ---- */

struct dkim_verify *
dkim_verify_new(struct arena *a, int64_t now)
{
	struct dkim_verify *v = arena_new_of(a, struct dkim_verify);
	DKIM_STAT status;

	pthread_once(&lib_once, lib_open);
	v->arena = a;
	v->now = now;
	v->dkim = dkim_verify(lib, (const unsigned char *)"message", a, &status);
	if (!v->dkim)
		log_die("libopendkim gives no handle");
	dkim_set_user_context(v->dkim, v);
	arena_on_reset(a, lib_drop, v->dkim);
	return v;
}

/* "name:value" with CRLF folding, as the library wants it. */
static struct view
canonical_line(struct dkim_verify *v, const struct header_field *h)
{
	size_t ends = 0, n;
	char *p;

	for (size_t i = 0; i < h->value.n; i++)
		ends += h->value.p[i] == '\n';
	p = arena_alloc(v->arena, h->name.n + 1 + h->value.n + ends);
	memcpy(p, h->name.p, h->name.n);
	p[h->name.n] = ':';
	n = h->name.n + 1;
	for (size_t i = 0; i < h->value.n; i++) {
		if (h->value.p[i] == '\n' && p[n - 1] != '\r')
			p[n++] = '\r';
		p[n++] = h->value.p[i];
	}
	return view_of(p, n);
}

/* The library walks over the body once for all that hash the same of it; we do so for each. */
static bool
same_walk(const struct dkim_signature *a, const struct dkim_signature *b)
{
	return !a->own && !b->own && a->body == b->body && a->has_l == b->has_l && a->l == b->l;
}

static bool
too_many_walks(struct dkim_verify *v, const struct entry *e)
{
	for (size_t i = 0; i < v->n_given; i++)
		if (same_walk(&v->given[i]->signature, &e->signature))
			return false;
	return v->walks++ >= DKIM_BODY_WALKS;
}

/* True if the library may see the field. */
static bool
add_signature(struct dkim_verify *v, struct view value)
{
	struct entry *e;

	if (v->n == DKIM_SIGNATURES) {
		v->ignored++;
		return false;
	}
	e = &v->entry[v->n++];
	dkim_signature_read(value, v->now, v->arena, &e->signature);
	e->result.signature = &e->signature;
	e->field = v->fields.n;
	if (e->signature.status == DKIM_SIGNATURE_BAD)
		settle(e, DKIM_NEUTRAL, e->signature.why);
	else if (e->signature.status != DKIM_SIGNATURE_OK)
		settle(e, DKIM_POLICY, e->signature.why);
	else if (too_many_walks(v, e))
		settle(e, DKIM_POLICY, "too many ways to hash the body");
	if (e->settled || e->signature.own)
		return false;
	v->given[v->n_given++] = e;
	return true;
}

/* The library refuses such a field name before it looks whether the field is a signature. */
static bool
name_refused(struct view name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < ' ' || name.p[i] > '~' || name.p[i] == ';')
			return true;
	return name.n == 0;
}

void
dkim_verify_header(struct dkim_verify *v, const struct header_field *h)
{
	struct view name = view_trim(h->name), line;
	bool given;

	if (view_is(name, "From"))
		v->from++;
	v->bytes += h->name.n + h->value.n + 1;
	if (v->bytes > DKIM_HEADER_BYTES || v->fields.n == HEADER_COUNT_MAX)
		v->broken = "the header is too large";
	if (view_find(h->value, '\0') < h->value.n)
		v->broken = "a header field has a NUL"; /* the library would take it for the end */
	if (body_lines_bare_cr(h->value))
		v->broken = "a header field has a bare CR"; /* to the library it is a blank */
	if (name_refused(h->name))
		return;
	given = !view_is(name, "DKIM-Signature") || add_signature(v, h->value);
	if (v->broken)
		return;
	line = canonical_line(v, h);
	signature_fields_add(&v->fields, (struct header_field){view_head(line, h->name.n),
		view_skip(line, h->name.n + 1)}, v->arena);
	/* A signature that the library does not like keeps its handle, thanks to BADSIGHANDLES. */
	if (given)
		(void)dkim_header(v->dkim, (unsigned char *)line.p, line.n);
}

static void
start_own(struct dkim_verify *v, struct entry *e)
{
	const struct dkim_signature *g = &e->signature;

	if (e->settled)
		return;
	v->own = true;
	e->hash = signature_hash_new(v->arena);
	canonical_body_init(&e->body, g->body, g->has_l ? g->l : UINT64_MAX, signature_hash_add, e->hash);
}

void
dkim_verify_eoh(struct dkim_verify *v)
{
	if (!v->broken && v->from != 1)
		v->broken = v->from ? "more than one From field" : "no From field";
	for (size_t i = 0; v->broken && i < v->n; i++)
		settle(&v->entry[i], DKIM_PERMERROR, v->broken);
	if (v->broken)
		return;
	v->hashing = v->n_given > 0 && dkim_eoh(v->dkim) == DKIM_STAT_OK;
	for (size_t i = 0; i < v->n; i++) {
		struct entry *e = &v->entry[i];

		if (e->signature.own)
			start_own(v, e);
		else if (!v->hashing || !e->info)
			settle(e, DKIM_NEUTRAL, "the header cannot be hashed");
		if (!e->settled)
			e->key_name = dkim_signature_key_name(&e->signature, v->arena);
	}
}

static void
hash_piece(struct dkim_verify *v, struct view piece)
{
	body_lines_add(&v->lines, piece);
	if (v->hashing && v->lines.word > DKIM_WORD_MAX) {
		v->hashing = false;
		for (size_t i = 0; i < v->n_given; i++)
			settle(v->given[i], DKIM_NEUTRAL, "a word of the body is too long");
	}
	if (v->hashing)
		(void)dkim_body(v->dkim, (unsigned char *)piece.p, piece.n);
	for (size_t i = 0; v->own && i < v->n; i++)
		if (v->entry[i].hash)
			canonical_body_add(&v->entry[i].body, piece);
}

void
dkim_verify_body(struct dkim_verify *v, struct view chunk)
{
	for (; (v->hashing || v->own) && chunk.n > 0; chunk = view_skip(chunk, DKIM_WORD_MAX))
		hash_piece(v, view_head(chunk, DKIM_WORD_MAX));
}

size_t
dkim_verify_count(const struct dkim_verify *v)
{
	return v->n;
}

size_t
dkim_verify_ignored(const struct dkim_verify *v)
{
	return v->ignored;
}

struct view
dkim_verify_key_name(const struct dkim_verify *v, size_t i)
{
	return v->entry[i].key_name;
}

/* ---- keys ---- */

/* May this key verify this signature? NULL or why not. */
static const char *
key_misfit(const struct dkim_signature *g, const struct dkim_key *k)
{
	if ((g->alg == DKIM_RSA_SHA256) != (k->type == DKIM_KEY_RSA))
		return "the key is of another type";
	if (k->strict && !g->i_is_d)
		return "the key is not for subdomains";
	return NULL;
}

/* Tries one record. The first fault stays for the report if no record is of use. */
static bool
try_key(struct dkim_verify *v, struct entry *e, struct view record,
	struct dkim_verify_result *fault)
{
	const char *why;
	enum dkim_key_status status = dkim_key_read(record, v->arena, &e->key, &why);

	if (status == DKIM_KEY_OK)
		why = key_misfit(&e->signature, &e->key);
	if (!why)
		return true;
	if (status != DKIM_KEY_FOREIGN && !fault->why) {
		fault->verdict = status == DKIM_KEY_WEAK ? DKIM_POLICY : DKIM_PERMERROR;
		fault->why = why;
	}
	return false;
}

void
dkim_verify_key(struct dkim_verify *v, size_t i, enum dkim_key_answer answer,
	const struct view *txt, size_t n, const char *why)
{
	struct entry *e = &v->entry[i];
	struct dkim_verify_result fault = {.verdict = DKIM_PERMERROR};

	if (e->settled || e->has_key)
		return;
	if (answer == DKIM_ANSWER_TEMPFAIL) {
		settle(e, DKIM_TEMPERROR, why);
		return;
	}
	for (size_t k = 0; answer == DKIM_ANSWER_FOUND && !e->has_key && k < n; k++)
		e->has_key = try_key(v, e, txt[k], &fault);
	if (!e->has_key)
		settle(e, fault.verdict, fault.why ? fault.why : "no key for signature");
	else
		e->result.testing = e->key.testing;
}

/* ---- the end ---- */

static void
read_result(struct entry *e)
{
	unsigned flags = dkim_sig_getflags(e->info);
	DKIM_SIGERROR error = dkim_sig_geterror(e->info);

	if (error == DKIM_SIGERROR_TOOLARGE_L)
		settle(e, DKIM_FAIL, "l= is larger than the body");
	else if (!(flags & DKIM_SIGFLAG_PROCESSED))
		settle(e, DKIM_NEUTRAL, "the signature cannot be processed");
	else if (!(flags & DKIM_SIGFLAG_PASSED))
		settle(e, DKIM_FAIL, "signature did not verify");
	else if (dkim_sig_getbh(e->info) != DKIM_SIGBH_MATCH)
		settle(e, DKIM_FAIL, "body hash did not verify");
	else if (error != DKIM_SIGERROR_OK)
		settle(e, DKIM_NEUTRAL, dkim_sig_geterrorstr(error));
	else
		settle(e, DKIM_PASS, NULL);
}

static void
read_own(struct dkim_verify *v, struct entry *e)
{
	const struct dkim_signature *g = &e->signature;
	struct view b = base64_decode(g->b_text, v->arena), bh = base64_decode(g->bh, v->arena);
	unsigned char digest[SIGNATURE_HASH];

	canonical_body_end(&e->body);
	if (g->has_l && e->body.left > 0)
		settle(e, DKIM_FAIL, "l= is larger than the body");
	signature_header(&v->fields, e->field, g->header, g->h, v->arena, digest);
	if (!signature_holds(&e->key, g->alg == DKIM_ED25519_SHA256, b, digest))
		settle(e, DKIM_FAIL, "signature did not verify");
	signature_hash_end(e->hash, digest);
	if (bh.n != SIGNATURE_HASH || memcmp(digest, bh.p, SIGNATURE_HASH) != 0)
		settle(e, DKIM_FAIL, "body hash did not verify");
	settle(e, DKIM_PASS, NULL);
}

void
dkim_verify_end(struct dkim_verify *v)
{
	bool any = false;

	for (size_t i = 0; i < v->n; i++) {
		struct entry *e = &v->entry[i];

		if (!e->has_key)
			settle(e, DKIM_TEMPERROR, "the key was not told");
		/* The library's canonical bodies lose some, and readers differ in what they make of them. */
		if (v->lines.bare || v->lines.cr)
			settle(e, DKIM_NEUTRAL, "the body has a bare CR or LF");
		if (e->settled && e->info)
			dkim_sig_ignore(e->info);
		if (!e->settled && e->hash)
			read_own(v, e);
		any = any || !e->settled;
	}
	if (!v->hashing || !any)
		return;
	/* RFC 6376 section 3.4.3 and 3.4.4: a body ends in CRLF; the library insists. */
	if (!v->lines.ended)
		(void)dkim_body(v->dkim, (unsigned char *)"\r\n", 2);
	(void)dkim_eom(v->dkim, NULL);
	for (size_t i = 0; i < v->n; i++)
		if (!v->entry[i].settled)
			read_result(&v->entry[i]);
}

struct dkim_verify_result
dkim_verify_result(const struct dkim_verify *v, size_t i)
{
	return v->entry[i].result;
}
