/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_row_read -- a line of the DMARC history, as mail/dmarc/dmarc_row.h wrote it or as it was damaged.
 *
 * A line over DMARC_ROW_BYTES, one that lacks a member or has it in another shape is no row. A policy
 * domain has only letters, digits, hyphens and underscores in its labels. A signature whose names are
 * no UTF-8 is left out.
 */
#ifndef MAIL_DMARC_ROW_READ_H
#define MAIL_DMARC_ROW_READ_H

#include "mail/dmarc/dmarc_row.h"

/* False if line is no row. Lives in a. */
bool dmarc_row_read(struct view line, struct arena *a, struct dmarc_row *out);

#endif
