/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns_flight.h"

#include <stdlib.h>

#include "util/log.h"

void
dns_flight_init(struct dns_flights *t)
{
	t->by_key = map_new();
	TAILQ_INIT(&t->by_age);
}

void
dns_flight_done(struct dns_flights *t)
{
	struct dns_flight *f;

	while ((f = TAILQ_FIRST(&t->by_age))) {
		dns_flight_unref(f);
		dns_flight_land(t, f);
	}
	map_free(t->by_key);
}

struct dns_flight *
dns_flight_find(const struct dns_flights *t, struct view key)
{
	return map_get(t->by_key, key);
}

struct dns_flight *
dns_flight_new(struct dns_flights *t, struct view key, int64_t now)
{
	struct dns_flight *f = calloc(1, sizeof(*f) + key.n + 1);

	if (!f)
		log_die("out of memory");
	f->refs = 3;
	f->start = now;
	f->n = key.n;
	memcpy(f->key, key.p, key.n);
	map_put(t->by_key, key, f);
	TAILQ_INSERT_TAIL(&t->by_age, f, age);
	return f;
}

void
dns_flight_land(struct dns_flights *t, struct dns_flight *f)
{
	if (f->landed)
		return;
	f->landed = true;
	map_remove(t->by_key, dns_flight_key(f));
	TAILQ_REMOVE(&t->by_age, f, age);
	dns_flight_unref(f);
}

void
dns_flight_unref(struct dns_flight *f)
{
	if (--f->refs == 0)
		free(f);
}
