/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/certs.h"
#include "tests/lib/tls_ends.h"
#include "tests/lib/unit.h"

static struct arena *arena;
static struct certs_pair root, middle, mx, mx_rsa, other, wild, wild_rsa, plain, expired, client_cert, stranger;

static void
make_certificates(void)
{
	root = certs_make(&(struct certs_wish){.subject = "Root", .authority = true}, arena);
	middle = certs_make(&(struct certs_wish){.subject = "Middle", .authority = true, .issuer = &root}, arena);
	mx = certs_make(&(struct certs_wish){.subject = "mx", .issuer = &middle,
		.names = "DNS:mx.example.org,DNS:mail.example.org,IP:192.0.2.1,IP:2001:db8::1"}, arena);
	mx_rsa = certs_make(&(struct certs_wish){.subject = "mx", .issuer = &root, .type = CERTS_RSA,
		.names = "DNS:mx.example.org"}, arena);
	other = certs_make(&(struct certs_wish){.subject = "other", .issuer = &root,
		.names = "DNS:other.example.net"}, arena);
	wild = certs_make(&(struct certs_wish){.subject = "wild", .issuer = &root, .names = "DNS:*.example.com"}, arena);
	wild_rsa = certs_make(&(struct certs_wish){.subject = "wild", .issuer = &root, .type = CERTS_RSA,
		.names = "DNS:*.example.com"}, arena);
	plain = certs_make(&(struct certs_wish){.subject = "bare name"}, arena);
	expired = certs_make(&(struct certs_wish){.subject = "late", .issuer = &root, .expired = true,
		.names = "DNS:late.example.org"}, arena);
	client_cert = certs_make(&(struct certs_wish){.subject = "client", .issuer = &root,
		.names = "DNS:out.example.net", .usage = "serverAuth"}, arena);
	stranger = certs_make(&(struct certs_wish){.subject = "Other root", .authority = true}, arena);
}

static void
free_both(struct tls *a, struct tls *b)
{
	tls_free(a);
	tls_free(b);
}

/* ---- which certificate ---- */

/* The certificate that a client with this SNI gets, and with what kind of key. */
static const char *
chosen(struct tls *s, const char *sni, const char *algorithms)
{
	static char out[TLS_NAME_MAX + 20];
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	struct tls_ends e;
	int r = -1;

	tls_ends_begin(&e, s, NULL, NULL);
	SSL_set_fd(ssl, e.fd[1]);
	if (sni)
		SSL_set_tlsext_host_name(ssl, sni);
	SSL_set1_sigalgs_list(ssl, algorithms);
	for (int i = 0; i < 10 && r != 1; i++) {
		r = SSL_connect(ssl);
		tls_session_handshake(e.server);
	}
	snprintf(out, sizeof(out), "none");
	if (r == 1) {
		X509 *cert = SSL_get1_peer_certificate(ssl);
		char cn[100] = "";

		X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, cn, sizeof(cn));
		snprintf(out, sizeof(out), "%s %s %d", cn,
			EVP_PKEY_get_base_id(X509_get0_pubkey(cert)) == EVP_PKEY_RSA ? "rsa" : "ec",
			sk_X509_num(SSL_get_peer_cert_chain(ssl)));
		X509_free(cert);
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	tls_ends_end(&e);
	return out;
}

#define ANY "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256"
#define ONLY_RSA "RSA-PSS+SHA256:RSA+SHA256"

static void
sni_picks_the_certificate(void)
{
	/* Keys and certificates in any order; intermediates follow their certificate. */
	const struct view pem[] = {mx.cert, middle.cert, mx.key, VIEW("a remark\n"), other.key, wild.key, mx_rsa.key,
		other.cert, wild.cert, mx_rsa.cert};
	static const struct {
		const char *sni, *algorithms, *want;
	} rows[] = {
		{"mx.example.org", ANY, "mx ec 2"},
		{"MX.Example.ORG", ANY, "mx ec 2"},
		{"mx.example.org", ONLY_RSA, "mx rsa 1"},
		{"mail.example.org", ANY, "mx ec 2"},
		{"mail.example.org", ONLY_RSA, "none"}, /* no RSA certificate has that name */
		{"other.example.net", ANY, "other ec 1"},
		{"other.example.net", ONLY_RSA, "none"},
		{"a.example.com", ANY, "wild ec 1"},
		{"a.b.example.com", ANY, "mx ec 2"}, /* a wildcard is one label */
		{"unknown.example", ANY, "mx ec 2"},
		{"unknown.example", ONLY_RSA, "mx rsa 1"},
		{NULL, ANY, "mx ec 2"},
		{NULL, ONLY_RSA, "mx rsa 1"},
	};
	struct tls *s = tls_ends_server(pem, sizeof(pem) / sizeof(*pem), (struct tls_server_options){.min = TLS_1_2});

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *got = chosen(s, rows[i].sni, rows[i].algorithms);

		UNIT_CASE(strcmp(got, rows[i].want) == 0, rows[i].sni ? rows[i].sni : "no SNI");
		if (strcmp(got, rows[i].want) != 0)
			printf("got %s, want %s\n", got, rows[i].want);
	}
	tls_free(s);
}

static void
first_certificate_without_a_host(void)
{
	const struct view a[] = {plain.key, plain.cert, mx_rsa.key, mx_rsa.cert};
	const struct view b[] = {wild.key, wild.cert, other.key, other.cert, wild_rsa.key, wild_rsa.cert};
	const struct view c[] = {mx_rsa.key, mx_rsa.cert, other.key, other.cert};
	struct tls *s = tls_ends_server(a, 4, (struct tls_server_options){.min = TLS_1_2});

	CU_ASSERT_STRING_EQUAL(chosen(s, NULL, ANY), "bare name ec 1");
	CU_ASSERT_STRING_EQUAL(chosen(s, NULL, ONLY_RSA), "none"); /* mx's is for mx */
	tls_free(s);
	s = tls_ends_server(b, 6, (struct tls_server_options){.min = TLS_1_2});
	CU_ASSERT_STRING_EQUAL(chosen(s, "unknown.example", ANY), "wild ec 1");
	CU_ASSERT_STRING_EQUAL(chosen(s, "unknown.example", ONLY_RSA), "wild rsa 1");
	tls_free(s);
	s = tls_ends_server(c, 4, (struct tls_server_options){.min = TLS_1_2});
	CU_ASSERT_STRING_EQUAL(chosen(s, NULL, ANY), "mx rsa 1");
	CU_ASSERT_STRING_EQUAL(chosen(s, "other.example.net", ANY), "other ec 1");
	CU_ASSERT_STRING_EQUAL(chosen(s, "other.example.net", ONLY_RSA), "none"); /* mx's is not for it */
	tls_free(s);
}

static void
explains_bad_files(void)
{
	struct certs_pair weak = certs_make(&(struct certs_wish){.subject = "weak", .type = CERTS_RSA_1024}, arena);
	const struct {
		const char *name;
		struct view pem[3];
		const char *says;
	} rows[] = {
		{"nothing", {VIEW(""), VIEW("text"), VIEW("")}, "there is no private key"},
		{"no key", {mx.cert, VIEW(""), VIEW("")}, "no private key fits the certificate /CN=mx"},
		{"no certificate", {mx.key, VIEW(""), VIEW("")}, "there is no certificate"},
		{"not its key", {other.key, mx.cert, VIEW("")}, "no private key fits the certificate /CN=mx"},
		{"a key too many", {mx.key, mx.cert, other.key}, "no certificate fits private key number 2"},
		{"broken key", {mx.cert, VIEW("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
			VIEW("")}, "a private key cannot be read"},
		{"cut certificate", {mx.key, view_head(mx.cert, 200), VIEW("")}, "a certificate cannot be read"},
		{"cut in the label", {mx.key, view_head(mx.cert, 15), VIEW("")}, "there is no certificate"},
		{"weak", {weak.key, weak.cert, VIEW("")}, "the certificate /CN=weak cannot be used: ee key too small"},
		{"encrypted", {mx.cert, VIEW("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
			"-----END ENCRYPTED PRIVATE KEY-----\n"), VIEW("")}, "one with a password cannot be used"},
	};

	const struct tls_client_options client = {.verify = true, .ca = VIEW("no authority")};
	struct buf why;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_server_options o = {.pem = rows[i].pem, .n_pem = 3, .min = TLS_1_2};

		buf_init(&why, 1000);
		UNIT_CASE(tls_server_new(&o, &why) == NULL, rows[i].name);
		UNIT_CASE(view_search_nocase(buf_view(&why), view_str(rows[i].says)) < why.n, rows[i].name);
		if (view_search_nocase(buf_view(&why), view_str(rows[i].says)) == why.n)
			printf("%s: %.*s\n", rows[i].name, VIEW_ARG(buf_view(&why)));
		buf_done(&why);
	}
	buf_init(&why, 1000);
	CU_ASSERT_PTR_NULL(tls_client_new(&client, &why));
	UNIT_VIEW(buf_view(&why), "there is no certificate of an authority");
	buf_done(&why);
}

static void
counts_days(void)
{
	const struct view pem[] = {mx.key, mx.cert, expired.key, expired.cert};
	struct tls *good = tls_ends_server(pem, 2, (struct tls_server_options){.min = TLS_1_2});
	struct tls *late = tls_ends_server(pem, 4, (struct tls_server_options){.min = TLS_1_2});

	CU_ASSERT_TRUE(tls_days(good) == 9 || tls_days(good) == 10);
	CU_ASSERT_EQUAL(tls_days(late), 0);
	free_both(good, late);
}

/* ---- trust ---- */

static void
verifies_servers(void)
{
	const struct view full[] = {mx.key, mx.cert, middle.cert}, late[] = {expired.key, expired.cert};
	struct tls *server = tls_ends_server(full, 3, (struct tls_server_options){.min = TLS_1_2});
	struct tls *cut = tls_ends_server(full, 2, (struct tls_server_options){.min = TLS_1_2});
	struct tls *old = tls_ends_server(late, 2, (struct tls_server_options){.min = TLS_1_2});
	const struct {
		const char *name;
		struct tls *server;
		struct view ca;
		const char *why; /* NULL = verified */
	} rows[] = {
		{"mx.example.org", server, root.cert, NULL},
		{"mail.example.org", server, root.cert, NULL},
		{"192.0.2.1", server, root.cert, NULL},
		{"2001:db8::1", server, root.cert, NULL},
		{"other.example.org", server, root.cert, "hostname mismatch"},
		{"192.0.2.2", server, root.cert, "IP address mismatch"},
		{"mx.example.org", server, stranger.cert, "unable to get local issuer certificate"},
		{"mx.example.org", cut, root.cert, "unable to get local issuer certificate"},
		{"late.example.org", old, root.cert, "certificate has expired"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls *c = tls_ends_client(true, rows[i].ca);
		struct tls_info info;
		struct tls_ends e;
		char text[TLS_WHY_MAX] = "";

		tls_ends_begin(&e, rows[i].server, c, rows[i].name);
		UNIT_CASE(tls_ends_shake(&e) == !rows[i].why, rows[i].name);
		tls_session_info(e.client, &info);
		UNIT_CASE(info.verified == !rows[i].why, rows[i].name);
		if (rows[i].why) {
			tls_session_why(e.client, text);
			UNIT_CASE(e.client_step == TLS_FAILED && strstr(text, rows[i].why), text);
			tls_session_why(e.server, text); /* the client's alert */
			UNIT_CASE(e.server_step == TLS_FAILED && strstr(text, "alert"), text);
		}
		tls_ends_end(&e);
		tls_free(c);
	}
	tls_free(server);
	tls_free(cut);
	tls_free(old);
}

static void
verifies_nothing_without_a_name(void)
{
	struct tls *c = tls_ends_client(true, root.cert), *any = tls_ends_client(false, VIEW(""));
	struct tls_session *s;

	errno = 0;
	CU_ASSERT_PTR_NULL(tls_session_new(c, -1, NULL, VIEW("")));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT_PTR_NULL(tls_session_new(c, -1, "", VIEW("")));
	s = tls_session_new(any, -1, NULL, VIEW(""));
	CU_ASSERT_PTR_NOT_NULL(s);
	tls_session_free(s);
	free_both(c, any);
}

/* With a client of OpenSSL that shows a certificate, or none. */
static struct tls_info
shown_by(struct tls *s, const struct certs_pair *p)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	struct tls_info info = {0};
	struct tls_ends e;
	int r = -1;

	tls_ends_begin(&e, s, NULL, NULL);
	SSL_set_fd(ssl, e.fd[1]);
	if (p) {
		BIO *k = BIO_new_mem_buf(p->key.p, (int)p->key.n), *c = BIO_new_mem_buf(p->cert.p, (int)p->cert.n);
		EVP_PKEY *key = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);
		X509 *cert = PEM_read_bio_X509(c, NULL, NULL, NULL);

		SSL_use_certificate(ssl, cert);
		SSL_use_PrivateKey(ssl, key);
		EVP_PKEY_free(key);
		X509_free(cert);
		BIO_free(k);
		BIO_free(c);
	}
	for (int i = 0; i < 10 && (r != 1 || e.server_step != TLS_DONE); i++) {
		r = SSL_connect(ssl);
		e.server_step = tls_session_handshake(e.server);
	}
	CU_ASSERT_EQUAL(e.server_step, TLS_DONE);
	tls_session_info(e.server, &info);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	tls_ends_end(&e);
	return info;
}

static void
asks_for_client_certificates(void)
{
	const struct view pem[] = {mx.key, mx.cert};
	const struct tls_server_options o = {.min = TLS_1_2, .ask_certificate = true, .ca = root.cert};
	struct tls *s = tls_ends_server(pem, 2, o);
	struct tls *silent = tls_ends_server(pem, 2, (struct tls_server_options){.min = TLS_1_2});
	struct certs_pair odd = certs_make(
		&(struct certs_wish){.subject = "two words\r\nX-Forged: 1", .issuer = &root}, arena);
	struct tls_info i = shown_by(s, &client_cert);

	CU_ASSERT_TRUE(i.has_certificate && i.verified);
	CU_ASSERT_STRING_EQUAL(i.name, "out.example.net");
	CU_ASSERT_EQUAL(strspn(i.fingerprint, "0123456789abcdef"), 64);
	i = shown_by(s, &stranger);
	CU_ASSERT_TRUE(i.has_certificate);
	CU_ASSERT_FALSE(i.verified);
	i = shown_by(s, &expired);
	CU_ASSERT_TRUE(i.has_certificate);
	CU_ASSERT_FALSE(i.verified);
	i = shown_by(s, &odd); /* its name could forge a line */
	CU_ASSERT_TRUE(i.verified);
	CU_ASSERT_STRING_EQUAL(i.name, "");
	i = shown_by(s, NULL);
	CU_ASSERT_FALSE(i.has_certificate || i.verified);
	i = shown_by(silent, &client_cert);
	CU_ASSERT_FALSE(i.has_certificate || i.verified);
	free_both(s, silent);
}

static const struct unit_test tests[] = {
	{"SNI picks the certificate", sni_picks_the_certificate},
	{"the first certificate names no host", first_certificate_without_a_host},
	{"explains bad files", explains_bad_files},
	{"counts the days of its certificates", counts_days},
	{"verifies servers", verifies_servers},
	{"verifies nothing without a name", verifies_nothing_without_a_name},
	{"asks for client certificates", asks_for_client_certificates},
};

int
main(void)
{
	int status;

	signal(SIGPIPE, SIG_IGN); /* for the library's own sockets */
	arena = arena_new();
	make_certificates();
	status = unit_main("io/tls", tests, sizeof(tests) / sizeof(*tests));
	arena_free(arena);
	return status;
}
