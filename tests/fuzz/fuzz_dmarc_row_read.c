/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "mail/dmarc/dmarc_row_read.h"
#include "mail/dmarc/dmarc_xml.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What is read can be written and read again the same, and its XML is clean UTF-8. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct dmarc_row row, again;
	struct buf one, two;

	buf_init(&one, 8 * (size_t)DMARC_ROW_BYTES);
	buf_init(&two, 8 * (size_t)DMARC_ROW_BYTES);
	if (dmarc_row_read(view_of(data, n), a, &row)) {
		dmarc_row_write(&row, &one);
		if (one.n <= DMARC_ROW_BYTES) {
			if (!dmarc_row_read(buf_view(&one), a, &again))
				abort();
			dmarc_row_write(&again, &two);
			if (!view_eq(buf_view(&one), buf_view(&two)))
				abort();
		}
		buf_reset(&two);
		dmarc_xml_row(&row, 1, &two);
		if (!json_utf8(buf_view(&two)))
			abort();
		for (size_t i = 0; i < two.n; i++)
			if ((unsigned char)two.p[i] < ' ' && two.p[i] != '\n')
				abort();
	}
	buf_done(&one);
	buf_done(&two);
	arena_free(a);
	return 0;
}
