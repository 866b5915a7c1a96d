/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings -- what postern.conf(5) says to the engine and the checks, as plain values; files are open.
 *
 * Filled by cmd/ from the settings file; borrowed views live as long as the engine.
 */
#ifndef ENGINE_SETTINGS_H
#define ENGINE_SETTINGS_H

#include "mail/spf/spf_query.h"
#include "svc/geo.h"

struct sign_table;

/* In seconds. */
struct greylist_terms {
	int64_t wait;   /* until a retry passes */
	int64_t window; /* in which the retry must come */
	int64_t life;   /* of a record that passed, after its last use */
	int64_t cap;    /* nobody waits longer */
};

struct settings {
	struct view hostname;     /* our name in SMTP */
	struct view authserv_id;  /* RFC 8601; default the hostname */
	const struct view *trusted_ids; /* of Authentication-Results of servers in front of us; normal */
	size_t n_trusted_ids;
	const struct view *own_names; /* names that strangers must not use in HELO, beside hostname */
	size_t n_own_names;
	const struct ip *own_ips; /* addresses of ours, for helo.ours */
	size_t n_own_ips;
	bool separate;            /* recipients under other policies get messages of their own */
	bool dry_run;
	bool dmarc_history;       /* DMARC results are kept for aggregate reports */
	bool authres;             /* write Authentication-Results */
	bool received_spf;        /* write Received-SPF */
	bool spam_headers;        /* write X-Spam-* */
	int64_t now;              /* fixed clock for `eval --now`; -1 = the real one */
	uint32_t rcpt_wait_ms;    /* longest wait at RCPT (and at an earlier stage that decides) */
	uint32_t end_wait_ms;     /* longest wait at end of message */
	uint32_t greylist_wait, greylist_window, greylist_life, greylist_cap; /* as greylist_terms */
	uint32_t unknown_defer_max; /* seconds: `if unknown defer` holds no longer */
	struct view known_secret; /* under which correspondents are remembered; absent: they are not */
	uint32_t known_life;      /* seconds that they are */
	enum spf_engine spf_engine;
	const struct sign_table *sign; /* keys for outbound mail; NULL = nothing is signed */
	uint64_t message_bytes;   /* ceiling of what a worker holds for messages */
	bool reputation_learn;    /* verdicts teach */
	uint32_t reputation_half_life; /* seconds in which what was learned loses half its weight */
	uint32_t reputation_minimum;   /* fewer messages are no reputation */
	int32_t reputation_ham_score;  /* hundredths: ham scores no more */
	int32_t reputation_spam_score; /* spam no less; 0 = the threshold reject */
	uint32_t alarm_recipients, alarm_rejects, alarm_networks; /* of an account in an hour; 0 = any */
	struct geo *geo_country;  /* databases for geo.country and client.asn; NULL = none */
	struct geo *geo_asn;
};

#endif
