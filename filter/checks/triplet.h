/* SPDX-License-Identifier: BSD-2-Clause
 *
 * triplet -- sender and recipient of a call, as a key of the store has them beside a host.
 */
#ifndef CHECKS_TRIPLET_H
#define CHECKS_TRIPLET_H

#include "engine/check.h"

struct triplet {
	struct view sender;  /* mail/return_path.h: as pattern, without the numbers of single messages, */
	struct view mailbox; /* and with them */
	struct view recipient;
};

/* For the current recipient of a per_rcpt call. Lives in check_arena(). */
struct triplet triplet_of(struct check_call *c);

#endif
