/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/toy_backend.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>


enum { CONNECTIONS_MAX = 200, NOTES_MAX = 4 * 1024 * 1024, MESSAGE_MAX = 64 * 1024 * 1024, INPUT = 65536 };

struct connection {
	struct toy_backend *b;
	int fd;
	SSL *ssl;
	pthread_t thread;
	struct buf message;
	size_t at, n, got;
	char in[INPUT];
};

struct toy_backend {
	struct toy_backend_options o;
	int fd;
	struct listener_address address;
	pthread_t thread;
	pthread_mutex_t lock;
	struct buf notes; /* under the lock, as are: */
	unsigned leaves;
	struct connection *c[CONNECTIONS_MAX];
	size_t n;
	char *copy;
	SSL_CTX *tls;
};

static void
note(struct toy_backend *b, struct view line)
{
	pthread_mutex_lock(&b->lock);
	buf_add(&b->notes, line);
	buf_byte(&b->notes, '\n');
	pthread_mutex_unlock(&b->lock);
}

/* ---- bytes ---- */

static bool
say(struct connection *c, const char *text)
{
	size_t n = strlen(text);

	if (c->ssl)
		return SSL_write(c->ssl, text, (int)n) == (int)n;
	return send(c->fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool leaves(struct toy_backend *b, const char *point, struct view at);

static bool
fill(struct connection *c)
{
	size_t after = c->b->o.leave_after, room;
	ssize_t n;

	if (after && c->got >= after && leaves(c->b, NULL, VIEW(""))) {
		note(c->b, VIEW("cut"));
		return false;
	}
	if (c->at > 0) {
		memmove(c->in, c->in + c->at, c->n - c->at);
		c->n -= c->at;
		c->at = 0;
	}
	room = after > c->got && after - c->got < INPUT - c->n ? after - c->got : INPUT - c->n;
	if (c->ssl)
		n = SSL_read(c->ssl, c->in + c->n, (int)room);
	else
		n = recv(c->fd, c->in + c->n, room, 0);
	if (n <= 0)
		return false;
	c->n += (size_t)n;
	c->got += (size_t)n;
	return true;
}

/* The next line, without its CRLF; absent: there is no more. Valid until the next call. */
static struct view
line(struct connection *c)
{
	for (;;) {
		struct view in = view_of(c->in + c->at, c->n - c->at);
		size_t end = view_find(in, '\n');

		if (end < in.n) {
			c->at += end + 1;
			return view_head(in, end > 0 && in.p[end - 1] == '\r' ? end - 1 : end);
		}
		if (!fill(c))
			return (struct view){NULL, 0};
	}
}

static bool
take(struct connection *c, size_t n)
{
	while (n > 0) {
		size_t there = c->n - c->at, some = there < n ? there : n;

		buf_add(&c->message, view_of(c->in + c->at, some));
		c->at += some;
		n -= some;
		if (n > 0 && !fill(c))
			return false;
	}
	return true;
}

/* ---- commands ---- */

/* Is this where it leaves? */
static bool
leaves(struct toy_backend *b, const char *point, struct view at)
{
	bool yes = false;

	pthread_mutex_lock(&b->lock);
	if ((!point || view_starts_nocase(at, point)) && b->leaves > 0) {
		b->leaves--;
		yes = true;
	}
	pthread_mutex_unlock(&b->lock);
	return yes;
}

static bool
leaves_at(struct connection *c, struct view at)
{
	if (!c->b->o.leave_at || !leaves(c->b, c->b->o.leave_at, at))
		return false;
	while (c->b->o.stays && fill(c))
		c->at = c->n;
	return true;
}

uint64_t
toy_backend_hash(struct view message)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < message.n; i++)
		h = (h ^ (unsigned char)message.p[i]) * 1099511628211u;
	return h;
}

static bool
stored(struct connection *c)
{
	char text[80];

	if (leaves_at(c, VIEW(".")))
		return false;
	snprintf(text, sizeof(text), "message %zu %016llx", c->message.n,
		(unsigned long long)toy_backend_hash(buf_view(&c->message)));
	note(c->b, view_str(text));
	buf_reset(&c->message);
	return say(c, "250 2.0.0 stored\r\n");
}

static bool
data(struct connection *c)
{
	struct view l;

	if (!say(c, "354 go on\r\n"))
		return false;
	while ((l = line(c)).p && !view_eq_str(l, ".")) {
		buf_add(&c->message, l.n && l.p[0] == '.' ? view_skip(l, 1) : l);
		buf_str(&c->message, "\r\n");
	}
	return l.p && stored(c);
}

static bool
bdat(struct connection *c, struct view l)
{
	size_t n = strtoul(l.p + 5, NULL, 10);
	bool last = view_ends_nocase(l, VIEW(" LAST"));

	if (!take(c, n))
		return false;
	return last ? stored(c) : say(c, "250 2.0.0 chunk\r\n");
}

static bool
ehlo(struct connection *c)
{
	struct view rest = view_str(c->b->o.keywords), one;
	char text[200];

	if (!say(c, "250-toy.test\r\n"))
		return false;
	while (view_split(&rest, ' ', &one)) {
		snprintf(text, sizeof(text), "250-%.*s\r\n", VIEW_ARG(one));
		if (!say(c, text))
			return false;
	}
	return say(c, c->b->tls && !c->ssl ? "250 STARTTLS\r\n" : "250 HELP\r\n");
}

static bool
starttls(struct connection *c)
{
	if (!say(c, "220 go on\r\n"))
		return false;
	c->ssl = SSL_new(c->b->tls);
	SSL_set_fd(c->ssl, c->fd);
	c->at = c->n = 0;
	return SSL_accept(c->ssl) == 1;
}

static bool
obey(struct connection *c, struct view l)
{
	if (leaves_at(c, l))
		return false;
	if (view_starts_nocase(l, "EHLO"))
		return ehlo(c);
	if (view_starts_nocase(l, "STARTTLS") && c->b->tls)
		return starttls(c);
	if (view_starts_nocase(l, "DATA"))
		return data(c);
	if (view_starts_nocase(l, "BDAT"))
		return bdat(c, l);
	if (view_starts_nocase(l, "XCLIENT"))
		return say(c, "220 toy.test\r\n");
	if (view_starts_nocase(l, "RCPT") && !c->b->o.relays && view_ends_nocase(l, VIEW(".invalid>")))
		return say(c, "554 5.7.1 no relaying\r\n");
	if (view_starts_nocase(l, "QUIT"))
		return say(c, "221 2.0.0 bye\r\n") && false;
	return say(c, "250 2.1.0 ok\r\n");
}

static void *
serve(void *arg)
{
	struct connection *c = arg;
	struct view l;

	if (c->b->o.proxy_v1 && (l = line(c)).p)
		note(c->b, l);
	if (!leaves_at(c, VIEW("220")) && say(c, "220 toy.test\r\n"))
		while ((l = line(c)).p) {
			note(c->b, l);
			if (!obey(c, l))
				break;
		}
	SSL_free(c->ssl);
	shutdown(c->fd, SHUT_RDWR);
	note(c->b, VIEW("gone"));
	return NULL;
}

/* ---- connections ---- */

static void
welcome(struct toy_backend *b, int fd, const struct sockaddr_in *from)
{
	struct connection *c = calloc(1, sizeof(*c));
	char text[100] = "connected", ip[INET_ADDRSTRLEN];

	if (from->sin_family == AF_INET)
		snprintf(text, sizeof(text), "connected %s", inet_ntop(AF_INET, &from->sin_addr, ip, sizeof(ip)));
	note(b, view_str(text));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	c->b = b;
	c->fd = fd;
	buf_init(&c->message, MESSAGE_MAX);
	pthread_mutex_lock(&b->lock);
	b->c[b->n++] = c;
	pthread_mutex_unlock(&b->lock);
	pthread_create(&c->thread, NULL, serve, c);
}

static void *
accept_all(void *arg)
{
	struct toy_backend *b = arg;
	struct sockaddr_storage from;
	socklen_t n = sizeof(from);
	int fd;

	memset(&from, 0, sizeof(from));
	while (b->n < CONNECTIONS_MAX && (fd = accept(b->fd, (struct sockaddr *)&from, &n)) >= 0) {
		welcome(b, fd, (struct sockaddr_in *)&from);
		n = sizeof(from);
	}
	return NULL;
}

static void
listen_on(struct toy_backend *b)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t n = sizeof(in);

	if (b->o.path) {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", b->o.path);
		b->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(b->fd, (struct sockaddr *)&un, sizeof(un)) != 0)
			abort();
		b->address.family = LISTENER_UNIX;
		snprintf(b->address.path, sizeof(b->address.path), "%s", b->o.path);
	} else {
		b->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(b->fd, (struct sockaddr *)&in, sizeof(in)) != 0 ||
			getsockname(b->fd, (struct sockaddr *)&in, &n) != 0)
			abort();
		b->address.family = LISTENER_INET;
		b->address.port = ntohs(in.sin_port);
		ip_parse(VIEW("127.0.0.1"), &b->address.ip);
	}
	if (listen(b->fd, 100) != 0)
		abort();
}

static SSL_CTX *
tls_of(const char *pem)
{
	SSL_CTX *t = SSL_CTX_new(TLS_server_method());
	BIO *key = BIO_new_mem_buf(pem, -1), *cert = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
	X509 *x = PEM_read_bio_X509(cert, NULL, NULL, NULL);

	if (!k || !x || SSL_CTX_use_certificate(t, x) != 1 || SSL_CTX_use_PrivateKey(t, k) != 1)
		abort();
	EVP_PKEY_free(k);
	X509_free(x);
	BIO_free(key);
	BIO_free(cert);
	return t;
}

struct toy_backend *
toy_backend_start(const struct toy_backend_options *o)
{
	struct toy_backend *b = calloc(1, sizeof(*b));

	b->o = *o;
	b->leaves = o->leaves;
	pthread_mutex_init(&b->lock, NULL);
	buf_init(&b->notes, NOTES_MAX);
	if (o->tls_pem)
		b->tls = tls_of(o->tls_pem);
	listen_on(b);
	pthread_create(&b->thread, NULL, accept_all, b);
	return b;
}

void
toy_backend_stop(struct toy_backend *b)
{
	shutdown(b->fd, SHUT_RDWR);
	pthread_join(b->thread, NULL);
	close(b->fd);
	for (size_t i = 0; i < b->n; i++) {
		shutdown(b->c[i]->fd, SHUT_RDWR);
		pthread_join(b->c[i]->thread, NULL);
		close(b->c[i]->fd);
		buf_done(&b->c[i]->message);
		free(b->c[i]);
	}
	SSL_CTX_free(b->tls);
	buf_done(&b->notes);
	pthread_mutex_destroy(&b->lock);
	free(b->copy);
	free(b);
}

struct listener_address
toy_backend_address(const struct toy_backend *b)
{
	return b->address;
}

const char *
toy_backend_notes(struct toy_backend *b)
{
	free(b->copy);
	pthread_mutex_lock(&b->lock);
	b->copy = strndup(b->notes.p ? b->notes.p : "", b->notes.n);
	pthread_mutex_unlock(&b->lock);
	return b->copy;
}

unsigned
toy_backend_count(struct toy_backend *b, const char *want)
{
	struct view rest = view_str(toy_backend_notes(b)), one;
	unsigned n = 0;

	while (view_split(&rest, '\n', &one))
		n += view_starts_nocase(one, want);
	return n;
}
