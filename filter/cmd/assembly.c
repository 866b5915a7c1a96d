/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/assembly.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "checks/checks.h"
#include "checks/dnsbl_watch.h"
#include "cmd/geo_files.h"
#include "cmd/known_secret.h"
#include "cmd/proxy_check.h"
#include "svc/dns_unbound.h"
#include "svc/dns_zone.h"
#include "util/clock.h"
#include "util/log.h"

/* ---- settings ---- */

static uint32_t
seconds(uint64_t ms)
{
	return (uint32_t)(ms / 1000);
}

/* The machine's own addresses: a stranger must not greet us with one. */
static void
own_addresses(struct assembly *a)
{
	enum { MAX = 64 };
	struct ip *ip = arena_array(a->arena, MAX, sizeof(*ip));
	struct ifaddrs *all = NULL;

	a->settings.own_ips = ip;
	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *i = all; i && a->settings.n_own_ips < MAX; i = i->ifa_next) {
		struct ip *one = &ip[a->settings.n_own_ips];

		if (!i->ifa_addr)
			continue;
		if (i->ifa_addr->sa_family == AF_INET) {
			one->family = 4;
			memcpy(one->b, &((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr, 4);
		} else if (i->ifa_addr->sa_family == AF_INET6) {
			one->family = 6;
			memcpy(one->b, &((struct sockaddr_in6 *)(void *)i->ifa_addr)->sin6_addr, 16);
		} else {
			continue;
		}
		a->settings.n_own_ips++;
	}
	freeifaddrs(all);
}

static void
take_settings(struct assembly *a)
{
	const struct conf *c = a->conf;

	a->settings = (struct settings){
		.hostname = view_str(c->hostname),
		.authserv_id = view_str(c->authserv_id),
		.trusted_ids = c->trusted_authserv_ids.item,
		.n_trusted_ids = c->trusted_authserv_ids.n,
		.own_names = c->own_names.item,
		.n_own_names = c->own_names.n,
		.separate = c->recipients == CONF_RECIPIENTS_SEPARATE,
		.dry_run = c->dry_run,
		.dmarc_history = c->dmarc_history != NULL,
		.authres = c->authentication_results,
		.received_spf = c->received_spf,
		.spam_headers = c->spam_headers,
		.now = -1,
		.rcpt_wait_ms = (uint32_t)c->rcpt_wait,
		.end_wait_ms = (uint32_t)c->end_wait,
		.spf_engine = (enum spf_engine)c->spf_engine,
		.greylist_wait = seconds(c->greylist_wait),
		.greylist_window = seconds(c->greylist_window),
		.greylist_life = seconds(c->greylist_life),
		.greylist_cap = seconds(c->greylist_cap),
		.known_life = seconds(c->known_life),
		.unknown_defer_max = seconds(c->unknown_defer_max),
		.reputation_learn = c->reputation_learn,
		.reputation_half_life = seconds(c->reputation_half_life),
		.reputation_minimum = (uint32_t)c->reputation_minimum,
		.reputation_ham_score = (int32_t)c->reputation_ham_score * 100,
		.reputation_spam_score = (int32_t)c->reputation_spam_score * 100,
		.alarm_recipients = (uint32_t)c->alarm_recipients,
		.alarm_rejects = (uint32_t)c->alarm_rejects,
		.alarm_networks = (uint32_t)c->alarm_networks,
		.message_bytes = c->message_memory,
	};
	own_addresses(a);
}

/* ---- rules ---- */

static struct program_list
list_of(const struct conf *c, const char *name, enum list_type type, const struct conf_set *set)
{
	const struct place *where = conf_where(c, name);

	return (struct program_list){.name = name, .type = type, .items = set->item, .n = set->n,
		.weak = !where || where->line == 0, .file = where ? where->file : VIEW(""),
		.line = where ? where->line : 0};
}

void
assembly_rules(struct assembly *a, struct program_options *out)
{
	enum { LISTS = 3 };
	const struct conf *c = a->conf;
	struct program_list *lists = arena_array(a->arena, LISTS, sizeof(*lists));

	lists[0] = list_of(c, "own-nets", LIST_NETS, &c->own_nets);
	lists[1] = list_of(c, "own-domains", LIST_DOMAINS, &c->own_domains);
	lists[2] = list_of(c, "trusted-relays", LIST_NETS, &c->trusted_relays);
	*out = (struct program_options){.files = c->rule_files, .n_files = c->n_rule_files,
		.lists = lists, .n_lists = LISTS, .secrets_file = c->secrets_file};
}

static bool
has_milter(const struct conf *c)
{
	const struct conf_listener *l = c->listeners;

	while (l && l->protocol != CONF_MILTER)
		l = l->next;
	return l != NULL;
}

/* A backend is told the client's names, and may refuse who has none. */
static bool
hands_names(const struct conf *c)
{
	const struct conf_backend *b = c->backends;

	while (b && b->identity != CONF_BACKEND_IDENTITY_XCLIENT &&
		b->identity != CONF_BACKEND_IDENTITY_XFORWARD)
		b = b->next;
	return b != NULL;
}

static bool
read_rules(struct assembly *a, const struct assembly_reading *what)
{
	struct program_options o;

	assembly_rules(a, &o);
	o.source = what->source;
	if (what->n_files || what->no_rules) {
		o.files = what->files;
		o.n_files = what->n_files;
	}
	o.live = !what->trying;
	o.milter = what->conf && has_milter(a->conf);
	o.greylist_cap = what->conf ? a->settings.greylist_cap : 0;
	o.untested = what->untested;
	o.counts = what->counts;
	a->facts = engine_facts(checks_all);
	o.facts = a->facts;
	o.no_secrets = !what->conf;
	if (what->conf) /* else it is not known what the settings will leave out */
		o.lacks = engine_lacks(&a->options, a->arena, &o.n_lacks);
	o.extra_facts = engine_extra_facts(&a->options, a->arena, &o.n_extra_facts);
	a->program = program_load(&o, a->diag);
	if (a->program && what->conf && !what->trying &&
		!proxy_check_program(a->conf, a->program, a->diag)) {
		program_free(a->program);
		a->program = NULL;
	}
	return a->program != NULL;
}

/* The keys that sign outbound mail, if there are any. */
static bool
read_keys(struct assembly *a, const struct source_tree *src)
{
	if (!a->conf->dkim_keys)
		return true;
	a->sign = sign_table_load(src, a->conf->dkim_keys, a->diag);
	a->settings.sign = a->sign;
	return a->sign != NULL;
}

static const char *
system_name(struct arena *a)
{
	char name[256] = "localhost";

	if (gethostname(name, sizeof(name) - 1) != 0)
		snprintf(name, sizeof(name), "localhost");
	return arena_cstr(a, view_str(name));
}

static struct conf *
read_settings(struct assembly *a, const struct assembly_reading *what)
{
	const char *name = system_name(a->arena);

	if (!what->conf)
		return conf_text("", VIEW(""), name, a->diag);
	return (what->most ? conf_load_most : conf_load)(what->source, what->conf, name, a->diag);
}

bool
assembly_settings(struct assembly *a, const struct assembly_reading *what)
{
	*a = (struct assembly){.arena = arena_new(), .diag = diag_new()};
	a->conf = read_settings(a, what);
	return a->conf != NULL;
}

bool
assembly_read(struct assembly *a, const struct assembly_reading *what)
{
	bool good;

	if (!assembly_settings(a, what))
		return false;
	take_settings(a);
	a->options = (struct engine_options){.settings = &a->settings, .checks = checks_all,
		.want = what->want, .n_want = what->n_want,
		.hands_names = hands_names(a->conf)};
	geo_files_open(what->source, a->conf, &a->settings, a->diag);
	if (what->conf)
		a->settings.known_secret = known_secret_read(what->source, a->conf, a->arena, a->diag);
	good = read_keys(a, what->source);
	return read_rules(a, what) && good;
}

/* ---- services ---- */

static const char *const *
strings(struct arena *a, const struct conf_set *set)
{
	const char **s = arena_array(a, set->n + 1, sizeof(*s));

	for (size_t i = 0; i < set->n; i++)
		s[i] = arena_cstr(a, set->item[i]);
	return s;
}

static struct dns_backend *
from_zones(const char *const *zones, size_t n_zones, char *why, size_t n)
{
	struct dns_backend *b = dns_zone_new();

	for (size_t i = 0; i < n_zones; i++) {
		if (dns_zone_load(b, zones[i], why, n) != 0) {
			b->free(b);
			return NULL;
		}
	}
	return b;
}

static struct dns_backend *
from_network(struct assembly *a, char *why, size_t n)
{
	const struct conf *c = a->conf;
	struct dns_unbound_options o = {
		.servers = strings(a->arena, &c->dns_servers),
		.server_count = c->dns_servers.n,
		.trust_anchor = c->dns_trust_anchor,
		.no_validation = !c->dns_trust_anchor,
		.local_zones = strings(a->arena, &c->dns_transparent_zones),
		.local_zone_count = c->dns_transparent_zones.n,
	};

	return dns_unbound_new(&o, why, n);
}

bool
assembly_dns(struct assembly *a, const char *const *zones, size_t n_zones, char *why, size_t n)
{
	const struct conf *c = a->conf;
	struct dns_options o = {.timeout_ms = (uint32_t)c->dns_timeout, .cache_bytes = c->dns_cache,
		.ttl_max = 86400, .negative_max = 300, .meter = a->options.meter,
		.probe_hijack = !n_zones && !c->dns_zone_files.n};

	if (n_zones)
		a->backend = from_zones(zones, n_zones, why, n);
	else if (c->dns_zone_files.n)
		a->backend = from_zones(strings(a->arena, &c->dns_zone_files), c->dns_zone_files.n, why, n);
	else
		a->backend = from_network(a, why, n);
	if (!a->backend)
		return false;
	a->dns = dns_new(a->backend, &o);
	return true;
}

/* A resolver that drops DNSSEC records makes every signed name bogus: better unvalidated than deaf. */
static bool
probe_dns(struct assembly *a, char *why, size_t n)
{
	enum { PROBE_MS = 10000 };
	struct dns_session *s = dns_session_new(a->dns);
	int64_t deadline = clock_mono_ms() + PROBE_MS;
	const struct dns_answer *answer;
	bool bogus, dead;

	while (!(answer = dns_ask(s, VIEW("."), DNS_NS)) && dns_wait(s, deadline))
		;
	bogus = answer && answer->status == DNS_TEMPFAIL && strcmp(answer->why, "bogus") == 0;
	dead = !answer || answer->status == DNS_TEMPFAIL;
	dns_session_free(s);
	if (bogus && a->conf->dns_trust_anchor) {
		log_warn("dns-no-validation", "the resolver drops DNSSEC records: answers are not validated");
		dns_free(a->dns);
		a->conf->dns_trust_anchor = NULL;
		return assembly_dns(a, NULL, 0, why, n);
	}
	if (dead)
		log_warn("dns-silent", "the resolver does not answer: what needs it will be unknown");
	return true;
}

bool
assembly_dns_live(struct assembly *a, char *why, size_t n)
{
	return assembly_dns(a, NULL, 0, why, n) && (a->conf->dns_zone_files.n || probe_dns(a, why, n));
}

void
assembly_engine(struct assembly *a)
{
	a->options.dns = a->dns;
	a->options.store = a->store;
	a->options.dnsbl_watch = a->watch;
	a->engine = engine_new(&a->options, a->program);
}

void
assembly_done(struct assembly *a)
{
	engine_free(a->engine);
	dnsbl_watch_free(a->watch);
	if (a->dns)
		dns_free(a->dns);
	store_free(a->store);
	sign_table_free(a->sign);
	program_free(a->program);
	fact_table_free(a->facts);
	conf_free(a->conf);
	geo_close(a->settings.geo_country);
	geo_close(a->settings.geo_asn);
	diag_free(a->diag);
	arena_free(a->arena);
}
