/* SPDX-License-Identifier: BSD-2-Clause
 *
 * gzip -- packs bytes as RFC 1952 wants them. The same bytes give the same result.
 */
#ifndef MAIL_GZIP_H
#define MAIL_GZIP_H

#include "util/buf.h"

/* Appends text, packed. What does not fit sets out->over. */
void gzip_write(struct view text, struct buf *out);

#endif
