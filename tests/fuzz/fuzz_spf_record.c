/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_spf_record -- what the parser takes, the walk reads to its last byte.
 */
#include "mail/spf/spf_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view text = view_of(data, n), rest;
	struct spf_record_flaw flaw;
	struct spf_record r;
	struct spf_term t;
	unsigned asking = 0;
	bool all = false;

	switch (spf_record_parse(text, &r, &flaw)) {
	case SPF_RECORD_OTHER:
		return 0;
	case SPF_RECORD_BAD:
		if (!flaw.why || flaw.at + flaw.term.n > n)
			abort();
		return 0;
	case SPF_RECORD_OK:
		break;
	}
	rest = r.terms;
	while (spf_record_next(&rest, &t)) {
		if (t.text.n == 0 || t.bits4 > 32 || t.bits6 > 128)
			abort();
		all = all || t.kind == SPF_TERM_ALL;
		asking += spf_record_asks(t.kind) && t.kind != SPF_TERM_REDIRECT && !all;
	}
	asking += r.redirect.p && !all;
	if (rest.n != 0 || all != r.has_all || asking != r.asking)
		abort();
	return 0;
}
