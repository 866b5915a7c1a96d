/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings_file -- postern.conf alone, for those that need no rules: the supervisor and the tools.
 */
#ifndef CMD_SETTINGS_FILE_H
#define CMD_SETTINGS_FILE_H

#include "policy/conf.h"
#include "util/buf.h"

/* path as it is under root (io/mirror.h; "" = the live file). NULL: why has all errors. gives
 * (conf_free). */
struct conf *settings_file_read(const char *root, const char *path, struct buf *why);

#endif
