/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits -- every ceiling of Postern, each with its source or reason.
 *
 * Reaching one is an ordinary, logged, tested outcome. Settings of postern.conf(5) lower or raise some
 * of them; these are then the defaults or the outer bounds.
 */
#ifndef UTIL_LIMITS_H
#define UTIL_LIMITS_H

#include "util/limits_control.h"
#include "util/limits_dnsbl.h"
#include "util/limits_smtp.h"
#include "util/limits_store.h"

enum {
	/* log */
	LOG_RATE_BURST = 200,  /* lines of one event a second: a flood must not fill the disk */
	LOG_RATE_EVENTS = 128, /* distinct event names */
	LOG_HEARD_BURST = 10,  /* lines of one event a second that subscribers of a process hear */
	LOG_SELDOM = 64,       /* lines remembered to be written once a minute only */

	/* SMTP and names */
	DOMAIN_MAX = 253,        /* RFC 1035 2.3.4, without the final dot */
	LABEL_MAX = 63,          /* RFC 1035 2.3.4 */
	DOMAIN_SOUGHT = 1000,    /* bytes of a display name in which a domain is looked for */
	LOCAL_PART_MAX = 64,     /* RFC 5321 4.5.3.1.1 */
	PATH_MAX_SMTP = 256,     /* RFC 5321 4.5.3.1.3 */
	REPLY_LINE_MAX = 512,    /* RFC 5321 4.5.3.1.5, with CRLF */
	TAG_TEXT_MAX = 500,      /* of `tag`, in a line of X-Spam-Status; RFC 5322 2.1.1 allows 998 bytes */
	REPLY_TEXT_MAX = 2000,   /* our texts; over one line they become a multi-line reply */

	/* message */
	HEADER_COUNT_MAX = 1000,          /* fields kept; strangers' mail with more is refused */
	HEADER_NAME_MAX = 996,            /* RFC 5322 2.1.1: a line has 998 bytes, less colon and CR */
	HEADER_FIELD_MAX = 256 * 1024,    /* bytes of one field kept; Postfix passes 100 KB */
	HEADER_BYTES_MAX = 1024 * 1024,   /* bytes of all fields kept */
	ADDRESSES_MAX = 100,              /* addresses read from one header field */
	TEST_MESSAGE_MAX = 4 * 1024 * 1024, /* bytes of the message of a rule's test */
	MIME_SKELETON_MAX = 1024 * 1024,  /* bytes kept of a message to know its structure */
	MIME_HEADER_MAX = 64 * 1024,      /* bytes of the header of a part or an enclosed message */
	MIME_CONTENT_KEPT = 512,          /* first bytes of each part: tell the type of a file */
	MIME_LINE_MAX = 998,              /* RFC 5322 2.1.1; bytes of a boundary line that are kept */
	MIME_PARTS_MAX = 1000,            /* large digests have 200 */
	MIME_MULTIPARTS_MAX = 500,        /* each costs a comparison for every boundary line */
	MIME_PARAMS_MAX = 100,            /* of Content-* fields in one header; each costs as many steps */
	MIME_LONG_PARAMS_MAX = 60,        /* of RFC 2231 in one header; a file name needs 30 */
	MIME_HEADER_FIELDS_MAX = 200,     /* in the header of a part or an enclosed message; mail has 100 */
	MIME_FIELDS_MAX = 5000,           /* in all of them: each is an object of GMime's */
	MIME_ITEMS_MAX = 1000,            /* items of a fact that lists names, types or fields of parts */
	MIME_DEPTH_MAX = 100,             /* parts within parts; mail has 5, forwarded mail 15 */
	LIST_URIS_MAX = 20,               /* URIs read from List-Unsubscribe; most have two */
	CHARSET_NAME_MAX = 40,            /* RFC 2978 2.3 */
	CHARSET_GROWTH = 4,               /* bytes of UTF-8 made of one; most sets need 3 */
	HEADER_DECODED_MAX = 1024 * 1024, /* bytes of one field's decoded text: HEADER_FIELD_MAX grown */

	/* DNS */
	DNS_QUERIES_SESSION = 500, /* distinct questions of one session; beyond: TEMPFAIL "too many" */
	DNS_ANSWER_RRS = 64,       /* records kept of one answer */
	DNS_TXT_MAX = 8192,        /* bytes of one joined TXT record */
	DNSBL_VALUES = 50,         /* values of one fact that one DNS list is asked about */
	PTR_NAMES = 10,            /* RFC 7208 4.6.4, used for iprev too */
	DNS_IN_FLIGHT = 10000,     /* questions on their way in one worker; beyond: TEMPFAIL */
	DNS_FLIGHT_MS = 30000,     /* then a question is given up: a resolver does so after 17 s */
	DNS_TEMPFAIL_MS = 5000,    /* a failure is remembered: spares a dead server, notices a recovery */
	DNS_OUTAGE_FAILURES = 20,  /* questions that must fail in a row, */
	DNS_OUTAGE_MS = 60000,     /* within this time, before the resolver itself is suspected, and probed */
	DNS_HIJACK_IPS = 8,        /* invented addresses that are remembered */
	DNS_HIJACK_MS = 600000,    /* how often the resolver is tempted to invent one */
	DNS_CNAMES = 10,           /* links of one chain, as resolvers allow */
	DNS_ZONE_FILE_MAX = 16 * 1024 * 1024,

	/* authentication */
	DKIM_SIGNATURES = 10, /* verified a message; the rest is ignored and said */
	DKIM_BODY_WALKS = 4,  /* ways to hash the body (c=, l=), each a walk over it; mail has two */
	DKIM_HEADER_BYTES = 2 * 1024 * 1024, /* of all fields for the verifier: CRLF added */
	DKIM_SIGNED_NAMES = 200, /* names in one h=: each costs a walk over the header */
	DKIM_H_MAX = 4000,       /* bytes of h=: libopendkim cuts at 4096 */
	DKIM_I_MAX = 250,        /* bytes of i=: libopendkim's buffer has 256 */
	DKIM_WORD_MAX = 64 * 1024, /* body bytes without blank or line end: libopendkim buffers them */
	DKIM_RSA_BITS_MIN = 1024, /* RFC 8301 3.2 */
	DKIM_RSA_BITS_MAX = 4096, /* RFC 8301 3.2: what a verifier must manage */
	DKIM_CLOCK_DRIFT = 300,  /* seconds that t= and x= may be off */
	ARC_SETS = 50,           /* RFC 8617 4.2.1 */
	TAGLIST_TAGS = 32,       /* RFC 6376 3.5 knows 14 */
	SPF_TERMS = 10,       /* RFC 7208 4.6.4 */
	SPF_VOID = 2,         /* RFC 7208 4.6.4 */
	SPF_NAMES = 10,       /* RFC 7208 4.6.4: MX and PTR names */
	SPF_RECORD_MAX = 4096,
	SPF_EXPANSION_MAX = 2048, /* bytes of an expanded macro string; a name has 253 */
	DMARC_QUERIES = 8,    /* RFC 9989 tree walk */
	DMARC_RUA_MAX = 2000, /* bytes of rua= that are recorded; most have 50 */
	DMARC_TARGETS = 10,   /* destinations of one domain's reports (RFC 9990: a receiver's own limit) */
	DMARC_ROW_BYTES = 16 * 1024,  /* one line of dmarc-history: ten signatures, all at their longest */
	DMARC_DAY_FILE_MAX = 1024 * 1024 * 1024, /* a day of dmarc-history: a million messages at 1 KB */
	DMARC_DAY_DOMAINS = 20000,    /* policy domains that one run reports */
	DMARC_DOMAIN_ROWS = 10000,    /* distinct rows of one report; 1 KB of XML each */
	DMARC_DAY_BYTES = 64 * 1024 * 1024, /* all rows of a day in memory */
	DMARC_XML_BYTES = 64 * 1024 * 1024, /* one report */
	DMARC_KEEP_DAYS = 30,         /* then a day of dmarc-history is removed */
	DMARC_RETRY_DAYS = 3,         /* days back in which a run still sends what is left */

	/* policy */
	RULE_FILE_MAX = 16 * 1024 * 1024,
	LIST_FILE_MAX = 256 * 1024 * 1024,
	EXPR_DEPTH = 64,
	INCLUDE_DEPTH = 8,     /* rule files that include one another */
	RULE_FILES_MAX = 1000, /* rule files of one set */
	CONF_FILE_MAX = 1024 * 1024, /* postern.conf */
	RULE_CHAIN_MAX = 64, /* rules that name rules that name rules: stack */
	LIST_ITEM_MAX = 512,                  /* bytes of one list item, regexes apart: an address fits */
	AUTOMATON_STATES_MAX = 4 * 1024 * 1024, /* of one automaton: 56 MB; 100,000 phrases of 40 bytes */
	AUTOMATON_CELLS = 1024 * 1024,        /* of its table: 4 MB */
	REGEX_SOURCE_MAX = 8192,              /* bytes of one expression */
	REGEX_MATCH_LIMIT = 200000,           /* pcre2api(3): about 10 ms of backtracking, then "unknown" */
	REGEX_DEPTH_LIMIT = 5000,
	REGEX_HEAP_KB = 8192,
	REGEX_JIT_STACK = 512 * 1024,         /* of one thread */
	GEO_FILE_MAX = 128 * 1024 * 1024, /* databases of countries or AS have 10 MB, of cities 60 */
	DIAG_MAX = 200, /* errors shown in one run */

	/* evidence */
	EVIDENCE_TEXT = 1024,           /* longer texts keep length and SHA-256 */
	EVIDENCE_MAX = 256 * 1024,      /* one record */
	EVIDENCE_TRACED = 64 * 1024 * 1024, /* one with a trace: 1 KB a rule and more */

	/* proxy */
	TLS_FILE_MAX = 1024 * 1024,    /* of a key or certificates; a long chain has 10 KB */
	PROXY_HEADER_WAIT_MS = 10000,  /* for the PROXY header of a load balancer: it sends it at once */
	SPOOL_CLIENTS = 4,             /* that can fill the spool only together */
	SPOOL_SLACK = 1024,            /* a message at its ceiling, and the line end that it may lack */

	/* processes */
	SERVICES_MAX = 16,           /* listeners and the store: a host has a few */
	GENERATIONS_MAX = 6,         /* candidate, serving, two that drain, two that end */
	DRAINING_MAX = 2,            /* generations that drain; a third ends the oldest */
	CANDIDATE_SECONDS = 60,      /* to check, to compile and to find its resolver */
	TESTS_SECONDS = 20,          /* of these, to run the tests of its rules */
	END_SECONDS = 5,             /* from `end` to SIGKILL */
	WORKER_STATUS_MAX = 32768,   /* of its own status: each backend and DNS list has a line */
	MIRROR_FILES_MAX = 10000,    /* files of one configuration */
	MIRROR_DEPTH = 32,           /* folders below each other */
};

#endif
