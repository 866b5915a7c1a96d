/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_load -- SMTP clients that smtp-source has not: with TLS, that measure each command, that idle, that are slow.
 *
 *	smtp_load PORT send SESSIONS MESSAGES FILE [starttls|tls]   one message a session, SESSIONS at a time. Prints
 *	                  "messages seconds p50 p99 worst" (ms from connect to the end's reply), then the same of the
 *	                  commands: "commands 0 p50 p99 worst"
 *	smtp_load PORT idle SESSIONS [starttls]   opens them up to EHLO. Prints milliseconds at a quarter, half and
 *	                  all of them, ends at end of input
 *	smtp_load PORT slow SESSIONS              sends for them, a byte each in turn, transactions of strangers
 *	                  behind PROXY headers from 127.0.0.2; prints "slow", ends at end of input
 *
 * All on 127.0.0.1. FILE is a message with CRLF, from user1@near.example.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS = 8, OPENERS = 64, SLOW_MAX = 2000, LINE_MAX_SLOW = 600, SLOW_TURN_MS = 100 };
enum secrecy { PLAIN, STARTTLS, IMPLICIT };

struct session {
	int fd;
	SSL *ssl; /* NULL: plain */
	double *command; /* where the next command's time goes; NULL = nobody asks */
	char in[4096];
	size_t n;
};

static uint16_t port;
static long total, sessions;
static atomic_long next, n_commands, opened;
static enum secrecy secrecy;
static SSL_CTX *tls;
static char *text; /* dot-stuffed, with its end */
static size_t text_n;
static double *whole, *single, began;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "smtp_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- one connection ---- */

static int
dial(const char *from)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)}, me = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	inet_pton(AF_INET, from, &me.sin_addr);
	/* The port at connect: to look for one that nobody at all has takes long when thousands just were. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
	if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof(me)) != 0 ||
		connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	return fd;
}

static void
put(struct session *s, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = s->ssl ? SSL_write(s->ssl, p, (int)n) : send(s->fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			die("send");
		p += sent;
		n -= (size_t)sent;
	}
}

static bool
is_whole(const struct session *s)
{
	const char *line = s->in, *end = s->in + s->n, *eol;

	while ((eol = memchr(line, '\n', (size_t)(end - line)))) {
		if (eol - line >= 4 && line[3] != '-')
			return true;
		line = eol + 1;
	}
	return false;
}

/* The reply, which must be of this class. */
static void
hear(struct session *s, char class)
{
	s->n = 0;
	while (!is_whole(s)) {
		size_t room = sizeof(s->in) - 1 - s->n;
		ssize_t got = s->ssl ? SSL_read(s->ssl, s->in + s->n, (int)room) : read(s->fd, s->in + s->n, room);

		if (got <= 0)
			die("the server hung up");
		s->n += (size_t)got;
	}
	s->in[s->n] = 0;
	if (s->in[0] != class) {
		fprintf(stderr, "smtp_load: %s", s->in);
		exit(1);
	}
}

static void
command(struct session *s, const char *p, size_t n, char class)
{
	double from = now_ms();

	put(s, p, n);
	hear(s, class);
	if (s->command)
		*s->command++ = now_ms() - from;
}

static void
say(struct session *s, const char *line, char class)
{
	command(s, line, strlen(line), class);
}

static void
secure(struct session *s)
{
	s->ssl = SSL_new(tls);
	if (!s->ssl || SSL_set_fd(s->ssl, s->fd) != 1 || SSL_connect(s->ssl) != 1)
		die("no TLS");
}

static void
greet(struct session *s, const char *from)
{
	s->fd = dial(from);
	if (secrecy == IMPLICIT)
		secure(s);
	hear(s, '2');
	say(s, "EHLO near.example\r\n", '2');
	if (secrecy != STARTTLS)
		return;
	say(s, "STARTTLS\r\n", '2');
	secure(s);
	say(s, "EHLO near.example\r\n", '2');
}

static void
leave(struct session *s)
{
	say(s, "QUIT\r\n", '2');
	SSL_free(s->ssl);
	close(s->fd);
}

/* ---- messages ---- */

static void *
sender(void *arg)
{
	long i;

	(void)arg;
	while ((i = atomic_fetch_add(&next, 1)) < total) {
		struct session s = {.command = NULL};
		double times[COMMANDS], from = now_ms();

		greet(&s, "127.0.0.1");
		s.command = times;
		say(&s, "MAIL FROM:<user1@near.example>\r\n", '2');
		say(&s, "RCPT TO:<user1@rcpt.example>\r\n", '2');
		say(&s, "DATA\r\n", '3');
		command(&s, text, text_n, '2');
		whole[i] = now_ms() - from;
		leave(&s);
		for (const double *t = times; t < s.command; t++)
			single[atomic_fetch_add(&n_commands, 1)] = *t;
	}
	return NULL;
}

/* The message as DATA wants it. */
static void
load(const char *name)
{
	FILE *f = fopen(name, "r");
	int c, before = '\n';

	text = malloc(1 << 20);
	if (!f || !text)
		die(name);
	while ((c = fgetc(f)) != EOF && text_n < (1 << 20) - 8) {
		if (before == '\n' && c == '.')
			text[text_n++] = '.';
		text[text_n++] = (char)c;
		before = c;
	}
	fclose(f);
	memcpy(text + text_n, ".\r\n", 3);
	text_n += 3;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
report(double *v, size_t n, double seconds)
{
	qsort(v, n, sizeof(*v), by_size);
	printf("%zu %.3f %.3f %.3f %.3f\n", n, seconds, v[n / 2], v[n * 99 / 100], v[n - 1]);
}

static void
in_threads(long n, void *(*run)(void *))
{
	pthread_t *thread = calloc((size_t)n, sizeof(*thread));

	if (!thread)
		die("memory");
	for (long i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, run, NULL) != 0)
			die("thread");
	for (long i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	free(thread);
}

static void
send_all(const char *file)
{
	load(file);
	whole = calloc((size_t)total, sizeof(*whole));
	single = calloc((size_t)total * COMMANDS, sizeof(*single));
	if (!whole || !single)
		die("memory");
	began = now_ms();
	in_threads(sessions, sender);
	report(whole, (size_t)total, (now_ms() - began) / 1e3);
	report(single, (size_t)atomic_load(&n_commands), 0);
}

/* ---- sessions that do nothing ---- */

static void *
opener(void *arg)
{
	(void)arg;
	while (atomic_fetch_add(&next, 1) < sessions) {
		struct session s = {.command = NULL};
		long n;

		greet(&s, "127.0.0.1"); /* left open */
		n = atomic_fetch_add(&opened, 1) + 1;
		if (n == sessions / 4 || n == sessions / 2 || n == sessions)
			printf("%.1f ", now_ms() - began);
	}
	return NULL;
}

static void
idle(void)
{
	began = now_ms();
	in_threads(OPENERS, opener);
	puts("");
	fflush(stdout);
	while (getchar() != EOF)
		;
}

/* ---- sessions that are slow ---- */

/* A transaction that always asks the DNS something new. */
static int
script(char *out, unsigned k, unsigned round)
{
	return snprintf(out, LINE_MAX_SLOW,
		"EHLO h%u-%u.example\r\nMAIL FROM:<a@s%u-%u.example>\r\nRCPT TO:<b@rcpt.example>\r\nRSET\r\n", k, round, k,
		round);
}

static void
drip(struct pollfd *p, char (*line)[LINE_MAX_SLOW], unsigned *at, unsigned *round, unsigned k)
{
	char waste[4096];

	if (line[k][at[k]] == '\0') {
		script(line[k], k, ++round[k]);
		at[k] = 0;
	}
	if (send(p->fd, &line[k][at[k]], 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1)
		at[k]++;
	if (recv(p->fd, waste, sizeof(waste), MSG_DONTWAIT) == 0)
		die("the server left a slow client");
}

static void
slow(void)
{
	static struct pollfd p[SLOW_MAX + 1];
	static char line[SLOW_MAX][LINE_MAX_SLOW];
	static unsigned at[SLOW_MAX], round[SLOW_MAX];
	unsigned n = (unsigned)sessions;

	for (unsigned k = 0; k < n; k++) {
		p[k].fd = dial("127.0.0.2");
		snprintf(line[k], LINE_MAX_SLOW, "PROXY TCP4 198.51.%u.%u 127.0.0.1 4000 25\r\n", k / 250, k % 250 + 1);
		put(&(struct session){.fd = p[k].fd}, line[k], strlen(line[k]));
		at[k] = k % (unsigned)script(line[k], k, 0); /* not all at the same point */
		put(&(struct session){.fd = p[k].fd}, line[k], at[k]);
	}
	puts("slow");
	fflush(stdout);
	p[n] = (struct pollfd){.fd = 0, .events = POLLIN};
	while (poll(&p[n], 1, SLOW_TURN_MS) == 0)
		for (unsigned k = 0; k < n; k++)
			drip(&p[k], line, at, round, k);
}

static void
choose(const char *word)
{
	secrecy = !word ? PLAIN : strcmp(word, "tls") == 0 ? IMPLICIT : STARTTLS;
	tls = SSL_CTX_new(TLS_client_method());
}

int
main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[2] : "";

	signal(SIGPIPE, SIG_IGN);
	port = argc > 3 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0;
	sessions = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	if (strcmp(what, "send") == 0 && argc >= 6) {
		choose(argc > 6 ? argv[6] : NULL);
		total = strtol(argv[4], NULL, 10);
		send_all(argv[5]);
	} else if (strcmp(what, "idle") == 0) {
		choose(argc > 4 ? argv[4] : NULL);
		idle();
	} else if (strcmp(what, "slow") == 0 && sessions <= SLOW_MAX) {
		slow();
	} else {
		fputs("usage: smtp_load PORT send|idle|slow SESSIONS ...\n", stderr);
		return 2;
	}
	return 0;
}
