/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Streams that are secured. */
#include "io/stream.h"

#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/certs.h"
#include "tests/lib/gate.h"
#include "tests/lib/stream_world.h"
#include "tests/lib/tls_ends.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

static struct stream_world w;
static struct arena *arena;
static struct certs_pair root, mx;
static struct tls *server;
static SSL_CTX *client_ctx;

static void
begin(struct stream_owner *o)
{
	*o = (struct stream_owner){.on = o->on, .peer = -1};
	stream_world_begin(&w);
	stream_world_pair(&w, o);
}

static void
end(struct stream_owner *o)
{
	stream_world_free(o);
	stream_world_end(&w);
}

/* The peer's handshake over its own socket, to its end. */
static SSL *
peer_shakes(struct stream_owner *o)
{
	SSL *ssl = SSL_new(client_ctx);

	SSL_set_fd(ssl, o->peer);
	while (SSL_connect(ssl) != 1 && o->n[STREAM_FAILED] == 0)
		stream_world_turn(&w);
	STREAM_UNTIL(&w, o->n[STREAM_SECURED] + o->n[STREAM_FAILED]);
	return ssl;
}

static void
peer_reads(SSL *ssl, struct buf *got, size_t n)
{
	char bytes[5000];

	while (got->n < n) {
		int r = SSL_read(ssl, bytes, sizeof(bytes));

		if (r > 0)
			buf_add(got, view_of(bytes, (size_t)r));
		else
			stream_world_turn(&w);
	}
}

static void
secures_after_the_answer(void)
{
	struct stream_owner o = {0};
	struct tls_info info;
	struct buf got;
	SSL *ssl;

	buf_init(&got, 1000);
	begin(&o);
	CU_ASSERT_FALSE(stream_info(o.s, &info));
	stream_world_write(&w, &o, VIEW("STARTTLS\r\n"));
	STREAM_UNTIL(&w, o.n[STREAM_INPUT]);
	stream_take(o.s, 10);
	stream_send(o.s, VIEW("220 go ahead\r\n"));
	stream_start_tls(o.s, server, NULL, false);
	stream_send(o.s, VIEW("this must not be seen"));
	stream_world_await(&w, &o, &got, 14);
	UNIT_VIEW(buf_view(&got), "220 go ahead\r\n");
	buf_reset(&got);
	ssl = peer_shakes(&o);
	CU_ASSERT_EQUAL(o.n[STREAM_SECURED], 1);
	CU_ASSERT_TRUE(stream_info(o.s, &info));
	CU_ASSERT_STRING_EQUAL(info.version, "TLSv1.3");
	CU_ASSERT_EQUAL(SSL_write(ssl, "EHLO x\r\n", 8), 8);
	STREAM_UNTIL(&w, stream_input(o.s).n == 8);
	UNIT_VIEW(stream_input(o.s), "EHLO x\r\n");
	stream_send(o.s, VIEW("250 hello\r\n"));
	peer_reads(ssl, &got, 11);
	UNIT_VIEW(buf_view(&got), "250 hello\r\n");
	stream_close(o.s);
	o.s = NULL;
	while (SSL_read(ssl, got.p, 1) < 0)
		stream_world_turn(&w);
	CU_ASSERT_EQUAL(SSL_get_shutdown(ssl), SSL_RECEIVED_SHUTDOWN); /* TLS's own end was said */
	SSL_free(ssl);
	end(&o);
	buf_done(&got);
}

/* ---- byte by byte ---- */

/* A client whose bytes the test carries. */
struct hand {
	SSL *ssl;
	BIO *in, *out;
	size_t given; /* bytes carried to the stream */
};

static void
hand_begin(struct hand *h)
{
	*h = (struct hand){.ssl = SSL_new(client_ctx), .in = BIO_new(BIO_s_mem()), .out = BIO_new(BIO_s_mem())};
	SSL_set_bio(h->ssl, h->in, h->out);
	SSL_set_connect_state(h->ssl);
}

/* Carries bytes both ways until the handshake is over, at both ends, or `most` bytes were given. */
static void
hand_carries(struct hand *h, struct stream_owner *o, size_t most)
{
	struct buf got;
	char c;

	buf_init(&got, 100000);
	while (h->given < most && !o->n[STREAM_FAILED] && !o->n[STREAM_SECURED]) {
		SSL_do_handshake(h->ssl);
		while (h->given < most && BIO_read(h->out, &c, 1) == 1) {
			CU_ASSERT_EQUAL(send(o->peer, &c, 1, MSG_NOSIGNAL), 1);
			h->given++;
			STREAM_UNTIL(&w, recv(o->peer, &c, 1, MSG_PEEK) >= 0 || loop_held(w.loop) == 0);
			stream_world_turn(&w);
		}
		buf_reset(&got);
		stream_world_read(o, &got);
		BIO_write(h->in, got.p, (int)got.n);
		stream_world_turn(&w);
	}
	buf_done(&got);
}

static void
split_at_every_byte(void)
{
	struct stream_owner o = {0};
	struct hand h;

	begin(&o);
	hand_begin(&h);
	stream_start_tls(o.s, server, NULL, false);
	hand_carries(&h, &o, SIZE_MAX);
	CU_ASSERT_STRING_EQUAL(o.log, "T");
	CU_ASSERT_TRUE(h.given > 300);
	SSL_free(h.ssl);
	end(&o);
}

static void
peer_leaves_at_any_byte(void)
{
	for (size_t n = 0; n < 350; n += 29) {
		struct stream_owner o = {0};
		struct hand h;
		char why[STREAM_WHY_MAX];

		begin(&o);
		hand_begin(&h);
		stream_start_tls(o.s, server, NULL, false);
		hand_carries(&h, &o, n);
		close(o.peer);
		o.peer = -1;
		STREAM_UNTIL(&w, o.log[0]);
		CU_ASSERT_STRING_EQUAL(o.log, "F");
		CU_ASSERT_EQUAL(stream_fault(o.s), STREAM_TLS);
		stream_why(o.s, why);
		CU_ASSERT_TRUE(view_starts_nocase(view_str(why), "tls: ") && strlen(why) > 8);
		SSL_free(h.ssl);
		end(&o);
	}
}

/* ---- strangers ---- */

static void
fails_on_plain_text(void)
{
	struct stream_owner o = {0};
	char why[STREAM_WHY_MAX];

	begin(&o);
	stream_start_tls(o.s, server, NULL, false);
	stream_world_write(&w, &o, VIEW("EHLO client.example\r\n"));
	STREAM_UNTIL(&w, o.log[0]);
	CU_ASSERT_STRING_EQUAL(o.log, "F"); /* never as input */
	CU_ASSERT_EQUAL(stream_fault(o.s), STREAM_TLS);
	stream_why(o.s, why);
	CU_ASSERT_STRING_EQUAL(why, "tls: wrong version number");
	stream_close(o.s);
	o.s = NULL;
	end(&o);
}

/* RFC 3207 section 4.2, CVE-2011-0411: commands behind STARTTLS must not be obeyed as if they were
 * encrypted. */
static void
forgets_what_was_pipelined(void)
{
	struct stream_owner o = {0};
	SSL *ssl;

	begin(&o);
	stream_world_write(&w, &o, VIEW("STARTTLS\r\nMAIL FROM:<forged@example>\r\n"));
	STREAM_UNTIL(&w, stream_input(o.s).n == 38);
	stream_take(o.s, 10);
	stream_start_tls(o.s, server, NULL, false);
	ssl = peer_shakes(&o);
	CU_ASSERT_EQUAL(o.n[STREAM_SECURED], 1);
	UNIT_VIEW(stream_input(o.s), "");
	SSL_free(ssl);
	end(&o);
}

static void
begins_with_what_came(void)
{
	struct stream_owner o = {0};
	struct hand h;
	char hello[1000];
	int n;

	begin(&o);
	hand_begin(&h);
	SSL_do_handshake(h.ssl);
	memcpy(hello, "PROXY UNKNOWN\r\n", 15);
	n = BIO_read(h.out, hello + 15, sizeof(hello) - 15);
	stream_world_write(&w, &o, view_of(hello, (size_t)n + 15)); /* in one packet */
	STREAM_UNTIL(&w, stream_input(o.s).n == (size_t)n + 15);
	stream_take(o.s, 15);
	o.log[0] = 0;
	stream_start_tls(o.s, server, NULL, true);
	UNIT_VIEW(stream_input(o.s), "");
	hand_carries(&h, &o, SIZE_MAX);
	CU_ASSERT_STRING_EQUAL(o.log, "T");
	SSL_free(h.ssl);
	end(&o);
}

/* ---- the pool ---- */

static void
the_pool_may_be_full(void)
{
	struct stream_owner o = {0};
	char why[STREAM_WHY_MAX];

	begin(&o);
	pool_free(w.pool);
	w.kind.pool = w.pool = pool_new(1, 0);
	stream_start_tls(o.s, server, NULL, false);
	STREAM_UNTIL(&w, o.log[0]);
	CU_ASSERT_STRING_EQUAL(o.log, "F");
	CU_ASSERT_EQUAL(stream_fault(o.s), STREAM_BUSY);
	stream_why(o.s, why);
	CU_ASSERT_STRING_EQUAL(why, "tls: too many handshakes at once");
	end(&o);
}

static void
nothing(void *ctx)
{
}

/* A stream whose handshake waits in the pool when this returns: both its threads stand at the gate. */
static void
begin_in_pool(struct stream_owner *o)
{
	static struct pool_job standing[2];

	begin(o);
	gate_set_open(false);
	for (int i = 0; i < 2; i++) {
		pool_job_init(&standing[i], w.loop, gate_stand, nothing, NULL);
		CU_ASSERT_TRUE(pool_submit(w.pool, &standing[i]));
	}
	stream_start_tls(o->s, server, NULL, false);
	STREAM_UNTIL(&w, loop_held(w.loop) == 3);
}

/* The owner leaves while the pool has the handshake: the pool must still find all it needs. */
static void
leaves_during_a_step(void)
{
	for (int i = 0; i < 2; i++) {
		struct stream_owner o = {0};
		char c;

		begin_in_pool(&o);
		if (i == 0)
			stream_close(o.s);
		else
			stream_free(o.s);
		o.s = NULL;
		CU_ASSERT_EQUAL(recv(o.peer, &c, 1, 0), 0); /* the peer sees it at once */
		gate_set_open(true);
		end(&o);
		CU_ASSERT_STRING_EQUAL(o.log, "");
	}
}

static void
leave(struct stream_owner *o, enum stream_event e)
{
	stream_free(o->s);
	o->s = NULL;
}

/* In the one that says that the handshake is over. */
static void
leaves_in_the_event(void)
{
	struct stream_owner o = {.on = leave};
	struct hand h;

	begin(&o);
	hand_begin(&h);
	stream_start_tls(o.s, server, NULL, false);
	hand_carries(&h, &o, SIZE_MAX);
	CU_ASSERT_PTR_NULL(o.s);
	CU_ASSERT_STRING_EQUAL(o.log, "T");
	SSL_free(h.ssl);
	end(&o);
}

/* ---- much ---- */

static void
input_keeps_its_ceiling(void)
{
	enum { BYTES = 200000, CEILING = 3000 }; /* records are larger */
	struct stream_owner o = {0};
	size_t sent = 0, n;
	struct buf got;
	SSL *ssl;

	buf_init(&got, BYTES);
	stream_world_begin(&w);
	w.kind.input_max = CEILING;
	stream_world_pair(&w, &o);
	stream_start_tls(o.s, server, NULL, false);
	ssl = peer_shakes(&o);
	while (got.n < BYTES) {
		if (sent < BYTES && SSL_write_ex(ssl, stream_world_pattern(BYTES).p + sent, BYTES - sent, &n) == 1)
			sent += n;
		CU_ASSERT_TRUE_FATAL(stream_input(o.s).n <= CEILING);
		buf_add(&got, view_head(stream_input(o.s), 1999));
		stream_take(o.s, 1999);
		stream_world_turn(&w);
	}
	CU_ASSERT_TRUE(stream_world_is_pattern(&got, BYTES));
	SSL_free(ssl);
	end(&o);
	buf_done(&got);
}

/* Output that waits is added to: what TLS has begun to send must stay what it was. */
static void
slow_readers_get_all(void)
{
	enum { BYTES = 300000 };
	struct stream_owner o = {0};
	size_t sent = 0, step = 1;
	struct buf got;
	SSL *ssl;

	buf_init(&got, BYTES);
	stream_world_begin(&w);
	stream_world_tcp(&w, &o);
	stream_start_tls(o.s, server, NULL, false);
	ssl = peer_shakes(&o);
	while (got.n < BYTES) {
		char bytes[3000];
		int r;

		step = step * 5 % 7919;
		if (sent < BYTES && stream_room(o.s) > 30000) {
			step = step < BYTES - sent ? step : BYTES - sent;
			stream_send(o.s, view_of(stream_world_pattern(BYTES).p + sent, step));
			sent += step;
		}
		loop_timer_set(&w.beat, 0);
		loop_turn(w.loop);
		while (step % 2 && (r = SSL_read(ssl, bytes, sizeof(bytes))) > 0)
			buf_add(&got, view_of(bytes, (size_t)r));
	}
	CU_ASSERT_TRUE(stream_world_is_pattern(&got, BYTES));
	CU_ASSERT_EQUAL(o.n[STREAM_FAILED], 0);
	SSL_free(ssl);
	end(&o);
	buf_done(&got);
}

static void
changes_keys_when_asked(void)
{
	struct stream_owner o = {0};
	struct buf got;
	SSL *ssl;

	buf_init(&got, 1000);
	begin(&o);
	stream_start_tls(o.s, server, NULL, false);
	ssl = peer_shakes(&o);
	CU_ASSERT_EQUAL(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1); /* RFC 8446 section 4.6.3 */
	CU_ASSERT_EQUAL(SSL_write(ssl, "ping", 4), 4);
	STREAM_UNTIL(&w, stream_input(o.s).n == 4);
	stream_send(o.s, VIEW("pong"));
	peer_reads(ssl, &got, 4);
	UNIT_VIEW(buf_view(&got), "pong");
	SSL_free(ssl);
	end(&o);
	buf_done(&got);
}

static const struct unit_test tests[] = {
	{"secures after the answer", secures_after_the_answer},
	{"a handshake split at every byte", split_at_every_byte},
	{"a peer that leaves at any byte", peer_leaves_at_any_byte},
	{"fails on plain text", fails_on_plain_text},
	{"forgets what was pipelined", forgets_what_was_pipelined},
	{"begins with what came behind a header", begins_with_what_came},
	{"the pool may be full", the_pool_may_be_full},
	{"the owner leaves during a step", leaves_during_a_step},
	{"the owner leaves in an event", leaves_in_the_event},
	{"input keeps its ceiling", input_keeps_its_ceiling},
	{"slow readers get all", slow_readers_get_all},
	{"changes keys when asked", changes_keys_when_asked},
};

int
main(void)
{
	struct view pem[2];
	int status;

	alarm(60); /* what never happens ends the test */
	signal(SIGPIPE, SIG_IGN); /* for the library's own sockets */
	arena = arena_new();
	root = certs_make(&(struct certs_wish){.subject = "Root", .authority = true}, arena);
	mx = certs_make(&(struct certs_wish){.subject = "mx", .issuer = &root, .names = "DNS:mx.example.org"}, arena);
	pem[0] = mx.key;
	pem[1] = mx.cert;
	server = tls_ends_server(pem, 2, (struct tls_server_options){.min = TLS_1_2});
	client_ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_mode(client_ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	status = unit_main("io/stream_tls", tests, sizeof(tests) / sizeof(*tests));
	SSL_CTX_free(client_ctx);
	tls_free(server);
	arena_free(arena);
	return status;
}
