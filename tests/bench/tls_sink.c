/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls_sink -- a mail server with STARTTLS that takes everything and keeps nothing, a thread a session: what a
 * message with TLS costs when nothing stands between.
 *
 *	tls_sink PORT CHAIN.pem
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct session {
	int fd;
	SSL *ssl; /* NULL: not yet */
	char in[16384];
	size_t at, n;
};

static SSL_CTX *tls;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "tls_sink: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
reply(struct session *s, const char *text)
{
	if (s->ssl)
		SSL_write(s->ssl, text, (int)strlen(text));
	else if (send(s->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		shutdown(s->fd, SHUT_RDWR);
}

/* The next line without its end, NULL when there is no more. */
static char *
line(struct session *s)
{
	for (;;) {
		char *eol = memchr(s->in + s->at, '\n', s->n - s->at), *p = s->in + s->at;
		ssize_t got;

		if (eol) {
			*eol = 0;
			s->at = (size_t)(eol - s->in) + 1;
			return p;
		}
		memmove(s->in, p, s->n -= s->at);
		s->at = 0;
		if (s->n == sizeof(s->in))
			return NULL;
		got = s->ssl ? SSL_read(s->ssl, s->in + s->n, (int)(sizeof(s->in) - s->n))
			     : recv(s->fd, s->in + s->n, sizeof(s->in) - s->n, 0);
		if (got <= 0)
			return NULL;
		s->n += (size_t)got;
	}
}

static bool
is(const char *p, const char *verb)
{
	return strncasecmp(p, verb, strlen(verb)) == 0;
}

static void
take_message(struct session *s)
{
	char *p;

	reply(s, "354 go on\r\n");
	while ((p = line(s)) && strcmp(p, ".\r") != 0)
		;
	reply(s, "250 2.0.0 ok\r\n");
}

static void *
serve(void *arg)
{
	struct session *s = arg;
	char *p;

	reply(s, "220 sink ESMTP\r\n");
	while ((p = line(s)) && !is(p, "QUIT")) {
		if (is(p, "EHLO")) {
			reply(s, s->ssl ? "250 sink\r\n" : "250-sink\r\n250 STARTTLS\r\n");
		} else if (is(p, "DATA")) {
			take_message(s);
		} else if (is(p, "STARTTLS") && !s->ssl) {
			reply(s, "220 go on\r\n");
			s->ssl = SSL_new(tls);
			if (!s->ssl || SSL_set_fd(s->ssl, s->fd) != 1 || SSL_accept(s->ssl) != 1)
				break;
		} else {
			reply(s, "250 2.0.0 ok\r\n");
		}
	}
	if (p)
		reply(s, "221 2.0.0 bye\r\n");
	SSL_free(s->ssl);
	close(s->fd);
	free(s);
	return NULL;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	pthread_attr_t detached;
	pthread_t thread;

	if (argc != 3) {
		fputs("usage: tls_sink PORT CHAIN.pem\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	tls = SSL_CTX_new(TLS_server_method());
	if (SSL_CTX_use_certificate_chain_file(tls, argv[2]) != 1 ||
		SSL_CTX_use_PrivateKey_file(tls, argv[2], SSL_FILETYPE_PEM) != 1)
		die(argv[2]);
	a.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 1000) != 0)
		die("listen");
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (;;) {
		struct session *s = calloc(1, sizeof(*s));

		if (!s)
			die("memory");
		s->fd = accept(fd, NULL, NULL);
		if (s->fd < 0 || pthread_create(&thread, &detached, serve, s) != 0)
			die("a session");
	}
}
