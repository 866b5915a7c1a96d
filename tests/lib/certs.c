/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/certs.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "util/log.h"

static void
must(bool ok, const char *what)
{
	if (!ok)
		log_die("certs: %s", what);
}

static EVP_PKEY *
make_key(enum certs_key type)
{
	if (type == CERTS_EC)
		return EVP_EC_gen("P-256");
	return EVP_RSA_gen(type == CERTS_RSA ? 2048u : 1024u);
}

static struct view
take_text(BIO *b, struct arena *a)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	struct view v = arena_copy(a, view_of(p, (size_t)n));

	BIO_free(b);
	return v;
}

static void
extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(e && X509_add_ext(cert, e, -1), value);
	X509_EXTENSION_free(e);
}

struct certs_pair
certs_make(const struct certs_wish *w, struct arena *a)
{
	static long serial = 1;
	EVP_PKEY *key = make_key(w->type), *signer = key;
	X509 *cert = X509_new(), *issuer = cert;
	X509_NAME *name = X509_get_subject_name(cert);
	BIO *out = BIO_new(BIO_s_mem());
	struct certs_pair p;

	if (w->issuer) {
		BIO *k = BIO_new_mem_buf(w->issuer->key.p, (int)w->issuer->key.n);
		BIO *c = BIO_new_mem_buf(w->issuer->cert.p, (int)w->issuer->cert.n);

		signer = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);
		issuer = PEM_read_bio_X509(c, NULL, NULL, NULL);
		BIO_free(k);
		BIO_free(c);
	}
	must(key && signer && issuer, "no key");
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(cert), -20 * 86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), (w->expired ? -10 : 10) * 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)w->subject, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	X509_set_pubkey(cert, key);
	extend(cert, issuer, NID_basic_constraints, w->authority ? "critical,CA:TRUE" : "CA:FALSE");
	extend(cert, issuer, NID_subject_alt_name, w->names);
	extend(cert, issuer, NID_ext_key_usage, w->usage);
	must(X509_sign(cert, signer, EVP_sha256()) > 0, "not signed");
	must(PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), "no PEM");
	p.key = take_text(out, a);
	out = BIO_new(BIO_s_mem());
	must(PEM_write_bio_X509(out, cert), "no PEM");
	p.cert = take_text(out, a);
	if (w->issuer) {
		EVP_PKEY_free(signer);
		X509_free(issuer);
	}
	EVP_PKEY_free(key);
	X509_free(cert);
	return p;
}

struct view
certs_both(const struct certs_pair *p, struct arena *a)
{
	return arena_printf(a, "%.*s%.*s", VIEW_ARG(p->key), VIEW_ARG(p->cert));
}
