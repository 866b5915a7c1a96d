/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/file_name.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* An extension has no dot, no blank around it and nothing unseen in ASCII; the same comes again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view in = view_of(data, n), ext = file_name_extension(in, a);

	if (ext.p && (ext.n == 0 || ext.n > n || view_find(ext, '.') < ext.n || view_find(ext, '/') < ext.n))
		abort();
	for (size_t i = 0; i < ext.n; i++)
		if ((unsigned char)ext.p[i] < ' ' || ext.p[i] == 127)
			abort();
	if (file_name_double(in, a) && !ext.p)
		abort();
	(void)file_name_type(in);
	arena_free(a);
	return 0;
}
