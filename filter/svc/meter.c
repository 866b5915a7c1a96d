/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/meter.h"

#include <string.h>
#include <sys/mman.h>

#include "util/clock.h"
#include "util/log.h"

/* All zero is the beginning: a slot's number is the step that it counts, plus 1. */
struct slot {
	atomic_int_least64_t step; /* negative: somebody empties it for that step */
	atomic_uint_least32_t n[METER_EVENTS];
	struct histogram took[METER_TIMES];
};

struct meter {
	struct slot late[METER_STEPS + 1];
	atomic_uint_least64_t n[METER_EVENTS];
	struct histogram took[METER_TIMES];
};

static const char *const names[] = {"transactions", "accepted", "tagged", "greylisted", "deferred",
	"rejected", "quarantined", "discarded", "unknown", "dns-asked", "dns-cached", "dns-failed",
	"store-calls", "store-failed"};
_Static_assert(sizeof(names) / sizeof(*names) == METER_EVENTS, "each has a name");

const char *
meter_event_name(enum meter_event e)
{
	return names[e];
}

struct meter *
meter_new(void)
{
	void *p = mmap(NULL, sizeof(struct meter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		log_die("out of memory");
	return p;
}

void
meter_free(struct meter *m)
{
	if (m)
		munmap(m, sizeof(*m));
}

static void
empty(struct slot *s)
{
	for (size_t i = 0; i < METER_EVENTS; i++)
		atomic_store_explicit(&s->n[i], 0, memory_order_relaxed);
	for (size_t t = 0; t < METER_TIMES; t++) {
		for (size_t i = 0; i < HISTOGRAM_PLACES; i++)
			atomic_store_explicit(&s->took[t].n[i], 0, memory_order_relaxed);
		atomic_store_explicit(&s->took[t].us, 0, memory_order_relaxed);
	}
}

/* The slot of now; NULL while another process empties it. One that died over it is succeeded by whoever
 * comes an hour later. */
static struct slot *
slot_of(struct meter *m, int64_t now)
{
	int64_t step = now / METER_STEP + 1, is;
	struct slot *s = &m->late[step % (METER_STEPS + 1)];

	is = atomic_load(&s->step);
	if (is == step)
		return s;
	if (is == -step || !atomic_compare_exchange_strong(&s->step, &is, -step))
		return NULL;
	empty(s);
	atomic_store(&s->step, step);
	return s;
}

void
meter_count_at(struct meter *m, enum meter_event e, uint64_t n, int64_t now)
{
	struct slot *s;

	if (!m || n == 0)
		return;
	s = slot_of(m, now);
	if (s)
		atomic_fetch_add_explicit(&s->n[e], (uint_least32_t)n, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->n[e], n, memory_order_relaxed);
}

void
meter_count(struct meter *m, enum meter_event e, uint64_t n)
{
	meter_count_at(m, e, n, clock_mono_ms() / 1000);
}

void
meter_took(struct meter *m, enum meter_time t, uint64_t us)
{
	struct slot *s;

	if (!m)
		return;
	s = slot_of(m, clock_mono_ms() / 1000);
	if (s)
		histogram_add(&s->took[t], us);
	histogram_add(&m->took[t], us);
}

static void
read_all(const struct meter *m, struct meter_sum *out)
{
	for (size_t i = 0; i < METER_EVENTS; i++)
		out->n[i] = atomic_load(&m->n[i]);
	for (size_t t = 0; t < METER_TIMES; t++)
		histogram_sum(&out->took[t], &m->took[t]);
}

void
meter_read_at(const struct meter *m, unsigned seconds, int64_t now, struct meter_sum *out)
{
	int64_t last = now / METER_STEP + 1, first = last - seconds / METER_STEP;

	memset(out, 0, sizeof(*out));
	if (!m)
		return;
	if (seconds == 0)
		read_all(m, out);
	for (size_t k = 0; seconds && k <= METER_STEPS; k++) {
		const struct slot *s = &m->late[k];
		int64_t step = atomic_load(&s->step);

		if (step < first || step > last)
			continue;
		for (size_t i = 0; i < METER_EVENTS; i++)
			out->n[i] += atomic_load_explicit(&s->n[i], memory_order_relaxed);
		for (size_t t = 0; t < METER_TIMES; t++)
			histogram_sum(&out->took[t], &s->took[t]);
	}
}

void
meter_read(const struct meter *m, unsigned seconds, struct meter_sum *out)
{
	meter_read_at(m, seconds, clock_mono_ms() / 1000, out);
}
