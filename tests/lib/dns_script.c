/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/dns_script.h"

#include <stdio.h>
#include <stdlib.h>

#include "svc/dns_zone.h"

static void
script_ask(struct dns_backend *b, const char *name, enum dns_type type, dns_done *done, void *ctx,
	void **handle_out)
{
	struct dns_script *s = (struct dns_script *)b;

	pthread_mutex_lock(&s->lock);
	if (s->asked == DNS_SCRIPT_ASKS)
		abort();
	s->ask[s->asked] = (struct dns_script_ask){.type = type, .done = done, .ctx = ctx};
	snprintf(s->ask[s->asked].name, sizeof(s->ask->name), "%s", name);
	*handle_out = &s->ask[s->asked++];
	pthread_mutex_unlock(&s->lock);
}

static bool
script_cancel(struct dns_backend *b, void *handle)
{
	struct dns_script *s = (struct dns_script *)b;
	struct dns_script_ask *a = handle;
	bool was;

	pthread_mutex_lock(&s->lock);
	was = a->over;
	a->over = true;
	s->cancelled += !was;
	pthread_mutex_unlock(&s->lock);
	return !was;
}

static void
script_free(struct dns_backend *b)
{
	struct dns_script *s = (struct dns_script *)b;

	s->zone->free(s->zone);
	free(s);
}

static const char zone[] = "$TTL 60\n"
			   "test. SOA a. b. 1 1 1 1 60\n"
			   "a.test. A 192.0.2.1\n"
			   "b.test. A 192.0.2.2\n"
			   "zero.test. 0 A 192.0.2.3\n"
			   "t.test. TXT \"a\" \"b\"\n"
			   "$FAIL bad.test. servfail\n";

struct dns_script *
dns_script_new(void)
{
	struct dns_backend *b = dns_zone_new();
	char why[100];

	if (dns_zone_read(b, VIEW(zone), "zone", why, sizeof(why)) != 0)
		abort();
	return dns_script_over(b);
}

struct dns_script *
dns_script_over(struct dns_backend *zone_backend)
{
	struct dns_script *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->backend = (struct dns_backend){script_ask, script_cancel, script_free};
	pthread_mutex_init(&s->lock, NULL);
	s->zone = zone_backend;
	return s;
}

void
dns_script_answer(struct dns_script *s, size_t i)
{
	struct dns_script_ask a;
	void *handle;

	pthread_mutex_lock(&s->lock);
	a = s->ask[i];
	s->ask[i].over = true;
	pthread_mutex_unlock(&s->lock);
	if (!a.over)
		s->zone->ask(s->zone, a.name, a.type, a.done, a.ctx, &handle);
}

void
dns_script_fail(struct dns_script *s, size_t i, bool bogus, const char *why)
{
	s->ask[i].over = true;
	s->ask[i].done(s->ask[i].ctx, view_of(NULL, 0), bogus, why);
}

size_t
dns_script_asked(struct dns_script *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->asked;
	pthread_mutex_unlock(&s->lock);
	return n;
}
