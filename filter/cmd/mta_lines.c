/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/mta_lines.h"

#define QUEUE "/var/spool/postfix/"

static const char *
seen_from_queue(const char *path)
{
	return strncmp(path, QUEUE, sizeof(QUEUE) - 1) == 0 ? path + sizeof(QUEUE) - 1 : path;
}

/* main.cf: unix:PATH, inet:HOST:PORT */
static void
postfix(const struct conf_listener *l, FILE *out)
{
	char ip[IP_TEXT_MAX];

	ip_format(&l->ip, ip);
	if (l->family == CONF_UNIX)
		fprintf(out, "unix:%s", seen_from_queue(l->path));
	else
		fprintf(out, l->family == CONF_INET ? "inet:%s:%u" : "inet:[%s]:%u", ip, l->port);
}

/* sendmail.mc: unix:PATH, inet:PORT@HOST */
static void
sendmail(const struct conf_listener *l, FILE *out)
{
	char ip[IP_TEXT_MAX];

	ip_format(&l->ip, ip);
	fprintf(out, "  INPUT_MAIL_FILTER(`postern%s%s', `S=", strcmp(l->name, "main") == 0 ? "" : "-",
		strcmp(l->name, "main") == 0 ? "" : l->name);
	if (l->family == CONF_UNIX)
		fprintf(out, "unix:%s", l->path);
	else
		fprintf(out, "%s:%u@%s", l->family == CONF_INET ? "inet" : "inet6", l->port, ip);
	fputs(", F=, T=C:30s;S:30s;R:60s;E:2m')\n", out);
}

static void
milter(const struct conf *c, FILE *out)
{
	fputs("\nPostfix, main.cf (one of them, if there are several listeners):\n", out);
	for (const struct conf_listener *l = c->listeners; l; l = l->next) {
		if (l->protocol != CONF_MILTER)
			continue;
		fputs("  smtpd_milters = ", out);
		postfix(l, out);
		if (l->family == CONF_UNIX && seen_from_queue(l->path) == l->path)
			fputs("   # not for an smtpd in a chroot: it cannot see this path", out);
		fputc('\n', out);
	}
	fputs("  milter_default_action = accept\n  milter_protocol = 6\n\nSendmail, sendmail.mc:\n", out);
	for (const struct conf_listener *l = c->listeners; l; l = l->next)
		if (l->protocol == CONF_MILTER)
			sendmail(l, out);
}

/* ---- the proxy ---- */

/* How the backend sees this host, as a list of hosts of Postfix has it. */
static const char *
our_address(const struct conf_backend *b)
{
	static const struct ip loop6 = {6, {[15] = 1}};

	if (!b->host && b->family == CONF_INET && b->ip.b[0] == 127)
		return "127.0.0.1";
	if (!b->host && b->family == CONF_INET6 && ip_eq(&b->ip, &loop6))
		return "[::1]";
	return "THIS.HOST'S.ADDRESS";
}

static const char *
identity(const struct conf_backend *b)
{
	switch (b->identity) {
	case CONF_BACKEND_IDENTITY_XCLIENT: return "smtpd_authorized_xclient_hosts=";
	case CONF_BACKEND_IDENTITY_XFORWARD: return "smtpd_authorized_xforward_hosts=";
	case CONF_BACKEND_IDENTITY_PROXY_V1: /* fallthrough */
	case CONF_BACKEND_IDENTITY_PROXY_V2: return "smtpd_upstream_proxy_protocol=haproxy";
	default: return NULL;
	}
}

/* master.cf; Postfix cannot listen on a unix socket elsewhere than in its queue directory. */
static void
backend(const struct conf_backend *b, FILE *out)
{
	const char *option = identity(b);
	char ip[IP_TEXT_MAX];

	if (b->family == CONF_UNIX)
		return;
	ip_format(&b->ip, ip);
	fprintf(out, "\nBackend %s, if it is Postfix, master.cf:\n", b->name);
	if (b->host)
		fprintf(out, "  %u inet n - - - - smtpd\n", b->port);
	else
		fprintf(out, b->family == CONF_INET ? "  %s:%u inet n - - - - smtpd\n"
			: "  [%s]:%u inet n - - - - smtpd\n", ip, b->port);
	fputs("    -o smtpd_milters=\n", out);
	if (option)
		fprintf(out, "    -o %s%s\n", option,
			option[strlen(option) - 1] == '=' ? our_address(b) : "");
}

void
mta_lines_print(const struct conf *c, FILE *out)
{
	bool has_milter = false;

	for (const struct conf_listener *l = c->listeners; l; l = l->next)
		has_milter |= l->protocol == CONF_MILTER;
	if (has_milter)
		milter(c, out);
	for (const struct conf_backend *b = c->backends; b; b = b->next)
		backend(b, out);
	if (c->backends)
		fputs("\nWhat else goes there, and other servers: THE PROXY in postern(8).\n", out);
}
