/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/tls_session.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/tls_socket.h"
#include "util/log.h"

struct tls_session {
	struct tls *tls;
	SSL *ssl;
	struct tls_socket socket;
	int error;          /* errno of the step that failed, or 0 */
	unsigned long code; /* the library's error, or 0 */
	bool over; /* failed: the library must not be called any more */
};

struct tls_session *
tls_session_new(struct tls *t, int fd, const char *name, struct view early)
{
	struct tls_session *s = calloc(1, sizeof(*s));

	if (!s)
		log_die("out of memory");
	s->socket.fd = fd;
	s->ssl = tls_connection(t, name, &s->socket);
	if (!s->ssl) {
		free(s);
		errno = EINVAL;
		return NULL;
	}
	s->tls = tls_share(t);
	fifo_init(&s->socket.early, UINT32_MAX);
	fifo_put(&s->socket.early, early);
	return s;
}

void
tls_session_free(struct tls_session *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	tls_free(s->tls);
	fifo_done(&s->socket.early);
	free(s);
}

/* ---- steps ---- */

/* What the library said with result r; the errors are of this thread, and end here. */
static enum tls_step
judge(struct tls_session *s, int r)
{
	int e = errno;

	switch (SSL_get_error(s->ssl, r)) {
	case SSL_ERROR_NONE:
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_ENDED;
	case SSL_ERROR_SYSCALL:
		s->error = e;
		/* fall through */
	default:
		s->code = ERR_peek_error();
		s->over = true;
		ERR_clear_error();
		return TLS_FAILED;
	}
}

static bool
begin(struct tls_session *s)
{
	ERR_clear_error();
	errno = 0;
	return !s->over;
}

enum tls_step
tls_session_handshake(struct tls_session *s)
{
	enum tls_step step;

	if (!begin(s))
		return TLS_FAILED;
	step = judge(s, SSL_do_handshake(s->ssl));
	if (step == TLS_ENDED) /* an end before the beginning */
		s->over = true;
	return step == TLS_ENDED ? TLS_FAILED : step;
}

enum tls_step
tls_session_read(struct tls_session *s, void *out, size_t n, size_t *got_out)
{
	return begin(s) ? judge(s, SSL_read_ex(s->ssl, out, n, got_out)) : TLS_FAILED;
}

enum tls_step
tls_session_write(struct tls_session *s, struct view bytes, size_t *sent_out)
{
	enum tls_step step;

	if (!begin(s))
		return TLS_FAILED;
	step = judge(s, SSL_write_ex(s->ssl, bytes.p, bytes.n, sent_out));
	if (step == TLS_ENDED)
		s->over = true;
	return step == TLS_ENDED ? TLS_FAILED : step;
}

void
tls_session_bye(struct tls_session *s)
{
	if (begin(s) && SSL_is_init_finished(s->ssl))
		SSL_shutdown(s->ssl);
	ERR_clear_error();
}

bool
tls_session_has_more(const struct tls_session *s)
{
	return SSL_pending(s->ssl) > 0 || s->socket.early.n > 0;
}

/* ---- what it is ---- */

/* Text from a certificate, if nothing in it could forge a line or a field. */
static void
copy_name(char out[static TLS_NAME_MAX], struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~')
			return;
	if (v.n >= TLS_NAME_MAX)
		return;
	memcpy(out, v.p, v.n);
	out[v.n] = 0;
}

static struct view
text_of(const ASN1_STRING *s)
{
	return s ? view_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)) : VIEW("");
}

static void
name_of(X509 *cert, char out[static TLS_NAME_MAX])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !out[0]; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_DNS || g->type == GEN_EMAIL)
			copy_name(out, text_of(g->d.ia5));
	}
	GENERAL_NAMES_free(names);
	if (!out[0] && at >= 0)
		copy_name(out, text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

static void
describe_peer(const struct tls_session *s, X509 *cert, struct tls_info *out)
{
	unsigned char sum[32];
	unsigned n = 0;

	out->has_certificate = true;
	out->verified = SSL_get_verify_mode(s->ssl) != SSL_VERIFY_NONE &&
			SSL_get_verify_result(s->ssl) == X509_V_OK;
	name_of(cert, out->name);
	if (X509_digest(cert, EVP_sha256(), sum, &n) == 1)
		for (unsigned i = 0; i < n && i < sizeof(sum); i++)
			snprintf(out->fingerprint + 2 * i, 3, "%02x", sum[i]);
}

void
tls_session_info(const struct tls_session *s, struct tls_info *out)
{
	const char *sni = SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name);
	X509 *cert = SSL_get0_peer_certificate(s->ssl);

	*out = (struct tls_info){.version = SSL_get_version(s->ssl),
		.cipher = SSL_get_cipher_name(s->ssl),
		.bits = SSL_get_cipher_bits(s->ssl, NULL),
		.resumed = SSL_session_reused(s->ssl)};
	if (sni && strspn(sni, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
			   strlen(sni))
		copy_name(out->sni, view_str(sni));
	if (cert)
		describe_peer(s, cert, out);
	ERR_clear_error();
}

void
tls_session_why(const struct tls_session *s, char out[static TLS_WHY_MAX])
{
	const char *reason = s->code ? ERR_reason_error_string(s->code) : NULL;
	long verify = SSL_get_verify_result(s->ssl);

	if (reason && ERR_GET_REASON(s->code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
		snprintf(out, TLS_WHY_MAX, "%s: %s", reason, X509_verify_cert_error_string(verify));
	else if (reason)
		snprintf(out, TLS_WHY_MAX, "%s", reason);
	else if (s->error)
		snprintf(out, TLS_WHY_MAX, "%s", strerror(s->error));
	else
		snprintf(out, TLS_WHY_MAX, "the peer closed the connection");
}
