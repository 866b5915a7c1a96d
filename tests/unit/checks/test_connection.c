/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/connection.h"

#include <time.h>

#include "tests/unit/checks/fake_check.c"

enum row { IP, DIRECTION, LISTENER, HOUR, WEEKDAY, TLS, TLS_VERSION, TLS_CIPHER, TLS_CERT, AUTH_USER };

static struct list *
nets(const char *item)
{
	struct list *l = list_new(LIST_NETS, LIST_NETS, LIST_NETS);
	struct list_note note;

	if (!list_add(l, view_str(item), (struct view){0}, &note) || !list_seal(l, &note))
		abort();
	return l;
}

static const struct {
	const char *title, *ip, *auth;
	enum stage stage;
	bool mail;
	const char *want;
} directions[] = {
	{"stranger before MAIL", "192.0.2.7", NULL, STAGE_CONNECT, false, "..."},
	{"stranger", "192.0.2.7", NULL, STAGE_MAIL, true, "inbound"},
	{"own net at connect", "10.0.0.1", NULL, STAGE_CONNECT, false, "outbound"},
	{"trusted relay within", "10.0.0.99", NULL, STAGE_MAIL, true, "inbound"},
	{"authenticated", "192.0.2.7", "joe", STAGE_MAIL, true, "outbound"},
	{"local submission", NULL, NULL, STAGE_CONNECT, false, "outbound"},
	{"behind a relay, no hop to be seen", NULL, NULL, STAGE_HEADER, true, "inbound"},
};

static void
direction(void)
{
	struct list *own = nets("10.0.0.0/8"), *relays = nets("10.0.0.99");

	for (size_t i = 0; i < sizeof(directions) / sizeof(*directions); i++) {
		struct check_call *c = fake_new(&connection_check, directions[i].stage, NULL, 0);
		struct ip ip;

		c->program.own_nets = own;
		c->program.trusted_relays = relays;
		c->has_envelope = directions[i].mail;
		c->envelope.auth_user = view_str(directions[i].auth);
		if (directions[i].ip && ip_parse(view_str(directions[i].ip), &ip))
			c->client.ip = &ip;
		fake_run(c);
		UNIT_CASE(fake_is(c, DIRECTION, directions[i].want), directions[i].title);
		UNIT_CASE(fake_is(c, IP, directions[i].ip ? directions[i].ip : "-"), directions[i].title);
		UNIT_CASE(fake_is(c, AUTH_USER, !directions[i].mail ? "..." :
			directions[i].auth ? directions[i].auth : "-"), directions[i].title);
		fake_done(c);
	}
	list_free(own);
	list_free(relays);
}

static void
tls(void)
{
	static const char *const versions[][2] = {{"TLSv1.3", "TLSv1.3"}, {"TLSv1", "TLSv1.0"},
		{"SSLv3", "-"}, {NULL, "-"}};

	for (size_t i = 0; i < 4; i++) {
		struct check_call *c = fake_new(&connection_check, STAGE_MAIL, NULL, 0);

		c->has_envelope = true;
		c->envelope.tls_version = view_str(versions[i][0]);
		fake_run(c);
		UNIT_CASE(fake_is(c, TLS, versions[i][0] ? "yes" : "no"), versions[i][1]);
		UNIT_CASE(fake_is(c, TLS_VERSION, versions[i][1]), versions[i][1]);
		UNIT_CASE(fake_is(c, TLS_CERT, "-"), versions[i][1]);
		fake_done(c);
	}
}

static void
local_time(void)
{
	struct check_call *c = fake_new(&connection_check, STAGE_CONNECT, NULL, 0);

	setenv("TZ", "UTC-2", 1); /* POSIX: two hours east */
	tzset();
	c->now = 1700000000; /* Tue 14 Nov 2023 22:13:20 UTC */
	c->client.listener = VIEW("smtp");
	fake_run(c);
	UNIT_CASE(fake_is(c, HOUR, "0"), "hour");
	UNIT_CASE(fake_is(c, WEEKDAY, "wed"), "weekday");
	UNIT_CASE(fake_is(c, LISTENER, "smtp"), "listener");
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"direction", direction},
	{"TLS", tls},
	{"local time, listener", local_time},
};

int
main(void)
{
	return unit_main("checks/connection", tests, sizeof(tests) / sizeof(*tests));
}
