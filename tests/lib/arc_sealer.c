/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/arc_sealer.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "mail/mime/base64.h"
#include "mail/dkim/canonical.h"
#include "util/buf.h"

enum { BYTES_MAX = 1 << 20 };

static struct view
sign(const struct arc_sealer *s, struct view text, struct arena *a)
{
	BIO *in = BIO_new_mem_buf(s->pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char out[1024];
	size_t n = sizeof(out);

	if (EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) != 1 ||
		EVP_DigestSign(c, out, &n, (const unsigned char *)text.p, text.n) != 1)
		abort();
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	BIO_free(in);
	return base64_encode(view_of(out, n), a);
}

static void
add(void *buf, struct view piece)
{
	buf_add(buf, piece);
}

static struct view
body_hash(const struct raw_message *m, struct arena *a)
{
	struct canonical_body c;
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n;
	struct buf b;

	buf_init(&b, BYTES_MAX);
	canonical_body_init(&c, CANONICAL_RELAXED, UINT64_MAX, add, &b);
	canonical_body_add(&c, m->body);
	canonical_body_end(&c);
	if (EVP_Digest(b.p, b.n, hash, &n, EVP_sha256(), NULL) != 1)
		abort();
	buf_done(&b);
	return base64_encode(view_of(hash, n), a);
}

static void
put_on_top(struct raw_message *m, const char *name, struct view value)
{
	memmove(m->field + 1, m->field, m->n * sizeof(*m->field));
	m->field[0] = (struct header_field){view_str(name), value};
	m->n++;
}

static void
add_field(struct buf *out, const struct raw_message *m, const char *name, unsigned nth, struct arena *a)
{
	for (size_t i = m->n; i-- > 0;)
		if (view_is(m->field[i].name, name) && nth-- == 0)
			buf_add(out, canonical_field(CANONICAL_RELAXED, &m->field[i], a));
	buf_str(out, "\r\n");
}

static void
sign_message(const struct arc_sealer *s, unsigned i, struct raw_message *m, struct arena *a)
{
	struct view value = arena_printf(a, " i=%u; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=s; h=from:subject; %sbh=%.*s; b=",
		i, s->domain, s->more ? s->more : "", VIEW_ARG(body_hash(m, a)));
	struct header_field own = {VIEW("ARC-Message-Signature"), value};
	struct buf b;

	buf_init(&b, BYTES_MAX);
	add_field(&b, m, "From", 0, a);
	add_field(&b, m, "Subject", 0, a);
	buf_add(&b, canonical_field(CANONICAL_RELAXED, &own, a));
	put_on_top(m, "ARC-Message-Signature",
		arena_printf(a, "%.*s%.*s", VIEW_ARG(value), VIEW_ARG(sign(s, buf_view(&b), a))));
	buf_done(&b);
}

void
arc_sealer_seal(const struct arc_sealer *s, unsigned i, struct raw_message *m, struct arena *a)
{
	static const char *const names[] = {"ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal"};
	struct view value = arena_printf(a, " i=%u; a=rsa-sha256; t=1700000000; cv=%s; d=%s; s=s; b=", i,
		s->cv ? s->cv : i == 1 ? "none" : "pass", s->domain);
	struct header_field own = {VIEW("ARC-Seal"), value};
	struct buf b;

	put_on_top(m, names[0], arena_printf(a, " i=%u; %s", i, s->authres));
	sign_message(s, i, m, a);
	buf_init(&b, BYTES_MAX);
	for (unsigned k = 0; k < i; k++)
		for (size_t f = 0; f < 3; f++)
			if (k + 1 < i || f < 2)
				add_field(&b, m, names[f], k, a);
	buf_add(&b, canonical_field(CANONICAL_RELAXED, &own, a));
	put_on_top(m, "ARC-Seal",
		arena_printf(a, "%.*s%.*s", VIEW_ARG(value), VIEW_ARG(sign(s, buf_view(&b), a))));
	buf_done(&b);
}
