/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/link_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/clock.h"

enum { BEAT_MS = 20, PATIENCE_MS = 60000 };

static void
beat(void *ctx)
{
	struct link_world *w = ctx;

	loop_timer_set(&w->beat, BEAT_MS);
}

void
link_world_add(struct link_world *w, const char *name, const struct toy_backend *b, struct relay_terms terms)
{
	w->settings[w->n++] = (struct backend_settings){.name = name, .at = toy_backend_address(b), .terms = terms};
}

static void
answer(void *ctx, const struct relay_answer *a)
{
	struct link_world *w = ctx;

	w->answered = true;
	w->code = a->reply.code;
	snprintf(w->text, sizeof(w->text), "%d %.*s %.*s", a->reply.code, VIEW_ARG(a->reply.enhanced),
		VIEW_ARG(a->reply.text));
	if (w->free_in_answer) {
		backend_link_free(w->link);
		w->link = NULL;
	}
}

static void
gone(void *ctx)
{
	struct link_world *w = ctx;

	w->gone = true;
}

void
link_world_begin(struct link_world *w)
{
	struct backend_link_options o = {&w->client, 0, answer, gone, w};
	struct buf why;

	signal(SIGPIPE, SIG_IGN);
	buf_init(&why, 1000);
	w->a = arena_new();
	w->l.loop = loop_new();
	w->l.pool = pool_new(2, 100);
	w->l.backends = backends_new(w->settings, w->n, &why);
	w->l.hostname = VIEW("proxy.test");
	if (!w->l.loop || !w->l.pool || !w->l.backends) {
		printf("no world: %.*s\n", VIEW_ARG(buf_view(&why)));
		abort();
	}
	buf_done(&why);
	backend_loop_init(&w->l);
	loop_timer_init(&w->beat, w->l.loop, beat, w);
	loop_timer_set(&w->beat, BEAT_MS);
	w->client = (struct relay_client){.port = 4000, .local_port = 25, .helo = VIEW("c1.test"), .esmtp = true};
	ip_parse(VIEW("127.0.0.9"), &w->client.ip);
	ip_parse(VIEW("127.0.0.1"), &w->client.local_ip);
	w->link = backend_link_new(&w->l, &o);
}

void
link_world_end(struct link_world *w)
{
	link_world_free(w);
	loop_timer_cancel(&w->beat);
	loop_stop(w->l.loop);
	loop_run(w->l.loop);
	pool_free(w->l.pool);
	backends_free(w->l.backends);
	loop_free(w->l.loop);
	arena_free(w->a);
}

void
link_world_turn(struct link_world *w)
{
	static int64_t since;

	if (w->answered || since == 0)
		since = clock_mono_ms();
	if (clock_mono_ms() - since > PATIENCE_MS) {
		printf("FAILED link_world: nothing came for a minute\n");
		abort();
	}
	loop_turn(w->l.loop);
}

static int
give(struct link_world *w, const struct relay_order *o, struct spool *s)
{
	w->answered = false;
	backend_link_order(w->link, o, s);
	LINK_UNTIL(w, w->answered);
	return w->code;
}

int
link_world_rcpt(struct link_world *w, const char *to)
{
	struct smtp_command mail, rcpt;
	struct relay_order o = {.verb = RELAY_RCPT, .mail = &mail, .rcpt = &rcpt};

	if (smtp_command_parse(VIEW("MAIL FROM:<ann@a.test>"), false, w->a, &mail) != SMTP_COMMAND_OK ||
		smtp_command_parse(arena_printf(w->a, "RCPT TO:<%s>", to), false, w->a, &rcpt) != SMTP_COMMAND_OK)
		abort();
	return give(w, &o, NULL);
}

int
link_world_message(struct link_world *w, struct spool *s)
{
	struct relay_message m = {.trace = VIEW("Received: by us\r\n")};
	struct relay_order o = {.verb = RELAY_MESSAGE, .message = &m};

	return give(w, &o, s);
}

int
link_world_order(struct link_world *w, enum relay_verb v)
{
	struct relay_order o = {.verb = v, .line = VIEW("AUTH PLAIN AGFubgBwdw==")};

	return give(w, &o, NULL);
}

void
link_world_free(struct link_world *w)
{
	backend_link_free(w->link);
	w->link = NULL;
	LINK_UNTIL(w, w->gone);
}
