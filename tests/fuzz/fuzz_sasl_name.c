/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/base64.h"
#include "mail/smtp/sasl_name.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* No name has a control character, and nothing that stood behind it is kept. */
static void
check(const struct sasl_name *s)
{
	for (size_t i = 0; i < s->n; i++)
		if ((unsigned char)s->name[i] < ' ')
			abort();
	for (size_t i = s->n; i < sizeof(s->name); i++)
		if (s->name[i])
			abort();
}

/* The first byte is the mechanism; the rest is a line, and what a line says. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view rest = view_of(data + 1, n - 1);
	struct sasl_name s;
	enum sasl_mech m;

	if (n < 2 || n > AUTH_LINE_MAX) {
		arena_free(a);
		return 0;
	}
	m = (enum sasl_mech)(1 << data[0] % 7);
	sasl_name_init(&s, m);
	sasl_name_initial(&s, rest);
	check(&s);
	sasl_name_init(&s, m);
	sasl_name_answer(&s, rest);
	check(&s);
	sasl_name_init(&s, m);
	if (n < AUTH_LINE_MAX / 2 && sasl_name_initial(&s, base64_encode(rest, a)) != SASL_LINE_OK)
		abort();
	check(&s);
	if (sasl_name_get(&s).n && view_search_nocase(rest, sasl_name_get(&s)) == rest.n && view_find(rest, '=') == rest.n)
		abort();
	arena_free(a);
	return 0;
}
