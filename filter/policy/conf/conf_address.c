/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf/conf_address.h"

#include <sys/un.h>

#include "mail/domain.h"
#include "policy/source.h"

static bool
starts(struct view v, const char *prefix, struct view *rest)
{
	size_t n = strlen(prefix);

	if (v.n < n || memcmp(v.p, prefix, n) != 0)
		return false;
	*rest = view_skip(v, n);
	return true;
}

static void
unix_address(struct reader *r, struct view path, const struct place *at, struct conf_address *out)
{
	struct sockaddr_un sun;

	out->family = CONF_UNIX;
	out->path = source_beside(r->file, path, r->arena);
	if (path.n == 0)
		reader_fail_at(r, at, NULL, "a unix socket needs a path");
	else if (path.p[0] != '/') /* an MTA in a chroot sees it from its own root */
		reader_fail_at(r, at,
			arena_printf(r->arena, "for Postfix: unix:/var/spool/postfix/%.*s",
				VIEW_ARG(view_head(path, 100))).p,
			"write an absolute path: '%.*s' is relative",
			VIEW_ARG(view_head(path, 100)));
	else if (strlen(out->path) >= sizeof(sun.sun_path))
		reader_fail_at(r, at, NULL, "the path of a unix socket has at most %zu bytes",
			sizeof(sun.sun_path) - 1);
}

static const char *
host_name(struct view v, struct arena *a)
{
	struct view name = domain_normal(v, a);

	return name.p && domain_syntax_ok(name) ? arena_cstr(a, name) : NULL;
}

/* PORT "@" ADDRESS; brackets around an IPv6 address are let through */
static bool
inet_address(struct reader *r, struct view v, unsigned family, bool hosts, struct conf_address *out)
{
	size_t at = view_find(v, '@');
	struct view ip = view_skip(v, at + 1);
	uint64_t port;

	if (at == v.n || !view_number(view_head(v, at), 65535, &port) || port == 0)
		return false;
	if (ip.n > 2 && ip.p[0] == '[' && ip.p[ip.n - 1] == ']')
		ip = view_of(ip.p + 1, ip.n - 2);
	out->family = family == 4 ? CONF_INET : CONF_INET6;
	out->port = (uint16_t)port;
	if (ip_parse(ip, &out->ip))
		return out->ip.family == family;
	out->host = hosts && family == 4 ? host_name(ip, r->arena) : NULL;
	return out->host != NULL;
}

void
conf_address_read(struct reader *r, bool hosts, struct conf_address *out)
{
	struct token t = r->now;
	struct view rest;
	bool good = false;

	if (!reader_at(r, TOKEN_WORD) && !reader_at(r, TOKEN_STRING))
		reader_expected(r, "an address such as unix:/run/postern/milter.sock", NULL);
	out->text = arena_cstr(r->arena, reader_keep(r)->text);
	if (r->failed)
		return;
	if (starts(t.text, "unix:", &rest)) {
		unix_address(r, rest, &t.at, out);
		good = true;
	} else if (starts(t.text, "inet:", &rest)) {
		good = inet_address(r, rest, 4, hosts, out);
	} else if (starts(t.text, "inet6:", &rest)) {
		good = inet_address(r, rest, 6, hosts, out);
	}
	if (!good)
		reader_fail_at(r, &t.at, "unix:/path, inet:PORT@127.0.0.1 or inet6:PORT@::1",
			"%s is not an address to %s", reader_shown(r, &t),
			hosts ? "connect to" : "listen on");
}
