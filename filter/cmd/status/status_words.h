/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status_words -- the words of one line of a worker's status: `state=ill seconds=3 why="connection refused"`.
 *
 *	words = [ word *( SP word ) ]
 *	word  = key "=" ( value / DQUOTE text DQUOTE )     ; text may have quotes: the first one before SP or
 *	                                                   ; the end of the line ends it
 */
#ifndef CMD_STATUS_WORDS_H
#define CMD_STATUS_WORDS_H

#include "util/view.h"

/* Takes the next word; false when there is none, or what follows is none. */
bool status_words_next(struct view *rest, struct view *key_out, struct view *value_out);

/* The value of a key; absent if it is not there. */
struct view status_words_get(struct view line, const char *key);

#endif
