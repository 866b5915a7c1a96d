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
	file = arena_cstr(a, arena_printf(a, "%s/" NAME, c->state_dir));
	if (source_read(src, file, SECRETS_MAX, a, &text, &why) == SOURCE_OK)
		secret = view_trim(text);
	return secret.n >= LEAST ? secret : (struct view){NULL, 0};
}
