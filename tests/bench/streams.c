/* SPDX-License-Identifier: BSD-2-Clause
 *
 * streams -- what an idle connection costs: bytes of the heap, and of the process's private memory, plain and
 * with TLS, after one question and answer; and the handshakes a second on one loop with two threads.
 */
#include <fcntl.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/stream.h"
#include "tests/lib/certs.h"
#include "util/clock.h"
#include "util/log.h"

enum { STREAMS = 2000 };

static int fd[STREAMS][2]; /* ours, the clients' */
static unsigned answered, secured;

static void
event(void *ctx, struct stream *s, enum stream_event e)
{
	struct view in = stream_input(s);

	if (e == STREAM_FAILED)
		log_die("a stream failed");
	secured += e == STREAM_SECURED;
	if (e != STREAM_INPUT || in.n < 6)
		return;
	stream_take(s, in.n);
	stream_send(s, VIEW("250 ok\r\n"));
	answered++;
}

/* The clients' process; ends when `go` ends. */
static _Noreturn void
be_clients(bool with_tls, int go)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char got[100];

	for (int i = 0; i < STREAMS; i++) {
		SSL *ssl = with_tls ? SSL_new(ctx) : NULL;

		close(fd[i][0]);
		if (ssl && (SSL_set_fd(ssl, fd[i][1]) != 1 || SSL_connect(ssl) != 1 ||
				   SSL_write(ssl, "NOOP\r\n", 6) != 6 || SSL_read(ssl, got, sizeof(got)) <= 0))
			_exit(1);
		if (!ssl && (write(fd[i][1], "NOOP\r\n", 6) != 6 || read(fd[i][1], got, sizeof(got)) <= 0))
			_exit(1);
	}
	while (read(go, got, sizeof(got)) > 0)
		;
	_exit(0);
}

static size_t
private_bytes(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[200];
	size_t kb = 0;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "Private_", 8) == 0)
			kb += strtoul(strchr(line, ':') + 1, NULL, 10);
	if (f)
		fclose(f);
	return kb * 1024;
}

static struct tls *
make_tls(void)
{
	struct arena *a = arena_new();
	struct certs_pair p = certs_make(
		&(struct certs_wish){.subject = "mx", .names = "DNS:mx.example.org", .type = CERTS_RSA}, a);
	struct buf why;
	struct tls *t;

	buf_init(&why, 1000);
	t = tls_server_new(&(struct tls_server_options){.pem = (struct view[]){p.key, p.cert}, .n_pem = 2,
		.min = TLS_1_2}, &why);
	buf_done(&why);
	arena_free(a);
	return t;
}

static void
serve(bool with_tls, unsigned arenas, int go)
{
	struct stream_kind kind = {.event = event, .input_max = 65536, .output_max = 65536, .close_ms = 1000};
	struct stream **s = calloc(STREAMS, sizeof(*s));
	struct tls *t = with_tls ? make_tls() : NULL;
	size_t heap, before;
	int64_t start;

	if (arenas)
		mallopt(M_ARENA_MAX, (int)arenas);
	kind.loop = loop_new();
	kind.pool = pool_new(2, STREAMS);
	heap = mallinfo2().uordblks;
	before = private_bytes();
	start = clock_mono_ms();
	for (int i = 0; i < STREAMS; i++) {
		close(fd[i][1]);
		s[i] = stream_open(&kind, fd[i][0], NULL);
		if (t)
			stream_start_tls(s[i], t, NULL, false);
	}
	while (answered < STREAMS)
		loop_turn(kind.loop);
	for (int i = 0; i < 10; i++) { /* what is left to send */
		struct loop_timer beat;

		loop_timer_init(&beat, kind.loop, (void (*)(void *))free, NULL);
		loop_timer_set(&beat, 1);
		loop_turn(kind.loop);
		loop_timer_cancel(&beat);
	}
	printf("%-10s %s: %6.1f KB private", with_tls ? "TLS" : "plain", arenas ? "one arena " : "all arenas",
		(double)(private_bytes() - before) / STREAMS / 1024);
	if (arenas == 1) /* the heap of one arena is all there is */
		printf(", %zu bytes of the heap", (mallinfo2().uordblks - heap) / STREAMS);
	if (with_tls)
		printf(", %.0f handshakes/s", secured * 1000.0 / (double)(clock_mono_ms() - start));
	printf(" (each of %d idle streams)\n", STREAMS);
	close(go);
}

static void
measure(bool with_tls, unsigned arenas)
{
	int go[2];
	pid_t clients, server;

	fflush(stdout);
	server = fork();
	if (server == 0) {
		if (pipe(go) != 0)
			log_die("no pipe");
		for (int i = 0; i < STREAMS; i++) {
			if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd[i]) != 0)
				log_die("no sockets: ulimit -n must be at least %d", 2 * STREAMS + 20);
			fcntl(fd[i][0], F_SETFL, O_NONBLOCK);
		}
		clients = fork();
		if (clients == 0) {
			close(go[1]);
			be_clients(with_tls, go[0]);
		}
		serve(with_tls, arenas, go[1]);
		fflush(stdout);
		waitpid(clients, NULL, 0);
		_exit(0);
	}
	waitpid(server, NULL, 0);
}

int
main(void)
{
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	signal(SIGPIPE, SIG_IGN);
	for (unsigned arenas = 0; arenas < 2; arenas++) {
		measure(false, arenas);
		measure(true, arenas);
	}
	return 0;
}
