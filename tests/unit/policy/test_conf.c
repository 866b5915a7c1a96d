/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf.h"
#include "policy/conf/conf_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/spf/spf_query.h"
#include "tests/lib/unit.h"
#include "util/log.h"

static const char host[] = "MX.Example.org";

static struct conf *
text(const char *t, struct diag *d)
{
	return conf_text("/etc/p/postern.conf", view_str(t), host, d);
}

/* ---- defaults ---- */

static void
defaults(void)
{
	struct diag *d = diag_new();
	struct conf *c = text("# nothing\n", d);

	CU_ASSERT_EQUAL(diag_errors(d), 0);
	CU_ASSERT_STRING_EQUAL(c->user, "postern");
	CU_ASSERT_STRING_EQUAL(c->run_dir, "/run/postern");
	CU_ASSERT_STRING_EQUAL(c->hostname, "mx.example.org");
	CU_ASSERT_STRING_EQUAL(c->authserv_id, "mx.example.org");
	CU_ASSERT_EQUAL(c->own_names.n, 0);
	CU_ASSERT_EQUAL(c->own_nets.n, 2);
	UNIT_VIEW(c->own_nets.item[0], "127.0.0.0/8");
	UNIT_VIEW(c->own_nets.item[1], "::1");
	CU_ASSERT_STRING_EQUAL(c->rules->text, RULES_DIR "/*.rules");
	CU_ASSERT_STRING_EQUAL(c->rules->next->text, "/etc/postern/rules.d/*.rules");
	CU_ASSERT(c->rules->next->next == NULL);
	CU_ASSERT(c->secrets_file == NULL);
	CU_ASSERT(!c->dry_run && c->authentication_results && c->spam_headers);
	CU_ASSERT_EQUAL(c->log, CONF_LOG_JOURNAL);
	CU_ASSERT_EQUAL(c->log_level, LOG_LEVEL_INFO);
	CU_ASSERT_EQUAL(c->spf_engine, SPF_LIBSPF2);
	CU_ASSERT_EQUAL(c->dns_timeout, 5000);
	CU_ASSERT_EQUAL(c->dns_cache, 16 << 20);
	CU_ASSERT_EQUAL(c->greylist_life, 36 * 86400000ULL);
	CU_ASSERT_EQUAL(c->milter_sessions, 500);
	CU_ASSERT_EQUAL(c->store_timeout, 50);
	CU_ASSERT_EQUAL(conf_where(c, "dns-cache")->line, 0);
	CU_ASSERT(conf_where(c, "nothing") == NULL);
	conf_free(c);
	diag_free(d);
}

/* ---- what is said ---- */

static void
values(void)
{
	struct diag *d = diag_new();
	struct conf *c = text("hostname mail.example.org\n"
			      "own-names { A.example, b.example }\n"
			      "own-nets\n  {\n  10.0.0.0/8\n}\n"
			      "own-domains { example.org .Example.net }\n"
			      "secrets-file secrets\n"
			      "evidence-file \"/var/log/e v\"\n"
			      "dmarc-report-org \"A & B\"\ndmarc-report-from Reports@Example.org\n"
			      "dmarc-history /d\ndmarc-report-contact none\n"
			      "log-level debug\nlog syslog\nspf-engine native\n"
			      "dry-run yes\nspam-headers no\n"
			      "dns-timeout 100ms\ndns-cache 4096MB\n"
			      "dns-servers { 127.0.0.1@5353 ::1 }\n"
			      "dns-zone-files { a \"b c\" /d }\n"
			      "dns-transparent-zones { test 10.in-addr.arpa }\n"
			      "rules x/*.rules\nrules \"/y.rules\"\n",
		d);

	CU_ASSERT_EQUAL(diag_errors(d), 0);
	CU_ASSERT_STRING_EQUAL(c->hostname, "mail.example.org");
	CU_ASSERT_STRING_EQUAL(c->authserv_id, "mail.example.org");
	UNIT_VIEW(c->own_names.item[0], "a.example");
	CU_ASSERT_EQUAL(c->own_nets.n, 1);
	UNIT_VIEW(c->own_domains.item[1], ".example.net");
	CU_ASSERT_STRING_EQUAL(c->secrets_file, "/etc/p/secrets");
	CU_ASSERT_STRING_EQUAL(c->evidence_file, "/var/log/e v");
	CU_ASSERT_STRING_EQUAL(c->dmarc_history, "/d");
	CU_ASSERT_STRING_EQUAL(c->dmarc_report_org, "A & B");
	CU_ASSERT_STRING_EQUAL(c->dmarc_report_from, "Reports@example.org");
	CU_ASSERT(c->dmarc_report_contact == NULL);
	CU_ASSERT_EQUAL(c->log_level, LOG_LEVEL_DEBUG);
	CU_ASSERT_EQUAL(c->log, CONF_LOG_SYSLOG);
	CU_ASSERT_EQUAL(c->spf_engine, SPF_NATIVE);
	CU_ASSERT(c->dry_run && !c->spam_headers);
	CU_ASSERT_EQUAL(c->dns_timeout, 100);
	CU_ASSERT_EQUAL(c->dns_cache, 4096ULL << 20);
	CU_ASSERT_EQUAL(c->dns_servers.n, 2);
	CU_ASSERT_EQUAL(c->dns_zone_files.n, 3);
	UNIT_VIEW(c->dns_zone_files.item[1], "/etc/p/b c");
	CU_ASSERT_EQUAL(c->dns_transparent_zones.n, 2);
	CU_ASSERT_STRING_EQUAL(c->rules->text, "/etc/p/x/*.rules");
	CU_ASSERT_STRING_EQUAL(c->rules->next->text, "/y.rules");
	CU_ASSERT(c->rules->next->next == NULL); /* the defaults are replaced */
	CU_ASSERT_EQUAL(conf_where(c, "own-nets")->line, 3);
	CU_ASSERT_EQUAL(conf_where(c, "hostname")->line, 1);
	CU_ASSERT_EQUAL(conf_where(c, "authserv-id")->line, 0);
	conf_free(c);
	diag_free(d);
}

/* ---- what is refused ---- */

static const struct {
	const char *text, *want, *hint;
} faults[] = {
	{"usr postern", "1:1: error: unknown setting 'usr'", "did you mean 'user'?"},
	{"zebra 1", "1:1: error: unknown setting 'zebra'", NULL},
	{"\"user\" x", "1:1: error: unknown setting 'user'", NULL},
	{"user x\nlog stderr\nuser y",
		"3:1: error: 'user' is already set at /etc/p/postern.conf:1", "keep one"},
	{"user", "1:5: error: expected a user or group name, found the end", NULL},
	{"user = x", "1:6: error: unexpected '='", "write 'user VALUE'"},
	{"dmarc-report-from \"a b@x.org\"", "1:19: error: 'a b@x.org' is not a plain mail address", "write one"},
	{"dmarc-report-from postmaster", "1:19: error: 'postmaster' is not a plain mail address", "write one"},
	{"dmarc-report-org \"\"", "1:18: error: an empty text", NULL},
	{"user a/b", "1:6: error: 'a/b' is not a user or group name", NULL},
	{"user x y", "1:8: error: unexpected 'y' after 'user'", "one setting a line"},
	{"  user x", "1:3: error: a statement starts in column 1", NULL},
	{"user x\n  log stderr", "2:3: error: unexpected 'log' after 'user'", NULL},
	{"dns-timeout 5", "1:13: error: expected a duration such as 10s or 5m, found '5'",
		NULL},
	{"dns-timeout 99ms", "1:13: error: dns-timeout is from 100ms to 30s", NULL},
	{"dns-timeout 31s", "1:13: error: dns-timeout is from 100ms to 30s", NULL},
	{"rcpt-wait 26s", "1:11: error: rcpt-wait is from 100ms to 25s", NULL},
	{"end-wait 1m", "1:10: error: end-wait is from 100ms to 50s", NULL},
	{"dns-cache 5GB", "1:11: error: dns-cache is from 1MB to 4GB", NULL},
	{"dns-cache 16", "1:11: error: expected a size such as 16MB, found '16'", NULL},
	{"milter-sessions 0", "1:17: error: milter-sessions is from 1 to 10000", NULL},
	{"milter-sessions -1", "1:17: error: expected a number, found '-1'", NULL},
	{"milter-sessions 99999999999999999999", "1:17: error: expected a number", NULL},
	{"dry-run maybe", "1:9: error: unknown value 'maybe'", "one of: no yes"},
	{"log journl", "1:5: error: unknown value 'journl'", "did you mean 'journal'?"},
	{"hostname a b", "1:12: error: unexpected 'b' after 'hostname'", NULL},
	{"hostname a_b", "1:10: error: 'a_b' is not a host name", NULL},
	{"hostname -", "1:10: error: '-' is not a host name", NULL},
	{"own-nets 10.0.0.0/8", "1:10: error: expected '{', found '10.0.0.0/8'",
		"write { 10.0.0.0/8 }"},
	{"own-nets { 10.0.0.0/33 }", "1:12: error: '10.0.0.0/33' is not an address or network",
		NULL},
	{"own-nets { \"junk\" }", "1:12: error: 'junk' is not an address or network", NULL},
	{"own-names { a_b }", "1:13: error: 'a_b' is not a host name", NULL},
	{"own-nets { 10.0.0.0/8", "1:10: error: '{' is never closed", NULL},
	{"own-domains { a..b }", "1:15: error: 'a..b' is not a domain", NULL},
	{"own-domains { . }", "1:15: error: '.' is not a domain", NULL},
	{"dns-servers { localhost }", "1:15: error: 'localhost' is not an address, or", NULL},
	{"dns-servers { 127.0.0.1@0 }", "1:15: error: '127.0.0.1@0' is not", NULL},
	{"run-dir none", NULL, NULL}, /* a folder of that name: it has no "none" */
	{"secrets-file", "1:13: error: expected a path, found the end", NULL},
	{"secrets-file \"\"", "1:14: error: an empty path", NULL},
	{"secrets-file \"a", "1:14: error: string is not closed on this line", NULL},
	{"greylist-window 1m\ngreylist-wait 1m",
		"1:1: error: greylist-window must be longer than greylist-wait", NULL},
	{"reputation-ham-score 3\nreputation-spam-score 3",
		"2:1: error: reputation-ham-score must be less than reputation-spam-score", NULL},
	{"reputation-ham-score 5", NULL, NULL}, /* the spam score is the threshold, which is not known here */
	{"redis-servers { 127.0.0.1 }\nstore-timeout 20ms",
		"2:1: error: redis-timeout must be less than store-timeout", NULL},
	{"store-timeout 20ms", NULL, NULL}, /* no Redis */
	{"spool-max 49MB", "1:1: error: message-size-max must not be over spool-max", NULL},
	{"message-size-max 2GB", "1:1: error: message-size-max must not be over spool-max", NULL},
};

static void
refusals(void)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct diag *d = diag_new();
		struct conf *c = text(faults[i].text, d);
		char *shown = NULL, want[300];
		size_t n;
		FILE *f = open_memstream(&shown, &n);

		diag_show(d, f);
		fclose(f);
		UNIT_CASE((c == NULL) == (faults[i].want != NULL), faults[i].text);
		UNIT_CASE(diag_errors(d) == (faults[i].want != NULL), faults[i].text);
		if (faults[i].want) {
			snprintf(want, sizeof(want), "/etc/p/postern.conf:%s", faults[i].want);
			UNIT_CASE(strncmp(shown, want, strlen(want)) == 0, faults[i].text);
			if (strncmp(shown, want, strlen(want)) != 0)
				printf("%s", shown);
		}
		snprintf(want, sizeof(want), "      = %s", faults[i].hint ? faults[i].hint : "");
		UNIT_CASE(!faults[i].hint || strstr(shown, want), faults[i].text);
		free(shown);
		conf_free(c);
		diag_free(d);
	}
}

static void
every_mistake(void)
{
	struct diag *d = diag_new();

	CU_ASSERT(text("usr a\nlog x\nuser ok\n  , more\nmilter-sessions 0\n", d) == NULL);
	CU_ASSERT_EQUAL(diag_errors(d), 4);
	diag_free(d);
}

static void
every_bad_item(void)
{
	struct diag *d = diag_new();
	struct arena *a = arena_new();

	CU_ASSERT(text("own-nets { 10.0.0.0/8 x 192.0.2.1 y/8, z }\ndns-servers { a b }\n", d) == NULL);
	CU_ASSERT_EQUAL(diag_errors(d), 5);
	UNIT_VIEW(diag_first(d, a),
		"/etc/p/postern.conf:1:23: 'x' is not an address or network");
	arena_free(a);
	diag_free(d);
}

static void
host_bits(void)
{
	struct diag *d = diag_new();
	struct conf *c = text("own-nets { 127.0.0.1/8 2001:DB8::1/32 192.0.2.1 }\n", d);

	CU_ASSERT_FATAL(c != NULL);
	CU_ASSERT_EQUAL(diag_errors(d), 0);
	CU_ASSERT_EQUAL(diag_warnings(d), 2);
	CU_ASSERT_EQUAL(c->own_nets.n, 3);
	UNIT_VIEW(c->own_nets.item[0], "127.0.0.0/8");
	UNIT_VIEW(c->own_nets.item[1], "2001:db8::/32");
	UNIT_VIEW(c->own_nets.item[2], "192.0.2.1");
	conf_free(c);
	diag_free(d);
}

static void
bad_hostname(void)
{
	struct diag *d = diag_new();

	CU_ASSERT(conf_text("f", VIEW(""), "a b", d) == NULL);
	CU_ASSERT(diag_errors(d) > 0);
	diag_free(d);
	d = diag_new();
	CU_ASSERT(conf_text("f", VIEW(""), "", d) == NULL);
	diag_free(d);
}

/* ---- the table ---- */

static void
table(void)
{
	size_t n;
	const struct conf_key *k = conf_keys(&n);

	CU_ASSERT(n > 30);
	for (size_t i = 0; i < n; i++) {
		UNIT_CASE(k[i].help && *k[i].help, k[i].name);
		UNIT_CASE(k[i].fallback && *k[i].fallback, k[i].name);
		UNIT_CASE((k[i].type == CONF_ENUM) == (k[i].words != NULL), k[i].name);
		for (size_t j = 0; j < i; j++) {
			UNIT_CASE(strcmp(k[i].name, k[j].name) != 0, k[i].name);
			UNIT_CASE(k[i].offset != k[j].offset, k[i].name);
		}
	}
}

static char *
shown(const struct conf *c)
{
	char *t = NULL;
	size_t n;
	FILE *f = open_memstream(&t, &n);

	conf_show(c, f);
	fclose(f);
	return t;
}

static void
without_origins(char *t)
{
	char *out = t, *hash;

	while ((hash = strstr(t, "  # ")) != NULL) {
		memmove(out, t, (size_t)(hash - t));
		out += hash - t;
		t = strchr(hash, '\n');
	}
	memmove(out, t, strlen(t) + 1);
}

/* What is shown says the same when it is read. */
static void
round_trip(void)
{
	static const char *const texts[] = {"",
		"own-names { a b }\nown-nets { }\ndns-transparent-zones all\nlog stderr\n"
		"dns-cache 1536KB\ngreylist-wait 90s\nstore-timeout 1500ms\ndry-run yes\n"
		"secrets-file \"a \\\"b\\\\\"\ndns-zone-files { x }\nrules a\nrules \"b c\"\n"
		"listener a milter unix:/s socket-owner o socket-group g socket-mode 0600\n"
		"listener b milter inet6:1@::1\n"};

	for (size_t i = 0; i < 2; i++) {
		struct diag *d = diag_new();
		struct conf *c = text(texts[i], d), *again;
		char *one, *two;

		UNIT_CASE(diag_errors(d) == 0, texts[i]);
		one = shown(c);
		UNIT_CASE(strstr(one, "mta-user postfix  # default\n") != NULL, one);
		UNIT_CASE(i == 0 || strstr(one, "log stderr  # /etc/p/postern.conf:4\n"), one);
		again = text(one, d);
		UNIT_CASE(again != NULL, one);
		two = again ? shown(again) : strdup("");
		without_origins(one);
		without_origins(two);
		UNIT_CASE(strcmp(one, two) == 0, one);
		free(one);
		free(two);
		conf_free(c);
		conf_free(again);
		diag_free(d);
	}
}

/* ---- files ---- */

static char folder[] = "/tmp/postern-conf-XXXXXX";

static const char *
write_file(const char *name, const char *t)
{
	static char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	fputs(t, f);
	fclose(f);
	return path;
}

static void
expect_file(const char *t, size_t files, const char *error)
{
	struct diag *d = diag_new();
	struct conf *c = conf_load(NULL, write_file("postern.conf", t), host, d);
	struct arena *a = arena_new();
	struct view first = diag_first(d, a);

	UNIT_CASE((c != NULL) == (error == NULL), t);
	if (c)
		UNIT_CASE(c->n_rule_files == files, t);
	for (size_t i = 1; c && i < c->n_rule_files; i++)
		UNIT_CASE(strcmp(c->rule_files[i - 1], c->rule_files[i]) < 0, t);
	if (error)
		UNIT_CASE(view_search_nocase(first, view_str(error)) < first.n, t);
	conf_free(c);
	arena_free(a);
	diag_free(d);
}

static void
rule_files(void)
{
	write_file("b.rules", "");
	write_file("a.rules", "");
	write_file("c.txt", "");
	expect_file("rules *.rules\n", 2, NULL);
	expect_file("rules a.rules\nrules c.txt\n", 2, NULL);
	expect_file("rules nothing/*.rules\n", 0, NULL);
	expect_file("log stderr\nrules nothing.rules\n", 0, ":2:1: there is no rule file");
}

/* With errors, what is good stands, and the rest is as if it had not been written. */
static void
most_of_it(void)
{
	struct diag *d = diag_new();
	const char *path = write_file("postern.conf",
		"user a/b\nown-nets { x 10.0.0.0/8 }\nrcpt-wait 4s\nrules a.rules\nrules \"\n"
		"rules nothing/*.rules\nlistener a milter unix:s\n");
	struct conf *c = conf_load_most(NULL, path, host, d);

	CU_ASSERT_EQUAL(diag_errors(d), 4);
	CU_ASSERT_FATAL(c != NULL);
	CU_ASSERT_STRING_EQUAL(c->user, "postern");
	CU_ASSERT_EQUAL(c->own_nets.n, 2);
	UNIT_VIEW(c->own_nets.item[0], "127.0.0.0/8");
	CU_ASSERT_EQUAL(c->rcpt_wait, 4000);
	CU_ASSERT_EQUAL(c->n_rule_files, 1);
	CU_ASSERT_EQUAL(c->rules->n_found, 1);
	CU_ASSERT_EQUAL(c->rules->next->n_found, 0);
	CU_ASSERT(c->rules->next->next == NULL && c->listeners == NULL);
	conf_free(c);
	CU_ASSERT(conf_load(NULL, path, host, d) == NULL);
	CU_ASSERT(conf_load_most(NULL, "/nonexistent/postern.conf", host, d) == NULL);
	diag_free(d);
}

static void
the_file(void)
{
	struct diag *d = diag_new();
	struct arena *a = arena_new();
	const char *path = write_file("open.conf", "rules *.rules\n");
	struct view first;

	chmod(path, 0622);
	CU_ASSERT(conf_load(NULL, path, host, d) == NULL);
	first = diag_first(d, a);
	CU_ASSERT(view_search_nocase(first, VIEW("open.conf: world-writable: ")) < first.n);
	diag_free(d);
	d = diag_new();
	CU_ASSERT(conf_load(NULL, "/nonexistent/postern.conf", host, d) == NULL);
	UNIT_VIEW(diag_first(d, a), "/nonexistent/postern.conf: no such file");
	diag_free(d);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"has defaults", defaults},
	{"reads values of every type", values},
	{"refuses, with place and remedy", refusals},
	{"reports every mistake of one run", every_mistake},
	{"reports every bad item of a set", every_bad_item},
	{"clears host bits, with a warning", host_bits},
	{"checks the name of the system too", bad_hostname},
	{"has one row a key", table},
	{"shows what says the same again", round_trip},
	{"finds rule files, sorted", rule_files},
	{"reads most of a file with errors", most_of_it},
	{"refuses an open or missing file", the_file},
};

int
main(void)
{
	static const char *const made[] = {"postern.conf", "open.conf", "a.rules", "b.rules", "c.txt"};
	char path[200];
	int status;

	if (!mkdtemp(folder))
		return 2;
	status = unit_main("policy/conf", tests, sizeof(tests) / sizeof(*tests));
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, made[i]);
		unlink(path);
	}
	rmdir(folder);
	return status;
}
