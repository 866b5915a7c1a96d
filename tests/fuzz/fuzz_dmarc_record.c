/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "mail/dmarc/dmarc_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dmarc_record r;

	if (dmarc_record_read(view_of(data, n), &r) && n < sizeof("v=DMARC1") - 1)
		abort();
	if (r.p > DMARC_REJECT || r.sp > DMARC_REJECT || r.np > DMARC_REJECT ||
		r.psd > DMARC_PSD_NO)
		abort();
	return 0;
}
