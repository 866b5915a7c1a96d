/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf/conf_listener.h"

#include "policy/conf/conf_address.h"
#include "policy/conf/conf_value.h"

enum { MODE_DEFAULT = 0660 };

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

/* The words of the file, in the order of enum conf_protocol: services of the IANA registry but the first. */
#define PROTOCOLS "milter smtp submission submissions"

static void
take_address(struct reader *r, struct conf_listener *l)
{
	struct conf_address a = {.text = NULL};

	conf_address_read(r, false, &a);
	l->address = a.text;
	l->family = a.family;
	l->path = a.path;
	l->ip = a.ip;
	l->port = a.port;
}

/* listener = "listener" NAME PROTOCOL ADDRESS { "socket-owner" NAME | "socket-group" NAME
 *          | "socket-mode" MODE } */
void
conf_listener_read(struct reader *r, const struct place *at, struct conf *c)
{
	struct conf_listener *l = arena_new_of(r->arena, struct conf_listener);
	int protocol;

	l->mode = MODE_DEFAULT;
	l->name = arena_cstr(r->arena, reader_name(r, "a name for the listener")->text);
	l->at = *at;
	protocol = reader_choice(r, "milter, smtp, submission or submissions, and an address",
		"unknown protocol", PROTOCOLS, NULL);
	l->protocol = protocol < 0 ? CONF_MILTER : (enum conf_protocol)protocol;
	take_address(r, l);
	clauses(r, l);
	if (!r->failed)
		append(r, c, l);
}

const char *
conf_listener_protocol(enum conf_protocol p)
{
	static const char *const words[] = {"milter", "smtp", "submission", "submissions"};

	return words[p];
}

void
conf_listener_write(const struct conf *c, FILE *out)
{
	for (const struct conf_listener *l = c->listeners; l; l = l->next) {
		fprintf(out, "listener %s %s ", l->name, conf_listener_protocol(l->protocol));
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
