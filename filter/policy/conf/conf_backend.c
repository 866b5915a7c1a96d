/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf/conf_backend.h"

#include "policy/conf/conf_address.h"
#include "policy/conf/conf_listener.h"
#include "policy/conf/conf_value.h"

static void
clauses(struct reader *r, struct conf_backend *b)
{
	enum { TLS, IDENTITY, RELAYING, FOR };
	struct ast_word *key;
	unsigned said = 0;

	while (!r->failed && !reader_at(r, TOKEN_END)) {
		int k = reader_choice(r, "tls, identity, relaying or for", "a backend has no",
			"tls identity relaying for", &key);

		if (k >= 0 && said & 1u << k)
			reader_fail_at(r, &key->at, NULL, "a backend has one '%.*s'", VIEW_ARG(key->text));
		said |= k >= 0 ? 1u << k : 0;
		if (k == TLS)
			b->tls = reader_choice(r, CONF_BACKEND_TLS, "tls is not", CONF_BACKEND_TLS, NULL);
		else if (k == IDENTITY)
			b->identity = reader_choice(r, CONF_BACKEND_IDENTITY, "identity is not",
				CONF_BACKEND_IDENTITY, NULL);
		else if (k == RELAYING)
			b->relaying = reader_choice(r, CONF_BACKEND_RELAYING, "relaying is not",
				CONF_BACKEND_RELAYING, NULL);
		else if (k == FOR)
			b->domains = conf_value_domains(r);
	}
}

static void
append(struct reader *r, struct conf *c, struct conf_backend *b)
{
	struct conf_backend **last = &c->backends;
	size_t n = 0;

	for (; *last; last = &(*last)->next, n++)
		if (strcmp((*last)->name, b->name) == 0)
			reader_fail_at(r, &b->at, NULL, "backend '%s' is already set at line %u", b->name,
				(*last)->at.line);
	if (n >= CONF_BACKENDS_MAX)
		reader_fail_at(r, &b->at, NULL, "at most %d backends are possible", CONF_BACKENDS_MAX);
	if (!r->failed)
		*last = b;
}

/* backend = "backend" NAME ADDRESS { ( "tls" | "identity" | "relaying" ) WORD | "for" SET } */
void
conf_backend_read(struct reader *r, const struct place *at, struct conf *c)
{
	struct conf_backend *b;
	struct conf_address a = {.text = NULL};

	if (at->line == 0) { /* the default: none */
		reader_skip(r);
		return;
	}
	b = arena_new_of(r->arena, struct conf_backend);
	b->name = arena_cstr(r->arena, reader_name(r, "a name for the backend")->text);
	b->at = *at;
	conf_address_read(r, true, &a);
	b->address = a.text;
	b->family = a.family;
	b->path = a.path;
	b->host = a.host;
	b->ip = a.ip;
	b->port = a.port;
	b->tls = CONF_BACKEND_TLS_OPPORTUNISTIC;
	b->identity = CONF_BACKEND_IDENTITY_XCLIENT;
	clauses(r, b);
	if (!r->failed)
		append(r, c, b);
}

static void
write_word(const char *key, const char *words, int k, FILE *out)
{
	struct view rest = view_str(words), word = {NULL, 0};

	while (k-- >= 0)
		view_split(&rest, ' ', &word);
	fprintf(out, " %s %.*s", key, VIEW_ARG(word));
}

void
conf_backend_write(const struct conf *c, FILE *out)
{
	if (!c->backends)
		fputs("#backend none\n", out);
	for (const struct conf_backend *b = c->backends; b; b = b->next) {
		fprintf(out, "backend %s ", b->name);
		conf_value_quoted(b->address, out);
		write_word("tls", CONF_BACKEND_TLS, b->tls, out);
		write_word("identity", CONF_BACKEND_IDENTITY, b->identity, out);
		write_word("relaying", CONF_BACKEND_RELAYING, b->relaying, out);
		for (size_t i = 0; i < b->domains.n; i++)
			fprintf(out, "%s%.*s%s", i ? " " : " for { ", VIEW_ARG(b->domains.item[i]),
				i + 1 == b->domains.n ? " }" : "");
		fprintf(out, "  # %.*s:%u\n", VIEW_ARG(b->at.file), b->at.line);
	}
}

/* ---- do they fit each other? ---- */

static bool
on_this_host(const struct conf_backend *b)
{
	static const struct ip loop6 = {6, {[15] = 1}};

	if (b->family == CONF_UNIX)
		return true;
	return (b->ip.family == 4 && b->ip.b[0] == 127) || (b->ip.family == 6 && ip_eq(&b->ip, &loop6));
}

/* XFORWARD is for the backend's log: it decides by the address that connects. */
static bool
hides_strangers(const struct conf_backend *b)
{
	if (b->relaying)
		return false; /* as it is meant to be */
	return b->identity == CONF_BACKEND_IDENTITY_NONE || b->identity == CONF_BACKEND_IDENTITY_XFORWARD;
}

static void
check_transparent(const struct conf_backend *b, struct diag *d)
{
	if (b->identity == CONF_BACKEND_IDENTITY_TRANSPARENT && b->family == CONF_UNIX)
		diag_error(d, &b->at, "identity xclient, or proxy-v2",
			"a unix socket has no client address: backend '%s' cannot be transparent", b->name);
}

static bool
is_listener(const struct conf_backend *b, const struct conf_listener *l)
{
	static const struct ip any4 = {4, {0}}, any6 = {6, {0}};

	if (b->family != l->family)
		return false;
	if (b->family == CONF_UNIX)
		return strcmp(b->path, l->path) == 0;
	return b->port == l->port &&
	       (ip_eq(&b->ip, &l->ip) || (on_this_host(b) && (ip_eq(&l->ip, &any4) || ip_eq(&l->ip, &any6))));
}

/* Each message would come back to be handed on again. */
static void
check_circle(const struct conf *c, const struct conf_backend *b, struct diag *d)
{
	for (const struct conf_listener *l = c->listeners; l; l = l->next)
		if (is_listener(b, l))
			diag_error(d, &b->at, NULL,
				"backend '%s' is our own listener '%s': mail would go in a circle", b->name,
				l->name);
}

void
conf_backend_check(const struct conf *c, struct diag *d)
{
	const struct conf_listener *smtp = NULL, *mx = NULL;

	for (const struct conf_listener *l = c->listeners; l; l = l->next) {
		smtp = l->protocol != CONF_MILTER ? l : smtp;
		mx = l->protocol == CONF_SMTP ? l : mx;
		if (l->protocol == CONF_SUBMISSIONS && c->tls_chain_files.n == 0)
			diag_error(d, &l->at, "tls-chain-files { \"/etc/postern/key-and-chain.pem\" }",
				"listener '%s' speaks TLS at once and needs a certificate", l->name);
	}
	if (smtp && !c->backends)
		diag_error(d, &smtp->at, "backend main inet:10025@127.0.0.1",
			"listener '%s' needs a backend that takes the mail", smtp->name);
	for (const struct conf_backend *b = c->backends; b; b = b->next) {
		check_transparent(b, d);
		check_circle(c, b, d);
		if (mx && hides_strangers(b) && on_this_host(b))
			diag_error(d, &b->at, "identity xclient, proxy-v1 or proxy-v2, as it can read them",
				"backend '%s' would take strangers for its own host, and relay for them",
				b->name);
	}
}
