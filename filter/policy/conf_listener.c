/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf_listener.h"

#include <sys/un.h>

#include "policy/conf_value.h"
#include "policy/source.h"

enum { MODE_DEFAULT = 0660 };

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
unix_address(struct reader *r, struct view path, const struct place *at, struct conf_listener *l)
{
	struct sockaddr_un sun;

	l->family = CONF_UNIX;
	l->path = source_beside(r->file, path, r->arena);
	if (path.n == 0)
		reader_fail_at(r, at, NULL, "a unix socket needs a path");
	else if (path.p[0] != '/') /* an MTA in a chroot sees it from its own root */
		reader_fail_at(r, at,
			arena_printf(r->arena, "for Postfix: unix:/var/spool/postfix/%.*s",
				VIEW_ARG(view_head(path, 100))).p,
			"write an absolute path: '%.*s' is relative",
			VIEW_ARG(view_head(path, 100)));
	else if (strlen(l->path) >= sizeof(sun.sun_path))
		reader_fail_at(r, at, NULL, "the path of a unix socket has at most %zu bytes",
			sizeof(sun.sun_path) - 1);
}

/* PORT "@" ADDRESS; brackets around an IPv6 address are let through */
static bool
inet_address(struct view v, unsigned family, struct conf_listener *l)
{
	size_t at = view_find(v, '@');
	struct view ip = view_skip(v, at + 1);
	uint64_t port;

	if (at == v.n || !view_number(view_head(v, at), 65535, &port) || port == 0)
		return false;
	if (ip.n > 2 && ip.p[0] == '[' && ip.p[ip.n - 1] == ']')
		ip = view_of(ip.p + 1, ip.n - 2);
	l->family = family == 4 ? CONF_INET : CONF_INET6;
	l->port = (uint16_t)port;
	return ip_parse(ip, &l->ip) && l->ip.family == family;
}

static void
address(struct reader *r, struct conf_listener *l)
{
	struct token t = r->now;
	struct view rest;
	bool good = false;

	if (!reader_at(r, TOKEN_WORD) && !reader_at(r, TOKEN_STRING))
		reader_expected(r, "an address such as unix:/run/postern/milter.sock", NULL);
	l->address = arena_cstr(r->arena, reader_keep(r)->text);
	if (r->failed)
		return;
	if (starts(t.text, "unix:", &rest)) {
		unix_address(r, rest, &t.at, l);
		good = true;
	} else if (starts(t.text, "inet:", &rest)) {
		good = inet_address(rest, 4, l);
	} else if (starts(t.text, "inet6:", &rest)) {
		good = inet_address(rest, 6, l);
	}
	if (!good)
		reader_fail_at(r, &t.at, "unix:/path, inet:PORT@127.0.0.1 or inet6:PORT@::1",
			"%s is not an address to listen on", reader_shown(r, &t));
}

/* Three or four octal digits, permissions only. */
static unsigned
mode(struct reader *r)
{
	struct view v = r->now.text;
	bool good = reader_at(r, TOKEN_WORD) && (v.n == 3 || (v.n == 4 && v.p[0] == '0'));
	unsigned bits = 0;

	for (size_t i = 0; good && i < v.n; i++) {
		good = v.p[i] >= '0' && v.p[i] <= '7';
		bits = bits * 8 + (unsigned)(v.p[i] - '0');
	}
	if (!good)
		reader_expected(r, "a mode such as 0660", NULL);
	reader_skip(r);
	return bits;
}

static void
clauses(struct reader *r, struct conf_listener *l)
{
	enum { OWNER, GROUP, MODE };
	static const char words[] = "socket-owner socket-group socket-mode";
	struct ast_word *key;
	unsigned said = 0;

	while (!r->failed && !reader_at(r, TOKEN_END)) {
		int k = reader_choice(r, "socket-owner, socket-group or socket-mode",
			"a listener has no", words, &key);

		if (k >= 0 && said & 1u << k)
			reader_fail_at(r, &key->at, NULL, "a listener has one '%.*s'",
				VIEW_ARG(key->text));
		if (k >= 0 && l->family != CONF_UNIX)
			reader_fail_at(r, &key->at, NULL, "only a unix socket has a %s",
				k == OWNER ? "owner" : k == GROUP ? "group" : "mode");
		said |= k >= 0 ? 1u << k : 0;
		if (k == OWNER)
			l->owner = conf_value_user(r);
		else if (k == GROUP)
			l->group = conf_value_user(r);
		else if (k == MODE)
			l->mode = mode(r);
	}
}

static bool
same_address(const struct conf_listener *a, const struct conf_listener *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == CONF_UNIX)
		return strcmp(a->path, b->path) == 0;
	return a->port == b->port && ip_eq(&a->ip, &b->ip);
}

/* Puts l behind the others, unless one of them is the same. */
static void
append(struct reader *r, struct conf *c, struct conf_listener *l)
{
	struct conf_listener **last = &c->listeners;

	for (; *last; last = &(*last)->next) {
		const struct conf_listener *o = *last;

		if (strcmp(o->name, l->name) == 0)
			reader_fail_at(r, &l->at, NULL, "listener '%s' is already set at line %u",
				l->name, o->at.line);
		else if (same_address(o, l))
			reader_fail_at(r, &l->at, NULL, "listener '%s' has the same address",
				o->name);
	}
	if (!r->failed)
		*last = l;
}

/* listener = "listener" NAME "milter" ADDRESS { "socket-owner" NAME | "socket-group" NAME
 *          | "socket-mode" MODE } */
void
conf_listener_read(struct reader *r, const struct place *at, struct conf *c)
{
	struct conf_listener *l = arena_new_of(r->arena, struct conf_listener);

	l->mode = MODE_DEFAULT;
	l->name = arena_cstr(r->arena, reader_name(r, "a name for the listener")->text);
	l->at = *at;
	reader_choice(r, "milter and an address", "unknown protocol", "milter", NULL);
	address(r, l);
	clauses(r, l);
	if (!r->failed)
		append(r, c, l);
}

void
conf_listener_write(const struct conf *c, FILE *out)
{
	for (const struct conf_listener *l = c->listeners; l; l = l->next) {
		fprintf(out, "listener %s milter ", l->name);
		if (l->family == CONF_UNIX)
			conf_value_quoted(arena_printf(c->arena, "unix:%s", l->path).p, out);
		else
			conf_value_quoted(l->address, out);
		if (l->owner)
			fprintf(out, " socket-owner %s", l->owner);
		if (l->group)
			fprintf(out, " socket-group %s", l->group);
		if (l->family == CONF_UNIX)
			fprintf(out, " socket-mode %04o", l->mode);
		if (l->at.line)
			fprintf(out, "  # %.*s:%u\n", VIEW_ARG(l->at.file), l->at.line);
		else
			fputs("  # default\n", out);
	}
}
