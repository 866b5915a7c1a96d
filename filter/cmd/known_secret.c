/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/known_secret.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "policy/secret.h"
#include "util/rand.h"

#define NAME "correspondents.key"
enum { DIGITS = 52, LEAST = 16, PATH_ROOM = 512 }; /* 52 of base 32: 260 bits */

int
known_secret_make(const char *state_dir, uid_t uid, gid_t gid)
{
	const struct replace_owner owner = {uid, gid, 0600};
	char path[PATH_ROOM], secret[DIGITS + 2];
	int n = snprintf(path, sizeof(path), "%s/" NAME, state_dir);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (access(path, F_OK) == 0)
		return 0;
	rand_id(secret, DIGITS + 1);
	secret[DIGITS] = '\n';
	return replace_file(path, view_of(secret, DIGITS + 1), &owner);
}

/* The line is there, in a file that is not to be believed: with the secret of this node alone it would know
 * nobody whom the others know. */
static void
warn_if_refused(const struct source_tree *src, const struct conf *c, const char *why, struct arena *a,
	struct diag *d)
{
	const char *unread = NULL;
	struct view text;

	if (source_read(src, c->secrets_file, SECRETS_MAX, a, &text, &unread) == SOURCE_OK &&
		secret_find(text, VIEW("correspondents")).p)
		diag_warn(d, conf_where(c, "secrets-file"), NULL, NULL,
			"the secret 'correspondents' is not used: %s", why);
}

struct view
known_secret_read(const struct source_tree *src, const struct conf *c, struct arena *a, struct diag *d)
{
	struct view text, secret = {NULL, 0};
	const char *why = NULL, *file;

	if (c->secrets_file)
		secret = secret_read(src, c->secrets_file, VIEW("correspondents"), a, &why);
	if (secret.p && secret.n < LEAST)
		diag_error(d, conf_where(c, "secrets-file"), NULL,
			"the secret 'correspondents' has less than %d bytes", LEAST);
	if (secret.p)
		return secret;
	if (c->secrets_file)
		warn_if_refused(src, c, why, a, d);
	file = arena_cstr(a, arena_printf(a, "%s/" NAME, c->state_dir));
	if (source_read(src, file, SECRETS_MAX, a, &text, &why) != SOURCE_OK)
		return secret;
	secret = view_trim(text);
	if (secret.n >= LEAST)
		return secret;
	diag_warn(d, &(struct place){.file = view_str(file)}, NULL,
		"remove it, and the next start makes another",
		"it has less than %d bytes: no correspondents are known", LEAST);
	return (struct view){NULL, 0};
}
