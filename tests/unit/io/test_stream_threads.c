/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two loops with a thread each, one pool, TLS between them: every stream must get its answer, whole. */
#include "io/stream.h"

#include <stdlib.h>
#include <unistd.h>

#include "io/acceptor.h"
#include "tests/lib/certs.h"
#include "tests/lib/tls_ends.h"
#include "tests/lib/unit.h"

enum { CLIENTS = 20, BYTES = 30000 };

static struct tls *server_tls, *client_tls;
static struct stream_kind server_kind, client_kind;
static struct acceptor *acceptor;
static struct listener_address at;
static char question[BYTES];

/* Of the clients' loop. */
static struct client {
	struct stream *s;
	bool ok;
} client[CLIENTS];
static unsigned ended;

/* ---- the server: says everything back ---- */

/* Of the server's loop, which stops when the clients have gone and it has seen the end of each. */
static unsigned open_streams;
static bool clients_gone;

static void
stop_if_done(void)
{
	if (!clients_gone || open_streams)
		return;
	acceptor_stop(acceptor);
	loop_stop(server_kind.loop);
}

static void
serve(void *ctx, struct stream *s, enum stream_event e)
{
	struct view in = view_head(stream_input(s), stream_room(s));

	if (e == STREAM_FAILED) {
		stream_free(s);
		open_streams--;
		stop_if_done();
		return;
	}
	stream_send(s, in);
	stream_take(s, in.n);
	if (stream_has_ended(s) && stream_input(s).n == 0) {
		stream_close(s);
		open_streams--;
		stop_if_done();
	}
}

static void
accepted(void *ctx, int fd, const struct listener_address *peer)
{
	open_streams++;
	stream_start_tls(stream_open(&server_kind, fd, NULL), server_tls, NULL, false);
}

static void
stop_server(void *ctx)
{
	clients_gone = true;
	stop_if_done();
}

/* ---- the clients ---- */

static struct loop_task server_task, client_task;

static void
end_client(struct client *c, bool ok)
{
	c->ok = ok;
	stream_close(c->s);
	if (++ended < CLIENTS)
		return;
	loop_post(server_kind.loop, &server_task);
	loop_stop(client_kind.loop);
}

static void
ask(void *ctx, struct stream *s, enum stream_event e)
{
	struct client *c = ctx;
	struct view in = stream_input(s);

	if (e == STREAM_CONNECTED)
		stream_start_tls(s, client_tls, "mx.example.org", false);
	else if (e == STREAM_SECURED)
		stream_send(s, view_of(question, BYTES));
	else if (e == STREAM_FAILED)
		end_client(c, false);
	else if (e == STREAM_INPUT && in.n == BYTES)
		end_client(c, memcmp(in.p, question, BYTES) == 0);
}

static void
begin_clients(void *ctx)
{
	for (int i = 0; i < CLIENTS; i++)
		client[i].s = stream_connect(&client_kind, &at, NULL, 60000, &client[i]);
}

static void
answers_all(void)
{
	const struct listener_owner owner = {0};
	struct pool *pool = pool_new(3, 2 * CLIENTS);
	struct buf why;
	int fd;

	buf_init(&why, 1000);
	at = (struct listener_address){.family = LISTENER_INET, .ip = {4, {127, 0, 0, 1}}};
	fd = listener_open(&at, &owner, &why);
	CU_ASSERT_EQUAL_FATAL(listener_local(fd, &at), 0);
	server_kind = (struct stream_kind){.loop = loop_new(), .pool = pool, .event = serve, .input_max = 5000,
		.output_max = BYTES, .close_ms = 20000};
	client_kind = (struct stream_kind){.loop = loop_new(), .pool = pool, .event = ask, .input_max = BYTES,
		.output_max = BYTES, .close_ms = 20000};
	acceptor = acceptor_start(&(struct acceptor_options){
		.loop = server_kind.loop, .fd = fd, .accepted = accepted});
	loop_task_init(&server_task, stop_server, NULL);
	loop_task_init(&client_task, begin_clients, NULL);
	CU_ASSERT_EQUAL(loop_start(server_kind.loop), 0);
	CU_ASSERT_EQUAL(loop_start(client_kind.loop), 0);
	loop_post(client_kind.loop, &client_task);
	loop_join(client_kind.loop);
	loop_join(server_kind.loop);
	for (int i = 0; i < CLIENTS; i++)
		CU_ASSERT_TRUE(client[i].ok);
	pool_free(pool);
	loop_free(client_kind.loop);
	loop_free(server_kind.loop);
	close(fd);
	buf_done(&why);
}

static const struct unit_test tests[] = {
	{"every stream gets its answer", answers_all},
};

int
main(void)
{
	struct arena *a = arena_new();
	struct certs_pair mx = certs_make(&(struct certs_wish){.subject = "mx", .names = "DNS:mx.example.org"}, a);
	struct view pem[] = {mx.key, mx.cert};
	int status;

	alarm(120); /* what never happens ends the test */
	for (size_t i = 0; i < BYTES; i++)
		question[i] = (char)(i * 7 + i / 251);
	server_tls = tls_ends_server(pem, 2, (struct tls_server_options){.min = TLS_1_2});
	client_tls = tls_ends_client(true, mx.cert);
	status = unit_main("io/stream_threads", tests, sizeof(tests) / sizeof(*tests));
	tls_free(server_tls);
	tls_free(client_tls);
	arena_free(a);
	return status;
}
