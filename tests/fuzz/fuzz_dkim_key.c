/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "mail/dkim/dkim_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct dkim_key k;
	const char *why;
	enum dkim_key_status s = dkim_key_read(view_of(data, n), a, &k, &why);

	if ((s == DKIM_KEY_OK) != !why)
		abort();
	if (s == DKIM_KEY_OK && k.type == DKIM_KEY_RSA &&
		(k.bits < DKIM_RSA_BITS_MIN || k.bits > DKIM_RSA_BITS_MAX || k.der.n == 0))
		abort();
	if (s == DKIM_KEY_OK && k.type == DKIM_KEY_ED25519 && k.der.n != 32)
		abort();
	arena_free(a);
	return 0;
}
