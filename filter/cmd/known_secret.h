/* SPDX-License-Identifier: BSD-2-Clause
 *
 * known_secret -- the site's secret under which correspondents are remembered (engine/known.h).
 *
 * The line `correspondents VALUE` of the secrets file, for nodes that share their memory; else state-dir/
 * correspondents.key, which the first start makes. Workers read the copy that the checker took.
 */
#ifndef CMD_KNOWN_SECRET_H
#define CMD_KNOWN_SECRET_H

#include "io/replace.h"
#include "policy/conf.h"
#include "policy/source.h"

/* Makes the file if there is none. -1 with errno. */
int known_secret_make(const char *state_dir, uid_t uid, gid_t gid);
/* Absent: there is none that can be used; one in the secrets file that is too short is an error. Lives in
 * a. */
struct view known_secret_read(const struct source_tree *src, const struct conf *c, struct arena *a,
	struct diag *d);

#endif
