/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_flight -- the questions that are on their way, by question and by age.
 *
 * Part of svc/dns: its lock guards the table and every field. A flight has three references: the
 * table's, until it lands; the back end's, until done or cancelled; and that of the thread in ask().
 */
#ifndef SVC_DNS_FLIGHT_H
#define SVC_DNS_FLIGHT_H

#include <sys/queue.h>

#include "svc/dns.h"
#include "svc/dns/dns_name.h"
#include "util/map.h"

struct dns_flight {
	struct dns *dns; /* for done() */
	TAILQ_ENTRY(dns_flight) age;
	LIST_HEAD(, question) waiters; /* svc/dns.c */
	void *handle;
	bool asked;   /* ask() has returned: the handle is good */
	bool counted; /* as a time-out: a late answer is not counted again */
	bool landed;  /* no longer in the table */
	bool probe;   /* of svc/dns/dns_outage.h: nobody waits for it */
	unsigned refs;
	int64_t start; /* clock_mono_ms */
	int64_t start_us;
	struct dns_ledger *ledger; /* NULL = none */
	enum dns_type type;
	size_t n;
	char key[]; /* and a NUL */
};
TAILQ_HEAD(dns_flight_list, dns_flight);

enum { DNS_KEY_MAX = 2 + DNS_NAME_TEXT };

struct dns_flights {
	struct map *by_key;
	struct dns_flight_list by_age; /* oldest first */
};

/* The type in two bytes and the name's text: equal questions are equal bytes. False if there is no such
 * name. */
bool dns_flight_make_key(struct view name, enum dns_type type, char key[static DNS_KEY_MAX], size_t *n_out);

void dns_flight_init(struct dns_flights *t);
/* Forgets every flight, the back end's references too. */
void dns_flight_done(struct dns_flights *t);

struct dns_flight *dns_flight_find(const struct dns_flights *t, struct view key); /* NULL if none */
struct dns_flight *dns_flight_new(struct dns_flights *t, struct view key, int64_t now);
/* The probe of svc/dns/dns_outage.h: the A of a random name below com., which nobody waits for. */
struct dns_flight *dns_flight_probe(struct dns_flights *t, int64_t now);
/* Out of the table, if it is in it still. The caller has dealt with the waiters. */
void dns_flight_land(struct dns_flights *t, struct dns_flight *f);
void dns_flight_unref(struct dns_flight *f);

static inline struct view
dns_flight_key(const struct dns_flight *f)
{
	return view_of(f->key, f->n);
}

#endif
