/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/site_check.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/unit.h"

#define OK_NETS "own-domains { example.org }\n"
#define OK_SITE "user nobody\nhostname mx.example.org\nlistener a milter unix:/s\nrules \"x.rules\"\n"

static char dir[] = "/tmp/postern-site-XXXXXX";

/* What is shown for these settings, with % for the folder of this test; give back with free. */
static char *
shown(const char *settings, void (*check)(const struct conf *c, struct diag *d))
{
	struct diag *d = diag_new();
	char text[1000] = "", *out = NULL;
	size_t n = 0;
	struct conf *c;
	FILE *f = open_memstream(&out, &n);

	for (const char *p = settings; *p; p++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s",
			*p == '%' ? (int)sizeof(dir) : 1, *p == '%' ? dir : p);
	c = conf_text("/c", view_str(text), "mx.example.org", d);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	check(c, d);
	diag_show(d, f);
	fclose(f);
	conf_free(c);
	diag_free(d);
	return out;
}

struct row {
	const char *settings, *want; /* want: NULL = nothing is said */
};

static void
expect(const struct row *r, size_t n, void (*check)(const struct conf *c, struct diag *d))
{
	for (size_t i = 0; i < n; i++) {
		char *text = shown(r[i].settings, check);
		bool good = r[i].want ? strstr(text, r[i].want) != NULL : *text == 0;

		UNIT_CASE(good, r[i].settings);
		if (!good)
			printf("%s", text);
		free(text);
	}
}

/* ---- the files alone ---- */

static void
without_rules(const struct conf *c, struct diag *d)
{
	site_check_settings(c, NULL, d);
}

static void
judges_settings(void)
{
	static const struct row rows[] = {
		{OK_NETS, NULL},
		{OK_NETS "own-nets { 16.0.0.0/4 192.0.2.0/24 }\n", NULL},
		{OK_NETS "own-nets { 192.0.2.1 0.0.0.0/0 }\n",
			"/c:2:1: warning: 0.0.0.0/0 in own-nets would pass mail of half the internet"},
		{OK_NETS "own-nets { 224.0.0.0/3 }\n", "224.0.0.0/3 in own-nets would pass"},
		{OK_NETS "trusted-relays { ::/0 }\n", "/c:2:1: warning: ::/0 in trusted-relays"},
		{OK_NETS "listener a milter inet:99@127.0.0.1\n", NULL},
		{OK_NETS "listener a milter inet:99@0.0.0.0\n",
			"/c:2:1: warning: listener a: anyone who can reach port 99 can speak to it"},
		{OK_NETS "listener a milter inet6:99@::1\n", NULL},
		{OK_NETS "listener a milter inet6:99@::\n", "warning: listener a: anyone"},
		{"user x\n", "/c: note: own-domains is empty"},
	};

	expect(rows, sizeof(rows) / sizeof(*rows), without_rules);
}

static void
with_no_rule(const struct conf *c, struct diag *d)
{
	struct program p = {.n_rules = 0};

	site_check_settings(c, &p, d);
}

static void
with_a_rule(const struct conf *c, struct diag *d)
{
	struct program p = {.n_rules = 1};

	site_check_settings(c, &p, d);
}

static void
misses_rules(void)
{
	static const struct row none[] = {{OK_NETS, "/c: warning: no rules: nothing would be judged"}},
				one[] = {{OK_NETS, NULL}};

	expect(none, 1, with_no_rule);
	expect(one, 1, with_a_rule);
}

/* ---- this machine ---- */

static void
make_file(const char *name, unsigned mode, uid_t owner)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fclose(f) != 0 || chmod(path, mode) != 0)
		abort();
	if (geteuid() == 0 && chown(path, owner, (gid_t)-1) != 0)
		abort();
}

static void
make_folder(const char *name, unsigned mode)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (mkdir(path, 0700) != 0 || chmod(path, mode) != 0)
		abort();
}

static void
looks_for_users(void)
{
	static const struct row rows[] = {
		{OK_SITE, NULL},
		{"user no-such-user\nhostname a.b\nlistener a milter unix:/s\n",
			"/c:1:1: error: user: there is no user 'no-such-user'\n    1 | user no-such-user\n"
			"      | ^~~~\n      = adduser --system --group --no-create-home no-such-user\n"},
		{"user root\n", "error: user: 'root' is root: workers need an unprivileged one"},
		{"user nobody\nlistener a milter unix:/s socket-owner root socket-group no-such-group\n",
			"/c:2:1: error: listener a: socket-group: there is no group 'no-such-group'"},
		{"user nobody\nlistener a milter unix:/s socket-owner no-such-user\n",
			"/c:2:1: error: listener a: socket-owner: there is no user 'no-such-user'"},
	};

	expect(rows, sizeof(rows) / sizeof(*rows), site_check_system);
}

static void
looks_at_files(void)
{
	static const struct row rows[] = {
		{OK_SITE "evidence-file \"%/open/e\"\n", NULL},
		{OK_SITE "evidence-file \"%/nothing/e\"\n", "nothing: no evidence would be kept\n"},
		{"user no-such-user\nevidence-file \"%/nothing/e\"\n", "/c:2:1: warning: there is no folder"},
		{OK_SITE "evidence-file \"%/ours/e\"\n", "warning: user 'nobody' cannot write to"},
		{OK_SITE "evidence-file \"%/open/taken\"\n", "/open/taken: no evidence would be kept\n"},
		{OK_SITE "dmarc-history \"%/open/dmarc\"\n", NULL},
		{OK_SITE "dmarc-history \"%/open\"\n", NULL},
		{OK_SITE "dmarc-history \"%/nothing/d\"\n", "nothing/d: no DMARC results would be kept\n"},
		{OK_SITE "dmarc-history \"%/ours\"\n", "warning: user 'nobody' cannot write to"},
		{OK_SITE "secrets-file \"%/good\"\n", NULL},
		{OK_SITE "secrets-file \"%/nothing\"\n", "nothing: no such file\n"},
		{OK_SITE "secrets-file \"%/loose\"\n",
			"loose has mode 0640: it must be readable by its owner alone\n"},
		{OK_SITE "secrets-file \"%/open\"\n", "open is not a regular file\n"},
	};

	expect(rows, sizeof(rows) / sizeof(*rows), site_check_system);
}

static void
looks_at_owners(void)
{
	static const struct row row = {OK_SITE "secrets-file \"%/foreign\"\n",
		"foreign does not belong to user 'nobody', who has to read it\n"};

	if (geteuid() == 0) /* else it is the daemon's own user who asks */
		expect(&row, 1, site_check_system);
}

static void
looks_for_rules(void)
{
	static const struct row rows[] = {
		{OK_SITE "rules \"%/empty/*.rules\"\n", "empty is empty so far\n"},
		{OK_SITE "rules \"%/open/*.rules\"\n", "/c:5:1: warning: rules: no file matches '"},
		{OK_SITE "rules \"%/nothing/*.rules\"\n", "/*.rules': there is no such folder\n"},
		{"user nobody\nhostname a.b\nlistener a milter unix:/s\n", NULL}, /* defaults may miss */
	};

	expect(rows, sizeof(rows) / sizeof(*rows), site_check_system);
}

static void
looks_at_the_name(void)
{
	static const struct row rows[] = {
		{"hostname localhost\n", "/c:1:1: warning: hostname is 'localhost', which is no name"},
		{"hostname mx\n", "/c:1:1: warning: hostname is 'mx', which"},
		{OK_SITE "authserv-id mx\n", NULL},
	};

	expect(rows, sizeof(rows) / sizeof(*rows), site_check_system);
}

static void
reads_permissions(void)
{
	static const struct privileges user = {.uid = 7, .gid = 8, .group = {8, 9}, .n_groups = 2};
	static const struct {
		const char *name;
		uid_t uid;
		gid_t gid;
		mode_t mode;
		unsigned bits;
		bool may;
	} rows[] = {
		{"owner", 7, 1, 0300, 3, true},
		{"owner without the bit", 7, 8, 0177, 3, false},
		{"group", 1, 8, 0030, 3, true},
		{"further group", 1, 9, 0030, 3, true},
		{"group without the bit", 1, 9, 0703, 3, false},
		{"others", 1, 1, 0003, 3, true},
		{"others, one bit of two", 1, 1, 0772, 3, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct stat st = {.st_uid = rows[i].uid, .st_gid = rows[i].gid, .st_mode = rows[i].mode};

		UNIT_CASE(site_check_may(&st, &user, rows[i].bits) == rows[i].may, rows[i].name);
	}
}

static const struct unit_test tests[] = {
	{"warns of nets, ports and nobody's domains", judges_settings},
	{"warns of a set without rules", misses_rules},
	{"looks for users and groups", looks_for_users},
	{"looks at the files of evidence and secrets", looks_at_files},
	{"looks whose the secrets are", looks_at_owners},
	{"looks for rule files", looks_for_rules},
	{"looks at the name of the system", looks_at_the_name},
	{"reads permission bits", reads_permissions},
};

int
main(void)
{
	static const char *const made[] = {"open/taken", "open", "ours", "empty", "good", "loose", "foreign", ""};
	const struct passwd *nobody = getpwnam("nobody");
	uid_t uid = nobody ? nobody->pw_uid : 0;
	char path[100];
	int status;

	if (!nobody || !mkdtemp(dir) || chmod(dir, 0755) != 0)
		return 2;
	make_folder("open", 0777);
	make_folder("ours", 0700);
	make_folder("empty", 0755);
	make_file("open/taken", 0600, 0);
	make_file("good", 0600, uid);
	make_file("loose", 0640, uid);
	make_file("foreign", 0600, 0);
	status = unit_main("cmd/site_check", tests, sizeof(tests) / sizeof(*tests));
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, made[i]);
		if (remove(path) != 0)
			status = 2;
	}
	return status;
}
