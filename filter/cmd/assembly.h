/* SPDX-License-Identifier: BSD-2-Clause
 *
 * assembly -- settings, rules, services and engine, put together: what a worker, `check` and `eval` share.
 */
#ifndef CMD_ASSEMBLY_H
#define CMD_ASSEMBLY_H

#include "engine/engine.h"
#include "policy/conf.h"
#include "policy/diag.h"
#include "policy/source.h"

struct assembly {
	struct arena *arena;
	struct diag *diag;
	struct conf *conf;
	struct settings settings;
	struct fact_table *facts;
	struct program *program;
	struct dns_backend *backend; /* of a worker: names the resolver for status; owned by dns */
	struct dns *dns;
	struct store *store;
	struct engine *engine;
	struct engine_options options; /* sink, want and given may be set before assembly_engine */
};

/* Reads the settings and the rules they name through src (NULL = the live files). want: facts that must
 * have slots. False: diag tells why. Call assembly_done in any case. */
bool assembly_read(struct assembly *a, const struct source_tree *src, const char *conf_path,
	const char *const *want, size_t n_want);
/* The same to try rules with values that are given: they may read facts that nothing provides. */
bool assembly_try(struct assembly *a, const struct source_tree *src, const char *conf_path,
	const char *const *want, size_t n_want);
/* As assembly_read, over the live files to find mistakes: reads on to the rules when settings have errors.
 * conf is NULL only if there is no file to read; nothing of it may serve unless this was true. */
bool assembly_examine(struct assembly *a, const char *conf_path);
/* The same for `postern test`: rules may read facts that no check computes yet. With files these are the
 * rules, and conf_path may be NULL: every setting is as its default. */
bool assembly_rehearse(struct assembly *a, const char *conf_path, const char *const *files, size_t n_files);
/* DNS from zone files if there are any (or the settings name some), else from the network. */
bool assembly_dns(struct assembly *a, const char *const *zones, size_t n_zones, char *why, size_t n);
/* Joins what has been read; dns must be there. Sets options first. */
void assembly_engine(struct assembly *a);
void assembly_done(struct assembly *a);

/* Where the settings are when nothing else is said. */
#define ASSEMBLY_CONF "/etc/postern/postern.conf"

#endif
