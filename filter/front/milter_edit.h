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
/* What was negotiated with the MTA. */
struct milter_edit_terms {
	bool lead_space;       /* values come and go with their leading blank */
	unsigned long actions; /* of MILTER_EDIT_ACTIONS, those it grants */
};

/* Both only in the end-of-message callback. What the MTA did not grant is left out, with a warning: the
 * mail passes without. 0, or -1 if the MTA's connection failed. */
int milter_edit_apply(SMFICTX *ctx, const struct edits *e, const struct milter_edit_terms *t);
int milter_edit_quarantine(SMFICTX *ctx, struct view reason, const struct milter_edit_terms *t);

#endif
