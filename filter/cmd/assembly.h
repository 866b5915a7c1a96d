/* SPDX-License-Identifier: BSD-2-Clause
 *
 * assembly -- settings, rules, services and engine, put together: what a worker, `check` and `eval` share.
 */
#ifndef CMD_ASSEMBLY_H
#define CMD_ASSEMBLY_H

#include "engine/engine.h"
#include "policy/conf.h"
#include "policy/diag.h"
#include "policy/sign_table.h"
#include "policy/source.h"

struct assembly {
	struct arena *arena;
	struct diag *diag;
	struct conf *conf;
	struct settings settings;
	struct sign_table *sign; /* NULL = nothing is signed */
	struct fact_table *facts;
	struct program *program;
	struct dns_backend *backend; /* of a worker: names the resolver for status; owned by dns */
	struct dns *dns;
	struct store *store;
	struct dnsbl_watch *watch; /* of a worker; NULL = none */
	struct engine *engine;
	struct engine_options options; /* sink, want and given may be set before assembly_engine */
};

/* What to read, and what for. */
struct assembly_reading {
	const char *conf;                 /* path of the settings; NULL = each as its default */
	const struct source_tree *source; /* where files are read from; NULL = the live files */
	const char *const *files;         /* rule files, in place of those that the settings name */
	size_t n_files;
	bool no_rules;                    /* none at all: for facts alone */
	const char *const *want;          /* facts that must have slots */
	size_t n_want;
	bool most;     /* to find mistakes: reads on to the rules when settings have errors */
	bool trying;   /* with values that are given: rules may read facts that nothing provides */
	bool untested; /* warns of rules without a test */
	struct program_counts *counts;    /* filled; NULL = not wanted */
};
/* Reads the settings and the rules. False: diag tells why; then nothing of it may serve, and conf is NULL
 * only if there is no file to read, or unless `most`. Call assembly_done in any case. */
bool assembly_read(struct assembly *a, const struct assembly_reading *what);
/* The settings alone, for what needs no more than DNS; else the same. */
bool assembly_settings(struct assembly *a, const struct assembly_reading *what);
/* The rule files and lists of the settings, which are read. Live in a. */
void assembly_rules(struct assembly *a, struct program_options *out);
/* DNS from zone files if there are any (or the settings name some), else from the network. */
bool assembly_dns(struct assembly *a, const char *const *zones, size_t n_zones, char *why, size_t n);
/* The DNS of the settings for real work: the resolver is tried, and not validated if it cannot be. */
bool assembly_dns_live(struct assembly *a, char *why, size_t n);
/* Joins what has been read; dns must be there. Sets options first. */
void assembly_engine(struct assembly *a);
void assembly_done(struct assembly *a);

/* Where the settings are when nothing else is said. */
#define ASSEMBLY_CONF "/etc/postern/postern.conf"

#endif
