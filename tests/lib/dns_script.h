/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_script -- a back end of svc/dns that does nothing until the test says so.
 *
 * Its answers are those of a small zone: a.test and b.test have an A, t.test a TXT "a" "b",
 * zero.test an A with TTL 0, bad.test fails as SERVFAIL; all below test. has an SOA.
 */
#ifndef TESTS_LIB_DNS_SCRIPT_H
#define TESTS_LIB_DNS_SCRIPT_H

#include <pthread.h>

#include "svc/dns/dns_backend.h"
#include "util/limits.h"

enum { DNS_SCRIPT_ASKS = DNS_IN_FLIGHT + 100 };

struct dns_script {
	struct dns_backend backend;
	struct dns_backend *zone;
	pthread_mutex_t lock; /* for what follows */
	size_t asked, cancelled;
	struct dns_script_ask {
		char name[64];
		enum dns_type type;
		dns_done *done;
		void *ctx;
		bool over; /* answered or cancelled */
	} ask[DNS_SCRIPT_ASKS];
};

struct dns_script *dns_script_new(void); /* the service that takes it frees it */
/* The same with the answers of another back end in memory, which it takes. */
struct dns_script *dns_script_over(struct dns_backend *zone_backend);
/* Answers question number i, if it was not cancelled. */
void dns_script_answer(struct dns_script *s, size_t i);
void dns_script_fail(struct dns_script *s, size_t i, bool bogus, const char *why);
size_t dns_script_asked(struct dns_script *s);

#endif
