/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_flight.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/rand.h"

bool
dns_flight_make_key(struct view name, enum dns_type type, char key[static DNS_KEY_MAX], size_t *n_out)
{
	size_t n;

	if (!dns_name_text(name, key + 2, &n))
		return false;
	key[0] = (char)((unsigned)type >> 8);
	key[1] = (char)((unsigned)type & 0xff);
	*n_out = n + 2;
	return true;
}

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
	f->start_us = clock_mono_us();
	f->type = (enum dns_type)((unsigned char)key.p[0] << 8 | (unsigned char)key.p[1]);
	f->n = key.n;
	memcpy(f->key, key.p, key.n);
	map_put(t->by_key, key, f);
	TAILQ_INSERT_TAIL(&t->by_age, f, age);
	return f;
}

struct dns_flight *
dns_flight_probe(struct dns_flights *t, int64_t now)
{
	char id[14], key[2 + sizeof(id) + 4] = {0, DNS_A};
	struct dns_flight *f;

	rand_id(id, sizeof(id));
	snprintf(key + 2, sizeof(key) - 2, "%s.com", id);
	f = dns_flight_new(t, view_of(key, 2 + strlen(key + 2)), now);
	f->probe = true;
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
