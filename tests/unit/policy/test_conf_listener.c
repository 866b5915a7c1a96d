/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf/conf_listener.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/unit.h"

static struct conf *
text(const char *t, struct diag *d)
{
	return conf_text("/etc/p/postern.conf", view_str(t), "mx.example.org", d);
}

static void
default_listener(void)
{
	struct diag *d = diag_new();
	struct conf *c = text("", d);
	const struct conf_listener *l = c->listeners;

	CU_ASSERT_STRING_EQUAL(l->name, "main");
	CU_ASSERT_EQUAL(l->family, CONF_UNIX);
	CU_ASSERT_STRING_EQUAL(l->path, "/var/spool/postfix/postern/milter.sock");
	CU_ASSERT_STRING_EQUAL(l->group, "postfix");
	CU_ASSERT(l->owner == NULL);
	CU_ASSERT_EQUAL(l->mode, 0660);
	CU_ASSERT_EQUAL(l->at.line, 0);
	CU_ASSERT(l->next == NULL);
	conf_free(c);
	diag_free(d);
}

static void
listeners(void)
{
	struct diag *d = diag_new();
	struct conf *c = text("listener one milter unix:/run/../run/s\n"
			      "    socket-owner root # of the socket\n"
			      "    socket-mode 600\n"
			      "listener two milter inet:10025@127.0.0.1\n"
			      "listener three milter inet6:10025@[::1]\n"
			      "listener four milter \"unix:/a b\" socket-group mail\n",
		d);
	const struct conf_listener *l = c ? c->listeners : NULL;

	CU_ASSERT_EQUAL(diag_errors(d), 0);
	CU_ASSERT_STRING_EQUAL(l->path, "/run/s");
	CU_ASSERT_STRING_EQUAL(l->owner, "root");
	CU_ASSERT(l->group == NULL);
	CU_ASSERT_EQUAL(l->mode, 0600);
	l = l->next;
	CU_ASSERT_EQUAL(l->family, CONF_INET);
	CU_ASSERT_EQUAL(l->port, 10025);
	CU_ASSERT(ip_is_loopback(&l->ip));
	CU_ASSERT_EQUAL(l->at.line, 4);
	l = l->next;
	CU_ASSERT_EQUAL(l->family, CONF_INET6);
	CU_ASSERT(ip_is_loopback(&l->ip));
	l = l->next;
	CU_ASSERT_STRING_EQUAL(l->path, "/a b");
	CU_ASSERT_STRING_EQUAL(l->group, "mail");
	CU_ASSERT_EQUAL(l->mode, 0660);
	CU_ASSERT(l->next == NULL);
	conf_free(c);
	diag_free(d);
}

static const struct {
	const char *text, *want, *hint;
} faults[] = {
	{"listener", "1:9: expected a name for the listener, found the end", NULL},
	{"listener A milter unix:/x", "1:10: expected a name for the listener", NULL},
	{"listener a lmtp unix:/x", "1:12: unknown protocol 'lmtp'", NULL},
	{"listener a milter", "1:18: expected an address such as unix:", NULL},
	{"listener a milter /x", "1:19: '/x' is not an address to listen on",
		"unix:/path, inet"},
	{"listener a milter unix:", "1:19: a unix socket needs a path", NULL},
	{"listener a milter unix:postern/s", "1:19: write an absolute path: 'postern/s' is",
		"for Postfix: unix:/var/spool/postfix/postern/s"},
	{"listener a milter inet:0@127.0.0.1", "1:19: 'inet:0@127.0.0.1' is not", NULL},
	{"listener a milter inet:65536@127.0.0.1", "1:19: 'inet:65536@127.0.0.1'", NULL},
	{"listener a milter inet:25@::1", "1:19: 'inet:25@::1' is not", NULL},
	{"listener a milter inet6:25@127.0.0.1", "1:19: 'inet6:25@127.0.0.1'", NULL},
	{"listener a milter inet:25", "1:19: 'inet:25' is not", NULL},
	{"listener a milter inet:25@localhost", "1:19: 'inet:25@localhost'", NULL},
	{"listener a milter unix:/x socket-mode 0888", "1:39: expected a mode such as",
		NULL},
	{"listener a milter unix:/x socket-mode 4755", "1:39: expected a mode such as",
		NULL},
	{"listener a milter unix:/x socket-mod 600", "1:27: a listener has no 'socket-m",
		"did you mean 'socket-mode'?"},
	{"listener a milter unix:/x socket-owner b socket-owner c",
		"1:42: a listener has one 'socket-owner'", NULL},
	{"listener a milter inet:25@127.0.0.1 socket-mode 0600",
		"1:37: only a unix socket has a mode", NULL},
	{"listener a milter unix:/x\nlistener a milter unix:/y",
		"2:1: listener 'a' is already set at line 1", NULL},
	{"listener a milter unix:/x\nlistener b milter unix:/x",
		"2:1: listener 'a' has the same address", NULL},
	{"listener a milter unix:/0123456789012345678901234567890123456789012345678901234567"
	 "89012345678901234567890123456789012345678901234567",
		"1:19: the path of a unix socket has at most 107 bytes", NULL},
};

static bool
has_hint(const struct diag *d, const char *hint)
{
	char *shown = NULL;
	size_t n;
	FILE *f = open_memstream(&shown, &n);
	bool has;

	diag_show(d, f);
	fclose(f);
	has = strstr(shown, "      = ") && strstr(strstr(shown, "      = "), hint);
	free(shown);
	return has;
}

static void
refusals(void)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct diag *d = diag_new();
		struct arena *a = arena_new();
		struct conf *c = text(faults[i].text, d);
		char want[300];

		snprintf(want, sizeof(want), "/etc/p/postern.conf:%s", faults[i].want);
		UNIT_CASE(c == NULL, faults[i].text);
		UNIT_CASE(diag_errors(d) == 1, faults[i].text);
		UNIT_CASE(strncmp(diag_first(d, a).p, want, strlen(want)) == 0, faults[i].text);
		UNIT_CASE(!faults[i].hint || has_hint(d, faults[i].hint), faults[i].text);
		conf_free(c);
		arena_free(a);
		diag_free(d);
	}
}

static const struct unit_test tests[] = {
	{"listens for Postfix by default", default_listener},
	{"reads listeners", listeners},
	{"refuses, with place and remedy", refusals},
};

int
main(void)
{
	return unit_main("policy/conf/conf_listener", tests, sizeof(tests) / sizeof(*tests));
}
