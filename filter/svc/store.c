/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "svc/meter.h"
#include "svc/store/store_local.h"
#include "svc/store/store_remote.h"
#include "util/clock.h"
#include "util/log.h"

struct store {
	struct store_backend *backend;
	struct meter *meter;
	atomic_uint_least64_t calls, failures, late, us_sum;
};

static struct store *
store_new(struct store_backend *b)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		log_die("out of memory");
	s->backend = b;
	return s;
}

struct store *
store_connect(const char *path, uint32_t timeout_ms)
{
	return store_new(store_remote_new(path, timeout_ms ? timeout_ms : 50));
}

struct store *
store_local(void)
{
	return store_new(store_local_new());
}

void
store_free(struct store *s)
{
	if (!s)
		return;
	s->backend->free(s->backend);
	free(s);
}

void
store_set_meter(struct store *s, struct meter *m)
{
	s->meter = m;
}

/* The requests that fit; place says where each stood. */
static size_t
choose(const struct store_request *r, size_t n, struct store_request chosen[static STORE_CALLS_MAX],
	size_t place[static STORE_CALLS_MAX])
{
	size_t m = 0;

	for (size_t i = 0; i < n && m < STORE_CALLS_MAX; i++)
		if (store_wire_fits(&r[i])) {
			chosen[m] = r[i];
			place[m++] = i;
		}
	return m;
}

void
store_do(struct store *s, const struct store_request *r, size_t n, struct arena *a,
	struct store_result *out)
{
	struct store_request chosen[STORE_CALLS_MAX];
	struct store_result result[STORE_CALLS_MAX];
	size_t place[STORE_CALLS_MAX], m = choose(r, n, chosen, place), failures = 0;
	int64_t start = clock_mono_us(), us;
	bool late = false;

	for (size_t i = 0; i < n; i++)
		out[i] = (struct store_result){.status = STORE_TEMPFAIL};
	for (size_t i = 0; i < m; i++)
		result[i] = (struct store_result){.status = STORE_TEMPFAIL};
	if (m)
		s->backend->call(s->backend, chosen, m, a, result, &late);
	for (size_t i = 0; i < m; i++)
		out[place[i]] = result[i];
	for (size_t i = 0; i < n; i++)
		failures += out[i].status == STORE_TEMPFAIL;
	atomic_fetch_add(&s->calls, n);
	us = clock_mono_us() - start;
	atomic_fetch_add(&s->us_sum, (uint64_t)us);
	atomic_fetch_add(&s->failures, failures);
	atomic_fetch_add(&s->late, late);
	meter_count(s->meter, METER_STORE_CALLS, n);
	meter_count(s->meter, METER_STORE_FAILED, failures);
	meter_took(s->meter, METER_STORE, (uint64_t)us);
}

static enum store_status
one(struct store *s, const struct store_request *r, struct arena *a, struct view *value_out)
{
	struct store_result result;

	store_do(s, r, 1, a, &result);
	if (result.value.p)
		*value_out = result.value;
	return result.status;
}

enum store_status
store_get(struct store *s, enum store_type type, uint8_t version, struct view key, int64_t now,
	struct arena *a, struct view *value_out)
{
	struct store_request r = {.op = STORE_GET, .type = (uint8_t)type, .version = version, .key = key,
		.now = now};

	return one(s, &r, a, value_out);
}

enum store_status
store_add(struct store *s, enum store_type type, uint8_t version, struct view key, struct view value,
	int64_t now, int64_t expires, struct arena *a, struct view *value_out)
{
	struct store_request r = {.op = STORE_ADD, .type = (uint8_t)type, .version = version, .key = key,
		.value = value, .now = now, .expires = expires};

	return one(s, &r, a, value_out);
}

enum store_status
store_put(struct store *s, enum store_type type, uint8_t version, struct view key, struct view value,
	int64_t now, int64_t expires, struct arena *a)
{
	struct store_request r = {.op = STORE_PUT, .type = (uint8_t)type, .version = version, .key = key,
		.value = value, .now = now, .expires = expires};
	struct view none;

	return one(s, &r, a, &none);
}

void
store_count(const struct store *s, struct store_counters *out)
{
	*out = (struct store_counters){
		.calls = atomic_load(&s->calls),
		.failures = atomic_load(&s->failures),
		.late = atomic_load(&s->late),
		.us_sum = atomic_load(&s->us_sum),
	};
}
