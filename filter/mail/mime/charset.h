/* SPDX-License-Identifier: BSD-2-Clause
 *
 * charset -- text in any character set as UTF-8.
 *
 * Nothing fails. A set is understood as mail readers do: gb2312 is GB 18030, and text that is said to be
 * us-ascii or iso-8859-1, or that is in a set nobody knows, is read as if no set were given: as UTF-8 if
 * all of it is valid, else as windows-1252. Only the sets that mail is written in are known, for GMime too:
 * iconv_open(3) is replaced by one that opens no other. Bytes that are nothing in their set become U+FFFD.
 */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include "util/arena.h"

/* bytes as UTF-8; bytes itself if it is that already. charset: its name, absent if none was given. What
 * gets over CHARSET_GROWTH times as long is cut. Lives in a. */
struct view charset_utf8(struct view charset, struct view bytes, struct arena *a);

#endif
