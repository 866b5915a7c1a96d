/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf.h"

#include <errno.h>
#include <glob.h>
#include <unistd.h>

#include "policy/conf_listener.h"
#include "policy/conf_value.h"
#include "policy/reader.h"
#include "policy/source.h"
#include "policy/suggest.h"

#define MS(s)  ((uint64_t)(s) * 1000)
#define MIN(m) MS((m) * 60)
#define DAY(d) MIN((d) * 24 * 60)
#define MB(m)  ((uint64_t)(m) << 20)

#define AT(field) offsetof(struct conf, field)

/* Two keys take their default from elsewhere: see defaults(). RULES_DIR is where `make install` puts the
 * shipped rules. */
static const struct conf_key keys[] = {
	{"user", CONF_USER, 0, 0, "postern", NULL,
		"the unprivileged user that workers run as", AT(user)},
	{"run-dir", CONF_PATH, 0, 0, "\"/run/postern\"", NULL,
		"sockets and accepted rule sets of the running daemon", AT(run_dir)},
	{"state-dir", CONF_PATH, 0, 0, "\"/var/lib/postern\"", NULL,
		"what outlives a restart: the store and the last good rules", AT(state_dir)},
	{"hostname", CONF_HOST, 0, 0, "the name of the system", NULL,
		"our name in SMTP", AT(hostname)},
	{"authserv-id", CONF_HOST, 0, 0, "the hostname", NULL,
		"our name in Authentication-Results", AT(authserv_id)},
	{"own-names", CONF_HOSTS, 0, 0, "{ }", NULL,
		"further names that no stranger may say in HELO", AT(own_names)},
	{"own-nets", CONF_NETS, 0, 0, "{ 127.0.0.0/8 ::1 }", NULL,
		"networks whose mail is outbound", AT(own_nets)},
	{"own-domains", CONF_DOMAINS, 0, 0, "{ }", NULL,
		"domains that we receive mail for", AT(own_domains)},
	{"trusted-relays", CONF_NETS, 0, 0, "{ }", NULL,
		"backup MX and gateways in front of us: looked through, never refused",
		AT(trusted_relays)},
	{"trusted-authserv-ids", CONF_HOSTS, 0, 0, "{ }", NULL,
		"whose Authentication-Results we believe when a trusted relay hands them on",
		AT(trusted_authserv_ids)},
	{"listener", CONF_LISTENERS, 0, 0,
		"main milter unix:/var/spool/postfix/postern/milter.sock socket-group postfix", NULL,
		"where an MTA connects; repeatable", AT(listeners)},
	{"mta-user", CONF_USER, 0, 0, "postfix", NULL,
		"the user that the MTA connects as", AT(mta_user)},
	{"rules", CONF_PATTERNS, 0, 0,
		"\"" RULES_DIR "/*.rules\" \"/etc/postern/rules.d/*.rules\"", NULL,
		"rule files, a glob(7) pattern; repeatable", AT(rules)},
	{"secrets-file", CONF_PATH, 0, 0, "none", NULL,
		"keys for {secret:NAME} in zones, mode 0600", AT(secrets_file)},
	{"dkim-keys", CONF_PATH, 0, 0, "none", NULL,
		"table of the keys that sign outbound mail", AT(dkim_keys)},
	{"recipients", CONF_ENUM, 0, 0, "together", "together separate",
		"whether recipients under other policies get messages of their own", AT(recipients)},
	{"dry-run", CONF_YES_NO, 0, 0, "no", NULL,
		"only log and note in the header what would be done", AT(dry_run)},
	{"log", CONF_ENUM, 0, 0, "journal", "journal stderr syslog",
		"where the log goes", AT(log)},
	{"log-level", CONF_ENUM, 0, 0, "info", "error warn info debug",
		"the least severe line that is logged", AT(log_level)},
	{"evidence-file", CONF_PATH, 0, 0, "none", NULL,
		"file that gets one JSON record for each transaction", AT(evidence_file)},
	{"dmarc-history", CONF_PATH, 0, 0, "none", NULL,
		"folder of DMARC results, a file a day, for aggregate reports", AT(dmarc_history)},
	{"dmarc-report-org", CONF_TEXT, 0, 0, "none", NULL,
		"who we are, in aggregate reports", AT(dmarc_report_org)},
	{"dmarc-report-from", CONF_ADDRESS, 0, 0, "none", NULL,
		"author and envelope sender of aggregate reports", AT(dmarc_report_from)},
	{"dmarc-report-contact", CONF_TEXT, 0, 0, "none", NULL,
		"further contact data in aggregate reports", AT(dmarc_report_contact)},
	{"sendmail-path", CONF_PATH, 0, 0, "\"/usr/sbin/sendmail\"", NULL,
		"the MTA's command that takes aggregate reports", AT(sendmail_path)},
	{"dns-servers", CONF_SERVERS, 0, 0, "{ }", NULL,
		"resolvers to ask, ADDRESS or ADDRESS@PORT; none: chosen at start", AT(dns_servers)},
	{"dns-timeout", CONF_DURATION, 100, MS(30), "5s", NULL,
		"longest wait for one DNS answer", AT(dns_timeout)},
	{"dns-cache", CONF_SIZE, MB(1), MB(4096), "16MB", NULL,
		"memory for DNS answers", AT(dns_cache)},
	{"dns-transparent-zones", CONF_ZONES, 0, 0, "{ }", NULL,
		"local zones of the resolver to look through, or all", AT(dns_transparent_zones)},
	{"dns-zone-files", CONF_FILES, 0, 0, "{ }", NULL,
		"zone files to answer from instead of the network", AT(dns_zone_files)},
	{"dns-trust-anchor", CONF_PATH, 0, 0, "\"/usr/share/dns/root.key\"", NULL,
		"DNSSEC key of the root", AT(dns_trust_anchor)},
	{"spf-engine", CONF_ENUM, 0, 0, "libspf2", "libspf2 native",
		"which code walks SPF records", AT(spf_engine)},
	{"geo-country-file", CONF_PATH, 0, 0, "none", NULL,
		"database of countries, for the fact geo.country", AT(geo_country_file)},
	{"geo-asn-file", CONF_PATH, 0, 0, "none", NULL,
		"database of autonomous systems, for the fact client.asn", AT(geo_asn_file)},
	{"rcpt-wait", CONF_DURATION, 100, MS(25), "10s", NULL,
		"longest wait for facts at RCPT", AT(rcpt_wait)},
	{"end-wait", CONF_DURATION, 100, MS(50), "20s", NULL,
		"longest wait for facts at the end of a message", AT(end_wait)},
	{"greylist-wait", CONF_DURATION, MS(1), DAY(1), "2m", NULL,
		"a retry before this is too early", AT(greylist_wait)},
	{"greylist-window", CONF_DURATION, MIN(1), DAY(30), "1d", NULL,
		"a retry after this is a first try again", AT(greylist_window)},
	{"greylist-life", CONF_DURATION, MIN(60), DAY(365), "36d", NULL,
		"how long a sender that passed stays known unused", AT(greylist_life)},
	{"greylist-cap", CONF_DURATION, MS(1), DAY(1), "1h", NULL,
		"one sender, network and recipient wait no longer", AT(greylist_cap)},
	{"unknown-defer-max", CONF_DURATION, MIN(1), DAY(5), "4h", NULL,
		"one sender, network and recipient are held no longer by `if unknown defer`",
		AT(unknown_defer_max)},
	{"milter-sessions", CONF_NUMBER, 1, 10000, "500", NULL,
		"milter connections at work at once; more are put off", AT(milter_sessions)},
	{"drain-timeout", CONF_DURATION, MS(1), MIN(60), "5m", NULL,
		"how long old workers may finish after a reload", AT(drain_timeout)},
	{"message-memory", CONF_SIZE, MB(1), MB(16384), "64MB", NULL,
		"message bytes that a worker holds; beyond, mail is put off", AT(message_memory)},
	{"store-timeout", CONF_DURATION, 5, MS(5), "50ms", NULL,
		"longest wait for the store", AT(store_timeout)},
	{"authentication-results", CONF_YES_NO, 0, 0, "yes", NULL,
		"write an Authentication-Results header", AT(authentication_results)},
	{"received-spf", CONF_YES_NO, 0, 0, "no", NULL,
		"write Received-SPF headers", AT(received_spf)},
	{"spam-headers", CONF_YES_NO, 0, 0, "yes", NULL,
		"write X-Spam headers", AT(spam_headers)},
};
enum { KEYS = sizeof(keys) / sizeof(*keys) };

const struct conf_key *
conf_keys(size_t *n_out)
{
	*n_out = KEYS;
	return keys;
}

static size_t
find(struct view name)
{
	size_t i = 0;

	while (i < KEYS && !view_eq_str(name, keys[i].name))
		i++;
	return i;
}

static size_t
key_of(const struct conf *c, const void *field)
{
	size_t i = 0;

	while (keys[i].offset != (size_t)((const char *)field - (const char *)c))
		i++;
	return i;
}

static bool
repeatable(const struct conf_key *k)
{
	return k->type == CONF_PATTERNS || k->type == CONF_LISTENERS;
}

/* ---- statements ---- */

/* "rules" PATTERN */
static void
pattern(struct reader *r, const struct place *at, struct conf *c)
{
	struct conf_pattern *p = arena_new_of(r->arena, struct conf_pattern);
	struct conf_pattern **last = &c->rules;

	p->text = conf_value_path(r, "a pattern");
	p->at = *at;
	if (r->failed)
		return;
	while (*last)
		last = &(*last)->next;
	*last = p;
}

static void
value(struct reader *r, const struct conf_key *k, const struct place *at, struct conf *c)
{
	if (k->type == CONF_LISTENERS)
		conf_listener_read(r, at, c);
	else if (k->type == CONF_PATTERNS)
		pattern(r, at, c);
	else
		conf_value_read(r, k, c);
}

static void
unknown(struct reader *r)
{
	struct suggest s;

	suggest_init(&s, r->now.text);
	for (size_t i = 0; i < KEYS; i++)
		suggest_try(&s, view_str(keys[i].name));
	reader_fail(r, suggest_hint(&s, r->arena), "unknown setting %s",
		reader_shown(r, &r->now));
}

static void
statement(struct reader *r, struct conf *c)
{
	size_t i = reader_at(r, TOKEN_WORD) ? find(r->now.text) : KEYS;
	size_t before = diag_errors(r->diag);
	struct place at = r->now.at;

	if (i == KEYS) {
		unknown(r);
		return;
	}
	if (c->where[i].line && !repeatable(&keys[i])) {
		reader_fail(r, "keep one of the two", "'%s' is already set at %.*s:%u",
			keys[i].name, VIEW_ARG(c->where[i].file), c->where[i].line);
		return;
	}
	c->where[i] = at;
	reader_skip(r);
	if (reader_at(r, TOKEN_OP))
		reader_fail(r, arena_printf(r->arena, "write '%s VALUE'", keys[i].name).p,
			"unexpected %s", reader_shown(r, &r->now));
	value(r, &keys[i], &at, c);
	if (!reader_at(r, TOKEN_END))
		reader_fail(r, "one setting a line, in column 1", "unexpected %s after '%s'",
			reader_shown(r, &r->now), keys[i].name);
	if (diag_errors(r->diag) != before && !repeatable(&keys[i]))
		c->where[i] = (struct place){.line = 0}; /* the default stands in for it */
}

/* ---- defaults ---- */

/* A default is read as if it had been written: one way to make a value. */
static void
fallback(struct conf *c, const struct conf_key *k, const char *text, struct diag *d)
{
	struct place nowhere = {.file = view_str(k->name)};
	struct reader r;

	reader_init(&r, LEXER_SETTINGS, nowhere.file, view_str(text), c->arena, d);
	do
		value(&r, k, &nowhere, c);
	while (repeatable(k) && !reader_at(&r, TOKEN_END));
	if (!reader_at(&r, TOKEN_END))
		reader_fail(&r, NULL, "unexpected %s", reader_shown(&r, &r.now));
}

static void
defaults(struct conf *c, const char *hostname, struct diag *d)
{
	for (size_t i = 0; i < KEYS; i++) {
		bool host = keys[i].offset == AT(hostname);
		bool id = keys[i].offset == AT(authserv_id);

		if (c->where[i].line)
			continue;
		fallback(c, &keys[i], host ? hostname : id ? c->hostname : keys[i].fallback, d);
	}
}

/* ---- as a whole ---- */

static void
check(const struct conf *c, struct diag *d)
{
	const struct place *window = &c->where[key_of(c, &c->greylist_window)];
	const struct place *wait = &c->where[key_of(c, &c->greylist_wait)];

	if (c->greylist_wait >= c->greylist_window)
		diag_error(d, window->line ? window : wait, NULL,
			"greylist-window must be longer than greylist-wait: no retry could pass");
}

/* Never NULL; what is wrong is left out. */
static struct conf *
read_text(const char *path, struct view text, const char *hostname, struct diag *d)
{
	struct arena *a = arena_new();
	struct conf *c = arena_new_of(a, struct conf);
	size_t before = diag_errors(d);
	struct reader r;

	c->arena = a;
	c->path = arena_cstr(a, view_str(path));
	c->where = arena_array(a, KEYS, sizeof(*c->where));
	reader_init(&r, LEXER_SETTINGS, view_str(c->path), arena_copy(a, text), a, d);
	while (reader_begin(&r))
		statement(&r, c);
	defaults(c, hostname, d);
	if (diag_errors(d) == before)
		check(c, d);
	return c;
}

/* Takes c; NULL if there were errors. */
static struct conf *
flawless(struct conf *c, const struct diag *d, size_t before)
{
	if (diag_errors(d) == before)
		return c;
	conf_free(c);
	return NULL;
}

struct conf *
conf_text(const char *path, struct view text, const char *hostname, struct diag *d)
{
	size_t before = diag_errors(d);

	return flawless(read_text(path, text, hostname, d), d, before);
}

void
conf_free(struct conf *c)
{
	if (c)
		arena_free(c->arena); /* c lives in it */
}

/* ---- rule files ---- */

/* A folder that is not there has no rules; one that cannot be read must not look empty. */
static int
on_glob_error(const char *path, int error)
{
	(void)path;
	return error != ENOENT && error != ENOTDIR;
}

static void
add_files(struct conf *c, const glob_t *g, size_t root)
{
	const char **all = arena_array(c->arena, c->n_rule_files + g->gl_pathc, sizeof(*all));

	if (c->n_rule_files)
		memcpy(all, c->rule_files, c->n_rule_files * sizeof(*all));
	for (size_t i = 0; i < g->gl_pathc; i++)
		all[c->n_rule_files++] = arena_cstr(c->arena, view_str(g->gl_pathv[i] + root));
	c->rule_files = all;
}

/* where: as it is opened; error: of the search, which does not tell a plain name's. */
static void
not_found(const struct conf_pattern *p, const char *where, int error, struct diag *d)
{
	bool plain = !strpbrk(p->text, "*?[");

	if (plain && where)
		error = access(where, F_OK) == 0 ? 0 : errno;
	if (plain && (error == ENOENT || error == ENOTDIR))
		diag_error(d, &p->at, NULL, "there is no rule file '%s'", p->text);
	else
		diag_error(d, &p->at, NULL, "cannot look for rule files '%s': %s", p->text,
			error ? strerrordesc_np(error) : "too long or too many");
}

static void
find_rules(struct conf *c, const struct source_tree *src, struct conf_pattern *p, struct diag *d)
{
	const char *where = source_place(src, p->text, c->arena);
	glob_t g = {0};
	int end, error;

	errno = 0;
	end = where ? glob(where, 0, on_glob_error, &g) : GLOB_ABORTED;
	error = errno;
	p->n_found = g.gl_pathc;
	if (end == 0)
		add_files(c, &g, src ? strlen(src->root) : 0);
	else if (end != GLOB_NOMATCH || !strpbrk(p->text, "*?["))
		not_found(p, where, error, d);
	globfree(&g);
}

struct conf *
conf_load_most(const struct source_tree *src, const char *path, const char *hostname, struct diag *d)
{
	struct place whole = {.file = view_str(path)};
	struct arena *a = arena_new();
	struct conf *c = NULL;
	struct view text;
	const char *why;

	if (source_read(src, path, CONF_FILE_MAX, a, &text, &why) == SOURCE_OK)
		c = read_text(path, text, hostname, d);
	else
		diag_error(d, &whole, NULL, "%s", why);
	for (struct conf_pattern *p = c ? c->rules : NULL; p; p = p->next)
		find_rules(c, src, p, d);
	arena_free(a);
	return c;
}

struct conf *
conf_load(const struct source_tree *src, const char *path, const char *hostname, struct diag *d)
{
	size_t before = diag_errors(d);

	return flawless(conf_load_most(src, path, hostname, d), d, before);
}

/* ---- showing ---- */

const struct place *
conf_where(const struct conf *c, const char *key)
{
	size_t i = find(view_str(key));

	return i < KEYS ? &c->where[i] : NULL;
}

static void
origin(const struct place *at, FILE *out)
{
	if (at->line)
		fprintf(out, "  # %.*s:%u\n", VIEW_ARG(at->file), at->line);
	else
		fputs("  # default\n", out);
}

static void
show_rules(const struct conf *c, FILE *out)
{
	for (const struct conf_pattern *p = c->rules; p; p = p->next) {
		fputs("rules ", out);
		conf_value_quoted(p->text, out);
		origin(&p->at, out);
	}
}

void
conf_show_key(const struct conf *c, const struct conf_key *k, FILE *out)
{
	if (k->type == CONF_LISTENERS) {
		conf_listener_write(c, out);
	} else if (k->type == CONF_PATTERNS) {
		show_rules(c, out);
	} else {
		fprintf(out, "%s ", k->name);
		conf_value_write(k, c, out);
		origin(&c->where[k - keys], out);
	}
}

void
conf_show(const struct conf *c, FILE *out)
{
	for (size_t i = 0; i < KEYS; i++)
		conf_show_key(c, &keys[i], out);
}
