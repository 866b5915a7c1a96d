/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/message_mark.h"

#include <openssl/evp.h>

#include "engine/message_text.h"
#include "mail/dkim/canonical.h"
#include "util/log.h"

static const char *const kept[] = {"From", "To", "Cc", "Date", "Subject", "Message-ID"};

static void
add(void *ctx, struct view piece)
{
	if (!EVP_DigestUpdate(ctx, piece.p, piece.n))
		log_die("SHA-256 failed");
}

static void
add_fields(EVP_MD_CTX *md, struct view rest, const char *name, struct arena *a)
{
	struct header_field f;

	while (message_text_field(&rest, a, &f)) {
		if (!view_is(f.name, name))
			continue;
		add(md, canonical_field(CANONICAL_RELAXED, &f, a));
		add(md, VIEW("\r\n"));
	}
}

static void
add_body(EVP_MD_CTX *md, struct view rest, struct arena *a)
{
	struct canonical_body body;
	struct header_field f;

	while (message_text_field(&rest, a, &f))
		;
	canonical_body_init(&body, CANONICAL_RELAXED, UINT64_MAX, add, md);
	canonical_body_add(&body, message_text_body(rest, a));
	canonical_body_end(&body);
}

struct view
message_mark(struct view message, struct arena *a)
{
	struct view text = message_text_start(message);
	uint8_t *digest = arena_alloc(a, EVP_MAX_MD_SIZE);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned n = 0;

	if (!md || !EVP_DigestInit_ex(md, EVP_sha256(), NULL))
		log_die("no SHA-256");
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		add_fields(md, text, kept[i], a);
	add_body(md, text, a);
	if (!EVP_DigestFinal_ex(md, digest, &n))
		log_die("SHA-256 failed");
	EVP_MD_CTX_free(md);
	return view_of(digest, n);
}
