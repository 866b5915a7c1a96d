/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_record -- SPF records (RFC 7208 sections 4.5, 4.6, 5, 6 and 12), read strictly.
 *
 * The whole record is checked before any of it counts: one bad term makes a permanent error
 * (section 4.6). Terms are then walked in their order without memory of their own; all views are
 * into the record's text. Limit: SPF_RECORD_MAX bytes.
 */
#ifndef MAIL_SPF_RECORD_H
#define MAIL_SPF_RECORD_H

#include "util/cidr.h"

enum spf_kind {
	SPF_TERM_ALL,
	SPF_TERM_INCLUDE,
	SPF_TERM_A,
	SPF_TERM_MX,
	SPF_TERM_PTR,
	SPF_TERM_IP4,
	SPF_TERM_IP6,
	SPF_TERM_EXISTS,
	SPF_TERM_REDIRECT,
	SPF_TERM_EXP,
	SPF_TERM_UNKNOWN /* a modifier of another name: ignored, but for its syntax */
};

struct spf_term {
	enum spf_kind kind;
	char qualifier;   /* '+', '-', '~' or '?'; 0 of modifiers */
	struct view text; /* the term as written, in its place */
	struct view
		spec; /* domain-spec, or a modifier's macro-string; absent: the current domain */
	struct ip
		ip; /* ip4, ip6; an IPv4-mapped one stays IPv6 and so fits no client (section 5) */
	uint8_t bits4, bits6; /* prefix lengths: of ip4, a, mx and of ip6, a, mx */
};

struct spf_record {
	struct view terms;         /* for spf_record_next */
	struct view redirect, exp; /* their domain-specs; absent = none */
	bool has_all;              /* redirect is ignored (section 6.1) */
	unsigned asking;           /* terms before "all" that ask the DNS, redirect included */
};

enum spf_record_status {
	SPF_RECORD_OK,
	SPF_RECORD_OTHER, /* not "v=spf1": none of our business */
	SPF_RECORD_BAD    /* permerror */
};

struct spf_record_flaw {
	const char *why;  /* a constant */
	struct view term; /* the bad term; absent: the whole record */
	size_t at;        /* its offset in the record */
};

/* *out is written for OK, *flaw_out (may be NULL) for BAD. */
enum spf_record_status spf_record_parse(
	struct view text, struct spf_record *out, struct spf_record_flaw *flaw_out);

/* The next term of a record's terms; start with rest = record.terms. False at the end. */
bool spf_record_next(struct view *rest, struct spf_term *out);

/* A term of this kind counts as one of the ten that ask the DNS (section 4.6.4). */
bool spf_record_asks(enum spf_kind kind);

#endif
