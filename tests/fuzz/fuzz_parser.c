/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct diag *d = diag_new();
	struct ast t = {.arena = arena_new()};
	FILE *out = fopen("/dev/null", "w");
	size_t count = 0;

	/* The folder is not there, so nothing but absolute names can be included. */
	parser_text(&t, "/nonexistent/fuzz.rules", view_of(data, n), d);
	for (const struct ast_statement *s = t.first; s; s = s->next, count++) {
		if (s->kind == AST_RULE && !s->change && !s->rule->when)
			abort();
		if (s->kind == AST_POLICY && !s->change && !s->policy->when)
			abort();
		if (s->kind == AST_DNSBL && !s->change && !(s->dnsbl->zone && s->dnsbl->lookup))
			abort();
	}
	if (count != t.n)
		abort();
	if (out) {
		diag_show(d, out);
		diag_json(d, out);
		fclose(out);
	}
	arena_free(t.arena);
	diag_free(d);
	return 0;
}
