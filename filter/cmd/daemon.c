/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/daemon.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/assembly.h"
#include "cmd/known_secret.h"
#include "cmd/memory.h"
#include "cmd/settings_file.h"
#include "cmd/sockets.h"
#include "cmd/status/status_counts.h"
#include "cmd/tls_files.h"
#include "cmd/workers.h"
#include "cmd/workers_smtp.h"
#include "io/folder.h"
#include "io/listener.h"
#include "io/supervisor.h"
#include "policy/conf/conf_listener.h"
#include "svc/meter.h"
#include "util/log.h"

static const char usage[] =
	"usage: postern daemon [-c FILE] [-f]\n"
	"\n"
	"Runs the daemon with the settings of FILE (default " ASSEMBLY_CONF ")\n"
	"until it is told to stop with SIGTERM. SIGHUP is 'postern reload'. It stays in the\n"
	"foreground; -f logs to stderr, whatever the settings say.\n"
	"\n"
	"Exit: 0 stopped in order, 64 wrong usage, 71 a socket or process could not be had,\n"
	"      78 settings that cannot serve (and no last good ones).\n";

/* Where the last good settings are when the present ones cannot say it. */
#define STATE_DIR "/var/lib/postern"
#define KEPT      "last-good.conf"

enum {
	STOP_MS = 10 * 1000,
	PATIENCE_MS = 3000, /* for a dead daemon's workers to let go of a socket */
	WHY_MAX = CONTROL_LINE_MAX,
	PATH_ROOM = 512
};

struct daemon {
	struct conf *serving, *candidate;
	struct tls_files *serving_tls, *candidate_tls;
	struct buf text; /* the candidate's settings, as they were read */
	bool is_live;    /* they are the administrator's, not the kept ones */
	struct sockets *sockets;
	struct service service[SERVICES_MAX];
	char name[SERVICES_MAX][FLEET_NAME_MAX];
	bool started; /* a plan was made: sockets are ours by now */
	/* what only a restart changes */
	struct privileges user;
	char config[PATH_ROOM], user_name[64];
	char run_dir[PATH_ROOM], work_dir[PATH_ROOM], control[PATH_ROOM];
	char state_dir[PATH_ROOM], last_good[PATH_ROOM], kept[PATH_ROOM];
	struct memory memory;
};

/* ---- one plan ---- */

/* What is fixed for the life of this process takes effect at its next start. */
static void
warn_of_fixed(const struct daemon *d, const struct conf *c, struct buf *said)
{
	const struct {
		const char *key, *was, *is;
	} fixed[] = {
		{"user", d->user_name, c->user},
		{"run-dir", d->run_dir, c->run_dir},
		{"state-dir", d->state_dir, c->state_dir},
	};

	struct memory memory;
	struct buf why;
	struct view line, text;

	buf_reset(said);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (strcmp(fixed[i].was, fixed[i].is) != 0)
			buf_printf(said, "%s stays %s until the daemon is restarted\n", fixed[i].key,
				fixed[i].was);
	buf_init(&why, WHY_MAX);
	if (!memory_take(&memory, c, &why) || !memory_eq(&memory, &d->memory))
		buf_str(said, "the redis settings stay as they are until the daemon is restarted\n");
	buf_done(&why);
	text = buf_view(said);
	while (view_split(&text, '\n', &line))
		if (line.n)
			log_warn("settings", "%.*s", VIEW_ARG(line));
}

/* A worker of the proxy dials all backends. */
static bool
is_transparent(const struct conf *c)
{
	const struct conf_backend *b = c->backends;

	while (b && b->identity != CONF_BACKEND_IDENTITY_TRANSPARENT)
		b = b->next;
	return b != NULL;
}

static bool
plan_listeners(struct daemon *d, const struct conf *c, struct plan *out, struct buf *why)
{
	size_t n = 0;

	for (const struct conf_listener *l = c->listeners; l; l = l->next) {
		size_t before = why->n;
		int fd;

		if (n == SERVICES_MAX) {
			buf_printf(why, "%s: error: at most %d listeners are possible\n", d->config,
				SERVICES_MAX);
			return false;
		}
		buf_printf(why, "%s:%u: error: listener %s: ", d->config, l->at.line, l->name);
		fd = sockets_get(d->sockets, l, d->started ? 0 : PATIENCE_MS, why);
		if (fd < 0) {
			buf_byte(why, '\n');
			return false;
		}
		why->n = before;
		snprintf(d->name[n], sizeof(d->name[n]), "%s-%s", conf_listener_protocol(l->protocol),
			l->name);
		d->service[n] = l->protocol == CONF_MILTER
			? (struct service){d->name[n], l->name, workers_milter, fd, NULL, false}
			: (struct service){d->name[n], l->name, workers_smtp, fd, d->candidate_tls,
				  is_transparent(c)};
		n++;
	}
	*out = (struct plan){.service = d->service, .n = n, .drain_ms = (int64_t)c->drain_timeout};
	return n > 0;
}

static struct tls_files *
read_tls(const struct conf *c, struct buf *why)
{
	struct tls_files *f;
	struct place at;
	struct buf text;

	buf_init(&text, WHY_MAX);
	f = tls_files_read(c, &at, &text);
	if (!f)
		buf_printf(why, "%.*s:%u: error: %.*s\n", VIEW_ARG(at.file), at.line,
			VIEW_ARG(buf_view(&text)));
	buf_done(&text);
	return f;
}

static bool
plan(void *ctx, const char *root, struct plan *out, struct buf *why)
{
	struct daemon *d = ctx;
	struct conf *c;

	buf_reset(&d->text);
	d->is_live = *root == 0;
	c = *root ? settings_file_read_kept(d->kept, d->config, why)
		  : settings_file_read(d->config, &d->text, why);
	d->candidate_tls = c ? read_tls(c, why) : NULL;
	if (d->candidate_tls && plan_listeners(d, c, out, why)) {
		warn_of_fixed(d, c, why);
		d->candidate = c;
		d->started = true;
		return true;
	}
	sockets_settle(d->sockets, false);
	tls_files_free(d->candidate_tls);
	d->candidate_tls = NULL;
	conf_free(c);
	return false;
}

static void
settle(void *ctx, bool accepted)
{
	struct daemon *d = ctx;

	sockets_settle(d->sockets, accepted);
	if (accepted && d->is_live && settings_file_keep(d->kept, buf_view(&d->text)) != 0)
		log_error("keep", "the settings cannot be kept in %s: %s", d->kept, strerror(errno));
	conf_free(accepted ? d->serving : d->candidate);
	tls_files_free(accepted ? d->serving_tls : d->candidate_tls);
	if (accepted) {
		d->serving = d->candidate;
		d->serving_tls = d->candidate_tls;
	}
	d->candidate = NULL;
	d->candidate_tls = NULL;
}

/* Of the private keys a process has those that it serves with, and most have none. */
static void
forget(void *ctx, const struct worker_start *start)
{
	struct daemon *d = ctx;
	struct tls_files *all[] = {d->serving_tls, d->candidate_tls};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i] && all[i] != start->arg)
			tls_files_wipe(all[i]);
}

/* ---- the start ---- */

static bool
path_of(char out[static PATH_ROOM], const char *folder, const char *name)
{
	int n = snprintf(out, PATH_ROOM, "%s%s%s", folder, *name ? "/" : "", name);

	return n > 0 && n < PATH_ROOM;
}

static bool
take_paths(struct daemon *d, const struct conf *c, struct buf *why)
{
	snprintf(d->user_name, sizeof(d->user_name), "%s", c->user);
	if (path_of(d->run_dir, c->run_dir, "") && path_of(d->work_dir, c->run_dir, "work") &&
		path_of(d->control, c->run_dir, "control.sock") &&
		path_of(d->state_dir, c->state_dir, "") &&
		path_of(d->last_good, c->state_dir, "last-good") &&
		path_of(d->kept, c->state_dir, KEPT))
		return memory_take(&d->memory, c, why);
	buf_str(why, "run-dir or state-dir is too long\n");
	return false;
}

static bool
take_user(struct daemon *d, struct buf *why)
{
	if (geteuid() != 0) {
		privileges_own(&d->user);
		return true;
	}
	if (privileges_find(d->user_name, &d->user) == 0)
		return true;
	if (errno == ENOENT)
		buf_printf(why,
			"there is no user '%s': make one with 'adduser --system --group "
			"--no-create-home %s'\n",
			d->user_name, d->user_name);
	else if (errno == EPERM)
		buf_printf(
			why, "user '%s' is root: workers need an unprivileged one\n", d->user_name);
	else
		buf_printf(why, "user '%s': %s\n", d->user_name, strerror(errno));
	return false;
}

static bool
make_folders(const struct daemon *d, struct buf *why)
{
	const struct {
		const char *path;
		struct folder_owner owner;
		int (*make)(const char *path, const struct folder_owner *o);
	} folders[] = {
		{d->run_dir, {geteuid(), getegid(), 0755}, folder_make},
		{d->work_dir, {d->user.uid, d->user.gid, 0700}, folder_own},
		/* Sticky: the service user makes files of its own, and cannot replace ours. */
		{d->state_dir, {geteuid(), d->user.gid, 01770}, folder_own},
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		if (folders[i].make(folders[i].path, &folders[i].owner) == 0)
			continue;
		buf_printf(why, "the folder %s cannot be made or owned: %s\n", folders[i].path,
			strerror(errno));
		return false;
	}
	return true;
}

static void
open_log(const struct conf *c, bool foreground, struct fleet_options *out)
{
	bool syslog = c->log == CONF_LOG_SYSLOG && !foreground;

	out->log_target = syslog ? LOG_TO_SYSLOG : LOG_TO_STDERR;
	out->log_level = (enum log_level)c->log_level;
	out->log_journal = c->log == CONF_LOG_JOURNAL && !foreground;
	log_open(out->log_target, "postern", out->log_level, out->log_journal);
}

/* The workers' way to their memory, and theirs alone. */
static int
open_store(const struct daemon *d, struct listener_address *out, struct buf *why)
{
	const struct listener_owner owner = {d->user.uid, d->user.gid, 0600};
	int n;

	*out = (struct listener_address){.family = LISTENER_UNIX};
	n = snprintf(out->path, sizeof(out->path), "%s/store.sock", d->run_dir);
	if (n > 0 && (size_t)n < sizeof(out->path))
		return listener_open_within(out, &owner, PATIENCE_MS, why);
	buf_printf(why, "run-dir is too long: %s", d->run_dir);
	return -1;
}

static int
supervise(struct daemon *d, struct supervisor_options *o, struct buf *why)
{
	struct service store = {"store", NULL, workers_store, -1, &d->memory, false};
	struct listener_address address;
	int r = EX_OSERR;

	o->control = control_open(d->control, d->user.uid, getegid(), why);
	if (!o->control)
		return r;
	store.listen_fd = open_store(d, &address, why);
	if (store.listen_fd >= 0) {
		o->generations.steady = &store;
		o->generations.n_steady = 1;
		r = supervisor_run(o);
		listener_close(&address, store.listen_fd);
	}
	control_close(o->control);
	return r;
}

/* The present settings, or the last good ones: enough to know who and where we are. */
static bool
prepare(struct daemon *d, bool foreground, struct fleet_options *fleet, struct buf *why)
{
	struct conf *c = settings_file_read(d->config, NULL, why);
	bool ok;

	if (!c)
		c = settings_file_read_kept(STATE_DIR "/" KEPT, d->config, why);
	if (!c)
		return false;
	buf_reset(why); /* the first plan says it again, where it is kept for `status` */
	open_log(c, foreground, fleet);
	ok = take_paths(d, c, why) && take_user(d, why) && make_folders(d, why);
	if (ok && known_secret_make(d->state_dir, d->user.uid, d->user.gid) != 0)
		log_warn("known", "no secret can be made in %s, and no correspondents are known: %s",
			d->state_dir, strerror(errno));
	conf_free(c);
	return ok;
}

static int
run(struct daemon *d, bool foreground, struct title title)
{
	struct supervisor_options o = {0};
	struct generations_options *g = &o.generations;
	struct buf why;
	int r = EX_CONFIG;

	buf_init(&why, WHY_MAX);
	buf_init(&d->text, CONF_FILE_MAX);
	if (prepare(d, foreground, &g->fleet, &why)) {
		g->config = d->config;
		g->run_dir = d->run_dir;
		g->work_dir = d->work_dir;
		g->last_good = d->last_good;
		g->fleet.privileges = d->user;
		g->fleet.title = title;
		g->fleet.forget = forget;
		g->fleet.forget_ctx = d;
		g->check = workers_check;
		g->plan = plan;
		g->settle = settle;
		g->ctx = d;
		g->stop_ms = STOP_MS;
		d->sockets = sockets_new(&d->user);
		g->shared = o.status_ctx = meter_new();
		o.status = status_counts;
		r = supervise(d, &o, &why);
		meter_free(g->shared);
		sockets_free(d->sockets);
		conf_free(d->serving);
		tls_files_free(d->serving_tls);
	}
	if (why.n)
		fprintf(stderr, "%.*s\n", VIEW_ARG(view_trim(buf_view(&why))));
	buf_done(&d->text);
	buf_done(&why);
	return r;
}

/* Absolute, for a daemon's folder is "/"; the name itself stays as it was given. */
static bool
take_config(struct daemon *d, const char *path)
{
	char here[PATH_ROOM] = "";

	if (path[0] == '/')
		return path_of(d->config, path, "");
	return getcwd(here, sizeof(here)) && path_of(d->config, here, path);
}

int
daemon_main(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	const char *config = ASSEMBLY_CONF;
	struct title title = title_of(argc, argv); /* before getopt moves them about */
	struct daemon d = {0};
	bool foreground = false;
	int key;

	while ((key = getopt_long(argc, argv, "c:f", options, NULL)) != -1) {
		if (key == 'c') {
			config = optarg;
		} else if (key == 'f') {
			foreground = true;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (optind < argc || !take_config(&d, config)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	return run(&d, foreground, title);
}
