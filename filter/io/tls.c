/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/tls.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/tls_chain.h"
#include "io/tls_socket.h"
#include "util/limits.h"
#include "util/log.h"

struct tls {
	SSL_CTX *ctx;
	BIO_METHOD *socket;
	bool is_client, verify;
	atomic_uint owners;
	struct tls_chains chains;
	char first_name[TLS_NAME_MAX]; /* whose certificates clients get that name no host; "" = chain 0 */
};

/* ---- which certificate ---- */

static bool
covers(const struct tls_chain *c, const char *host)
{
	return X509_check_host(c->leaf, host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

/* Installs what covers host, the first of each type of key; false if nothing does. */
static bool
use_certificates(const struct tls *t, SSL *ssl, const char *host)
{
	int type[8];
	size_t types = 0;

	for (size_t i = 0; i < t->chains.n; i++) {
		const struct tls_chain *c = &t->chains.chain[i];
		size_t k = 0;

		if (!covers(c, host))
			continue;
		while (k < types && type[k] != EVP_PKEY_get_base_id(c->key))
			k++;
		if (k < types || k == sizeof(type) / sizeof(*type))
			continue;
		if (types == 0)
			SSL_certs_clear(ssl);
		type[types++] = EVP_PKEY_get_base_id(c->key);
		if (SSL_use_cert_and_key(ssl, c->leaf, c->key, c->above, 1) != 1)
			return false;
	}
	return types > 0;
}

/* Called in the handshake when the client's hello is known. An unknown host is no fault: mail servers name
 * what they looked up, which may be another name of ours. */
static int
choose(SSL *ssl, void *arg)
{
	const struct tls *t = arg;
	const char *host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	if ((!host || !use_certificates(t, ssl, host)) && t->first_name[0])
		use_certificates(t, ssl, t->first_name);
	ERR_clear_error();
	return 1; /* else those of the context: chain 0's */
}

static int
acknowledge_name(SSL *ssl, int *alert, void *arg)
{
	return SSL_TLSEXT_ERR_OK;
}

static void
find_first_name(struct tls *t)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(t->chains.chain[0].leaf, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !t->first_name[0]; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_DNS && ASN1_STRING_length(g->d.dNSName) < TLS_NAME_MAX)
			memcpy(t->first_name, ASN1_STRING_get0_data(g->d.dNSName),
				(size_t)ASN1_STRING_length(g->d.dNSName));
	}
	GENERAL_NAMES_free(names);
}

/* ---- making one ---- */

/* What holds for both sides. */
static bool
restrain(SSL_CTX *ctx, enum tls_version min)
{
	static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};

	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* IGNORE_UNEXPECTED_EOF: mail says its own ends, and many peers close without TLS's. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Or a peer that renews its keys without end would keep the loop within one call. */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 1);
	if (min < TLS_1_2) /* old versions sign with SHA-1, which level 1 forbids */
		SSL_CTX_set_security_level(ctx, 0);
	return SSL_CTX_set_cipher_list(ctx, min < TLS_1_2 ? "DEFAULT:@SECLEVEL=0" : "DEFAULT") == 1 &&
	       SSL_CTX_set_min_proto_version(ctx, versions[min]) == 1;
}

static bool
trust(SSL_CTX *ctx, struct view ca, struct buf *why)
{
	if (!ca.p)
		return SSL_CTX_set_default_verify_paths(ctx) == 1;
	return tls_chain_trust(SSL_CTX_get_cert_store(ctx), ca, why);
}

static struct tls *
begin(const SSL_METHOD *method)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (!t)
		log_die("out of memory");
	atomic_init(&t->owners, 1);
	ERR_clear_error();
	t->ctx = SSL_CTX_new(method);
	if (!t->ctx)
		log_die("TLS: no context");
	t->socket = tls_socket_method();
	return t;
}

/* t, or NULL with an explanation. */
static struct tls *
end(struct tls *t, bool ok, struct buf *why)
{
	if (ok)
		return t;
	if (why->n == 0)
		tls_chain_explain(why, "TLS cannot be set up");
	tls_free(t);
	return NULL;
}

/* All are tried, so that the administrator hears of a weak key now, and no client does later; the context has
 * the first. */
static bool
load(struct tls *t, const struct tls_server_options *o, struct buf *why)
{
	const struct tls_chain *c = t->chains.chain;
	bool ok = tls_chain_read(&t->chains, o->pem, o->n_pem, why);
	SSL *trial = ok ? SSL_new(t->ctx) : NULL;

	for (size_t i = 0; ok && i < t->chains.n; i++) {
		char subject[TLS_CHAIN_SUBJECT_MAX], what[TLS_CHAIN_SUBJECT_MAX + 40];

		ok = SSL_use_cert_and_key(trial, c[i].leaf, c[i].key, c[i].above, 1) == 1;
		if (ok)
			continue;
		tls_chain_subject(c[i].leaf, subject);
		snprintf(what, sizeof(what), "the certificate %s cannot be used", subject);
		tls_chain_explain(why, what);
	}
	SSL_free(trial);
	return ok && SSL_CTX_use_cert_and_key(t->ctx, c->leaf, c->key, c->above, 1) == 1;
}

static int
accept_any(int ok, X509_STORE_CTX *ctx)
{
	return 1; /* the result is kept, and reported */
}

/* A mail server shows as a client the certificate that it has as a server: its purpose is not asked. */
static bool
ask_clients(SSL_CTX *ctx, struct view ca, struct buf *why)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
	return X509_VERIFY_PARAM_set_purpose(SSL_CTX_get0_param(ctx), X509_PURPOSE_ANY) == 1 &&
	       SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"smtp", 4) == 1 &&
	       trust(ctx, ca, why);
}

struct tls *
tls_server_new(const struct tls_server_options *o, struct buf *why)
{
	struct tls *t = begin(TLS_server_method());
	bool ok = restrain(t->ctx, o->min) && load(t, o, why) && SSL_CTX_set_dh_auto(t->ctx, 1) == 1 &&
		  (!o->ask_certificate || ask_clients(t->ctx, o->ca, why));

	if (ok) {
		find_first_name(t);
		if (t->chains.n > 1)
			SSL_CTX_set_cert_cb(t->ctx, choose, t);
		SSL_CTX_set_tlsext_servername_callback(t->ctx, acknowledge_name);
	}
	return end(t, ok, why);
}

struct tls *
tls_client_new(const struct tls_client_options *o, struct buf *why)
{
	struct tls *t = begin(TLS_client_method());
	bool ok = restrain(t->ctx, o->min) && (!o->verify || trust(t->ctx, o->ca, why));

	t->is_client = true;
	t->verify = o->verify;
	SSL_CTX_set_verify(t->ctx, o->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	return end(t, ok, why);
}

int
tls_days(const struct tls *t)
{
	int least = INT_MAX, days, seconds;

	for (size_t i = 0; i < t->chains.n; i++)
		if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(t->chains.chain[i].leaf)) &&
			days < least)
			least = days;
	return least < 0 ? 0 : least;
}

struct tls *
tls_share(struct tls *t)
{
	atomic_fetch_add(&t->owners, 1);
	return t;
}

void
tls_free(struct tls *t)
{
	if (!t || atomic_fetch_sub(&t->owners, 1) > 1)
		return;
	tls_chain_done(&t->chains);
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->socket);
	free(t);
}

/* ---- connections ---- */

/* The name by which a server is reached: what SNI says, and what its certificate must be for. */
static bool
set_name(const struct tls *t, SSL *ssl, const char *name)
{
	unsigned char ip[16];
	bool is_ip = name && (inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1);

	if (!name || !*name)
		return !t->verify;
	if (is_ip)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1;
}

SSL *
tls_connection(const struct tls *t, const char *name, struct tls_socket *socket)
{
	SSL *ssl = SSL_new(t->ctx);
	BIO *b;

	if (!ssl)
		log_die("out of memory");
	if (t->is_client && !set_name(t, ssl, name)) {
		SSL_free(ssl);
		ERR_clear_error();
		return NULL;
	}
	b = tls_socket_new(t->socket, socket);
	SSL_set_bio(ssl, b, b);
	if (t->is_client)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	return ssl;
}
