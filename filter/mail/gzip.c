/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/gzip.h"

#include <zlib.h>

#include "util/log.h"

void
gzip_write(struct view text, struct buf *out)
{
	enum { GZIP = 15 + 16, MEMORY = 8 }; /* zlib.h: the largest window, with the header of gzip */
	unsigned char piece[16 * 1024];
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)text.p, .avail_in = (unsigned)text.n};

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		log_die("zlib: %s", z.msg ? z.msg : "out of memory");
	do {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		deflate(&z, Z_FINISH);
		buf_add(out, view_of(piece, sizeof(piece) - z.avail_out));
	} while (z.avail_out == 0);
	deflateEnd(&z);
}
