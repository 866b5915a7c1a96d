/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/connection.h"

#include <time.h>

enum row { IP, DIRECTION, LISTENER, HOUR, WEEKDAY, TLS, TLS_VERSION, TLS_CIPHER, TLS_CERT, AUTH_USER };

static const struct fact_def facts[] = {
	[IP] = {.name = "client.ip", .type = FACT_IP, .stage = STAGE_CONNECT,
		.help = "address of the SMTP client; missing for local submission"},
	[DIRECTION] = {.name = "direction", .type = FACT_ENUM, .stage = STAGE_MAIL,
		.values = "inbound outbound",
		.help = "outbound = authenticated, or in own-nets and not in trusted-relays"},
	[LISTENER] = {.name = "listener", .type = FACT_WORD, .stage = STAGE_CONNECT,
		.help = "name of the port the client came in by"},
	[HOUR] = {.name = "time.hour", .type = FACT_NUMBER, .stage = STAGE_CONNECT,
		.help = "local hour 0-23"},
	[WEEKDAY] = {.name = "time.weekday", .type = FACT_ENUM, .stage = STAGE_CONNECT,
		.values = "mon tue wed thu fri sat sun", .help = "local day"},
	[TLS] = {.name = "tls", .type = FACT_BOOL, .stage = STAGE_MAIL, .help = "session is encrypted"},
	[TLS_VERSION] = {.name = "tls.version", .type = FACT_ENUM, .stage = STAGE_MAIL,
		.values = "TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3", .help = "protocol"},
	[TLS_CIPHER] = {.name = "tls.cipher", .type = FACT_TEXT, .stage = STAGE_MAIL,
		.help = "cipher of the session, as OpenSSL names it"},
	[TLS_CERT] = {.name = "tls.cert", .type = FACT_TEXT, .stage = STAGE_MAIL,
		.help = "verified client certificate name"},
	[AUTH_USER] = {.name = "auth.user", .type = FACT_TEXT, .stage = STAGE_MAIL,
		.help = "SASL user; missing if not authenticated"},
};

/* A client without address is local submission; but what came through a trusted relay and names no
 * readable hop has none either, and is first seen when the header has told so. */
static bool
from_inside(struct check_call *c, const struct check_client *client)
{
	const struct program *p = check_program(c);

	if (!client->ip)
		return check_stage(c) < STAGE_HEADER;
	return list_has_ip(p->own_nets, client->ip) && !list_has_ip(p->trusted_relays, client->ip);
}

static void
set_direction(struct check_call *c, const struct check_client *client, const struct check_envelope *e)
{
	if ((e && e->auth_user.p) || (client && from_inside(c, client)))
		check_set(c, DIRECTION, fact_text(VIEW("outbound")));
	else if (e)
		check_set(c, DIRECTION, fact_text(VIEW("inbound")));
}

static void
set_time(struct check_call *c)
{
	static const char days[][4] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
	time_t now = (time_t)check_now(c);
	struct tm tm;

	if (!localtime_r(&now, &tm)) {
		check_set(c, HOUR, fact_unknown(VIEW("no local time")));
		check_set(c, WEEKDAY, fact_unknown(VIEW("no local time")));
		return;
	}
	check_set(c, HOUR, fact_number(tm.tm_hour));
	check_set(c, WEEKDAY, fact_text(view_of(days[tm.tm_wday], 3)));
}

/* As the MTA spells it; what is older than TLS 1.0 has no name here. */
static struct fact_value
tls_version(struct view v)
{
	static const char *const known[][2] = {{"TLSv1", "TLSv1.0"}, {"TLSv1.0", "TLSv1.0"},
		{"TLSv1.1", "TLSv1.1"}, {"TLSv1.2", "TLSv1.2"}, {"TLSv1.3", "TLSv1.3"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (view_is(v, known[i][0]))
			return fact_text(view_str(known[i][1]));
	return fact_missing();
}

static void
run(struct check_call *c)
{
	const struct check_client *client = check_client(c);
	const struct check_envelope *e = check_envelope(c);

	if (client) {
		check_set(c, IP, client->ip ? fact_ip(*client->ip) : fact_missing());
		check_set(c, LISTENER, fact_text(client->listener));
	}
	if (check_wants(c, HOUR) || check_wants(c, WEEKDAY))
		set_time(c);
	set_direction(c, client, e);
	if (!e)
		return;
	check_set(c, TLS, fact_bool(e->tls_version.p != NULL));
	check_set(c, TLS_VERSION, tls_version(e->tls_version));
	check_set(c, TLS_CIPHER, fact_text(e->tls_cipher));
	check_set(c, TLS_CERT, fact_text(e->tls_cert));
	check_set(c, AUTH_USER, fact_text(e->auth_user));
}

const struct check connection_check = {
	.name = "connection",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.stage = STAGE_CONNECT,
	.light = true,
	.run = run,
};
