/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/proxy_check.h"

#include <errno.h>
#include <unistd.h>

#include "cmd/site_check.h"
#include "cmd/tls_files.h"
#include "io/tls.h"
#include "util/limits.h"

enum { WRITE = 2, ENTER = 1, DAYS_LEFT = 7 };

static struct place
place_of(const struct conf *c, const char *key)
{
	const struct place *at = conf_where(c, key);

	return at && at->line ? *at : (struct place){.file = view_str(c->path)};
}

/* ---- settings and rules ---- */

/* NULL: there is none. */
static const struct conf_listener *
listener(const struct conf *c, bool strangers_only)
{
	const struct conf_listener *l = c->listeners;

	while (l && (strangers_only ? l->protocol != CONF_SMTP : l->protocol == CONF_MILTER))
		l = l->next;
	return l;
}

bool
proxy_check_program(const struct conf *c, const struct program *p, struct diag *d)
{
	const struct conf_listener *l = listener(c, true);

	if (!l || list_count(p->own_domains) > 0)
		return true;
	diag_error(d, &l->at, "own-domains { example.org }",
		"own-domains is empty: listener '%s' would refuse every recipient", l->name);
	return false;
}

static bool
may_quarantine(const struct program *p)
{
	bool may = p->threshold[LEVEL_QUARANTINE].set;

	for (size_t i = 0; i < p->n_policies; i++)
		may |= p->policies[i].threshold[LEVEL_QUARANTINE].set;
	for (size_t i = 0; i < p->n_rules; i++)
		for (size_t k = 0; k < p->rules[i].n_effects; k++)
			may |= p->rules[i].effects[k].kind == EFFECT_QUARANTINE;
	return may;
}

void
proxy_check_settings(const struct conf *c, const struct program *p, struct diag *d)
{
	const struct conf_listener *l = listener(c, false);

	if (l && p && !c->quarantine_address && may_quarantine(p))
		diag_warn(d, &l->at, NULL, "quarantine-address postmaster@example.org",
			"without quarantine-address, listener '%s' puts off with 451 4.3.5 what rules put "
			"under quarantine", l->name);
}

/* ---- this machine ---- */

/* For each listener, since they may differ in the oldest TLS, and with it in what keys are good enough. */
static void
check_keys(const struct conf *c, const struct tls_files *f, struct diag *d)
{
	struct place at = place_of(c, "tls-chain-files");
	struct buf why;

	buf_init(&why, WORKER_STATUS_MAX);
	for (const struct conf_listener *l = c->listeners; l && f->n; l = l->next) {
		const struct tls_server_options o = {.pem = f->pem, .n_pem = f->n, .ca = f->ca,
			.ask_certificate = true, .min = (enum tls_version)(l->protocol == CONF_SMTP
				? c->tls_mx_min_version : c->tls_min_version)};
		struct tls *t = l->protocol == CONF_MILTER ? NULL : tls_server_new(&o, &why);

		if (l->protocol != CONF_MILTER && !t) {
			diag_error(d, &at, NULL, "listener %s: %.*s", l->name,
				VIEW_ARG(view_trim(buf_view(&why))));
			break;
		}
		if (t && tls_days(t) < DAYS_LEFT) {
			diag_warn(d, &at, NULL, NULL, "a certificate has ended, or does in less than %d days",
				DAYS_LEFT);
			tls_free(t);
			break;
		}
		tls_free(t);
	}
	buf_done(&why);
}

static void
check_tls(const struct conf *c, struct diag *d)
{
	struct place at = {.file = view_str(c->path)};
	struct tls_files *f;
	struct buf why;

	buf_init(&why, WORKER_STATUS_MAX);
	f = tls_files_read(c, &at, &why);
	if (f)
		check_keys(c, f, d);
	else if (geteuid() != 0 && errno == EACCES)
		diag_note(d, &at, NULL, "%.*s: not tried, since only root may read it",
			VIEW_ARG(buf_view(&why)));
	else
		diag_error(d, &at, NULL, "%.*s", VIEW_ARG(buf_view(&why)));
	tls_files_free(f);
	buf_done(&why);
}

/* The daemon itself makes state-dir. */
static void
check_spool(const struct conf *c, const struct privileges *user, struct diag *d)
{
	struct place at = place_of(c, "spool-dir");
	struct stat st;
	const char *remedy = arena_printf(c->arena, "install -d -o %s -m 0700 %s", c->user, c->spool_dir).p;

	if (strcmp(c->spool_dir, c->state_dir) == 0)
		return;
	if (stat(c->spool_dir, &st) != 0)
		diag_error(d, &at, remedy, "spool-dir %s: %s", c->spool_dir, strerrordesc_np(errno));
	else if (user && !site_check_may(&st, user, WRITE | ENTER))
		diag_error(d, &at, remedy, "user '%s' cannot write to spool-dir %s", c->user, c->spool_dir);
}

void
proxy_check_system(const struct conf *c, const struct privileges *user, struct diag *d)
{
	check_tls(c, d);
	if (listener(c, false))
		check_spool(c, user, d);
}
