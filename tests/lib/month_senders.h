/* SPDX-License-Identifier: BSD-2-Clause
 *
 * month_senders -- who sends in a made-up month of mail (tests/lib/month.h): kinds of senders, their hosts and
 * names, what the DNS says of them, their addresses, and when they try again.
 *
 * Retries are those of the servers' defaults: Postfix 3.7 (postconf(5): queue_run_delay 300s,
 * minimal_backoff_time 300s, maximal_backoff_time 4000s: as long as the message is old), Exim 4.96 of Debian
 * (retry rule F,2h,15m; G,16h,1h,1.5; F,4d,6h, and a queue runner each 30 minutes), Exchange 2013
 * (TransportServer.MessageRetryInterval: 15 minutes), Sendmail 8.17 (-q1h, as the operations guide starts it),
 * qmail (the nth retry after 400 s times n squared). Hosts are in 240.0.0.0/4, where nobody is.
 */
#ifndef TESTS_LIB_MONTH_SENDERS_H
#define TESTS_LIB_MONTH_SENDERS_H

#include "util/buf.h"
#include "util/cidr.h"

enum { MONTH_USERS = 200 };

enum month_host { /* which of its hosts tries again */
	MONTH_SAME, /* the one that tried first */
	MONTH_ANY,  /* any of them */
};
enum month_address {
	MONTH_PEOPLE, /* some people, who write to the same users again and again */
	MONTH_VERP,   /* each issue and reader has its own address */
	MONTH_SRS,    /* people behind a forwarder, whose address changes each day */
	MONTH_ONE,    /* one address, to which our users have written */
	MONTH_MADE_UP /* another one each time, of domains that are not the sender's */
};
enum month_retry { /* servers' own first: MONTH_MIXED takes one of them for each sender */
	MONTH_POSTFIX, MONTH_EXIM, MONTH_EXCHANGE, MONTH_SENDMAIL, MONTH_QMAIL,
	MONTH_MIXED,
	MONTH_SELDOM, /* after four hours, then each day */
	MONTH_QUICK,  /* five times within the hour */
	MONTH_HOURS,  /* eight times within a few hours */
	MONTH_NEVER
};

struct month_kind {
	const char *name;
	bool spam;
	unsigned senders; /* organisations of this kind */
	unsigned hosts;   /* of each, */
	unsigned nets;    /* in so many /24 of its own /16; 0 = anywhere in the world */
	unsigned people;  /* who write; each to a few users */
	bool spf, names;  /* it has an SPF record; its hosts have names of its own domain */
	bool lines;       /* some hosts have the names that providers give to their customers' lines */
	enum month_host host;
	enum month_address address;
	enum month_retry retry;
	unsigned mails;   /* on a weekday, of all senders of the kind */
};
extern const struct month_kind month_kinds[];
extern const size_t month_n_kinds;

/* A number that looks random, the same for the same numbers. */
uint64_t month_mix(uint64_t a, uint64_t b);

struct month_mail {
	uint32_t kind, sender, serial, rcpt; /* serial: of all mails; rcpt: below MONTH_USERS */
	uint32_t person, tries;
	int64_t first, last; /* seconds since the month began: first and latest attempt */
};

/* Who and where, for the next attempt. */
struct ip month_ip(const struct month_mail *m, uint64_t seed);
void month_from(const struct month_mail *m, struct buf *out);
void month_to(const struct month_mail *m, struct buf *out);
void month_helo(const struct month_mail *m, const struct ip *ip, struct buf *out);
/* Seconds from the latest attempt to the next; -1: it gives up. */
int64_t month_wait(const struct month_mail *m, uint64_t seed);

/* The DNS of all senders, in the form of svc/dns_zone.h. */
void month_zone(uint64_t seed, struct buf *out);

#endif
