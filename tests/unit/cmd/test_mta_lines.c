/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/mta_lines.h"

#include <stdlib.h>

#include "tests/lib/unit.h"

static const struct {
	const char *listener, *postfix, *sendmail;
} rows[] = {
	{"main milter unix:/var/spool/postfix/postern/milter.sock", "smtpd_milters = unix:postern/milter.sock\n",
		"INPUT_MAIL_FILTER(`postern', `S=unix:/var/spool/postfix/postern/milter.sock, F=, T="},
	{"b milter unix:/run/p/s", "smtpd_milters = unix:/run/p/s   # not for an smtpd in a chroot",
		"INPUT_MAIL_FILTER(`postern-b', `S=unix:/run/p/s, F="},
	{"main milter inet:9900@127.0.0.1", "smtpd_milters = inet:127.0.0.1:9900\n", "`S=inet:9900@127.0.0.1, F="},
	{"main milter inet6:9900@::1", "smtpd_milters = inet:[::1]:9900\n", "`S=inet6:9900@::1, F="},
};

#define MX "listener mx smtp inet:25@192.0.2.1\nown-domains { example.org }\nbackend "
static const struct {
	const char *conf, *wanted, *unwanted;
} proxies[] = {
	{MX "main inet:10025@127.0.0.1", "Backend main, if it is Postfix, master.cf:\n"
		"  127.0.0.1:10025 inet n - - - - smtpd\n    -o smtpd_milters=\n"
		"    -o smtpd_authorized_xclient_hosts=127.0.0.1\n\n", "milter_protocol"},
	{MX "b inet6:10025@::1 identity proxy-v2", "  [::1]:10025 inet n - - - - smtpd\n    -o smtpd_milters=\n"
		"    -o smtpd_upstream_proxy_protocol=haproxy\n\n", "xclient"},
	{MX "b inet6:25@2001:db8::2 identity xforward", "_xforward_hosts=THIS.HOST'S.ADDRESS\n", "INPUT_MAIL_FILTER"},
	{MX "b inet:25@mail.example.org identity none", "  25 inet n - - - - smtpd\n    -o smtpd_milters=\n\n", "xclient"},
	{MX "b unix:/run/b.sock", "THE PROXY in postern(8)", "master.cf"},
	{"listener main milter unix:/run/p/s\n" MX "main inet:10025@127.0.0.1", "smtpd_milters = unix:/run/p/s ", "postern-mx"},
};

/* What is printed for these settings; free it. */
static char *
printed(const char *conf)
{
	struct diag *d = diag_new();
	struct conf *c = conf_text("/c", view_str(conf), "mx.test", d);
	char *out = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&out, &n);

	UNIT_CASE(c != NULL, conf);
	if (c)
		mta_lines_print(c, f);
	fclose(f);
	conf_free(c);
	diag_free(d);
	return out;
}

static void
names_the_socket(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char conf[200], *out;

		snprintf(conf, sizeof(conf), "listener %s\n", rows[i].listener);
		out = printed(conf);
		UNIT_CASE(strstr(out, rows[i].postfix), rows[i].listener);
		UNIT_CASE(strstr(out, rows[i].sendmail), rows[i].listener);
		free(out);
	}
}

static void
names_the_service(void)
{
	for (size_t i = 0; i < sizeof(proxies) / sizeof(*proxies); i++) {
		char *out = printed(proxies[i].conf);

		UNIT_CASE(strstr(out, proxies[i].wanted), proxies[i].conf);
		UNIT_CASE(!strstr(out, proxies[i].unwanted), proxies[i].conf);
		free(out);
	}
}

static const struct unit_test tests[] = {
	{"names the socket as the MTA sees it", names_the_socket},
	{"names the service behind the proxy", names_the_service}};

int
main(void)
{
	return unit_main("cmd/mta_lines", tests, sizeof(tests) / sizeof(*tests));
}
