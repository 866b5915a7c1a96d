/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_kept -- what a session remembers of its client between commands, each value on its own: an arena
 * for a few names would be most of what an idle session costs. Inner to front/smtp/smtp_session.
 */
#ifndef FRONT_SMTP_KEPT_H
#define FRONT_SMTP_KEPT_H

#include "util/view.h"

/* *kept is absent or was set here. A copy of v, whose bytes may be those of *kept; absent: gives back. */
void smtp_kept_set(struct view *kept, struct view v);

#endif
