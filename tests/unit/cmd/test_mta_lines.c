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

static void
names_the_socket(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct diag *d = diag_new();
		char conf[200], *out = NULL;
		struct conf *c;
		size_t n = 0;
		FILE *f = open_memstream(&out, &n);

		snprintf(conf, sizeof(conf), "listener %s\n", rows[i].listener);
		c = conf_text("/c", view_str(conf), "mx.test", d);
		CU_ASSERT_PTR_NOT_NULL_FATAL(c);
		mta_lines_print(c, f);
		fclose(f);
		UNIT_CASE(strstr(out, rows[i].postfix), rows[i].listener);
		UNIT_CASE(strstr(out, rows[i].sendmail), rows[i].listener);
		free(out);
		conf_free(c);
		diag_free(d);
	}
}

static const struct unit_test tests[] = {{"names the socket as the MTA sees it", names_the_socket}};

int
main(void)
{
	return unit_main("cmd/mta_lines", tests, sizeof(tests) / sizeof(*tests));
}
