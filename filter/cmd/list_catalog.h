/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_catalog -- the third-party DNS lists that are shipped, each a rule file that tells about itself.
 *
 * NAME.rules begins with a comment of "# KEY: text" lines, "#   text" continuing one:
 *
 *	# title: Spamhaus ZEN: ...           # operator: who runs it
 *	# terms: what its use costs          # effect: what the rules do
 *	# source: where this was read        # key: spamhaus (optional)
 *	# key-zone: zen {secret:spamhaus}.zen.dq.spamhaus.net
 *
 * key is the secret that the list can be asked with (optional) or has to be (required); each key-zone
 * names a dnsbl statement of the file and the zone that it then asks.
 */
#ifndef CMD_LIST_CATALOG_H
#define CMD_LIST_CATALOG_H

#include "util/arena.h"

enum { LIST_ZONES_MAX = 8 };

struct list_entry {
	const char *name; /* "spamhaus", of the file */
	const char *path;
	struct view title, operator, terms, effect, source; /* never absent */
	struct view key; /* absent = it needs none */
	bool key_required;
	struct view zone[LIST_ZONES_MAX]; /* "zen {secret:..." */
	size_t n_zones;
};

/* All of folder, in the order of its file names. 0, or -1 with the reason in *why_out. All lives in a. */
int list_catalog_read(const char *folder, struct arena *a, struct list_entry **out, size_t *n_out,
	const char **why_out);
/* The file's own description. False if something of it is missing; *why_out says what. Lives in a. */
bool list_catalog_parse(struct view text, struct arena *a, struct list_entry *e, const char **why_out);

#endif
