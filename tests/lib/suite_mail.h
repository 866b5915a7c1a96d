/* SPDX-License-Identifier: BSD-2-Clause
 *
 * suite_mail -- the messages of a suite of others: every file of a folder, or of an archive.
 */
#ifndef TESTS_LIB_SUITE_MAIL_H
#define TESTS_LIB_SUITE_MAIL_H

#include "util/view.h"

/* Hands over each file that is not empty; name is of the suites' folder. An archive (.tar.zst) is
 * unpacked into a temporary folder, which goes again: it is not ours to keep. False, and said, if the suite
 * is absent or cannot be unpacked. */
bool suite_mail_each(const char *name, void (*each)(void *ctx, const char *path, struct view bytes), void *ctx);

#endif
