/* SPDX-License-Identifier: BSD-2-Clause
 *
 * milter_edit -- replies and message changes in libmilter's words.
 */
#ifndef FRONT_MILTER_EDIT_H
#define FRONT_MILTER_EDIT_H

#include <libmilter/mfapi.h>

#include "engine/session.h"

/* What we ask the MTA to let us do. */
#define MILTER_EDIT_ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT | SMFIF_QUARANTINE)

/* Sets the reply of the callback that returns next. A reply that libmilter refuses is logged; the MTA then
 * uses its own text. */
void milter_edit_reply(SMFICTX *ctx, const struct smtp_reply *r);
/* Only in the end-of-message callback. lead_space: as negotiated. 0, or -1 if the MTA's connection failed. */
int milter_edit_apply(SMFICTX *ctx, const struct edits *e, bool lead_space);
void milter_edit_quarantine(SMFICTX *ctx, struct view reason);

#endif
