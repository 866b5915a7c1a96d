/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Streams towards a backend. */
#include "io/stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/certs.h"
#include "tests/lib/stream_world.h"
#include "tests/lib/tls_ends.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

static struct stream_world w;

static int
listen_here(struct listener_address *a, int backlog)
{
	union listener_sockaddr sa;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*a = (struct listener_address){.family = LISTENER_INET, .ip = {4, {127, 0, 0, 1}}};
	CU_ASSERT_EQUAL(bind(fd, &sa.any, listener_to_sockaddr(a, &sa)), 0);
	CU_ASSERT_EQUAL(listen(fd, backlog), 0);
	CU_ASSERT_EQUAL(listener_local(fd, a), 0);
	return fd;
}

static void
connects(void)
{
	struct listener_address a;
	int at = listen_here(&a, 5);
	struct stream_owner o = {0};
	struct buf got;

	buf_init(&got, 100);
	stream_world_begin(&w);
	o.s = stream_connect(&w.kind, &a, NULL, 10000, &o);
	stream_send(o.s, VIEW("early")); /* leaves when it can */
	CU_ASSERT_STRING_EQUAL(o.log, "");
	STREAM_UNTIL(&w, o.n[STREAM_SENT]);
	CU_ASSERT_STRING_EQUAL(o.log, "CS");
	o.peer = accept4(at, NULL, NULL, SOCK_NONBLOCK);
	stream_world_await(&w, &o, &got, 5);
	UNIT_VIEW(buf_view(&got), "early");
	stream_world_write(&w, &o, VIEW("220 hi\r\n"));
	STREAM_UNTIL(&w, o.n[STREAM_INPUT]);
	UNIT_VIEW(stream_input(o.s), "220 hi\r\n");
	stream_world_free(&o);
	stream_world_end(&w);
	buf_done(&got);
	close(at);
}

static void
cannot_connect(void)
{
	const struct listener_address none = {.family = LISTENER_UNIX, .path = "/nonexistent/socket"};
	struct stream_owner refused = {.peer = -1}, absent = {.peer = -1};
	struct listener_address a;
	char why[STREAM_WHY_MAX];

	close(listen_here(&a, 5));
	stream_world_begin(&w);
	refused.s = stream_connect(&w.kind, &a, NULL, 10000, &refused);
	absent.s = stream_connect(&w.kind, &none, NULL, 10000, &absent);
	CU_ASSERT_STRING_EQUAL(absent.log, ""); /* not from within the call */
	STREAM_UNTIL(&w, refused.log[0] && absent.log[0]);
	CU_ASSERT_STRING_EQUAL(refused.log, "F");
	CU_ASSERT_STRING_EQUAL(absent.log, "F");
	CU_ASSERT_EQUAL(stream_fault(refused.s), STREAM_NETWORK);
	stream_why(refused.s, why);
	CU_ASSERT_STRING_EQUAL(why, "Connection refused");
	stream_why(absent.s, why);
	CU_ASSERT_STRING_EQUAL(why, "No such file or directory");
	stream_world_free(&refused);
	stream_close(absent.s);
	stream_world_end(&w);
}

/* A host that never answers: its backlog is full. */
static void
connecting_has_its_time(void)
{
	struct stream_owner o[3] = {{.peer = -1}, {.peer = -1}, {.peer = -1}};
	struct listener_address a;
	int at = listen_here(&a, 0);
	int64_t start = clock_mono_ms();

	stream_world_begin(&w);
	for (int i = 0; i < 3; i++)
		o[i].s = stream_connect(&w.kind, &a, NULL, 60, &o[i]);
	STREAM_UNTIL(&w, o[2].log[0]);
	CU_ASSERT_STRING_EQUAL(o[2].log, "F");
	CU_ASSERT_EQUAL(stream_fault(o[2].s), STREAM_STUCK);
	CU_ASSERT_TRUE(clock_mono_ms() >= start + 60);
	CU_ASSERT_STRING_EQUAL(o[0].log, "C");
	for (int i = 0; i < 3; i++)
		stream_world_free(&o[i]);
	stream_world_end(&w);
	close(at);
}

/* ---- TLS ---- */

static struct certs_pair root;
static struct tls *server;

/* A stream of ours as client towards one as server. */
static void
connects_to(const char *name, bool verify, const char *want_why)
{
	struct tls *client = tls_ends_client(verify, root.cert);
	struct stream_owner a = {.peer = -1}, b = {.peer = -1};
	struct tls_info info;
	char why[STREAM_WHY_MAX];
	int fd[2];

	stream_world_begin(&w);
	CU_ASSERT_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	a.s = stream_open(&w.kind, fd[0], &a);
	b.s = stream_open(&w.kind, fd[1], &b);
	stream_start_tls(a.s, client, name, false);
	tls_free(client);
	stream_start_tls(b.s, server, NULL, false);
	STREAM_UNTIL(&w, a.log[0]);
	if (want_why) {
		CU_ASSERT_STRING_EQUAL(a.log, "F");
		stream_why(a.s, why);
		CU_ASSERT_STRING_EQUAL(why, want_why);
	} else {
		CU_ASSERT_STRING_EQUAL(a.log, "T");
		stream_send(a.s, VIEW("EHLO\r\n"));
		STREAM_UNTIL(&w, stream_input(b.s).n == 6);
		CU_ASSERT_TRUE(stream_info(a.s, &info));
		CU_ASSERT_EQUAL(info.verified, verify);
		CU_ASSERT_TRUE(stream_info(b.s, &info));
		CU_ASSERT_STRING_EQUAL(info.sni, name ? name : "");
	}
	stream_world_free(&a);
	stream_world_free(&b);
	stream_world_end(&w);
}

static void
secures(void)
{
	struct arena *a = arena_new();
	struct certs_pair mx;
	struct view pem[2];

	root = certs_make(&(struct certs_wish){.subject = "Root", .authority = true}, a);
	mx = certs_make(&(struct certs_wish){.subject = "mx", .issuer = &root, .names = "DNS:mx.example.org"}, a);
	pem[0] = mx.key;
	pem[1] = mx.cert;
	server = tls_ends_server(pem, 2, (struct tls_server_options){.min = TLS_1_2});
	connects_to("mx.example.org", true, NULL);
	connects_to("mx.example.org", false, NULL);
	connects_to("elsewhere.example", false, NULL);
	connects_to(NULL, false, NULL);
	connects_to("elsewhere.example", true, "tls: certificate verify failed: hostname mismatch");
	connects_to(NULL, true, "tls: there is no name to verify");
	tls_free(server);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"connects", connects},
	{"tells why it cannot connect", cannot_connect},
	{"connecting has its time", connecting_has_its_time},
	{"secures", secures},
};

int
main(void)
{
	alarm(60); /* what never happens ends the test */
	return unit_main("io/stream_connect", tests, sizeof(tests) / sizeof(*tests));
}
