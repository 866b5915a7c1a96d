/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message_mark -- by what a message is known again, wherever it has been stored meanwhile.
 *
 * SHA-256 of its author, addressees, date, subject, id and body, each in the relaxed form of RFC 6376 section
 * 3.4: what MTAs and mailboxes add, line ends, and blank lines at the end do not count.
 */
#ifndef CMD_MESSAGE_MARK_H
#define CMD_MESSAGE_MARK_H

#include "util/arena.h"

/* Of a message as it stands in a file. Lives in a. */
struct view message_mark(struct view message, struct arena *a);

#endif
