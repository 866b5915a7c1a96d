/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta -- a scripted MTA that speaks the milter protocol (version 6) as fast as the filter answers.
 *
 *	mta SOCKET CONNECTIONS MESSAGES FOLDER     sends, prints "messages rate p50 p99 worst refused" (ms),
 *	                                           and how many results in Authentication-Results are "pass"
 *	mta SOCKET CONNECTIONS SECONDSs FOLDER     the same, for so long
 *	mta SOCKET CONNECTIONS 0 FOLDER            opens idle sessions, prints "idle", ends at end of input
 *
 * FOLDER is as tests/lib/bench_mail.h says. Each message is a connection of its own,
 * as an SMTP session of one message is. Latency is from the connection to the last answer.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/bench_mail.h"

enum { CHUNK = 65535, ANSWER = 8192, TIMED_MAX = 1000000 };
/* Steps that the filter may leave unanswered: SMFIP_NR_* of libmilter. */
enum { NR_HDR = 0x80, NR_CONN = 0x1000, NR_HELO = 0x2000, NR_MAIL = 0x4000, NR_RCPT = 0x8000,
	NR_DATA = 0x10000, NR_EOH = 0x40000, NR_BODY = 0x80000 };

static struct bench_mail mails[BENCH_MAIL_MAX];
static size_t n_mails;
static const char *path;
static atomic_long next;
static long total;
static double until; /* no message begins after it */
static double *latency;
static atomic_long refused;
/* What the filter said in Authentication-Results: results that are "pass", of all messages. */
static const char *const methods[] = {"spf", "dkim", "dmarc", "arc", "iprev"};
enum { METHODS = sizeof(methods) / sizeof(*methods) };
static atomic_long passed[METHODS];

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "mta: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* ---- packets ---- */

struct peer {
	int fd;
	uint32_t quiet; /* steps that are not answered */
	char out[CHUNK + 4096];
	size_t n_out;
};

static void
flush(struct peer *p)
{
	size_t at = 0;

	while (at < p->n_out) {
		ssize_t n = write(p->fd, p->out + at, p->n_out - at);

		if (n <= 0)
			die("write");
		at += (size_t)n;
	}
	p->n_out = 0;
}

static void
packet(struct peer *p, char command, const void *data, size_t n)
{
	uint32_t size = htonl((uint32_t)n + 1);

	if (p->n_out + n + 5 > sizeof(p->out))
		flush(p);
	memcpy(p->out + p->n_out, &size, 4);
	p->out[p->n_out + 4] = command;
	memcpy(p->out + p->n_out + 5, data, n);
	p->n_out += n + 5;
}

static void
read_all(struct peer *p, void *data, size_t n)
{
	char *at = data;

	while (n) {
		ssize_t got = read(p->fd, at, n);

		if (got <= 0)
			die("the filter hung up");
		at += got;
		n -= (size_t)got;
	}
}

/* The next answer's command byte; of its data, as much as has room goes to buf. */
static char
answer(struct peer *p, char *buf, size_t cap, size_t *n_out)
{
	uint32_t size;
	char command, waste[512];
	size_t n;

	flush(p);
	read_all(p, &size, 4);
	read_all(p, &command, 1);
	n = ntohl(size) - 1;
	*n_out = n < cap ? n : cap;
	read_all(p, buf, *n_out);
	for (n -= *n_out; n;) {
		size_t part = n < sizeof(waste) ? n : sizeof(waste);

		read_all(p, waste, part);
		n -= part;
	}
	return command;
}

/* A field that the filter adds: name and value, each with its NUL; where it is inserted stands before. */
static void
count_results(const char *at, const char *end)
{
	static const char name[] = "Authentication-Results";

	if ((size_t)(end - at) <= sizeof(name) || strncmp(at, name, sizeof(name)) != 0)
		return;
	while ((at = memmem(at, (size_t)(end - at), "=pass", 5))) {
		for (size_t i = 0; i < METHODS; i++) {
			size_t n = strlen(methods[i]);

			if (memcmp(at - n, methods[i], n) == 0 && isspace((unsigned char)at[-1 - (int)n]))
				atomic_fetch_add(&passed[i], 1);
		}
		at++;
	}
}

/* Sends one step and takes its answer, if one was agreed upon. False: refused. */
static bool
step(struct peer *p, char command, const void *data, size_t n, uint32_t quiet)
{
	char buf[ANSWER], c;
	size_t got;

	packet(p, command, data, n);
	if (p->quiet & quiet)
		return true;
	do {
		c = answer(p, buf, ANSWER, &got);
		if (c == 'h' || (c == 'i' && got >= 4))
			count_results(c == 'h' ? buf : buf + 4, buf + got);
	} while (strchr("+-hqmipe2", c)); /* changes and progress; then the verdict */
	return c == 'c' || c == 'a';
}

static void
macro(struct peer *p, char command, const char *name, const char *value)
{
	char buf[700];
	int n = snprintf(buf, sizeof(buf), "%c%s%c%s", command, name, 0, value);

	packet(p, 'D', buf, (size_t)n + 1);
}

/* ---- one message ---- */

static void
open_peer(struct peer *p)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	uint32_t offer[3] = {htonl(6), htonl(0x1ff), htonl(0x1fffff)};
	char buf[64];
	size_t n;

	p->n_out = 0;
	p->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (p->fd < 0 || connect(p->fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		die(path);
	packet(p, 'O', offer, sizeof(offer));
	if (answer(p, buf, sizeof(buf), &n) != 'O')
		die("negotiation");
	memcpy(&p->quiet, buf + 8, 4);
	p->quiet = ntohl(p->quiet);
}

static bool
greet(struct peer *p, const struct bench_mail *m)
{
	char buf[400];
	int n = snprintf(buf, sizeof(buf), "%s%c%c%c%c%s", m->helo, 0, strchr(m->client, ':') ? '6' : '4',
		0x12, 0x34, m->client);

	macro(p, 'C', "j", "mx.test");
	if (!step(p, 'C', buf, (size_t)n + 1, NR_CONN))
		return false;
	return step(p, 'H', m->helo, strlen(m->helo) + 1, NR_HELO);
}

static bool
headers(struct peer *p, const struct bench_mail *m, size_t *body_out)
{
	const char *at = m->text, *end = m->text + m->n;
	static _Thread_local char buf[CHUNK];

	while (at < end && *at != '\r') {
		const char *colon = memchr(at, ':', (size_t)(end - at)), *eol = at;
		size_t n = 0;

		do
			eol = strstr(eol, "\r\n") + 2;
		while (*eol == ' ' || *eol == '\t');
		memcpy(buf, at, (size_t)(colon - at));
		n = (size_t)(colon - at);
		buf[n++] = 0;
		for (const char *c = colon + 1; c < eol - 2; c++)
			if (*c != '\r')
				buf[n++] = *c;
		buf[n++] = 0;
		if (!step(p, 'L', buf, n, NR_HDR))
			return false;
		at = eol;
	}
	*body_out = (size_t)(at - m->text) + 2;
	return true;
}

static bool
deliver(struct peer *p, const struct bench_mail *m)
{
	char from[310], to[310];
	size_t at;

	snprintf(from, sizeof(from), "<%s>", m->from);
	snprintf(to, sizeof(to), "<%s>", m->to);
	if (!greet(p, m) || !step(p, 'M', from, strlen(from) + 1, NR_MAIL) ||
		!step(p, 'R', to, strlen(to) + 1, NR_RCPT) || !step(p, 'T', "", 0, NR_DATA) ||
		!headers(p, m, &at) || !step(p, 'N', "", 0, NR_EOH))
		return false;
	for (; at < m->n; at += CHUNK)
		if (!step(p, 'B', m->text + at, m->n - at < CHUNK ? m->n - at : CHUNK, NR_BODY))
			return false;
	macro(p, 'E', "i", "QUEUE1");
	return step(p, 'E', "", 0, 0);
}

static void *
client(void *arg)
{
	struct peer *p = calloc(1, sizeof(*p));
	long i;

	(void)arg;
	if (!p)
		die("memory");
	while (now_ms() < until && (i = atomic_fetch_add(&next, 1)) < total) {
		double began = now_ms();

		open_peer(p);
		if (!deliver(p, &mails[(size_t)i % n_mails]))
			atomic_fetch_add(&refused, 1);
		latency[i] = now_ms() - began;
		packet(p, 'Q', "", 0);
		flush(p);
		close(p->fd);
	}
	free(p);
	return NULL;
}

/* ---- the run ---- */

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int
idle(long connections)
{
	for (long i = 0; i < connections; i++) {
		struct peer *p = calloc(1, sizeof(*p));

		if (!p)
			die("memory");
		open_peer(p);
		if (!greet(p, &mails[(size_t)i % n_mails]))
			die("greeting");
		flush(p);
	}
	puts("idle");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}

static void
run(long connections)
{
	pthread_t *thread = calloc((size_t)connections, sizeof(*thread));

	if (!thread)
		die("memory");
	for (long i = 0; i < connections; i++)
		if (pthread_create(&thread[i], NULL, client, NULL) != 0)
			die("thread");
	for (long i = 0; i < connections; i++)
		pthread_join(thread[i], NULL);
	free(thread);
}

static void
report(double took)
{
	size_t n = (size_t)(atomic_load(&next) < total ? atomic_load(&next) : total);

	qsort(latency, n, sizeof(*latency), by_size);
	printf("%zu %.1f %.3f %.3f %.3f %ld\n", n, (double)n * 1e3 / took, latency[n / 2],
		latency[n * 99 / 100], latency[n - 1], atomic_load(&refused));
	for (size_t i = 0; i < METHODS; i++)
		printf("%s=pass %ld ", methods[i], atomic_load(&passed[i]));
	putchar('\n');
}

int
main(int argc, char **argv)
{
	long connections;
	char *unit;
	double began;

	if (argc != 5) {
		fputs("usage: mta SOCKET CONNECTIONS MESSAGES|SECONDSs FOLDER\n", stderr);
		return 2;
	}
	path = argv[1];
	connections = strtol(argv[2], NULL, 10);
	total = strtol(argv[3], &unit, 10);
	n_mails = bench_mail_load(argv[4], mails);
	if (total == 0)
		return idle(connections);
	began = now_ms();
	until = *unit == 's' ? began + (double)total * 1e3 : HUGE_VAL;
	total = *unit == 's' ? TIMED_MAX : total;
	latency = calloc((size_t)total, sizeof(*latency));
	if (!latency)
		die("memory");
	run(connections);
	report(now_ms() - began);
	return 0;
}
