/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sign_table -- which key signs the mail of which domain: the file that `dkim-keys` names.
 *
 * One key a line: DOMAIN SELECTOR FILE, with comments after "#". A domain may have several, each of which
 * signs (one RSA and one Ed25519, say). The key files hold private keys in PEM and must be readable by
 * their owner alone. Immutable once loaded, shared by threads.
 */
#ifndef POLICY_SIGN_TABLE_H
#define POLICY_SIGN_TABLE_H

#include "mail/dkim/dkim_sign.h"
#include "policy/diag.h"
#include "policy/source.h"

enum { SIGN_TABLE_KEYS = 4 }; /* of one domain: each makes a field of half a kilobyte */

struct sign_key {
	struct view domain, selector; /* lower case */
	struct dkim_sign_key *key;
};
struct sign_table;

/* Reads the table and its keys through src. NULL after an error: d has them all. gives. */
struct sign_table *sign_table_load(const struct source_tree *src, const char *path, struct diag *d);
void sign_table_free(struct sign_table *t); /* NULL is legal */

/* The keys for mail of this author domain: its own, else those of the nearest domain above it. Their
 * number is 0 if there are none. */
size_t sign_table_find(const struct sign_table *t, struct view domain, const struct sign_key **first_out);
/* All of them, by domain and selector. */
size_t sign_table_all(const struct sign_table *t, const struct sign_key **first_out);

#endif
