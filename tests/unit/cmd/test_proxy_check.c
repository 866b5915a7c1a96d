/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/proxy_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/mirror.h"
#include "tests/lib/certs.h"
#include "tests/lib/unit.h"

#define MX "own-domains { example.org }\nlistener mx smtp inet:25@0.0.0.0\nbackend b inet:2525@192.0.2.1\n"
#define SUBS "listener s submissions inet:465@0.0.0.0\nbackend b inet:2525@192.0.2.1\n"
#define MILTER "listener m milter unix:/s\n"

static char dir[] = "/tmp/postern-proxy-XXXXXX";

struct row {
	const char *settings, *want; /* %: our folder; want: NULL = nothing is said */
};

static void
expect(const struct row *r, void (*look)(const struct conf *c, struct diag *d))
{
	struct diag *d = diag_new();
	char text[1000] = "", *out = NULL;
	size_t n = 0;
	struct conf *c;
	FILE *f = open_memstream(&out, &n);
	bool good;

	for (const char *p = r->settings; *p; p++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s", *p == '%' ? (int)sizeof(dir) : 1,
			*p == '%' ? dir : p);
	c = conf_text("/c", view_str(text), "mx.example.org", d);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	look(c, d);
	diag_show(d, f);
	fclose(f);
	good = r->want ? strstr(out, r->want) != NULL : *out == 0;
	UNIT_CASE(good, r->settings);
	if (!good)
		printf("%s", out);
	free(out);
	conf_free(c);
	diag_free(d);
}

#define EXPECT(rows, look) \
	for (size_t i = 0; i < sizeof(rows) / sizeof(*(rows)); i++) \
	expect(&(rows)[i], look)

/* ---- settings and rules ---- */

static void
nobody(const struct conf *c, struct diag *d)
{
	struct list *none = list_new(LIST_DOMAINS, LIST_DOMAINS, LIST_DOMAINS);
	const struct program p = {.own_domains = none};

	UNIT_CASE(proxy_check_program(c, &p, d) == (diag_errors(d) == 0), "errors and result agree");
	list_free(none);
}

static void
refuses_none(void)
{
	static const struct row rows[] = {
		{"listener mx smtp inet:25@0.0.0.0\nbackend b inet:25@192.0.2.1\n",
			"/c:1:1: error: own-domains is empty: listener 'mx' would refuse every recipient"},
		{"tls-chain-files { \"/k\" }\n" SUBS, NULL}, /* only users, who may send to all */
		{MILTER, NULL},
	};

	EXPECT(rows, nobody);
}

static const struct program *program;

static void
settings(const struct conf *c, struct diag *d)
{
	proxy_check_settings(c, program, d);
}

static void
quarantine(void)
{
	static const struct effect effects[] = {{.kind = EFFECT_TAG}, {.kind = EFFECT_QUARANTINE}};
	const struct rule rules[] = {{.effects = effects, .n_effects = 1}, {.effects = effects, .n_effects = 2}};
	const struct policy policy = {.threshold[LEVEL_QUARANTINE].set = true};
	const struct program by_rule = {.rules = rules, .n_rules = 2}, harmless = {.rules = rules, .n_rules = 1},
		by_score = {.threshold[LEVEL_QUARANTINE].set = true}, by_policy = {.policies = &policy, .n_policies = 1};
	static const char want[] = "/c:2:1: warning: without quarantine-address, listener 'mx' puts off";
	static const struct row warned = {MX, want}, quiet[] = {{MX "quarantine-address j@example.org\n", NULL}, {MILTER, NULL}},
				plain = {MX, NULL};
	const struct program *all[] = {&by_rule, &by_score, &by_policy};

	for (size_t i = 0; i < 3; i++) {
		program = all[i];
		expect(&warned, settings);
		expect(&quiet[0], settings);
		expect(&quiet[1], settings);
	}
	program = &harmless;
	expect(&plain, settings);
	program = NULL; /* rules with errors */
	expect(&plain, settings);
}

/* ---- this machine ---- */

static void
write_file(const char *name, struct view text)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0)
		abort();
}

static void
machine(const struct conf *c, struct diag *d)
{
	struct privileges user;

	CU_ASSERT_EQUAL_FATAL(privileges_find("nobody", &user), 0);
	proxy_check_system(c, &user, d);
}

static void
looks_at_keys(void)
{
	static const struct row rows[] = {
		{MX "tls-chain-files { \"%/both\" }\n", NULL},
		{MX "tls-chain-files { \"%/both\" \"%/nothing\" }\n", "/c:4:1: error: tls-chain-files: /tmp/postern-proxy-"},
		{MX "tls-chain-files { \"%/nothing\" }\n", "/nothing: No such file or directory\n"},
		{MX "tls-chain-files { \"%\" }\n", "not a regular file\n"},
		{MX "tls-chain-files { \"%/cert\" }\n", "/c:4:1: error: listener mx: "},
		{MX "tls-chain-files { \"%/key\" \"%/other\" }\n", "/c:4:1: error: listener mx: "},
		{MX "tls-chain-files { \"%/text\" }\n", "/c:4:1: error: listener mx: "},
		{MX "tls-chain-files { \"%/both\" }\ntls-ca-file \"%/nothing\"\n", "/c:5:1: error: tls-ca-file: "},
		{MX "tls-chain-files { \"%/both\" \"%/late\" }\n", "/c:4:1: warning: a certificate has ended, or does "
			"in less than 7 days"},
		/* Good enough where the alternative is plain text, and there alone. */
		{MX "tls-chain-files { \"%/weak\" }\n", NULL},
		{SUBS "tls-chain-files { \"%/weak\" }\n", "/c:3:1: error: listener s: "},
		{MILTER "tls-chain-files { \"%/text\" }\n", NULL}, /* nobody uses it */
	};

	EXPECT(rows, machine);
}

static void
looks_at_spool(void)
{
	static const struct row rows[] = {
		{MX "spool-dir \"%/nothing\"\n", "/c:4:1: error: spool-dir /tmp/postern-proxy-"},
		{MX "spool-dir \"%/ours\"\n", "' cannot write to spool-dir /tmp"},
		{MX "spool-dir \"%/open\"\n", NULL},
		{MX "spool-dir \"%/later\"\nstate-dir \"%/later\"\n", NULL}, /* the start makes it */
		{MILTER "spool-dir \"%/nothing\"\n", NULL},
	};

	EXPECT(rows, machine);
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
make_files(struct arena *a)
{
	struct certs_wish wish = {.subject = "mx.example.org", .names = "DNS:mx.example.org", .type = CERTS_EC};
	struct certs_pair good = certs_make(&wish, a), other = certs_make(&wish, a), weak, late;

	wish.type = CERTS_RSA_1024;
	weak = certs_make(&wish, a);
	write_file("both", certs_both(&good, a));
	wish = (struct certs_wish){.subject = "late", .type = CERTS_EC, .expired = true};
	late = certs_make(&wish, a);
	write_file("late", certs_both(&late, a));
	write_file("weak", certs_both(&weak, a));
	write_file("key", good.key);
	write_file("cert", good.cert);
	write_file("other", other.cert);
	write_file("text", VIEW("no key\n"));
	make_folder("ours", 0700);
	make_folder("open", 0777);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"a listener that would refuse everybody", refuses_none},
		{"quarantine without a place", quarantine},
		{"keys and certificates", looks_at_keys},
		{"the folder of the spool", looks_at_spool},
	};
	struct arena *a = arena_new();
	int status;

	if (!mkdtemp(dir) || chmod(dir, 0755) != 0)
		return 1;
	make_files(a);
	status = unit_main("cmd/proxy_check", tests, sizeof(tests) / sizeof(*tests));
	arena_free(a);
	mirror_remove(dir);
	return status;
}
