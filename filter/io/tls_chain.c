/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/tls_chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "util/log.h"

/* What PEM texts hold, in their order. */
struct pem_set {
	EVP_PKEY *key[TLS_CHAINS_MAX];
	X509 *cert[TLS_CERTIFICATES_MAX];
	size_t keys, certs;
};

static struct pem_set *
set_new(void)
{
	struct pem_set *s = calloc(1, sizeof(*s));

	if (!s)
		log_die("out of memory");
	return s;
}

static void
set_free(struct pem_set *s)
{
	for (size_t i = 0; i < s->keys; i++)
		EVP_PKEY_free(s->key[i]);
	for (size_t i = 0; i < s->certs; i++)
		X509_free(s->cert[i]);
	free(s);
}

void
tls_chain_explain(struct buf *why, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	buf_printf(why, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
	ERR_clear_error();
}

/* ---- PEM ---- */

/* A key with a password cannot be read: there is nobody to ask. */
static int
no_password(char *out, int n, int rwflag, void *arg)
{
	return -1;
}

static bool
take_key(struct pem_set *s, const char *pem, int n, struct buf *why)
{
	BIO *b = BIO_new_mem_buf(pem, n);
	EVP_PKEY *key;

	if (s->keys == TLS_CHAINS_MAX) {
		buf_printf(why, "more than %d private keys", TLS_CHAINS_MAX);
		BIO_free(b);
		return false;
	}
	key = PEM_read_bio_PrivateKey(b, NULL, no_password, NULL);
	BIO_free(b);
	if (!key) {
		tls_chain_explain(why, "a private key cannot be read (one with a password cannot be used)");
		return false;
	}
	s->key[s->keys++] = key;
	return true;
}

static bool
take_certificate(struct pem_set *s, const char *pem, int n, struct buf *why)
{
	BIO *b = BIO_new_mem_buf(pem, n);
	X509 *cert;

	if (s->certs == TLS_CERTIFICATES_MAX) {
		buf_printf(why, "more than %d certificates", TLS_CERTIFICATES_MAX);
		BIO_free(b);
		return false;
	}
	cert = PEM_read_bio_X509_AUX(b, NULL, no_password, NULL);
	BIO_free(b);
	if (!cert) {
		tls_chain_explain(why, "a certificate cannot be read");
		return false;
	}
	s->cert[s->certs++] = cert;
	return true;
}

static const char begin_mark[] = "-----BEGIN ", dashes[] = "-----";

/* One text: each object by its label; what is between objects, and other objects, are remarks. */
static bool
take_text(struct pem_set *s, struct view text, struct buf *why)
{
	const char *p = text.p, *end = text.p + text.n;

	while (p && (p = memmem(p, (size_t)(end - p), begin_mark, sizeof(begin_mark) - 1))) {
		const char *label = p + sizeof(begin_mark) - 1;
		const char *stop = memmem(label, (size_t)(end - label), dashes, sizeof(dashes) - 1);
		const char *next;
		struct view name;

		if (!stop)
			break;
		name = view_of(label, (size_t)(stop - label));
		next = memmem(stop, (size_t)(end - stop), begin_mark, sizeof(begin_mark) - 1);
		next = next ? next : end;
		if (view_ends_nocase(name, VIEW("PRIVATE KEY")) && !take_key(s, p, (int)(next - p), why))
			return false;
		if (view_ends_nocase(name, VIEW("CERTIFICATE")) &&
			!take_certificate(s, p, (int)(next - p), why))
			return false;
		p = next;
	}
	return true;
}

/* ---- chains ---- */

/* The name of a certificate in messages. */
void
tls_chain_subject(X509 *cert, char out[static TLS_CHAIN_SUBJECT_MAX])
{
	X509_NAME_oneline(X509_get_subject_name(cert), out, TLS_CHAIN_SUBJECT_MAX);
}

static EVP_PKEY *
key_of(const struct pem_set *s, X509 *cert)
{
	EVP_PKEY *public = X509_get0_pubkey(cert);

	for (size_t i = 0; i < s->keys; i++)
		if (public && EVP_PKEY_eq(public, s->key[i]) == 1)
			return s->key[i];
	return NULL;
}

static bool
add_chain(struct tls_chains *t, EVP_PKEY *key, X509 *leaf, struct buf *why)
{
	struct tls_chain *c;

	if (t->n == TLS_CHAINS_MAX) {
		buf_printf(why, "more than %d certificates with a key", TLS_CHAINS_MAX);
		return false;
	}
	c = &t->chain[t->n];
	c->key = key;
	c->leaf = leaf;
	c->above = sk_X509_new_null();
	EVP_PKEY_up_ref(key);
	X509_up_ref(leaf);
	t->n++;
	return true;
}

static bool
group(struct tls_chains *t, const struct pem_set *s, struct buf *why)
{
	char subject[TLS_CHAIN_SUBJECT_MAX];

	for (size_t i = 0; i < s->certs; i++) {
		EVP_PKEY *key = key_of(s, s->cert[i]);

		if (key) {
			if (!add_chain(t, key, s->cert[i], why))
				return false;
			continue;
		}
		if (t->n == 0) {
			tls_chain_subject(s->cert[i], subject);
			buf_printf(why, "no private key fits the certificate %s", subject);
			return false;
		}
		X509_up_ref(s->cert[i]);
		sk_X509_push(t->chain[t->n - 1].above, s->cert[i]);
	}
	if (t->n == 0) {
		buf_str(why, s->keys ? "there is no certificate" : "there is no private key");
		return false;
	}
	for (size_t i = 0; i < s->keys; i++) {
		bool used = false;

		for (size_t k = 0; k < t->n; k++)
			used = used || t->chain[k].key == s->key[i];
		if (!used) {
			buf_printf(why, "no certificate fits private key number %zu", i + 1);
			return false;
		}
	}
	return true;
}

bool
tls_chain_read(struct tls_chains *c, const struct view *pem, size_t n, struct buf *why)
{
	struct pem_set *s = set_new();
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++)
		ok = take_text(s, pem[i], why);
	ok = ok && group(c, s, why);
	set_free(s);
	return ok;
}

void
tls_chain_done(struct tls_chains *c)
{
	for (size_t i = 0; i < c->n; i++) {
		EVP_PKEY_free(c->chain[i].key);
		X509_free(c->chain[i].leaf);
		sk_X509_pop_free(c->chain[i].above, X509_free);
	}
	c->n = 0;
}

bool
tls_chain_trust(X509_STORE *store, struct view pem, struct buf *why)
{
	struct pem_set *s = set_new();
	bool ok = take_text(s, pem, why);

	if (ok && s->certs == 0) {
		buf_str(why, "there is no certificate of an authority");
		ok = false;
	}
	for (size_t i = 0; ok && i < s->certs; i++)
		ok = X509_STORE_add_cert(store, s->cert[i]) == 1;
	set_free(s);
	return ok;
}
