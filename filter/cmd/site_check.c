/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/site_check.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <unistd.h>

#include "cmd/proxy_check.h"

enum {
	NARROWEST = 4, /* bits of the shortest prefix that may be one site's own */
	WRITE = 2,
	ENTER = 1
};

/* Where it was written, or the file as a whole. */
static struct place
written(const struct conf *c, const struct place *at)
{
	return at && at->line ? *at : (struct place){.file = view_str(c->path)};
}

static struct place
place_of(const struct conf *c, const char *key)
{
	return written(c, conf_where(c, key));
}

/* ---- the files alone ---- */

static void
check_nets(const struct conf *c, struct diag *d)
{
	const struct {
		const char *key;
		const struct conf_set *set;
	} nets[] = {{"own-nets", &c->own_nets}, {"trusted-relays", &c->trusted_relays}};

	for (size_t k = 0; k < sizeof(nets) / sizeof(*nets); k++) {
		struct place at = place_of(c, nets[k].key);

		for (size_t i = 0; i < nets[k].set->n; i++) {
			struct view v = nets[k].set->item[i];
			struct cidr net;
			bool host_bits;

			if (cidr_parse(v, &net, &host_bits) && net.bits < NARROWEST)
				diag_warn(d, &at, NULL, "name the networks that are yours",
					"%.*s in %s would pass mail of half the internet unjudged",
					VIEW_ARG(v), nets[k].key);
		}
	}
}

static bool
is_any(const struct ip *ip)
{
	for (size_t i = 0; i < (ip->family == 4 ? 4 : sizeof(ip->b)); i++)
		if (ip->b[i])
			return false;
	return true;
}

static void
check_ports(const struct conf *c, struct diag *d)
{
	for (const struct conf_listener *l = c->listeners; l; l = l->next) {
		struct place at = written(c, &l->at);

		if (l->protocol == CONF_MILTER && l->family != CONF_UNIX && is_any(&l->ip))
			diag_warn(d, &at, NULL,
				"listen on 127.0.0.1 or ::1, or on the address that the MTA comes to",
				"listener %s: anyone who can reach port %u can speak to it", l->name,
				l->port);
	}
}

static void
check_judgement(const struct conf *c, const struct program *p, struct diag *d)
{
	struct place rules = place_of(c, "rules"), domains = place_of(c, "own-domains");

	if (p && p->n_rules == 0)
		diag_warn(d, &rules, NULL, "the shipped ones: rules \"" RULES_DIR "/*.rules\"",
			"no rules: nothing would be judged");
	if (c->own_domains.n == 0 && !(p && p->own_domains && list_count(p->own_domains)))
		diag_note(d, &domains, "write own-domains { example.org }",
			"own-domains is empty: rules do not know the domains that mail is received for");
}

void
site_check_settings(const struct conf *c, const struct program *p, struct diag *d)
{
	check_nets(c, d);
	check_ports(c, d);
	check_judgement(c, p, d);
	proxy_check_settings(c, p, d);
}

/* ---- users ---- */

/* False: there is none, or nobody whom workers could run as. */
static bool
check_user(const struct conf *c, struct privileges *out, struct diag *d)
{
	struct place at = place_of(c, "user");
	char remedy[160];

	if (privileges_find(c->user, out) == 0)
		return true;
	snprintf(remedy, sizeof(remedy), "adduser --system --group --no-create-home %s", c->user);
	if (errno == ENOENT)
		diag_error(d, &at, remedy, "user: there is no user '%s'", c->user);
	else if (errno == EPERM)
		diag_error(d, &at, NULL, "user: '%s' is root: workers need an unprivileged one", c->user);
	else
		diag_error(d, &at, NULL, "user: '%s': %s", c->user, strerrordesc_np(errno));
	return false;
}

static void
check_sockets(const struct conf *c, struct diag *d)
{
	for (const struct conf_listener *l = c->listeners; l; l = l->next) {
		struct place at = written(c, &l->at);
		uid_t uid;
		gid_t gid;

		if (l->owner && privileges_user(l->owner, &uid) != 0 && errno == ENOENT)
			diag_error(d, &at, NULL, "listener %s: socket-owner: there is no user '%s'",
				l->name, l->owner);
		if (l->group && privileges_group(l->group, &gid) != 0 && errno == ENOENT)
			diag_error(d, &at, NULL, "listener %s: socket-group: there is no group '%s'",
				l->name, l->group);
	}
}

/* ---- files and folders ---- */

static bool
is_member(const struct privileges *user, gid_t gid)
{
	for (size_t i = 0; i < user->n_groups; i++)
		if (user->group[i] == gid)
			return true;
	return user->gid == gid;
}

bool
site_check_may(const struct stat *st, const struct privileges *user, unsigned bits)
{
	unsigned shift = st->st_uid == user->uid ? 6 : is_member(user, st->st_gid) ? 3 : 0;

	return ((st->st_mode >> shift) & bits) == bits;
}

/* The folder of a path; lives in the arena of c. */
static const char *
folder_of(const struct conf *c, const char *path)
{
	return dirname(arena_cstr(c->arena, view_str(path)));
}

/* user: NULL = unknown, here and below. */
static void
check_evidence(const struct conf *c, const struct privileges *user, struct diag *d)
{
	const char *path = c->evidence_file, *folder;
	struct place at = place_of(c, "evidence-file");
	struct stat there, file;

	if (!path)
		return;
	folder = folder_of(c, path);
	if (stat(folder, &there) != 0 && (errno == ENOENT || errno == ENOTDIR))
		diag_warn(d, &at, NULL,
			arena_printf(c->arena, "install -d -o %s -m 0750 %s", c->user, folder).p,
			"there is no folder %s: no evidence would be kept", folder);
	else if (user && stat(folder, &there) == 0 && !site_check_may(&there, user, WRITE | ENTER))
		diag_warn(d, &at, NULL, "use a folder of that user's own, such as /var/log/postern",
			"user '%s' cannot write to %s: no evidence would be kept", c->user, folder);
	else if (user && stat(path, &file) == 0 && !site_check_may(&file, user, WRITE))
		diag_warn(d, &at, NULL, arena_printf(c->arena, "chown %s %s", c->user, path).p,
			"user '%s' cannot write to %s: no evidence would be kept", c->user, path);
}

/* The workers make the folder itself. */
static void
check_history(const struct conf *c, const struct privileges *user, struct diag *d)
{
	const char *path = c->dmarc_history, *folder;
	struct place at = place_of(c, "dmarc-history");
	struct stat st;

	if (!path)
		return;
	folder = stat(path, &st) == 0 ? path : folder_of(c, path);
	if (stat(folder, &st) != 0 || (user && !site_check_may(&st, user, WRITE | ENTER)))
		diag_warn(d, &at, NULL,
			arena_printf(c->arena, "install -d -o %s -m 0750 %s", c->user, path).p,
			"user '%s' cannot write to %s: no DMARC results would be kept", c->user, path);
}

/* The checker reads the secrets as that user. */
static void
check_secrets(const struct conf *c, const struct privileges *user, struct diag *d)
{
	const char *file = c->secrets_file;
	struct place at = place_of(c, "secrets-file");
	struct stat st;

	if (!file)
		return;
	if (stat(file, &st) != 0)
		diag_error(d, &at, NULL, "secrets-file %s: %s", file,
			errno == ENOENT ? "no such file" : strerrordesc_np(errno));
	else if (!S_ISREG(st.st_mode))
		diag_error(d, &at, NULL, "secrets-file %s is not a regular file", file);
	else if (st.st_mode & 07177)
		diag_error(d, &at, arena_printf(c->arena, "chmod 0600 %s", file).p,
			"secrets-file %s has mode %04o: it must be readable by its owner alone", file,
			st.st_mode & 07777u);
	else if (user && geteuid() == 0 && st.st_uid != user->uid)
		diag_error(d, &at, arena_printf(c->arena, "chown %s %s", c->user, file).p,
			"secrets-file %s does not belong to user '%s', who has to read it", file, c->user);
}

/* Without a name in it. False if that cannot be told. */
static bool
is_empty(const char *folder)
{
	const struct dirent *e;
	DIR *dir = opendir(folder);
	size_t n = 0;

	if (!dir)
		return false;
	while ((e = readdir(dir)))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(dir);
	return n == 0;
}

/* /etc/postern/rules.d is empty until the site has rules of its own; any other miss looks like a
 * mistake. What nobody wrote (the default) may miss. */
static void
check_patterns(const struct conf *c, struct diag *d)
{
	for (const struct conf_pattern *p = c->rules; p; p = p->next) {
		const char *folder;

		if (p->n_found || !p->at.line || !strpbrk(p->text, "*?["))
			continue;
		folder = folder_of(c, p->text);
		if (is_empty(folder))
			diag_note(d, &p->at, NULL, "rules: the folder %s is empty so far", folder);
		else
			diag_warn(d, &p->at, NULL, NULL, "rules: no file matches '%s'%s", p->text,
				access(folder, F_OK) == 0 || strpbrk(folder, "*?[")
					? ""
					: ": there is no such folder");
	}
}

static void
check_hostname(const struct conf *c, struct diag *d)
{
	struct place at = place_of(c, "hostname");

	if (strcmp(c->hostname, "localhost") != 0 && strchr(c->hostname, '.'))
		return;
	diag_warn(d, &at, NULL, "write hostname mx.example.org, the name in the DNS",
		"hostname is '%s'%s, which is no name that the world knows", c->hostname,
		at.line ? "" : ", as this system is called");
}

void
site_check_system(const struct conf *c, struct diag *d)
{
	struct privileges user;
	const struct privileges *known = check_user(c, &user, d) ? &user : NULL;

	check_sockets(c, d);
	check_evidence(c, known, d);
	check_history(c, known, d);
	check_secrets(c, known, d);
	proxy_check_system(c, known, d);
	check_patterns(c, d);
	check_hostname(c, d);
}
