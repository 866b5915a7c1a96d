/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench_dns -- cached look-ups a second: each in a session of its own, and ten in one session, on
 * one thread and on several.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "svc/dns.h"
#include "svc/dns_zone.h"
#include "util/clock.h"

enum { NAMES = 1000, RUN_MS = 1000, THREADS_MAX = 8 };

struct bench {
	struct dns *dns;
	int per_session;
	int64_t end;
	long done;
};

static void *
run(void *arg)
{
	struct bench *b = arg;
	char name[32];

	for (int i = 0; i % 256 || clock_mono_ms() < b->end;) {
		struct dns_session *s = dns_session_new(b->dns);

		for (int j = 0; j < b->per_session; j++, i++) {
			int n = snprintf(name, sizeof(name), "host-%d.example.test", i % NAMES);

			if (!dns_ask(s, view_of(name, (size_t)n), DNS_A))
				abort();
			b->done++;
		}
		dns_session_free(s);
	}
	return NULL;
}

static void
measure(struct dns *d, int threads, int per_session)
{
	struct bench b[THREADS_MAX];
	pthread_t t[THREADS_MAX];
	int64_t start = clock_mono_ms();
	long sum = 0;

	for (int i = 0; i < threads; i++) {
		b[i] = (struct bench){d, per_session, start + RUN_MS, 0};
		pthread_create(&t[i], NULL, run, &b[i]);
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(t[i], NULL);
		sum += b[i].done;
	}
	printf("dns: %d thread%s, %d a session: %.0f cached look-ups a second\n", threads,
		threads > 1 ? "s" : "", per_session,
		(double)sum * 1000 / (double)(clock_mono_ms() - start));
}

int
main(void)
{
	static const char zone[] = "*.example.test. 3600 A 192.0.2.1\n";
	struct dns_backend *b = dns_zone_new();
	struct dns_session *s;
	struct dns_counters c;
	struct dns *d;
	char text[200];

	if (dns_zone_read(b, VIEW(zone), "zone", text, sizeof(text)) != 0)
		return 1;
	d = dns_new(b, NULL);
	for (int i = 0; i < NAMES; i++) {
		s = dns_session_new(d);
		snprintf(text, sizeof(text), "host-%d.example.test", i);
		if (!dns_ask(s, view_str(text), DNS_A))
			return 1;
		dns_session_free(s);
	}
	measure(d, 1, 1);
	measure(d, 2, 1);
	measure(d, 4, 1);
	measure(d, 1, 10);
	measure(d, 2, 10);
	dns_count(d, &c);
	printf("dns: %.0f bytes an entry\n", (double)c.bytes / (double)c.entries);
	dns_free(d);
	return 0;
}
