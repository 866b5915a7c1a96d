/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/client_work.h"

#include <stdlib.h>

#include "util/log.h"

/* ---- the end ---- */

static void
say_end(struct client_loop *l)
{
	atomic_fetch_sub(&l->site->open, 1);
	if (LIST_EMPTY(&l->links) && l->idle)
		l->idle(l);
}

void
client_work_end(struct client_link *c)
{
	struct client_loop *l = c->l;

	loop_timer_cancel(&c->timer);
	loop_timer_cancel(&c->patience);
	loop_cancel(l->backend.loop, &c->wake);
	admission_leave(l->site->admission, &c->pass);
	spool_free(c->spool);
	stream_free(c->stream);
	smtp_session_free(c->s);
	LIST_REMOVE(c, link);
	atomic_fetch_sub(&l->n, 1);
	free(c);
	say_end(l);
}

/* The engine's session ends in the pool if it has to write to the record. The client itself ends on the next
 * turn of the loop: this may be a call from within its dialogue. */
static void
bury_judge(struct client_link *c)
{
	if (smtp_judge_is_done_lightly(&c->judge)) {
		smtp_judge_done(&c->judge);
		c->dead = true;
		loop_post(c->l->backend.loop, &c->wake);
		return;
	}
	c->task = CLIENT_BURY;
	c->working = true;
	pool_continue(c->l->site->pool, &c->job);
}

void
client_work_relay_gone(void *ctx)
{
	struct client_link *c = ctx;

	c->relays--;
	if (c->burying && c->relays == 0)
		bury_judge(c);
}

void
client_work_bury(struct client_link *c)
{
	struct backend_link *relay = c->relay;

	c->burying = true;
	c->relay = NULL;
	if (relay)
		backend_link_free(relay); /* its `gone` goes on */
	else if (c->relays == 0)
		bury_judge(c);
}

/* ---- work in the pool ---- */

static void
work(void *ctx)
{
	struct client_link *c = ctx;

	c->finished = true;
	if (c->task == CLIENT_JUDGE)
		c->finished = smtp_judge_event(&c->judge, c->event);
	else if (c->task == CLIENT_ABSORB)
		c->finished = smtp_judge_absorb(&c->judge, c->kept ? NULL : c->spool, c->bytes, c->end);
	else if (c->task == CLIENT_RESUME)
		c->finished = smtp_judge_resume(&c->judge);
	else
		smtp_judge_done(&c->judge);
}

static void
resume(struct client_link *c)
{
	c->asleep = c->woken = false;
	loop_timer_cancel(&c->patience);
	c->task = CLIENT_RESUME;
	c->working = true;
	pool_continue(c->l->site->pool, &c->job);
}

static void
fall_asleep(struct client_link *c)
{
	c->asleep = true;
	if (c->woken)
		resume(c);
	else
		loop_timer_at(&c->patience, smtp_judge_deadline(&c->judge));
}

/* False: there is none yet. */
static bool
answer(struct client_link *c)
{
	if (!c->finished) {
		fall_asleep(c);
		return false;
	}
	if (c->event) {
		c->event = NULL;
		smtp_session_judged(c->s, &c->judge.judged);
	} else {
		smtp_session_absorbed(c->s, c->judge.absorbed);
	}
	return true;
}

static void
done(void *ctx)
{
	struct client_link *c = ctx;

	c->working = false;
	if (c->task == CLIENT_BURY) {
		client_work_end(c);
		return;
	}
	if (answer(c))
		client_link_settle(c);
}

void
client_work_now(struct client_link *c, enum client_task task)
{
	c->task = task;
	c->woken = false;
	work(c);
	answer(c);
}

void
client_work_wake(struct client_link *c)
{
	if (c->asleep)
		resume(c);
	else if (c->working)
		c->woken = true;
}

static void
on_patience(void *ctx)
{
	struct client_link *c = ctx;

	if (c->asleep)
		resume(c);
}

/* Called by the DNS from any thread. */
static void
wake(void *ctx)
{
	struct client_link *c = ctx;

	loop_post(c->l->backend.loop, &c->wake);
}

void
client_work_init(struct client_link *c)
{
	struct client_site *site = c->l->site;

	smtp_judge_init(&c->judge, site->engine, site->listener, wake, c);
	loop_timer_init(&c->patience, c->l->backend.loop, on_patience, c);
	pool_job_init(&c->job, c->l->backend.loop, work, done, c);
}

bool
client_work_start(struct client_link *c, enum client_task task, bool always)
{
	c->task = task;
	c->woken = false;
	c->working = true;
	if (always)
		pool_continue(c->l->site->pool, &c->job);
	else
		c->working = pool_submit(c->l->site->pool, &c->job);
	return c->working;
}
