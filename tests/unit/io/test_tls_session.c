/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/tls_session.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/certs.h"
#include "tests/lib/tls_ends.h"
#include "tests/lib/unit.h"

static struct arena *arena;
static struct certs_pair root, mx;

static void
make_certificates(void)
{
	root = certs_make(&(struct certs_wish){.subject = "Root", .authority = true}, arena);
	mx = certs_make(&(struct certs_wish){.subject = "mx", .issuer = &root, .names = "DNS:mx.example.org"},
		arena);
}

static struct tls *
simple_server(void)
{
	const struct view pem[] = {mx.key, mx.cert};

	return tls_ends_server(pem, 2, (struct tls_server_options){.min = TLS_1_2});
}

static void
free_both(struct tls *a, struct tls *b)
{
	tls_free(a);
	tls_free(b);
}

static void
handshakes_and_carries(void)
{
	struct tls *s = simple_server(), *c = tls_ends_client(false, VIEW(""));
	struct tls_info si, ci;
	struct tls_ends e;
	char got[10];
	size_t n;

	tls_ends_begin(&e, s, c, "mx.example.org");
	free_both(s, c); /* what has begun goes on */
	CU_ASSERT_TRUE_FATAL(tls_ends_shake(&e));
	tls_ends_carry(e.client, e.server, "EHLO client.example\r\n");
	tls_ends_carry(e.server, e.client, "250 mx.example.org\r\n");
	CU_ASSERT_EQUAL(tls_session_read(e.server, got, sizeof(got), &n), TLS_WANT_READ);
	tls_session_info(e.server, &si);
	tls_session_info(e.client, &ci);
	CU_ASSERT_STRING_EQUAL(si.version, "TLSv1.3");
	CU_ASSERT_STRING_EQUAL(si.cipher, ci.cipher);
	CU_ASSERT_EQUAL(si.bits, 256);
	CU_ASSERT_STRING_EQUAL(si.sni, "mx.example.org");
	CU_ASSERT_FALSE(si.has_certificate || si.verified || si.name[0] || si.fingerprint[0]);
	CU_ASSERT_TRUE(ci.has_certificate);
	CU_ASSERT_FALSE(ci.verified); /* nobody asked whether it is */
	CU_ASSERT_STRING_EQUAL(ci.name, "mx.example.org");
	CU_ASSERT_EQUAL(strlen(ci.fingerprint), 64);
	tls_session_bye(e.client);
	CU_ASSERT_EQUAL(tls_session_read(e.server, got, sizeof(got), &n), TLS_ENDED);
	tls_ends_end(&e);
}

/* Many mail clients do not say TLS's own end. */
static void
an_end_is_an_end(void)
{
	struct tls *s = simple_server(), *c = tls_ends_client(false, VIEW(""));
	struct tls_ends e;
	char got[10];
	size_t n;

	tls_ends_begin(&e, s, c, NULL);
	CU_ASSERT_TRUE_FATAL(tls_ends_shake(&e));
	shutdown(e.fd[1], SHUT_WR);
	CU_ASSERT_EQUAL(tls_session_read(e.server, got, sizeof(got), &n), TLS_ENDED);
	tls_ends_end(&e);
	free_both(s, c);
}

static void
fails_on_garbage(void)
{
	static const char *const rows[] = {"EHLO x\r\nMAIL FROM:<a@b.c>\r\n", "GET / HTTP/1.1\r\n\r\n",
		"\x16\x03\x01\xff\xff", "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", "\r\n\r\n\r\n\r\n\r\n"};
	struct tls *s = simple_server();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[TLS_WHY_MAX];
		struct tls_ends e;
		size_t n;

		tls_ends_begin(&e, s, NULL, NULL);
		CU_ASSERT_EQUAL(write(e.fd[1], rows[i], strlen(rows[i])), (ssize_t)strlen(rows[i]));
		shutdown(e.fd[1], SHUT_WR);
		e.server_step = tls_session_handshake(e.server);
		UNIT_CASE(e.server_step == TLS_FAILED, rows[i]);
		tls_session_why(e.server, text);
		UNIT_CASE(text[0] != 0, rows[i]);
		CU_ASSERT_EQUAL(tls_session_handshake(e.server), TLS_FAILED); /* and stays so */
		CU_ASSERT_EQUAL(tls_session_read(e.server, text, 1, &n), TLS_FAILED);
		CU_ASSERT_EQUAL(tls_session_write(e.server, VIEW("x"), &n), TLS_FAILED);
		tls_session_bye(e.server);
		tls_ends_end(&e);
	}
	tls_free(s);
}

/* What was read of the socket before it became TLS, cut at any place. */
static void
takes_what_came_early(void)
{
	struct tls *s = simple_server(), *c = tls_ends_client(false, VIEW(""));
	char hello[2000];
	struct tls_ends e;
	ssize_t n;

	for (ssize_t cut = 1; cut <= 400; cut += 57) {
		tls_ends_begin(&e, NULL, c, "mx.example.org");
		e.client_step = tls_session_handshake(e.client);
		n = read(e.fd[0], hello, (size_t)cut);
		CU_ASSERT_TRUE(n > 0);
		e.server = tls_session_new(s, e.fd[0], NULL, view_of(hello, (size_t)n));
		CU_ASSERT_TRUE(tls_session_has_more(e.server));
		CU_ASSERT_TRUE(tls_ends_shake(&e));
		CU_ASSERT_FALSE(tls_session_has_more(e.server));
		tls_ends_carry(e.client, e.server, "NOOP\r\n");
		tls_ends_end(&e);
	}
	free_both(s, c);
}

/* ---- versions ---- */

static bool
connects_with(struct tls *s, int version, const char *ciphers)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	struct tls_ends e;
	int r = -1;

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_cipher_list(ctx, ciphers);
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	ssl = SSL_new(ctx);
	tls_ends_begin(&e, s, NULL, NULL);
	SSL_set_fd(ssl, e.fd[1]);
	for (int i = 0; i < 10 && r != 1; i++) {
		r = SSL_connect(ssl);
		e.server_step = tls_session_handshake(e.server);
	}
	r = r == 1 && SSL_version(ssl) == version && e.server_step == TLS_DONE;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	tls_ends_end(&e);
	return r;
}

static void
refuses_old_versions(void)
{
	static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
	const struct view pem[] = {mx.key, mx.cert};

	for (unsigned min = TLS_1_0; min <= TLS_1_3; min++) {
		struct tls *s = tls_ends_server(pem, 2, (struct tls_server_options){.min = (enum tls_version)min});

		for (unsigned v = TLS_1_0; v <= TLS_1_3; v++)
			CU_ASSERT_EQUAL(connects_with(s, versions[v], "DEFAULT:@SECLEVEL=0"), v >= min);
		CU_ASSERT_FALSE(connects_with(s, TLS1_2_VERSION, "aNULL:eNULL:@SECLEVEL=0"));
		tls_free(s);
	}
}

static void
refuses_renegotiation(void)
{
	struct tls *s = simple_server();
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	struct tls_ends e;
	char got[10];
	int r = -1;
	size_t n;

	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	ssl = SSL_new(ctx);
	tls_ends_begin(&e, s, NULL, NULL);
	SSL_set_fd(ssl, e.fd[1]);
	for (int i = 0; i < 10 && r != 1; i++) {
		r = SSL_connect(ssl);
		tls_session_handshake(e.server);
	}
	CU_ASSERT_EQUAL_FATAL(r, 1);
	CU_ASSERT_EQUAL(SSL_renegotiate(ssl), 1);
	for (int i = 0; i < 10; i++) {
		r = SSL_do_handshake(ssl);
		if (SSL_get_error(ssl, r) == SSL_ERROR_SSL)
			break;
		CU_ASSERT_EQUAL(tls_session_read(e.server, got, sizeof(got), &n), TLS_WANT_READ);
	}
	CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	tls_ends_end(&e);
	tls_free(s);
}

/* Else who sends such without end would have the loop to himself. */
static void
reads_one_renewal_of_keys(void)
{
	enum { RENEWALS = 50 };
	struct tls *s = simple_server();
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	struct tls_ends e;
	int r = -1, left = 0, reads = 0;
	char got[10];
	size_t n = 0;

	tls_ends_begin(&e, s, NULL, NULL);
	SSL_set_fd(ssl, e.fd[1]);
	for (int i = 0; i < 10 && r != 1; i++) {
		r = SSL_connect(ssl);
		tls_session_handshake(e.server);
	}
	CU_ASSERT_EQUAL_FATAL(r, 1);
	for (int i = 0; i < RENEWALS; i++) {
		CU_ASSERT_EQUAL(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		CU_ASSERT_EQUAL(SSL_do_handshake(ssl), 1);
	}
	CU_ASSERT_EQUAL(tls_session_read(e.server, got, sizeof(got), &n), TLS_WANT_READ);
	CU_ASSERT_EQUAL(ioctl(e.fd[0], FIONREAD, &left), 0);
	CU_ASSERT(left > 0);
	CU_ASSERT_EQUAL(SSL_write(ssl, "x", 1), 1);
	while (reads++ <= RENEWALS && tls_session_read(e.server, got, sizeof(got), &n) == TLS_WANT_READ)
		;
	CU_ASSERT_EQUAL(n, 1);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	tls_ends_end(&e);
	tls_free(s);
}

/* ---- tickets ---- */

static SSL_SESSION *ticket;

static int
keep_ticket(SSL *ssl, SSL_SESSION *session)
{
	SSL_SESSION_free(ticket);
	ticket = session;
	return 1;
}

static bool
resumes(struct tls *s, int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct tls_info info = {0};
	bool resumed[2];

	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(ctx, keep_ticket);
	for (int k = 0; k < 2; k++) {
		SSL *ssl = SSL_new(ctx);
		char got[10];
		struct tls_ends e;
		int r = -1;
		size_t n;

		tls_ends_begin(&e, s, NULL, NULL);
		SSL_set_fd(ssl, e.fd[1]);
		if (ticket)
			SSL_set_session(ssl, ticket);
		for (int i = 0; i < 10 && (r != 1 || e.server_step != TLS_DONE); i++) {
			r = SSL_connect(ssl);
			e.server_step = tls_session_handshake(e.server);
		}
		CU_ASSERT_EQUAL(tls_session_write(e.server, VIEW("x"), &n), TLS_DONE);
		CU_ASSERT_EQUAL(SSL_read(ssl, got, sizeof(got)), 1);
		tls_session_info(e.server, &info);
		resumed[k] = info.resumed;
		SSL_shutdown(ssl); /* a session that was not ended is not to be resumed */
		SSL_free(ssl);
		tls_ends_end(&e);
	}
	SSL_SESSION_free(ticket);
	ticket = NULL;
	SSL_CTX_free(ctx);
	return !resumed[0] && resumed[1];
}

static void
gives_tickets(void)
{
	const struct view pem[] = {mx.key, mx.cert};
	const struct tls_server_options o = {.min = TLS_1_2, .ask_certificate = true, .ca = root.cert};
	struct tls *s = simple_server(), *asks = tls_ends_server(pem, 2, o);

	CU_ASSERT_TRUE(resumes(s, TLS1_2_VERSION));
	CU_ASSERT_TRUE(resumes(s, TLS1_3_VERSION));
	CU_ASSERT_TRUE(resumes(asks, TLS1_2_VERSION));
	CU_ASSERT_TRUE(resumes(asks, TLS1_3_VERSION));
	free_both(s, asks);
}

static const struct unit_test tests[] = {
	{"handshakes, carries, says the end", handshakes_and_carries},
	{"an end without TLS's own is an end", an_end_is_an_end},
	{"fails on garbage", fails_on_garbage},
	{"takes what came early, cut anywhere", takes_what_came_early},
	{"refuses old versions and empty ciphers", refuses_old_versions},
	{"refuses renegotiation", refuses_renegotiation},
	{"reads one renewal of keys at a time", reads_one_renewal_of_keys},
	{"gives tickets", gives_tickets},
};

int
main(void)
{
	int status;

	signal(SIGPIPE, SIG_IGN); /* for the library's own sockets */
	arena = arena_new();
	make_certificates();
	status = unit_main("io/tls_session", tests, sizeof(tests) / sizeof(*tests));
	arena_free(arena);
	return status;
}
