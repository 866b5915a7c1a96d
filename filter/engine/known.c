/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/known.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mail/domain.h"
#include "mail/return_path.h"
#include "util/limits.h"
#include "util/log.h"

enum { VERSION = 2 };

struct view
known_key(enum known_kind kind, struct view who, struct view secret, struct arena *a)
{
	char *key = arena_alloc(a, 1 + DOMAIN_MAX + EVP_MAX_MD_SIZE);
	unsigned n = 0;

	key[0] = (char)kind;
	if (kind == KNOWN_ORGANISATION) {
		who = view_head(who, DOMAIN_MAX);
		memcpy(key + 1, who.p, who.n);
		return view_of(key, 1 + who.n);
	}
	if (!HMAC(EVP_sha256(), secret.p, (int)secret.n, (const unsigned char *)who.p, who.n,
		(unsigned char *)key + 1, &n))
		log_die("no HMAC-SHA-256");
	return view_of(key, 1 + n);
}

struct view
known_address(const struct address *x, struct arena *a)
{
	return return_path_claimed(x, a);
}

struct view
known_domain(const struct address *x)
{
	struct view r = {NULL, 0};

	if (x->domain.n == 0 || x->domain.p[0] == '[')
		return r;
	r = domain_registrable(x->domain);
	return r.p ? r : x->domain;
}

struct store_request
known_request(enum store_op op, struct view key, int64_t now)
{
	return (struct store_request){.op = op, .type = STORE_KNOWN, .version = VERSION, .key = key,
		.now = now};
}
