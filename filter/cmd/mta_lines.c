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

void
mta_lines_print(const struct conf *c, FILE *out)
{
	fputs("\nPostfix, main.cf (one of them, if there are several listeners):\n", out);
	for (const struct conf_listener *l = c->listeners; l; l = l->next) {
		fputs("  smtpd_milters = ", out);
		postfix(l, out);
		if (l->family == CONF_UNIX && seen_from_queue(l->path) == l->path)
			fputs("   # not for an smtpd in a chroot: it cannot see this path", out);
		fputc('\n', out);
	}
	fputs("  milter_default_action = accept\n  milter_protocol = 6\n\nSendmail, sendmail.mc:\n", out);
	for (const struct conf_listener *l = c->listeners; l; l = l->next)
		sendmail(l, out);
}
