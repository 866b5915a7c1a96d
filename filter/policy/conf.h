/* SPDX-License-Identifier: BSD-2-Clause
 *
 * conf -- postern.conf(5): the daemon's settings, as plain values.
 *
 * One statement a line, `key value`, in column 1; indented lines continue it; texts, comments and sets
 * are those of the rule language. A key that may be repeated says so; any other stands once. One table
 * of keys drives parsing, ranges, defaults, help and the man page's test. Relative
 * paths are seen from the folder of the file. All of it lives in the conf's own arena.
 */
#ifndef POLICY_CONF_H
#define POLICY_CONF_H

#include "policy/diag.h"
#include "policy/source.h"
#include "util/cidr.h"

enum conf_type {
	CONF_YES_NO,   /* bool */
	CONF_NUMBER,   /* uint64_t */
	CONF_DURATION, /* uint64_t, milliseconds */
	CONF_SIZE,     /* uint64_t, bytes */
	CONF_ENUM,     /* int: index into words */
	CONF_USER,     /* const char *: a user or group of the system */
	CONF_HOST,     /* const char *: a host name, lower case */
	CONF_PATH,     /* const char *; NULL = `none`, where the default is none */
	CONF_TEXT,     /* const char *: printable, on one line; NULL = `none`, its default */
	CONF_ADDRESS,  /* const char *: local@domain; NULL = `none`, its default */
	CONF_HOSTS,    /* struct conf_set of host names */
	CONF_NETS,     /* ... of addresses and networks */
	CONF_DOMAINS,  /* ... of domains; ".x.org" = x.org and all below it */
	CONF_SERVERS,  /* ... of addresses, each with @PORT if it is not 53 */
	CONF_ZONES,    /* ... of DNS zones, or the word all */
	CONF_FILES,    /* ... of paths */
	CONF_PATTERNS, /* struct conf_pattern *; repeatable */
	CONF_LISTENERS, /* struct conf_listener *; repeatable */
	CONF_BACKENDS  /* struct conf_backend *; repeatable, none by default */
};

struct conf_key {
	const char *name;
	enum conf_type type;
	uint64_t min, max;    /* number, duration, size */
	const char *fallback; /* the default as it would be written */
	const char *words;    /* CONF_ENUM: separated by blanks */
	const char *help;     /* one line */
	size_t offset;        /* in struct conf */
};

struct conf_set {
	const struct view *item; /* each with a NUL behind it */
	size_t n;
};

enum conf_recipients { CONF_RECIPIENTS_TOGETHER, CONF_RECIPIENTS_SEPARATE };
enum conf_log { CONF_LOG_JOURNAL, CONF_LOG_STDERR, CONF_LOG_SYSLOG };

struct conf_pattern { /* rules PATTERN */
	struct conf_pattern *next;
	const char *text; /* for glob(3) */
	size_t n_found;   /* files, by conf_load */
	struct place at;  /* line 0 = a default */
};
enum conf_protocol { CONF_MILTER, CONF_SMTP, CONF_SUBMISSION, CONF_SUBMISSIONS };
struct conf_listener { /* listener NAME PROTOCOL ADDRESS ... */
	struct conf_listener *next;
	const char *name;
	enum conf_protocol protocol;
	const char *address; /* as it was written */
	enum conf_family { CONF_UNIX, CONF_INET, CONF_INET6 } family;
	const char *path; /* CONF_UNIX */
	struct ip ip;     /* CONF_INET, CONF_INET6 */
	uint16_t port;
	const char *owner, *group; /* of the socket; NULL = the daemon's */
	unsigned mode;
	struct place at; /* line 0 = the default listener */
};
/* In the order of enum relay_tls and enum relay_identity (front/smtp/smtp_relay.h). */
#define CONF_BACKEND_TLS      "none opportunistic required verified"
enum conf_backend_tls {
	CONF_BACKEND_TLS_NONE, CONF_BACKEND_TLS_OPPORTUNISTIC, CONF_BACKEND_TLS_REQUIRED,
	CONF_BACKEND_TLS_VERIFIED
};
enum conf_backend_identity {
	CONF_BACKEND_IDENTITY_NONE, CONF_BACKEND_IDENTITY_XCLIENT, CONF_BACKEND_IDENTITY_XFORWARD,
	CONF_BACKEND_IDENTITY_PROXY_V1, CONF_BACKEND_IDENTITY_PROXY_V2, CONF_BACKEND_IDENTITY_TRANSPARENT
};
#define CONF_BACKEND_IDENTITY "none xclient xforward proxy-v1 proxy-v2 transparent"
#define CONF_BACKEND_RELAYING "refused allowed"
struct conf_backend { /* backend NAME ADDRESS ... */
	struct conf_backend *next;
	const char *name;
	const char *address; /* as it was written */
	enum conf_family family;
	const char *path; /* CONF_UNIX */
	const char *host; /* a name to look up; NULL: ip */
	struct ip ip;
	uint16_t port;
	int tls, identity, relaying; /* indexes into the words above; relaying: 1 = allowed */
	struct conf_set domains; /* it serves; none: all that no other backend names */
	struct place at;
};

struct conf {
	const char *user, *run_dir, *state_dir, *mta_user;
	const char *hostname, *authserv_id;
	struct conf_set own_names, own_nets, own_domains, trusted_relays, trusted_authserv_ids;
	struct conf_listener *listeners; /* at least one, in order */
	struct conf_backend *backends;   /* or NULL */
	struct conf_pattern *rules;      /* at least one, in order */
	const char *const *rule_files;   /* what the patterns found, sorted pattern by pattern */
	size_t n_rule_files;
	const char *secrets_file, *evidence_file, *dkim_keys; /* or NULL */
	const char *dmarc_history, *dmarc_report_org, *dmarc_report_from, *dmarc_report_contact; /* or NULL */
	const char *sendmail_path;
	bool dry_run, reputation_learn, authentication_results, received_spf, spam_headers;
	int recipients; /* enum conf_recipients */
	int log;       /* enum conf_log */
	int log_level; /* enum log_level of util/log.h */
	int spf_engine; /* enum spf_engine of mail/spf/spf_query.h */
	struct conf_set dns_servers, dns_transparent_zones, dns_zone_files, redis_servers;
	const char *dns_trust_anchor, *geo_country_file, *geo_asn_file; /* the last two: or NULL */
	uint64_t dns_timeout, dns_cache, rcpt_wait, end_wait, drain_timeout, store_timeout;
	const char *redis_sentinel, *redis_user, *redis_prefix;
	uint64_t greylist_wait, greylist_window, greylist_life, greylist_cap, known_life, unknown_defer_max;
	uint64_t reputation_half_life, reputation_minimum, reputation_ham_score, reputation_spam_score;
	uint64_t alarm_recipients, alarm_rejects, alarm_networks;
	uint64_t milter_sessions, message_memory, backend_wait, redis_database, redis_timeout;
	const char *quarantine_address, *tls_ca_file; /* or NULL */
	struct conf_set tls_chain_files, proxy_protocol_nets, xclient_nets, bare_newline_nets;
	int tls_min_version, tls_mx_min_version; /* enum tls_version of io/tls.h */
	int bare_newline;                        /* 1 = refuse */
	uint64_t message_size_max, smtp_line_max, smtp_recipients_max, smtp_messages_max, smtp_errors_max;
	uint64_t smtp_error_delay, smtp_greet_wait, smtp_session_time, smtp_idle_time, smtp_data_idle_time;
	uint64_t smtp_sessions_max, smtp_client_sessions_max, smtp_network_sessions_max;
	uint64_t smtp_loops, smtp_threads, smtp_queue, spool_memory, spool_max;
	const char *spool_dir;

	const char *path; /* of the file */
	struct arena *arena;
	struct place *where; /* one a key, in the order of conf_keys; line 0 = the default */
};

/* Reads path through src (NULL = the live files) and looks for the rule files. hostname: what the system
 * says it is called; borrowed. NULL if there was an error: d has them all. gives. */
struct conf *conf_load(const struct source_tree *src, const char *path, const char *hostname, struct diag *d);
/* The same in spite of errors: a setting that has one is as its default, a listener or pattern with one
 * is left out. For who wants to see all mistakes at once. NULL if there is no text to read. gives. */
struct conf *conf_load_most(
	const struct source_tree *src, const char *path, const char *hostname, struct diag *d);
/* As conf_load over a text, without looking for rule files; path is its name in messages. */
struct conf *conf_text(const char *path, struct view text, const char *hostname, struct diag *d);
void conf_free(struct conf *c); /* NULL is legal */

/* Every setting as it is in effect, with its origin as a comment: a file that would say the same. */
void conf_show(const struct conf *c, FILE *out);
void conf_show_key(const struct conf *c, const struct conf_key *k, FILE *out); /* k: a row of conf_keys */
/* The place where a key was set (the last of a repeatable one), line 0 = the default; NULL = no key. */
const struct place *conf_where(const struct conf *c, const char *key);

#endif
