/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/store_redis.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "svc/store/redis_command.h"
#include "svc/store/redis_link.h"
#include "util/clock.h"
#include "util/log.h"

enum {
	PENDING = 2 * STORE_SERVER_CONNECTIONS, /* commands without an answer */
	SILENT_MS = 1000                        /* after an answer is late: then the server is left */
};

struct pending {
	void *tag; /* NULL: nobody waits for it any more */
	struct store_request request; /* what reading its answer needs */
	int64_t deadline;
	char cursor[STORE_KEY_MAX];
};

struct store_redis {
	struct store_redis_options o;
	struct redis_link *link;
	struct pending *pending; /* a ring */
	size_t first, n;
	struct store_redis_state state;
	struct store_page page;
	char probe[REDIS_PREFIX_MAX + 8];
};

/* ---- the ring ---- */

static struct pending *
nth(struct store_redis *r, size_t i)
{
	return &r->pending[(r->first + i) % PENDING];
}

static void
answer(struct store_redis *r, struct pending *p, const struct store_result *result)
{
	void *tag = p->tag;

	p->tag = NULL;
	if (tag)
		r->o.done(r->o.ctx, tag, result);
}

static void
lost(void *ctx)
{
	static const struct store_result failed = {STORE_TEMPFAIL, {NULL, 0}};
	struct store_redis *r = ctx;

	for (; r->n; r->n--) {
		struct pending *p = nth(r, 0);

		r->first = (r->first + 1) % PENDING;
		answer(r, p, &failed);
	}
}

/* A server that will go on like this. What a script ran into, versions before 7 quote: "... -OOM ...". */
static bool
is_useless(const redisReply *a)
{
	static const char *const words[] = {"-READONLY", "-OOM", "-MISCONF", "-NOREPLICAS", "-LOADING",
		"-MASTERDOWN", "-NOAUTH", "-WRONGPASS", "-NOPERM"};

	for (size_t i = 0; a->type == REDIS_REPLY_ERROR && i < sizeof(words) / sizeof(*words); i++)
		if (view_starts_nocase(view_of(a->str, a->len), words[i] + 1) || strstr(a->str, words[i]))
			return true;
	return false;
}

static void
heard(void *ctx, const redisReply *a)
{
	struct store_redis *r = ctx;
	struct pending *p = nth(r, 0);
	bool useless = is_useless(a);
	struct store_result result;
	char why[REDIS_WORDS_MAX];

	if (r->n == 0) {
		redis_link_leave(r->link, "it speaks unasked");
		return;
	}
	result = redis_command_read(&p->request, view_str(r->o.prefix), a, &r->page);
	r->first = (r->first + 1) % PENDING;
	r->n--;
	if (result.status == STORE_TEMPFAIL) {
		r->state.errors++;
		if (!useless)
			log_seldom(LOG_LEVEL_WARN, "redis-error", "answer=\"%s\"",
				redis_link_words(a, "of another type", why));
	} else {
		r->state.answered++;
	}
	answer(r, p, &result);
	if (useless)
		redis_link_leave(r->link, redis_link_words(a, "", why));
}

/* ---- time ---- */

/* Those who have waited long enough are told; the answers that come later are nobody's. */
static void
look_at_clock(struct store_redis *r, int64_t now)
{
	static const struct store_result late = {STORE_TEMPFAIL, {NULL, 0}};

	for (size_t i = 0; i < r->n && nth(r, i)->deadline <= now; i++) {
		if (!nth(r, i)->tag)
			continue;
		r->state.late++;
		answer(r, nth(r, i), &late);
	}
	if (r->n && nth(r, 0)->deadline + SILENT_MS <= now)
		redis_link_leave(r->link, "it is silent");
}

int
store_redis_due(const struct store_redis *r)
{
	int64_t now = clock_mono_ms(), at = redis_link_due(r->link);

	for (size_t i = 0; i < r->n; i++) {
		const struct pending *p = &r->pending[(r->first + i) % PENDING];
		int64_t end = p->tag ? p->deadline : p->deadline + SILENT_MS;

		at = end < at ? end : at;
		if (p->tag)
			break; /* the others came later */
	}
	if (at == INT64_MAX)
		return -1;
	return at <= now ? 0 : (int)(at - now);
}

struct pollfd
store_redis_poll(const struct store_redis *r)
{
	return redis_link_poll(r->link);
}

void
store_redis_serve(struct store_redis *r, short revents)
{
	redis_link_serve(r->link, revents);
	look_at_clock(r, clock_mono_ms());
}

/* ---- requests ---- */

/* A server that owes an answer whose time is over gets no more work. */
static struct buf *
out_of(struct store_redis *r)
{
	if (r->n == PENDING || (r->n && nth(r, 0)->deadline <= clock_mono_ms()))
		return NULL;
	return redis_link_out(r->link);
}

static struct view
keep(struct view v, char out[static STORE_KEY_MAX])
{
	size_t n = v.n < STORE_KEY_MAX ? v.n : STORE_KEY_MAX;

	if (n)
		memcpy(out, v.p, n);
	return view_of(out, n);
}

bool
store_redis_start(struct store_redis *r, const struct store_request *q, void *tag)
{
	struct buf *out = out_of(r);
	struct pending *p;

	if (!out)
		return false;
	redis_command_write(q, view_str(r->o.prefix), out);
	p = nth(r, r->n++);
	p->tag = tag;
	p->request = *q;
	p->request.key = (struct view){NULL, 0};
	p->request.value = q->op == STORE_SCAN ? keep(q->value, p->cursor) : (struct view){NULL, 0};
	p->deadline = clock_mono_ms() + r->o.timeout_ms;
	return true;
}

void
store_redis_forget(struct store_redis *r, const void *tag)
{
	for (size_t i = 0; i < r->n; i++)
		if (nth(r, i)->tag == tag)
			nth(r, i)->tag = NULL;
}

/* ---- life ---- */

struct store_redis *
store_redis_new(const struct store_redis_options *o)
{
	struct store_redis *r = calloc(1, sizeof(*r));
	struct redis_link_options l = o->link;

	if (!r || !(r->pending = calloc(PENDING, sizeof(*r->pending))))
		log_die("out of memory");
	r->o = *o;
	snprintf(r->probe, sizeof(r->probe), "%sprobe", o->prefix);
	l.probe = r->probe;
	l.heard = heard;
	l.lost = lost;
	l.ctx = r;
	r->link = redis_link_new(&l);
	return r;
}

void
store_redis_free(struct store_redis *r)
{
	if (!r)
		return;
	redis_link_free(r->link);
	free(r->pending);
	free(r);
}

void
store_redis_describe(struct store_redis *r, struct store_redis_state *out)
{
	*out = r->state;
	out->up = redis_link_out(r->link) != NULL;
}
