/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns -- typed answers to questions that are asked early and waited for late.
 *
 * A session (or any other asker) holds a struct dns_session: a memory of every question it asked.
 * dns_ask never blocks: it starts the question at its first call and returns NULL while the answer
 * is on its way; later calls with the same question return the answer. So a check is written as a
 * plain function that is run again whenever answers have come, and asks in parallel all that it
 * can. dns_wait is the only call that blocks; an event loop has dns_poll and a call when to use it.
 *
 * Behind it: in-flight coalescing over sessions, a positive and negative cache with TTLs and a
 * ceiling, and one of two back ends: libunbound (svc/dns_unbound.h) or zone files in memory
 * (svc/dns_zone.h). A temporary failure is never folded into "no": time-out, SERVFAIL, a bogus
 * signature (RFC 4035 5.5) or a question too many give DNS_TEMPFAIL with a reason. CNAMEs are
 * followed. Thread-safe, but one dns_session belongs to one thread at a time.
 */
#ifndef SVC_DNS_H
#define SVC_DNS_H

#include "util/arena.h"
#include "util/buf.h"
#include "util/cidr.h"

enum dns_status { DNS_FOUND, DNS_NONE, DNS_TEMPFAIL };

enum dns_type { /* RFC 1035 3.2.2, RFC 3596 */
	DNS_A = 1,
	DNS_NS = 2,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28
};
const char *dns_type_name(enum dns_type t);

struct dns_rr {
	struct ip ip;      /* A, AAAA */
	uint16_t priority; /* MX */
	struct view name; /* PTR, MX, NS: lower case, no final dot; "" = root (null MX, RFC 7505) */
	struct view text; /* TXT: its strings joined (RFC 7208 3.3, RFC 6376 3.6.2.2) */
};

/* Immutable. Lives as long as the dns_session that it was given to. */
struct dns_answer {
	enum dns_status status;
	bool nxdomain;   /* DNS_NONE: the name itself does not exist (else: no such type there) */
	const char *why; /* DNS_TEMPFAIL: "timeout", "SERVFAIL", "bogus", ...; else NULL */
	uint32_t ttl;    /* seconds */
	const struct dns_rr *rr; /* at most DNS_ANSWER_RRS, in the order received */
	size_t n;
};

struct dns;         /* the service: one a worker */
struct dns_session; /* one asker's memory */

struct dns_backend; /* see svc/dns/dns_backend.h */
struct dns_ledger; /* see svc/dns/dns_ledger.h */
struct meter;

/* 0 = the default, but for the cache. */
struct dns_options {
	uint32_t timeout_ms;   /* of one question; default 5000 */
	uint32_t give_up_ms;   /* then a question is cancelled, whoever waits; default 30000 */
	size_t cache_bytes;    /* ceiling of the cache; default 16 MB; 0 = no cache */
	uint32_t ttl_max;      /* seconds; default 86400 */
	uint32_t negative_max; /* seconds; default 300 */
	struct meter *meter;   /* kept; NULL = none */
	bool probe_hijack;     /* by svc/dns/dns_hijack.h, and believe no invented address */
};

/* Takes the back end. o == NULL: all defaults. gives. */
struct dns *dns_new(struct dns_backend *b, const struct dns_options *o);
void dns_free(struct dns *d); /* every dns_session must be gone */

struct dns_session *dns_session_new(struct dns *d); /* gives */
void dns_session_free(struct dns_session *s);       /* also while answers are on their way */

/* name without final dot (one is tolerated; "." is the root), case-insensitive. NULL = on its way.
 * An impossible name (label over 63, name over 253, empty label) is DNS_NONE with nxdomain.
 * timeout_ms 0 = the default; what comes after the time-out still fills the cache, for the next who
 * asks. ledger: in whose name it leaves, if it has to; NULL = nobody's. */
const struct dns_answer *dns_ask_for(struct dns_session *s, struct view name, enum dns_type type,
	uint32_t timeout_ms, struct dns_ledger *ledger);

static inline const struct dns_answer *
dns_ask(struct dns_session *s, struct view name, enum dns_type type)
{
	return dns_ask_for(s, name, type, 0, NULL);
}

/* Blocks until an answer has arrived since the last dns_wait (even if dns_ask gave it meanwhile:
 * another check may have missed it; a question's own time-out counts as its answer), or until
 * deadline_ms (clock_mono_ms). False at the deadline, or if nothing has come and nothing is on its
 * way. */
bool dns_wait(struct dns_session *s, int64_t deadline_ms);

/* For a session that must not block, instead of dns_wait. Once, before the first question: wake is called
 * whenever an answer has arrived, from any thread and under the service's lock: it must only tell a loop. */
void dns_session_wake(struct dns_session *s, void (*wake)(void *ctx), void *ctx);
/* Has an answer arrived since the last dns_poll? *due_out: when the next question's time will be over
 * (clock_mono_ms), and dns_poll is to be called at the latest; INT64_MAX = nothing is on its way. */
bool dns_poll(struct dns_session *s, int64_t *due_out);

/* Distinct questions this session asked (answered from the cache or not). */
size_t dns_session_questions(const struct dns_session *s);

/* asked (probes too: svc/dns/dns_outage.h) = cache_hits + coalesced + sent + refused (too many are under way,
 * or its ledger is full); found, none and
 * tempfail are the ends of those sent, each once, timeouts and bogus kinds of tempfail. */
struct dns_counters {
	uint64_t asked, cache_hits, coalesced, sent, refused;
	uint64_t found, none, tempfail, timeouts, bogus;
	uint64_t entries, bytes; /* of the cache, now */
	bool outage;             /* the resolver itself fails, now (svc/dns/dns_outage.h) */
	bool hijacked;           /* it invents addresses, now (svc/dns/dns_hijack.h) */
	uint64_t answer_ms_sum;  /* of answers that were sent for */
};
void dns_count(const struct dns *d, struct dns_counters *out);

/* True for ".", and if every label is 1-63 and all at most 253 bytes (the final dot aside). */
bool dns_name_ok(struct view name);

#endif
