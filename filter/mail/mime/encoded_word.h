/* SPDX-License-Identifier: BSD-2-Clause
 *
 * encoded_word -- the text of header fields: encoded words (RFC 2047) as mail readers show them.
 *
 * Readers are lenient, so this is too: a word may hold blanks, may touch what stands before and behind
 * it, and may stand in quotes. A language suffix (RFC 2231 section 5) is skipped. Blanks between two
 * words go, and a character that is split between words of one set is put together. What is no encoded
 * word stays as it stands. Time is linear in the input.
 */
#ifndef MAIL_ENCODED_WORD_H
#define MAIL_ENCODED_WORD_H

#include "util/arena.h"

/* value unfolded, trimmed, decoded to UTF-8 (mail/mime/charset.h); CR, LF and NUL become a blank. Absent
 * stays absent. Over HEADER_DECODED_MAX the rest is left out. Lives in a. */
struct view encoded_word_decode(struct view value, struct arena *a);

#endif
