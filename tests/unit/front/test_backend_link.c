/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_backend_link -- messages over real sockets: TCP, unix, TLS, the client's address, losses, large ones.
 */
#include "front/relay/backend_link.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/certs.h"
#include "tests/lib/link_world.h"
#include "tests/lib/unit.h"

static struct spool_area *area;
static char folder[] = "/tmp/postern-link-XXXXXX";

/* A message of about n bytes, with lines that begin with dots; a is its bytes as the backend stores them. */
static struct spool *
spool_of(size_t n, struct buf *as_stored)
{
	struct spool *s = spool_new(area, VIEW(""));
	char line[80];

	buf_init(as_stored, 64 * 1024 * 1024);
	buf_str(as_stored, "Received: by us\r\n");
	for (size_t i = 0, at = 0; at < n || i < 3; i++) {
		int len = snprintf(line, sizeof(line), i == 0 ? "Subject: x\r\n" : i == 1 ? "\r\n" : "%.*s line %zu\r\n",
			(int)(i % 3), "..", i);

		CU_ASSERT_EQUAL(spool_write(s, view_of(line, (size_t)len)), SPOOL_OK);
		buf_add(as_stored, view_of(line, (size_t)len));
		at += (size_t)len;
	}
	return s;
}

static void
has_stored(struct toy_backend *b, const struct buf *m, unsigned times)
{
	char want[80];

	snprintf(want, sizeof(want), "message %zu %016llx", m->n, (unsigned long long)toy_backend_hash(buf_view(m)));
	CU_ASSERT_EQUAL(toy_backend_count(b, want), times);
	CU_ASSERT_EQUAL(toy_backend_count(b, "message "), times);
}

static void
passes(const struct toy_backend_options *o, struct relay_terms terms, size_t bytes)
{
	struct toy_backend *b = toy_backend_start(o);
	struct link_world w = {.n = 0};
	struct buf m;
	struct spool *s = spool_of(bytes, &m);

	link_world_add(&w, "main", b, terms);
	link_world_begin(&w);
	CU_ASSERT_EQUAL(link_world_rcpt(&w, "b@b.test"), 250);
	CU_ASSERT_EQUAL(link_world_message(&w, s), 250);
	CU_ASSERT_STRING_EQUAL(w.text, "250 2.0.0 stored");
	has_stored(b, &m, 1);
	link_world_end(&w); /* the link takes its leave */
	while (toy_backend_count(b, "gone") == 0)
		sched_yield();
	CU_ASSERT_EQUAL(toy_backend_count(b, "QUIT"), 1);
	spool_free(s);
	buf_done(&m);
	toy_backend_stop(b);
}

static void
plain(void)
{
	static const struct toy_backend_options none = {0}, all = {.keywords = "PIPELINING CHUNKING"},
						chunks = {.keywords = "CHUNKING"};
	static const struct toy_backend_options *const o[] = {&none, &all, &chunks};

	for (size_t i = 0; i < sizeof(o) / sizeof(*o); i++) {
		passes(o[i], (struct relay_terms){0}, 100);
		passes(o[i], (struct relay_terms){0}, 100 * 1024); /* in memory, in pieces */
		passes(o[i], (struct relay_terms){0}, 2 * 1024 * 1024); /* in a file */
	}
}

static void
unix_socket(void)
{
	char path[100];
	struct toy_backend_options o = {.path = path};

	snprintf(path, sizeof(path), "%s/socket", folder);
	passes(&o, (struct relay_terms){0}, 100);
	unlink(path);
}

static void
several_messages(void)
{
	static const struct toy_backend_options o = {0};
	struct toy_backend *b = toy_backend_start(&o);
	struct link_world w = {.n = 0};
	struct buf m;
	struct spool *s = spool_of(1000, &m);

	link_world_add(&w, "main", b, (struct relay_terms){0});
	link_world_begin(&w);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(link_world_rcpt(&w, "b@b.test"), 250);
		CU_ASSERT_EQUAL(link_world_rcpt(&w, "c@b.test"), 250);
		CU_ASSERT_EQUAL(link_world_order(&w, RELAY_RESET), 250);
		CU_ASSERT_EQUAL(link_world_rcpt(&w, "d@b.test"), 250);
		CU_ASSERT_EQUAL(link_world_message(&w, s), 250);
	}
	has_stored(b, &m, 3);
	CU_ASSERT_EQUAL(toy_backend_count(b, "connected"), 1);
	CU_ASSERT_EQUAL(toy_backend_count(b, "RSET"), 3);
	CU_ASSERT_EQUAL(toy_backend_count(b, "RCPT TO:<d@b.test>"), 3);
	link_world_end(&w);
	spool_free(s);
	buf_done(&m);
	toy_backend_stop(b);
}

/* A backend that says nothing more, at each point, is not waited for longer than is set: the message is put
 * off, and never sent twice. Whether it was at the end only the backend knows. */
static void
silence(void)
{
	static const char *const points[] = {"220", "EHLO", "MAIL", "RCPT", "DATA", "."};

	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++) {
		struct toy_backend_options o = {.leave_at = points[i], .leaves = 1, .stays = true};
		struct toy_backend *b = toy_backend_start(&o);
		struct link_world w = {.n = 0, .l.wait_ms = 100};
		struct buf m;
		struct spool *s = spool_of(1000, &m);

		link_world_add(&w, "main", b, (struct relay_terms){0});
		link_world_begin(&w);
		if (link_world_rcpt(&w, "b@b.test") == 250)
			link_world_message(&w, s);
		UNIT_CASE(w.code == 451, points[i]);
		UNIT_CASE(toy_backend_count(b, "connected") == 1, points[i]);
		has_stored(b, &m, 0);
		w.l.wait_ms = 0; /* from now on it answers, however slowly */
		CU_ASSERT_EQUAL(link_world_order(&w, RELAY_RESET), 250);
		CU_ASSERT_EQUAL(link_world_rcpt(&w, "b@b.test"), 250);
		CU_ASSERT_EQUAL(link_world_message(&w, s), 250);
		has_stored(b, &m, 1);
		link_world_end(&w);
		spool_free(s);
		buf_done(&m);
		toy_backend_stop(b);
	}
}

/* Lost at each point, once and for ever: the message is stored once, or refused; and lost after the final dot,
 * refused and not sent again. */
static void
losses(void)
{
	static const char *const points[] = {"220", "EHLO", "MAIL", "RCPT", "DATA", "."};

	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++)
		for (unsigned times = 1; times <= 3; times += 2) {
			struct toy_backend_options o = {.leave_at = points[i], .leaves = times};
			struct toy_backend *b = toy_backend_start(&o);
			struct link_world w = {.n = 0};
			bool stored;
			struct buf m;
			struct spool *s = spool_of(1000, &m);

			link_world_add(&w, "main", b, (struct relay_terms){0});
			link_world_begin(&w);
			stored = link_world_rcpt(&w, "b@b.test") == 250 && link_world_message(&w, s) == 250;
			UNIT_CASE(stored || w.code == 451, points[i]);
			UNIT_CASE(stored == (times == 1 && i >= 2 && i <= 4), points[i]);
			has_stored(b, &m, stored);
			link_world_end(&w);
			spool_free(s);
			buf_done(&m);
			toy_backend_stop(b);
		}
}

/* The connection is cut after so many bytes, once or on every second round twice: 250 means stored once, 451 not. */
static void
cuts(const char *keywords)
{
	struct buf m;
	struct spool *s = spool_of(100 * 1024, &m);
	unsigned passed = 0, refused = 0, cut = 1, round = 0;

	for (size_t after = 1; cut > 0; after += 1 + after / 8) {
		struct toy_backend_options o = {.keywords = keywords, .leave_after = after, .leaves = 1 + round++ % 2};
		struct toy_backend *b = toy_backend_start(&o);
		struct link_world w = {.n = 0};
		bool ok;

		link_world_add(&w, "main", b, (struct relay_terms){0});
		link_world_begin(&w);
		ok = link_world_rcpt(&w, "b@b.test") == 250 && link_world_message(&w, s) == 250;
		link_world_end(&w);
		cut = toy_backend_count(b, "cut");
		has_stored(b, &m, ok);
		CU_ASSERT_TRUE(ok || w.code == 451);
		passed += ok && cut;
		refused += !ok;
		toy_backend_stop(b);
	}
	CU_ASSERT_TRUE(passed >= 5);
	CU_ASSERT_TRUE(refused >= 5);
	spool_free(s);
	buf_done(&m);
}

static void
cut_anywhere(void)
{
	cuts("");
	cuts("PIPELINING CHUNKING");
}

static void
failover(void)
{
	static const struct toy_backend_options good = {0}, bad = {.leave_at = "MAIL", .leaves = 100};
	struct toy_backend *a = toy_backend_start(&bad), *b = toy_backend_start(&good), *c = toy_backend_start(&good);
	struct link_world w = {.n = 0};
	struct buf m;
	struct spool *s = spool_of(1000, &m);

	link_world_add(&w, "closed", c, (struct relay_terms){0});
	toy_backend_stop(c); /* nobody listens there any more */
	link_world_add(&w, "bad", a, (struct relay_terms){0});
	link_world_add(&w, "good", b, (struct relay_terms){0});
	link_world_begin(&w);
	backends_is_well(w.l.backends, 0, &(struct ehlo){0});
	backends_is_well(w.l.backends, 1, &(struct ehlo){0});
	CU_ASSERT_EQUAL(link_world_rcpt(&w, "b@b.test"), 250);
	CU_ASSERT_EQUAL(link_world_message(&w, s), 250);
	has_stored(b, &m, 1);
	CU_ASSERT_EQUAL(toy_backend_count(a, "MAIL"), 1);
	CU_ASSERT_EQUAL(backend_link_backend(w.link), 2);
	CU_ASSERT_TRUE(backends_take_suspicion(w.l.backends, 0));
	CU_ASSERT_TRUE(backends_take_suspicion(w.l.backends, 1));
	CU_ASSERT_FALSE(backends_take_suspicion(w.l.backends, 2));
	link_world_end(&w);
	spool_free(s);
	buf_done(&m);
	toy_backend_stop(a);
	toy_backend_stop(b);
}

static void
identity(void)
{
	static const struct toy_backend_options v1 = {.proxy_v1 = true}, none = {0};
	static const struct {
		const struct toy_backend_options *o;
		enum relay_identity identity;
		const char *want;
	} t[] = {
		{&v1, RELAY_IDENTITY_PROXY_V1, "PROXY TCP4 127.0.0.9 127.0.0.1 4000 25"},
		{&none, RELAY_IDENTITY_NONE, "connected 127.0.0.1"},
		{&none, RELAY_IDENTITY_TRANSPARENT, "connected 127.0.0.9"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct toy_backend *b = toy_backend_start(t[i].o);
		struct link_world w = {.n = 0};

		if (t[i].identity == RELAY_IDENTITY_TRANSPARENT && geteuid() != 0) {
			printf("skip front/relay/backend_link: the client's own address needs root\n");
			toy_backend_stop(b);
			continue;
		}
		link_world_add(&w, "main", b, (struct relay_terms){.identity = t[i].identity});
		link_world_begin(&w);
		CU_ASSERT_EQUAL(link_world_rcpt(&w, "b@b.test"), 250);
		UNIT_CASE(toy_backend_count(b, t[i].want) == 1, t[i].want);
		link_world_end(&w);
		toy_backend_stop(b);
	}
}

static void
tls(void)
{
	struct arena *a = arena_new();
	struct certs_pair ca = certs_make(&(struct certs_wish){.subject = "ca", .authority = true}, a);
	struct certs_pair good = certs_make(&(struct certs_wish){.subject = "x", .names = "IP:127.0.0.1", .issuer = &ca}, a);
	struct certs_pair other = certs_make(&(struct certs_wish){.subject = "x", .names = "IP:127.0.0.7", .issuer = &ca}, a);
	const struct {
		const char *name;
		const struct certs_pair *pair; /* NULL: no STARTTLS */
		enum relay_tls tls;
		int want;
		unsigned starttls;
	} t[] = {
		{"not wanted", &good, RELAY_TLS_NONE, 250, 0},
		{"opportunistic", &other, RELAY_TLS_OPPORTUNISTIC, 250, 1},
		{"opportunistic, not offered", NULL, RELAY_TLS_OPPORTUNISTIC, 250, 0},
		{"required", &other, RELAY_TLS_REQUIRED, 250, 1},
		{"required, not offered", NULL, RELAY_TLS_REQUIRED, 451, 0},
		{"verified", &good, RELAY_TLS_VERIFIED, 250, 1},
		{"verified, another's name", &other, RELAY_TLS_VERIFIED, 451, 1},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct toy_backend_options o = {.tls_pem = t[i].pair ? arena_cstr(a, certs_both(t[i].pair, a)) : NULL,
			.keywords = "PIPELINING CHUNKING"};
		struct toy_backend *b = toy_backend_start(&o);
		struct link_world w = {.n = 0};
		struct buf m;
		struct spool *s = spool_of(300 * 1024, &m);

		link_world_add(&w, "main", b, (struct relay_terms){.tls = t[i].tls});
		w.settings[0].ca = ca.cert;
		link_world_begin(&w);
		UNIT_CASE(link_world_rcpt(&w, "b@b.test") == t[i].want, t[i].name);
		if (w.code == 250)
			UNIT_CASE(link_world_message(&w, s) == 250, t[i].name);
		has_stored(b, &m, t[i].want == 250);
		UNIT_CASE(toy_backend_count(b, "STARTTLS") == t[i].starttls, t[i].name);
		link_world_end(&w);
		spool_free(s);
		buf_done(&m);
		toy_backend_stop(b);
	}
	arena_free(a);
}

/* All of it is there at once: no more is taken from it than the backend reads. */
static void
larger_than_buffers(void)
{
	static const struct toy_backend_options o = {0};
	const struct spool_options in_memory = {.folder = folder, .memory = 64 << 20, .memory_all = 64 << 20,
		.max = 1u << 30, .max_all = 1u << 30};
	struct spool_area *files = area;

	area = spool_area_open(&in_memory);
	CU_ASSERT_PTR_NOT_NULL_FATAL(area);
	passes(&o, (struct relay_terms){0}, 12 * 1024 * 1024);
	spool_area_close(area);
	area = files;
}

/* A message that cannot be read is put off, and no part of it is stored. */
static void
unreadable(void)
{
	static const struct toy_backend_options o = {0};
	const struct spool_options small = {folder, 10, 10, 10, 10, 0};
	struct spool_area *a = spool_area_open(&small);
	struct spool *s = spool_new(a, VIEW(""));
	struct toy_backend *b = toy_backend_start(&o);
	struct link_world w = {.n = 0};

	link_world_add(&w, "main", b, (struct relay_terms){0});
	link_world_begin(&w);
	CU_ASSERT_EQUAL(link_world_rcpt(&w, "b@b.test"), 250);
	CU_ASSERT_NOT_EQUAL(spool_write(s, VIEW("more than ten bytes")), SPOOL_OK);
	CU_ASSERT_EQUAL(link_world_message(&w, s), 451);
	CU_ASSERT_STRING_EQUAL(w.text, "451 4.3.0 local error, try again later");
	link_world_end(&w);
	CU_ASSERT_EQUAL(toy_backend_count(b, "message "), 0);
	toy_backend_stop(b);
	spool_free(s);
	spool_area_close(a);
}

/* Freed from within its answer, and while the pool reads its message. */
static void
freed(void)
{
	static const struct toy_backend_options o = {.keywords = "CHUNKING"};
	struct toy_backend *b = toy_backend_start(&o);
	struct relay_message m = {.trace = VIEW("Received: by us\r\n")};
	struct relay_order order = {.verb = RELAY_MESSAGE, .message = &m};

	for (int within = 0; within < 2; within++) {
		struct link_world w = {.n = 0};
		struct buf stored;
		struct spool *s = spool_of(2 * 1024 * 1024, &stored);

		link_world_add(&w, "main", b, (struct relay_terms){0});
		link_world_begin(&w);
		w.free_in_answer = within;
		CU_ASSERT_EQUAL(link_world_rcpt(&w, "b@b.test"), 250);
		if (!within) {
			w.answered = false;
			backend_link_order(w.link, &order, s);
			link_world_free(&w);
			CU_ASSERT_FALSE(w.answered);
		}
		LINK_UNTIL(&w, w.gone);
		spool_free(s); /* nobody reads it any more */
		buf_done(&stored);
		link_world_end(&w);
	}
	toy_backend_stop(b);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"messages over TCP", plain},
		{"unix socket", unix_socket},
		{"several messages", several_messages},
		{"losses", losses},
		{"silence", silence},
		{"cut anywhere", cut_anywhere},
		{"failover", failover},
		{"who the client is", identity},
		{"TLS", tls},
		{"larger than all buffers", larger_than_buffers},
		{"a spool that cannot be read", unreadable},
		{"freed in the middle", freed},
	};
	struct spool_options o = {.folder = folder, .memory = 256 << 10, .memory_all = 64 << 20,
		.max = 1u << 30, .max_all = 1u << 30};
	int status;

	if (!mkdtemp(folder) || !(area = spool_area_open(&o)))
		return 2;
	status = unit_main("front/relay/backend_link", tests, sizeof(tests) / sizeof(*tests));
	spool_area_close(area);
	rmdir(folder);
	return status;
}
