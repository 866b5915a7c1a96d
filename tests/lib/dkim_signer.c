/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/dkim_signer.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/mime/base64.h"
#include "util/buf.h"

enum { BYTES_MAX = 64 * 1024 * 1024 };

static void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "dkim_signer: %s failed\n", what);
		abort();
	}
}

void
dkim_signer_key(enum dkim_signer_alg alg, int bits, struct arena *a, const char **pem_out,
	struct view *record_out)
{
	EVP_PKEY_CTX *ctx =
		EVP_PKEY_CTX_new_id(alg == SIGNER_ED25519 ? EVP_PKEY_ED25519 : EVP_PKEY_RSA, NULL);
	EVP_PKEY *key = NULL;
	BIO *out = BIO_new(BIO_s_mem());
	unsigned char raw[32], *der = NULL;
	size_t raw_n = sizeof(raw);
	char *data;
	long n;

	must(ctx && EVP_PKEY_keygen_init(ctx) == 1, "keygen_init");
	must(alg == SIGNER_ED25519 || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) == 1,
		"keygen_bits");
	must(EVP_PKEY_generate(ctx, &key) == 1, "generate");
	must(PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1, "PEM");
	n = BIO_get_mem_data(out, &data);
	*pem_out = arena_cstr(a, view_of(data, (size_t)n));
	if (alg == SIGNER_ED25519) {
		must(EVP_PKEY_get_raw_public_key(key, raw, &raw_n) == 1, "raw key");
		*record_out = arena_printf(
			a, "v=DKIM1; k=ed25519; p=%.*s", VIEW_ARG(base64_encode(view_of(raw, raw_n), a)));
	} else {
		n = i2d_PUBKEY(key, &der);
		must(n > 0, "i2d_PUBKEY");
		*record_out = arena_printf(
			a, "v=DKIM1; k=rsa; p=%.*s", VIEW_ARG(base64_encode(view_of(der, (size_t)n), a)));
		OPENSSL_free(der);
	}
	BIO_free(out);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
}

/* A line without its end: runs of blanks become one, those at the end go (RFC 6376 section 3.4.4).
 */
static void
add_relaxed(struct buf *out, struct view line)
{
	bool blank = false;

	for (size_t i = 0; i < line.n; i++) {
		bool is_blank = line.p[i] == ' ' || line.p[i] == '\t';

		if (!is_blank) {
			if (blank)
				buf_byte(out, ' ');
			buf_byte(out, line.p[i]);
		}
		blank = is_blank;
	}
}

static void
add_body(struct buf *out, struct view body, bool relaxed)
{
	while (body.n > 0) {
		size_t end = view_search_nocase(body, VIEW("\r\n"));

		if (relaxed)
			add_relaxed(out, view_head(body, end));
		else
			buf_add(out, view_head(body, end));
		buf_str(out, "\r\n");
		body = view_skip(body, end + 2);
	}
	while (out->n >= 2 && memcmp(out->p + out->n - 2, "\r\n", 2) == 0)
		out->n -= 2;
	if (out->n > 0 || !relaxed)
		buf_str(out, "\r\n");
}

static void
add_field(struct buf *out, const struct header_field *h, bool relaxed, struct arena *a)
{
	if (!relaxed) {
		buf_add(out, h->name);
		buf_byte(out, ':');
		buf_add(out, h->value);
		return;
	}
	buf_add(out, arena_lower(a, view_trim(h->name)));
	buf_byte(out, ':');
	add_relaxed(out, header_unfold(h->value, a));
}

static const EVP_MD *
digest(const struct dkim_signer *s)
{
	return s->alg == SIGNER_RSA_SHA1 ? EVP_sha1() : EVP_sha256();
}

static struct view
body_hash(const struct dkim_signer *s, const struct raw_message *m, struct arena *a)
{
	struct buf b;
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n;

	buf_init(&b, BYTES_MAX);
	add_body(&b, m->body, s->relaxed);
	must(!b.over && (!s->partial || s->length <= b.n), "body");
	must(EVP_Digest(b.p, s->partial ? s->length : b.n, hash, &n, digest(s), NULL) == 1,
		"digest");
	buf_done(&b);
	return base64_encode(view_of(hash, n), a);
}

/* RFC 8463 section 3: Ed25519 signs the SHA-256 hash, RSA the data. */
static struct view
sign(const struct dkim_signer *s, struct view data, struct arena *a)
{
	BIO *in = BIO_new_mem_buf(s->pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char hash[EVP_MAX_MD_SIZE], out[1024];
	size_t n = sizeof(out);
	unsigned hash_n;

	must(key && EVP_Digest(data.p, data.n, hash, &hash_n, EVP_sha256(), NULL) == 1, "key");
	if (s->alg == SIGNER_ED25519) {
		must(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
				EVP_DigestSign(ctx, out, &n, hash, hash_n) == 1,
			"sign");
	} else {
		must(EVP_DigestSignInit(ctx, NULL, digest(s), NULL, key) == 1 &&
				EVP_DigestSign(
					ctx, out, &n, (const unsigned char *)data.p, data.n) == 1,
			"sign");
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	BIO_free(in);
	return base64_encode(view_of(out, n), a);
}

void
dkim_signer_sign(const struct dkim_signer *s, struct raw_message *m, struct arena *a)
{
	static const char *const algs[] = {"rsa-sha1", "rsa-sha256", "ed25519-sha256"};
	const char *const names[] = {"From", "To", "Subject", s->also ? s->also : ""};
	const char *canon = s->relaxed ? "relaxed" : "simple";
	struct view l = s->partial ? arena_printf(a, " l=%zu;", s->length) : VIEW("");
	struct header_field mine = {.name = VIEW("DKIM-Signature")};
	struct buf b;

	mine.value = arena_printf(a,
		" v=1; a=%s; c=%s/%s;\r\n\td=%s; s=%s;%.*s%s%s\r\n\th=From:To : Subject%s%s; "
		"bh=%.*s;\r\n\tb=",
		algs[s->alg], canon, canon, s->domain ? s->domain : "example.org",
		s->selector ? s->selector : "sel", VIEW_ARG(l), s->more ? s->more : "",
		s->more ? ";" : "", s->also ? ":" : "", names[3], VIEW_ARG(body_hash(s, m, a)));
	buf_init(&b, BYTES_MAX);
	for (size_t i = 0; i < 4; i++)
		for (size_t k = m->n; k-- > 0;)
			if (view_is(view_trim(m->field[k].name), names[i])) {
				add_field(&b, &m->field[k], s->relaxed, a);
				buf_str(&b, "\r\n");
				break;
			}
	add_field(&b, &mine, s->relaxed, a);
	mine.value = arena_printf(
		a, "%.*s%.*s", VIEW_ARG(mine.value), VIEW_ARG(sign(s, buf_view(&b), a)));
	buf_done(&b);
	must(m->n < RAW_MESSAGE_FIELDS, "room for the signature");
	memmove(m->field + 1, m->field, m->n++ * sizeof(*m->field));
	m->field[0] = mine;
}
