/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address_literal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What was read can be written and read again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ip ip, again;
	char text[IP_TEXT_MAX];

	if (!address_literal(view_of(data, n), &ip))
		return 0;
	ip_format(&ip, text);
	if (!ip_parse(view_str(text), &again) || !ip_eq(&ip, &again))
		abort();
	return 0;
}
