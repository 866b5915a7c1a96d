/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/base64.h"

#include <openssl/evp.h>

#include "util/limits.h"

struct view
base64_decode(struct view text, struct arena *a)
{
	unsigned char *p;
	size_t pad = 0;
	int n;

	if (text.n == 0 || text.n % 4 != 0 || text.n > DNS_TXT_MAX)
		return (struct view){NULL, 0};
	while (pad < 2 && text.p[text.n - 1 - pad] == '=')
		pad++;
	if (view_find(text, '=') != text.n - pad)
		return (struct view){NULL, 0};
	p = arena_alloc(a, text.n / 4 * 3);
	n = EVP_DecodeBlock(p, (const unsigned char *)text.p, (int)text.n);
	return n < (int)pad ? (struct view){NULL, 0} : view_of(p, (size_t)n - pad);
}

struct view
base64_encode(struct view bytes, struct arena *a)
{
	unsigned char *out = arena_alloc(a, bytes.n / 3 * 4 + 5);

	return view_of(out, (size_t)EVP_EncodeBlock(out, (const unsigned char *)bytes.p, (int)bytes.n));
}
