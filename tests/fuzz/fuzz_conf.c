/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/conf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
show(const struct conf *c, char **text, size_t *n)
{
	FILE *f = open_memstream(text, n);

	conf_show(c, f);
	fclose(f);
}

/* What is taken can be shown, and what is shown is taken. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct diag *d = diag_new();
	struct conf *c = conf_text("/f", view_of(data, n), "mx.example.org", d), *again;
	char *text;
	size_t size;

	if (c) {
		show(c, &text, &size);
		again = conf_text("/f", view_of(text, size), "mx.example.org", d);
		if (!again) {
			diag_show(d, stderr);
			abort();
		}
		conf_free(again);
		free(text);
	}
	conf_free(c);
	diag_free(d);
	return 0;
}
