/* SPDX-License-Identifier: BSD-2-Clause
 *
 * secret -- keys that stand in rules by name only: "{secret:NAME}" in the zone of a DNS list.
 *
 * The secrets file has "NAME value" lines and "#" comments. It must belong to its owner alone (mode 0600
 * or 0400). No message ever holds a value.
 */
#ifndef POLICY_SECRET_H
#define POLICY_SECRET_H

#include "policy/parser/ast_expr.h"
#include "policy/source.h"

/* The word's text with every {secret:NAME} filled in, or, if none are there, with SECRET_NONE for each.
 * Absent, with an error, if one cannot be. file may be NULL. Lives in a. */
#define SECRET_NONE "secret"
struct view secret_fill(const struct source_tree *src, const char *file, bool none,
	const struct ast_word *w, struct arena *a, struct diag *d);

/* The value of a name in the text of a secrets file; absent if it has none. A view into text. */
struct view secret_find(struct view text, struct view name);

/* The value of a name in the secrets file, which may be NULL; absent if there is none, and then *why_out,
 * NULL before, says why. Lives in a. */
struct view secret_read(const struct source_tree *src, const char *file, struct view name, struct arena *a,
	const char **why_out);

enum { SECRETS_MAX = 64 * 1024 };

#endif
